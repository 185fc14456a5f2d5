from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "ehr.codes"
    label = "codes"
    verbose_name = "Danh mục dùng chung"
