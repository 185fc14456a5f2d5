"""Starts the whole system; manage.py runs it without loading Django."""

from typing import Any

from django.core.management.base import BaseCommand

from ehr.config.runtime import supervisor


class Command(BaseCommand):
    help = "Khởi động toàn hệ thống: máy chủ dữ liệu, web, tác vụ nền, lịch. Ctrl-C để dừng."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor.main()
