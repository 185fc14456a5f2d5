from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "ehr.records"
    label = "records"
    verbose_name = "Hồ sơ sức khỏe (A, B, D)"

    def ready(self) -> None:
        from ehr.records import pages

        pages.register()
