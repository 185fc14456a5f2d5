"""What the checks know beyond a claim: code lists and places in force on its day, levels of rules as set here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone

from ehr.claims.claim import Claim, Envelope
from ehr.claims.models import RuleLevel
from ehr.claims.rules import IMPORT, Known, Profile
from ehr.claims.rules.facts import Passed
from ehr.claims.spec import ROUTES_CHANGED
from ehr.codes.models import Code
from stations import memory
from stations.models import AdminUnit

_ICD10 = "icd10"
_LEVELS = {"province": "DVHC_TINH", "district": "DVHC_HUYEN", "commune": "DVHC_XA"}
Lists = dict[str, frozenset[str]]


def known_for(envelope: Envelope | None) -> Callable[[Claim], Known]:
    """known_for(envelope)(claim) → what is known on the day of the claim. The lists are read once a minute."""
    now = timezone.now()
    made: dict[dt.date, Known] = {}

    def known(claim: Claim) -> Known:
        day = _day(claim) or now.date()
        found = made.get(day)
        if found is None:
            lists, passed = _lists(day)
            found = made[day] = Known(now=now, lists=lists, envelope=envelope).sharing(passed)
        return found

    return known


def _day(claim: Claim) -> dt.date | None:
    main = claim.main
    return None if main is None else main.date("NGAY_RA") or main.date("NGAY_VAO")


def _lists(day: dt.date) -> tuple[Lists, dict[str, Passed]]:
    """Our code lists under the names of tables.csv. A list that we do not have complete (facilities, occupations of
    five digits, countries of three) is left out, so that nobody is blamed for a code that we do not know. With them
    what passed the rules while they were in force, for the files and chunks that come next."""
    old = day < ROUTES_CHANGED
    period = max((start for start in _starts() if start <= day), default=dt.date.min)
    found: tuple[Lists, dict[str, Passed]] = memory.listed(
        ("claims.lists", old, period), lambda: [(_read_lists(old, day), {})]
    )[0]
    return found


def _starts() -> list[dt.date]:
    """Days on which the list of ICD-10 changes."""
    return memory.listed("claims.icd10", _read_starts)


def _read_starts() -> list[dt.date]:
    rows = Code.objects.filter(system__key=_ICD10).order_by().values_list("valid_from", "valid_to").distinct()
    return sorted({day for row in rows for day in row if day is not None})


def _read_lists(old: bool, day: dt.date) -> Lists:
    lists: dict[str, set[str]] = {"ICD-10": set(Code.objects.of(_ICD10).valid_on(day).values_list("code", flat=True))}
    units = AdminUnit.objects.filter(scheme="old" if old else "new")
    for level, code in units.values_list("level", "code"):
        lists.setdefault(_LEVELS[level], set()).add(code)
    return {name: frozenset(codes) for name, codes in lists.items() if codes}


def profile() -> Profile:
    """How strict the import is here today. One query."""
    today = timezone.localdate()
    rows = RuleLevel.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today), Q(valid_to=None) | Q(valid_to__gt=today)
    )
    return IMPORT.with_site(dict(rows.values_list("rule_id", "level")))
