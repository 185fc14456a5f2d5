from typing import Any

from django.apps import AppConfig

from ehr.common import background


def send(task: str, args: tuple[Any, ...]) -> None:
    """Hands a task to our broker. Celery is loaded here, by the first who needs it."""
    from ehr.config.celery import app

    app.send_task(task, args)


class ConfigConfig(AppConfig):
    name = "ehr.config"
    label = "config"
    verbose_name = "Hệ thống"

    def ready(self) -> None:
        background.use(send)
