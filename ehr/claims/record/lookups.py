"""What planning a set of claims asks of the database: facilities by code and day, diseases by code and day. Two
queries for any number of claims."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ehr.codes.models import Code
from stations.models import FacilityCode, Organization

_FIRST, _LAST = dt.date.min, dt.date.max


@dataclass(frozen=True, slots=True)
class Disease:
    """One code of one release of ICD-10."""

    key: int
    name: str
    version: str


@dataclass(slots=True)
class Lookups:
    """`facilities`: claims code → [(from, to, organisation, name)]; `stations`: those of our stations; `diseases`:
    code → [(from, to, Disease)]."""

    facilities: dict[str, list[tuple[dt.date, dt.date, int, str]]] = field(default_factory=dict)
    stations: set[str] = field(default_factory=set)
    diseases: dict[str, list[tuple[dt.date, dt.date, Disease]]] = field(default_factory=dict)

    def facility(self, code: str, on: dt.date) -> tuple[int, str] | None:
        """The organisation that carries the code on the day, or carries it at all; with its name."""
        found = self.facilities.get(code)
        if not found:
            return None
        best = next((each for each in found if each[0] <= on < each[1]), found[-1])
        return best[2], best[3]

    @property
    def names(self) -> dict[str, str]:
        """Names of facilities by claims code."""
        return {code: rows[-1][3] for code, rows in self.facilities.items()}

    def disease(self, code: str, on: dt.date) -> Disease | None:
        """The code in the list that is in force on the day; "E119" is E11.9."""
        for text in (code, f"{code[:3]}.{code[3:]}") if len(code) > 3 and "." not in code else (code,):
            for first, last, disease in self.diseases.get(text, ()):
                if first <= on < last:
                    return disease
        return None


def read(facilities: Iterable[str], diseases: Iterable[str]) -> Lookups:
    """Two queries."""
    found = Lookups(defaultdict(list), diseases=defaultdict(list))
    wanted = sorted({code for code in facilities if code})
    rows = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, code__in=wanted).select_related("organization")
    for row in rows.order_by("valid_from", "pk"):
        span = row.valid_from or _FIRST, row.valid_to or _LAST
        found.facilities[row.code].append((*span, row.organization_id, row.organization.name))
        if row.organization.kind in (Organization.Kind.STATION, Organization.Kind.SITE):
            found.stations.add(row.code)
    written = {code for code in diseases if code}
    written |= {f"{code[:3]}.{code[3:]}" for code in written if len(code) > 3 and "." not in code}
    codes = Code.objects.filter(system__key="icd10", code__in=sorted(written)).select_related("release")
    # Of two lists that are in force on a day the later one counts.
    for code in codes.order_by("-release__valid_from", "-release_id"):
        disease = Disease(code.pk, code.name, code.release.version)
        found.diseases[code.code].append((code.valid_from or _FIRST, code.valid_to or _LAST, disease))
    return found
