"""What became of the HOSO of a file, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import Count, Q

from ehr.claims.models import Claim, ClaimEntry, ClaimFile
from ehr.claims.storing.work import Work

Outcome, Match = ClaimEntry.Outcome, Claim.Match
_OUTCOMES = {
    Outcome.STORED: "stored", Outcome.VERSION: "versions", Outcome.UNCHANGED: "unchanged", Outcome.OLDER: "older",
    Outcome.REJECTED: "rejected",
}  # fmt: skip
_MATCHES = {
    Match.UNMATCHED: "unmatched",
    Match.AMBIGUOUS: "ambiguous",
    Match.FOREIGN: "foreign",
    Match.NEW: "new_people",
}
_LEVELS = {"error": "errors", "warning": "warnings"}
NAMES = ("encounters", *_OUTCOMES.values(), *_MATCHES.values(), *_LEVELS.values())


def add_counts(counts: Mapping[str, int], works: Sequence[Work]) -> dict[str, int]:
    """The counts of a file with one more chunk, as they are shown while it is worked on."""
    found = Counter({name: counts.get(name, 0) for name in NAMES})
    for work in works:
        found["encounters"] += 1
        found[_OUTCOMES[work.outcome]] += 1
        if work.becomes and work.match in _MATCHES:
            found[_MATCHES[Match(work.match)]] += 1
        for finding in work.findings:
            if finding.level in _LEVELS:
                found[_LEVELS[finding.level]] += 1
    return dict(found)


def counts_of(file: ClaimFile) -> dict[str, int]:
    """The counts as entries and claims stand now; errors and warnings as they were counted. Two queries."""
    entries = ClaimEntry.objects.filter(file=file).order_by()
    found = entries.aggregate(
        encounters=Count("pk"), **{name: Count("pk", filter=Q(outcome=value)) for value, name in _OUTCOMES.items()}
    )
    claims = Claim.objects.filter(entries__file=file, state=Claim.State.ACTIVE).order_by()
    found |= claims.aggregate(
        **{
            name: Count("person" if value == Match.NEW else "pk", filter=Q(match=value), distinct=True)
            for value, name in _MATCHES.items()
        }
    )
    return {name: found.get(name, file.counts.get(name, 0)) for name in NAMES}
