from django.apps import AppConfig as DjangoAppConfig
from django.db.backends.signals import connection_created


class AppConfig(DjangoAppConfig):
    """Shared helpers without models; an app so that its template filters and fields are found."""

    name = "ehr.common"
    label = "common"
    verbose_name = "Dùng chung"

    def ready(self) -> None:
        from ehr.common.arrays import use_plain_lists

        connection_created.connect(use_plain_lists, dispatch_uid="plain_lists")
