from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"

    def ready(self) -> None:
        from ehr.exchange import registry

        for name in ("coverage", "report", "listed"):
            registry.offer("reports" if name == "listed" else name, _Late(name))


class _Late:
    """Imports the reports only when a partner asks for one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        from reports import rest

        answer: dict[str, Any] = getattr(rest, self.name)(user, asked)
        return answer
