from typing import Any

from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "reports.submission"
    label = "submission"
    verbose_name = "Nộp báo cáo"

    def ready(self) -> None:
        from ehr.exchange import registry

        for name in ("listed", "one", "figures", "check", "step"):
            registry.offer(f"submissions.{name}", registry.late(f"reports.submission.rest.{name}"))

        from ehr.records.panels import register_panel

        register_panel("submissions", _panel)


def _panel(user: Any) -> Any:
    from reports.submission.panel import panel

    return panel(user)
