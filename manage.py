#!/usr/bin/env python
"""Django's command line. Finds the embedded servers, or starts them, before a command that needs them."""

import os
import sys

from ehr.config.runtime import StartupError, embedded, environment

# These neither read nor write the database.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "startapp",
    "version",
}


def ensure_servers(arguments: list[str]) -> None:
    """Starts the embedded servers that `arguments` (the command and its options) will need."""
    command = arguments[0] if arguments else "help"
    # The start of the system checks its port first, and needs no Django for that.
    if command in WITHOUT_SERVERS or command.startswith("-") or {"-h", "--help", "--version"} & set(arguments):
        return
    embedded.ensure_running(environment.var_dir(), embedded.wanted(), say=lambda text: print(text, file=sys.stderr))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
    environment.load()
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == ["up"] and not {"-h", "--help"} & set(arguments):
            from ehr.config.runtime import supervisor

            sys.exit(supervisor.main())
        if arguments[:1] == ["servers"] and not {"-h", "--help"} & set(arguments):
            from ehr.config.runtime import servers

            sys.exit(servers.main(arguments[1:]))
        ensure_servers(arguments)
        run_django()
    except StartupError as error:
        sys.exit(str(error))


def run_django() -> None:
    """Hands over to Django; a missing setting is one sentence, not a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
