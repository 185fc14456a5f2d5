"""Doses as conditions on people: which vaccines stand for which antigen, who has how many of them by when."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from ehr.vaccination.models import Immunization
from reports.statistics.common import after_birth, plus

#: Vaccine of the programme → vaccines outside it that hold its antigens, by the components in the list of vaccines.
STANDS_FOR: dict[str, tuple[str, ...]] = {
    "HEPB0": ("HEPB0",),
    "DPT_HEPB_HIB": ("DPT_HEPB_HIB", "DTAP_IPV_HIB_HEPB"),
    "BOPV": ("BOPV", "DTAP_IPV_HIB_HEPB", "DTAP_IPV_HIB"),
    "IPV": ("IPV", "DTAP_IPV_HIB_HEPB", "DTAP_IPV_HIB", "DTAP_IPV"),
    "DPT": ("DPT", "DTAP_IPV_HIB_HEPB", "DTAP_IPV_HIB", "DTAP_IPV"),
    "MEASLES": ("MEASLES", "MR", "MMR", "MMRV"),
    "MR": ("MR", "MMR", "MMRV"),
    "JE_INACT": ("JE_INACT", "JE_LIVE"),
    "ROTA1": ("ROTA1", "ROTA5"),
    "HPV": ("HPV", "HPV2", "HPV4", "HPV9"),
    "TT": ("TT", "TD", "TDAP"),
}


def given(code: str) -> QuerySet[Immunization]:
    """Doses given of the vaccine, or of one that stands for it."""
    vaccines = STANDS_FOR.get(code, (code,))
    return Immunization.objects.filter(status=Immunization.Status.GIVEN, vaccine__code__in=vaccines)


def has(
    code: str, *, least: int = 1, number: int | None = None, until: dt.date | None = None, from_age: str = "",
    before_age: str = "",
) -> Q:  # fmt: skip
    """Condition on people: at least `least` doses, before the day `until`, at an age from `from_age` to below
    `before_age` (ISO 8601 durations). `number`: just this dose. Doses without a day count only where none is asked."""
    rows = given(code)
    if number is not None:
        rows = rows.filter(dose_number=number)
    if until is not None:
        rows = rows.filter(Q(occurrence_date__lt=until) | Q(occurrence_date=None))
    if from_age:
        rows = rows.filter(occurrence_date__gte=after_birth(from_age))
    if before_age:
        rows = rows.filter(occurrence_date__lt=after_birth(before_age))
    return Q(pk__in=_people(rows, least))


def _people(rows: QuerySet[Immunization], least: int) -> QuerySet[Any]:
    found = rows.order_by().values("person")
    if least > 1:
        found = found.annotate(n=Count("pk")).filter(n__gte=least).values("person")
    return found


def at_birth(code: str, days: int) -> Q:
    """A dose on the day of birth or at most `days` days later: the record keeps days, not hours."""
    limit = plus(F("person__birth_date"), _days(days))
    return Q(pk__in=given(code).filter(occurrence_date__lte=limit).values("person"))


def _days(number: int) -> Any:
    from django.db.models import Value

    return Value(f"P{number}D")


def none_but(codes: Iterable[str], until: dt.date) -> Q:
    """People without any dose before the day, apart from these vaccines."""
    doses = Immunization.objects.filter(status=Immunization.Status.GIVEN).exclude(vaccine__code__in=list(codes))
    return ~Q(pk__in=doses.filter(Q(occurrence_date__lt=until) | Q(occurrence_date=None)).values("person"))
