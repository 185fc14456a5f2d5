from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "ehr.claims"
    label = "claims"
    verbose_name = "Hồ sơ BHYT (XML)"

    def ready(self) -> None:
        from ehr.claims.spec import word_on
        from ehr.records import words

        words.register(word_on)
