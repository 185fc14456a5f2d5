"""Persons for the claims of a chunk. Who is who is decided by `ehr.claims.identity`; here is what it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from ehr.claims.identity import identify
from ehr.claims.models import Claim, ClaimFile
from ehr.claims.storing.work import Work
from ehr.records.models import Person
from stations.models import User


def find_people(file: ClaimFile, works: Sequence[Work], *, by: User | None) -> None:
    """Sets person, match and candidates of claims that are new or say something else about their patient. What a
    person decided stays; a patient who was found stays while the claim describes the same one."""
    asked = {}
    there = _there([work.stored.row.person_id for work in works if work.stored and work.stored.row.person_id])
    for work in works:
        row = work.stored.row if work.stored else None
        if row is not None and (row.person_id is None or row.person_id in there) and _settled(row, work):
            work.keep_match(row)
        elif work.who is not None:
            asked[work.who.patient.position] = work
    if not asked:
        return
    found = identify([work.who.patient for work in asked.values() if work.who], by=by, batch=file.pk)
    for position, work in asked.items():
        answer = found[position]
        work.person_id, work.match = answer.person_id, answer.match
        work.candidates, work.commune_id = list(answer.candidates), answer.commune_id


def _there(people: Sequence[int]) -> set[int]:
    """Those whose records were not entered in error, as a record is that only a claim made which was taken back."""
    if not people:
        return set()
    return set(Person.objects.filter(pk__in=people).exclude(status=Person.Status.ERROR).values_list("pk", flat=True))


def _settled(row: Claim, work: Work) -> bool:
    if row.decided_by_id is not None:
        return True
    return row.person_id is not None and work.who is not None and work.who.describes(row)
