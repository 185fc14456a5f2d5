"""The embedded servers by hand; manage.py runs it without loading Django."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ehr.config.runtime import servers


class Command(BaseCommand):
    help = "Máy chủ dữ liệu nhúng: start, stop, status."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        servers.main([options["action"]])
