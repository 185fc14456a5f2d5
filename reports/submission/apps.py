from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "reports.submission"
    label = "submission"
    verbose_name = "Nộp báo cáo"
