"""`manage.py up`: data servers, set-up, web server, Celery worker and scheduler under one roof.

Imports no Django: the first page must come quickly, and this process lives as long as the system does.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ehr.config.runtime import StartupError, embedded, environment, postgres, reason, system
from ehr.config.runtime.place import Place, account_for, make_folders, place_of

STOP_SECONDS = 8
FIRST_PAGE = "/dang-nhap/"
LOG_LIMIT = 10 * 2**20
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One supervised process. `pauses` grow while it keeps dying soon after its start."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    started: float = 0.0
    pause: float = 1.0
    restart_at: float | None = field(default=None)

    def start(self) -> None:
        """Starts the process in a group of its own; it ends when this supervisor is killed."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=environment.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self.started, self.restart_at = time.monotonic(), None

    def watch(self) -> None:
        """Restarts the process when it has died, after a pause that doubles up to half a minute."""
        now = time.monotonic()
        if self.restart_at is not None:
            if now >= self.restart_at:
                self.start()
        elif self.process and self.process.poll() is not None:
            self.signal(signal.SIGKILL)  # what the dead leader left behind would hold the port
            self.pause = 1.0 if now - self.started > 60 else min(self.pause * 2, 30.0)
            self.restart_at = now + self.pause
            code = self.process.returncode
            say(f"Tiến trình {self.name} đã dừng (mã {code}), khởi động lại sau {self.pause:.0f} giây.")
            say(f"  Nhật ký: {self.log}")

    def signal(self, number: int) -> None:
        """Sends `number` to the whole group."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def _end_with_parent() -> None:
    """Asks Linux to end this process when the supervisor disappears without a word (kill -9)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def say(text: str) -> None:
    """One line to the person at the terminal, at once."""
    print(text, flush=True)


class _Stop(Exception):
    """Raised by the signal handler, once."""


_stopping = False


def _raise_stop(number: int, _frame: object) -> None:
    global _stopping
    if not _stopping:  # make and the terminal may each send the signal; the orderly end must not be broken off
        _stopping = True
        raise _Stop(number)


def main() -> int:
    """Runs until Ctrl-C, SIGTERM or SIGHUP; returns the exit code. Raises StartupError when it cannot start."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled code makes the next start fast
    host, port = os.environ.get("WEB_HOST") or "127.0.0.1", _port()
    place = place_of(environment.var_dir())
    make_folders(place, account_for(place))
    with _only_one(place):
        _check_port(host, port)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stop)
        children: list[Child] = []
        try:
            _run(place, host, port, children)
        except _Stop:
            return 0
        finally:
            _shut_down(place, children)
    return 0


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StartupError(f"PORT={text} không phải là số cổng (1–65535).")
    return int(text)


@contextlib.contextmanager
def _only_one(place: Place) -> Iterator[None]:
    """Holds the lock of this installation; `make stop` reads our process id from its file."""
    with (place.run / "up.pid").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            number = file.read().strip() or "?"
            raise StartupError(
                f"Hệ thống đang chạy từ thư mục này (tiến trình {number}). Dừng bằng `make stop` trước khi chạy lại."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if isinstance(error, PermissionError):
                raise StartupError(
                    f"Người dùng này không được mở cổng {port}: hãy chọn cổng từ 1024, ví dụ PORT=8080."
                ) from error
            raise StartupError(
                f"Cổng {port} trên {host} không dùng được ({reason(error)}): hãy chọn cổng khác, ví dụ "
                f"PORT={port + 1 if port < 65535 else 8000} make run."
            ) from error


def _run(place: Place, host: str, port: int, children: list[Child]) -> None:
    started = embedded.ensure_running(place.var, embedded.wanted(), say=say)
    if started:
        say(f"Máy chủ dữ liệu đã chạy: {', '.join(started)}.")
    stamp, fingerprint = place.run / "prepared", _fingerprint(place)
    known = stamp.exists() and stamp.read_text() == fingerprint
    first_run = not stamp.exists()
    if not known:
        _prepare(*(["--tables"] if first_run else []))
    log, python = place.var / "log", sys.executable
    celery = [python, "-m", "celery", "-A", "ehr.config.celery"]
    web = Child("web", [python, "-m", "ehr.config.runtime.web"], log / "web.log")
    worker = Child("worker", [*celery, "worker", "--concurrency=2", "--loglevel=WARNING"], log / "worker.log")
    schedule = f"--schedule={place.var / 'celerybeat-schedule'}"
    beat = Child("beat", [*celery, "beat", schedule, "--pidfile=", "--loglevel=WARNING"], log / "beat.log")
    children.append(web)
    web.start()
    _wait_for_first_page(web, host, port)
    if first_run:  # nobody has an account yet, so nobody sees the lists and the demo commune grow
        say(f"Trang đăng nhập đã mở tại {_address(host, port)}; đang nạp danh mục và tạo xã mẫu …")
        _prepare()
    stamp.write_text(fingerprint)
    _welcome(place, host, port)
    # The page is there; what nobody waits for starts now.
    for child in (worker, beat):
        children.append(child)
        child.start()
    if known:
        children.append(_verify(log))
    _watch(place, children)


def _fingerprint(place: Place) -> str:
    """Changes when a migration, a data file, a static file, a library or the database itself has changed."""
    digest = hashlib.sha256(os.environ.get("DATABASE_URL", "").encode())
    marks = [environment.BASE_DIR / "requirements.txt", place.data / "PG_VERSION"]
    for top in ("ehr", "stations", "reports", "static"):
        for folder, _, names in os.walk(environment.BASE_DIR / top):
            wanted = names if not folder.endswith("__pycache__") else ()
            kept = [name for name in wanted if not name.endswith(".py") or folder.endswith("migrations")]
            marks += [Path(folder, name) for name in kept]
    for path in sorted(marks):
        if path.exists():
            status = path.stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _prepare(*options: str) -> None:
    """Database tables, reference data, static files, first-run demo: `manage.py prepare`, its output shown."""
    command = [sys.executable, "manage.py", "prepare", *options]
    done = subprocess.run(command, cwd=environment.BASE_DIR, start_new_session=True, check=False)
    if done.returncode != 0:
        raise StartupError("Chuẩn bị dữ liệu không thành công: xem thông báo ở trên.")


def _verify(log: Path) -> Child:
    """The same, quietly and with low priority: someone may have put back an older database."""
    command = ["nice", "-n", "10", sys.executable, "manage.py", "prepare", "--no-demo"]
    child = Child("prepare", command, log / "prepare.log")
    child.start()
    return child


def _wait_for_first_page(web: Child, host: str, port: int) -> None:
    """Returns when the log-in page is served. Raises StartupError with the place of the log when it never is."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if web.process is None or web.process.poll() is not None:
            break
        connection = http.client.HTTPConnection(target, port, timeout=20)
        try:
            connection.request("GET", FIRST_PAGE, headers={"Host": "localhost"})
            status = connection.getresponse().status
            if status >= 500:
                say(f"Trang đăng nhập báo lỗi {status}: xem nhật ký {web.log}.")
            return
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    tail = web.log.read_text(errors="replace").strip().splitlines()[-1:] or ["không có thông báo"]
    raise StartupError(f"Máy chủ web không khởi động được: {tail[0]} (nhật ký: {web.log}).")


