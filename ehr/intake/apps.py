from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "ehr.intake"
    label = "intake"
    verbose_name = "Nhập tệp"

    def ready(self) -> None:
        from ehr.intake import pages

        pages.register()
