"""Background counting. Every task may run twice without harm."""

from celery import shared_task
from django.utils.timezone import localdate

from reports.dashboard.counting import count, renew


@shared_task(name="dashboard.count")
def count_all() -> int:
    """Every night: the figures of the day that begins. Returns the number of places."""
    return count(localdate())


@shared_task(name="dashboard.renew")
def renew_commune(commune: int) -> bool:
    """Counts one commune again when its figures are older than two minutes."""
    return renew([commune], today=localdate())
