"""The Celery application: `celery -A ehr.config.celery worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
app = Celery("ehr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