def _address(host: str, port: int) -> str:
    return f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}/"


def _welcome(place: Place, host: str, port: int) -> None:
    say(f"\nHồ sơ sức khỏe điện tử: {_address(host, port)}")
    accounts = place.var / "demo_accounts.txt"
    if accounts.exists():
        say("\n" + accounts.read_text().rstrip())
    if system.missing_for_pdf():
        say("\n" + system.PDF_OFF)
    say(f"\nNhật ký: {place.var / 'log'}. Dừng: Ctrl-C.")


def _watch(place: Place, children: list[Child]) -> None:
    checked = time.monotonic()
    while True:
        time.sleep(0.5)
        for child in children:
            if child.name != "prepare":
                child.watch()
        if time.monotonic() - checked > 2:
            checked = time.monotonic()
            restarted = embedded.ensure_running(place.var, embedded.wanted())
            if restarted:
                say(f"Máy chủ dữ liệu đã dừng bất thường và được khởi động lại: {', '.join(restarted)}.")


def _shut_down(place: Place, children: list[Child]) -> None:
    """Ends all processes, then the data servers unless somebody else is using them."""
    global _stopping
    _stopping = True
    alive = [child for child in children if child.process and child.process.poll() is None]
    if alive:
        say("\nĐang dừng…")
    for child in alive:
        if child.process:
            os.kill(child.process.pid, signal.SIGTERM)  # the leaders end their own workers in good order
    deadline = time.monotonic() + STOP_SECONDS
    for child in alive:
        if child.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.1))
    for child in children:
        child.signal(signal.SIGKILL)
    names = embedded.running(place.var, embedded.wanted())
    if "postgres" in names and _others_connected(place):
        say("Máy chủ dữ liệu vẫn chạy vì lệnh khác đang dùng; dừng bằng `make stop`.")
    elif names:
        embedded.stop(place.var, names)
    say("Đã dừng.")


def _others_connected(place: Place) -> bool:
    """True when a client that we did not start still holds a connection to the database."""
    import psycopg

    question = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 1
    try:
        with psycopg.connect(**postgres.connection_arguments(place), connect_timeout=3) as connection:
            while (row := connection.execute(question).fetchone()) and row[0]:
                if time.monotonic() > deadline:
                    return True
                time.sleep(0.05)
    except psycopg.OperationalError:
        return False
    return False
