from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "reports.dashboard"
    label = "dashboard"
    verbose_name = "Bảng theo dõi"
