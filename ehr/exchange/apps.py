from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "ehr.exchange"
    label = "exchange"
    verbose_name = "Trao đổi dữ liệu"
