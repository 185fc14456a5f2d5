"""Frozen and sent reports of an invented commune."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from reports.submission.models import Holiday, Snapshot, Submission
from tests.factories.records import default_village


class SnapshotFactory(DjangoModelFactory):
    """A table without rows; its hash is not that of its figures."""

    class Meta:
        model = Snapshot

    report = "coverage"
    unit = factory.LazyFunction(lambda: default_village().commune)
    period = "2026-03"
    period_start = dt.date(2026, 3, 1)
    period_end = dt.date(2026, 4, 1)
    grouping = "village"
    origin = "submission"
    as_of = factory.LazyFunction(timezone.now)
    data = factory.LazyFunction(dict)
    data_hash = "0" * 64


class SubmissionFactory(DjangoModelFactory):
    """Checked, waiting for its signature."""

    class Meta:
        model = Submission

    report = "coverage"
    unit = factory.LazyFunction(lambda: default_village().commune)
    period = "2026-03"
    period_start = dt.date(2026, 3, 1)
    grouping = "village"
    version = 1
    snapshot = factory.SubFactory(SnapshotFactory)


class HolidayFactory(DjangoModelFactory):
    """An invented day off."""

    class Meta:
        model = Holiday

    day = dt.date(2030, 3, 4)
    name = "Ngày nghỉ thử"
    source = "Thử nghiệm"
