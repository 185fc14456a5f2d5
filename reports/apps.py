from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"

    def ready(self) -> None:
        from ehr.exchange import registry

        for name in ("coverage", "report", "listed"):
            registry.offer("reports" if name == "listed" else name, registry.late(f"reports.rest.{name}"))
