from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "ehr.claims"
    label = "claims"
    verbose_name = "Hồ sơ BHYT (XML)"
