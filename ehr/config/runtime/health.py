"""Health check of a container: exit code 0 when the web server on this machine answers without an error of its own."""

import http.client
import os
import sys

from ehr.config.runtime.supervisor import FIRST_PAGE


def answers(host: str, port: int) -> bool:
    """True when the log-in page is answered, be it by a redirection to HTTPS, with a status below 500."""
    connection = http.client.HTTPConnection(host, port, timeout=4)
    try:
        connection.request("GET", FIRST_PAGE, headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not answers("127.0.0.1", int(os.environ.get("PORT", "8000"))))
