from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "ehr.programmes"
    label = "programmes"
    verbose_name = "Chương trình y tế"

    def ready(self) -> None:
        from ehr.programmes import pages

        pages.register()
