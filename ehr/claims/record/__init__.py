"""From claims into the record of their people: visits and all that belongs to them, papers, appointments, births; facts
of the person that nobody knew; and what a person has to look at, as tasks (`data/ehr_mapping.csv`)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from ehr.claims.record.plan import Stored
from ehr.claims.record.undoing import take_out
from ehr.claims.record.writing import Writing, prepare, write
from stations.models import User

__all__ = ["Stored", "Writing", "prepare", "put", "take_out", "write"]


@transaction.atomic
def put(pairs: Sequence[Stored], *, by: User | None) -> dict[int, int]:
    """Makes the record what these versions say, set by set, and gives the visit of each claim by `claim_pk` (none for
    an appraisal). The same pairs again change nothing. Restricted claims are never put.

    All of it or nothing. `by`: who sent the file, for the history."""
    found: dict[int, int] = {}
    by_file: dict[int, list[Stored]] = {}
    for pair in pairs:
        by_file.setdefault(pair.file.pk, []).append(pair)
    for group in by_file.values():
        writing = prepare(group)
        write(writing, by=by)
        found |= writing.visits
    return found
