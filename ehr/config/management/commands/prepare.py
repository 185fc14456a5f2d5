"""Brings an installation up to date: tables, reference data, static files, and the demo commune on the first run."""

import hashlib
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

OLDEST_POSTGRES = 15


class Command(BaseCommand):
    help = "Chuẩn bị: tạo bảng, nạp danh mục, gom tệp tĩnh, tạo xã mẫu ở lần chạy đầu. Chạy lại nhiều lần vô hại."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="không tạo xã mẫu dù chưa có người dùng nào")
        parser.add_argument(
            "--tables", action="store_true", help="chỉ tạo bảng và gom tệp tĩnh, đủ để mở trang đầu tiên"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.reach_servers()
        with ThreadPoolExecutor(max_workers=1) as pool:  # the database works on the tables meanwhile
            static = pool.submit(self.collect_static)
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                self.step("Tạo bảng dữ liệu", "migrate", interactive=False, verbosity=0)
            static.result()
        if options["tables"]:
            return
        if "load_reference" in get_commands():
            self.step("Nạp danh mục dùng chung", "load_reference", "--if-changed", verbosity=0)
        demo_wanted = not options["no_demo"] and os.environ.get("DEMO", "1").lower() not in ("0", "false", "no")
        if demo_wanted and "demo_commune" in get_commands() and not get_user_model()._default_manager.exists():
            # It prints the accounts and keeps them in a file; the supervisor shows that file at every start.
            self.step("Tạo xã mẫu", "demo_commune", verbosity=0, stdout=io.StringIO())

    def reach_servers(self) -> None:
        """Stops with one sentence when the database or Valkey cannot be used."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            # The text names host, port and role, never the password.
            raise CommandError(f"Không kết nối được PostgreSQL (DATABASE_URL): {str(error).splitlines()[0]}") from error
        version = connection.get_database_version()[0]
        if version < OLDEST_POSTGRES:
            raise CommandError(f"Cần PostgreSQL {OLDEST_POSTGRES} trở lên, máy chủ là {version}.")
        try:
            redis.Redis.from_url(settings.REDIS_URL).ping()
        except redis.RedisError as error:
            raise CommandError(f"Không kết nối được Valkey hoặc Redis (REDIS_URL): {error}") from error

    def step(self, title: str, command: str, *args: str, **options: Any) -> None:
        """Runs one command and says how long it took, when it took any time worth telling."""
        begin = time.monotonic()
        call_command(command, *args, **options)
        seconds = time.monotonic() - begin
        if seconds > 0.2:
            self.stdout.write(f"{title}: {seconds:.1f} giây.")
            self.stdout.flush()

    def collect_static(self) -> None:
        """Runs collectstatic when our static files or the libraries have changed since the last time."""
        digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
        for top in settings.STATICFILES_DIRS:
            for path in sorted(Path(top).rglob("*")):
                digest.update(f"{path.relative_to(top)} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
        stamp = Path(settings.STATIC_ROOT) / ".stamp"
        if not stamp.exists() or stamp.read_text() != digest.hexdigest():
            self.step("Gom tệp tĩnh", "collectstatic", interactive=False, verbosity=0)
            stamp.write_text(digest.hexdigest())
