from django.apps import AppConfig as DjangoAppConfig


class AppConfig(DjangoAppConfig):
    """Shared helpers without models; an app so that its template filters and fields are found."""

    name = "ehr.common"
    label = "common"
    verbose_name = "Dùng chung"
