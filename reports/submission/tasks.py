"""Background work of submissions. Every task may run twice without harm."""

from celery import shared_task
from django.utils.timezone import localdate

from reports.periods import Period
from reports.submission.close import close


@shared_task(name="submission.close")
def close_last_month() -> int:
    """Every night at 00:10: closes the month that ended last, or what of it a broken run left. Returns the number of
    tables kept now."""
    return close(Period.of("month", localdate()).previous()).made
