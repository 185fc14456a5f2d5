from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "ehr.config"
    label = "config"
    verbose_name = "Hệ thống"
