from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "reports.submission"
    label = "submission"
    verbose_name = "Nộp báo cáo"

    def ready(self) -> None:
        from ehr.exchange import registry

        for name in ("listed", "one", "figures", "check", "step"):
            registry.offer(f"submissions.{name}", _Late(name))

        from ehr.records.panels import register_panel

        register_panel("submissions", _panel)


def _panel(user: Any) -> Any:
    from reports.submission.panel import panel

    return panel(user)


class _Late:
    """Imports the reports only when a partner asks."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        from reports.submission import rest

        answer: dict[str, Any] = getattr(rest, self.name)(user, asked)
        return answer
