"""The web server: granian with the application loaded once, before its workers are forked.

Loading first halves the processor time of a start, and the workers share the memory of the code.
"""

import gc
import os

from ehr.config.runtime import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
    environment.load()
    from django.urls import get_resolver
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    import ehr.config.wsgi

    assert ehr.config.wsgi.application
    assert get_resolver().url_patterns  # loads every view
    gc.freeze()
    Server(
        "ehr.config.wsgi:application",
        address=os.environ.get("WEB_HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("WEB_WORKERS", "2")),
        blocking_threads=int(os.environ.get("WEB_THREADS", "2")),
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        process_name=None,
    ).serve()


if __name__ == "__main__":
    main()
