"""`manage.py servers start|stop|status`: the embedded servers by hand."""

import argparse

from ehr.config.runtime import embedded, environment, postgres
from ehr.config.runtime.place import place_of


def main(arguments: list[str]) -> int:
    """Runs one action and prints its outcome; 0 when done (status: when all embedded servers run)."""
    parser = argparse.ArgumentParser(prog="manage.py servers", description="Máy chủ dữ liệu nhúng.")
    parser.add_argument("action", choices=["start", "stop", "status"])
    action = parser.parse_args(arguments).action
    var_dir, names = environment.var_dir(), embedded.wanted()
    if not names:
        print("Bản cài đặt này dùng DATABASE_URL và REDIS_URL: không có máy chủ nhúng.")
        return 0
    if action == "start":
        started = embedded.ensure_running(var_dir, names, say=print)
        print(f"Đã khởi động: {', '.join(started)}." if started else "Máy chủ dữ liệu đang chạy.")
    elif action == "stop":
        stopped = embedded.stop(var_dir, names)
        print(f"Đã dừng: {', '.join(stopped)}." if stopped else "Không có máy chủ dữ liệu nào đang chạy.")
    else:
        alive = embedded.running(var_dir, names)
        for name in names:
            print(f"{name}: {'đang chạy' if name in alive else 'đã dừng'}")
        if "postgres" in alive:
            print(f"Thư mục dữ liệu: {place_of(var_dir).root}, tiến trình {postgres.running_pid(place_of(var_dir))}")
        return 0 if len(alive) == len(names) else 1
    return 0
