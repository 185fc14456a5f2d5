from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"

    def ready(self) -> None:
        from ehr.exchange import registry

        registry.offer("coverage", _coverage)


def _coverage(user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Imports the report only when a partner asks for it."""
    from reports.rest import coverage

    return coverage(user, asked)
