"""The Celery application: `celery -A ehr.config.celery worker`."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
app = Celery("ehr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "remove-old-prints": {"task": "reports.tasks.remove_old_prints", "schedule": crontab(hour=2, minute=30)},
    "clear-intake": {"task": "intake.clear", "schedule": crontab(hour=3, minute=15)},
    "close-month": {"task": "submission.close", "schedule": crontab(hour=0, minute=10)},
    "count-places": {"task": "dashboard.count", "schedule": crontab(hour=0, minute=30)},
    "resume-intake": {"task": "intake.resume", "schedule": 60.0},  # files whose worker died
    "resume-claims": {"task": "claims.resume", "schedule": 60.0},
    "claims-rematch": {"task": "claims.rematch", "schedule": 120.0},  # claims whose people have appeared
    "claims-rematch-all": {"task": "claims.rematch_all", "schedule": crontab(hour=3, minute=10)},
    "claims-inbox": {"task": "claims.inbox", "schedule": 60.0},
}
