"""Background counting. Every task may run twice without harm."""

from celery import shared_task
from django.utils.timezone import localdate

from reports.dashboard.counting import count, renew


@shared_task(name="dashboard.count")
def count_all() -> int:
    """Every night: the figures of the day that begins. Returns the number of places."""
    return count(localdate())


@shared_task(name="dashboard.renew")
def renew_communes(*communes: int) -> bool:
    """Counts these communes again when the figures of one are older than two minutes."""
    return renew(communes, today=localdate())
