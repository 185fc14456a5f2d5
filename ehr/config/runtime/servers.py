"""`manage.py servers start|stop|status`: the embedded servers by hand, and the end of a running system."""

import argparse
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from ehr.config.runtime import embedded, environment, postgres
from ehr.config.runtime.place import Place, place_of

TEST_DIR = environment.BASE_DIR / "var" / "test"


def main(arguments: list[str]) -> int:
    """Runs one action and prints its outcome; 0 when done (status: when all embedded servers run)."""
    parser = argparse.ArgumentParser(prog="manage.py servers", description="Máy chủ dữ liệu nhúng.")
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.add_argument("--all", action="store_true", help="stop: dừng cả hệ thống đang chạy và máy chủ của kiểm thử")
    parser.add_argument("--tests", action="store_true", help="stop: chỉ dừng máy chủ của kiểm thử, nếu không ai dùng")
    options = parser.parse_args(arguments)
    if options.action == "stop":
        return _stop(everything=options.all, only_tests=options.tests)
    var_dir, names = environment.var_dir(), embedded.wanted()
    if not names:
        print("Bản cài đặt này dùng DATABASE_URL và REDIS_URL: không có máy chủ nhúng.")
        return 0
    if options.action == "start":
        started = embedded.ensure_running(var_dir, names, say=print)
        print(f"Đã khởi động: {', '.join(started)}." if started else "Máy chủ dữ liệu đang chạy.")
        return 0
    alive = embedded.running(var_dir, names)
    for name in names:
        print(f"{name}: {'đang chạy' if name in alive else 'đã dừng'}")
    if "postgres" in alive:
        print(f"Thư mục dữ liệu: {place_of(var_dir).root}, tiến trình {postgres.running_pid(place_of(var_dir))}")
    return 0 if len(alive) == len(names) else 1


def _stop(*, everything: bool, only_tests: bool) -> int:
    stopped = []
    if everything and stop_supervisor(place_of(environment.var_dir())):
        stopped.append("hệ thống")
    if not only_tests:
        stopped += embedded.stop(environment.var_dir())
    if (everything or only_tests) and TEST_DIR.exists() and not locked(place_of(TEST_DIR).run.glob("slot-*.lock")):
        stopped += [f"{name} (kiểm thử)" for name in embedded.stop(TEST_DIR)]
    print(f"Đã dừng: {', '.join(stopped)}." if stopped else "Không có máy chủ dữ liệu nào đang chạy.")
    return 0


def locked(files: Iterable[Path]) -> bool:
    """True when a living process holds the lock of one of `files`."""
    for path in files:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


def stop_supervisor(place: Place, seconds: float = 20) -> bool:
    """Ends a running `manage.py up` of this installation and waits for it; True when there was one."""
    file = place.run / "up.pid"
    if not file.exists() or not locked([file]):
        return False
    with contextlib.suppress(ValueError, ProcessLookupError):
        os.kill(int(file.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while locked([file]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return True
