"""The embedded servers by hand; manage.py runs it without loading Django."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ehr.config.runtime import servers


class Command(BaseCommand):
    help = "Máy chủ dữ liệu nhúng: start, stop, status."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument("--all", action="store_true")
        parser.add_argument("--tests", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        servers.main([options["action"], *(f"--{name}" for name in ("all", "tests") if options[name])])
