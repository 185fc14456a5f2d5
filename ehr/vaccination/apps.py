from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "ehr.vaccination"
    label = "vaccination"
    verbose_name = "Tiêm chủng (C)"

    def ready(self) -> None:
        from ehr.vaccination import pages

        pages.register()
