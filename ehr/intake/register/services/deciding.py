"""Decisions of the officer about single lines: who a row is, who a child's mother is, what stays as it is."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.register import compare
from ehr.intake.register.models import Group, RegisterComparison, RegisterLine
from ehr.intake.services.access import require_commune
from ehr.records.models import Person
from stations.models import User

State = RegisterLine.State
WAITING = (State.OPEN, State.REFUSED)
Decision = ImportRow.Decision


@transaction.atomic
def decide(line: RegisterLine, decision: str, *, by: User | None, person: Person | None = None) -> None:
    """Says who an ambiguous row is: "same" as `person` (one of its candidates), a "new" person, or "skip" the row.

    The line then stands in the group where it belongs; people who could have been it and are in no other row are shown
    as missing. A decision that was taken meanwhile changes nothing. Raises PermissionDenied, ValidationError."""
    line = _waiting(line, by)
    if line.group != Group.AMBIGUOUS or line.state not in WAITING or line.row is None:
        return
    people = {candidate["person"] for candidate in line.candidates}
    if decision == Decision.SAME and (person is None or person.pk not in people):
        raise ValidationError("Hãy chọn một trong các hồ sơ có thể là người này.", code="register.candidate")
    if decision == Decision.SAME and by is not None and not Person.objects.visible_to(by).filter(pk=person.pk).exists():  # type: ignore[union-attr]
        raise PermissionDenied
    if decision not in (Decision.SAME, Decision.NEW, Decision.SKIP):
        raise ValidationError("Hãy chọn: là người đã có, là người khác, hay bỏ qua dòng.", code="register.decision")
    row = line.row
    row.decision = decision
    if decision == Decision.SKIP:
        row.state = ImportRow.State.SKIPPED
        row.save(update_fields=["decision", "state"])
        RegisterLine.objects.filter(pk=line.pk).update(state=State.KEPT)
        return
    row.person = person if decision == Decision.SAME else None
    row.save(update_fields=["decision", "person"])
    comparison = RegisterComparison.objects.get(batch=line.batch_id)
    compare.build_again(line.batch, comparison, row=row, people=people - {row.person_id})


@transaction.atomic
def choose_mother(line: RegisterLine, *, by: User | None, mother: Person | None) -> None:
    """Says who the mother of a child is: one of the candidates, or None when nobody knows.

    Raises PermissionDenied, ValidationError."""
    line = _waiting(line, by)
    if line.group != Group.BORN or line.state not in WAITING:
        return
    if mother is not None:
        if mother.pk not in {candidate["person"] for candidate in line.candidates} | {line.mother_id}:
            raise ValidationError("Hãy chọn một trong các hồ sơ có thể là mẹ.", code="register.mother")
        if by is not None and not Person.objects.visible_to(by).filter(pk=mother.pk).exists():
            raise PermissionDenied
    line.mother = mother
    line.mother_state = RegisterLine.Mother.CHOSEN if mother else RegisterLine.Mother.UNKNOWN
    line.save(update_fields=["mother", "mother_state"])


@transaction.atomic
def keep(batch: ImportBatch, *, lines: Iterable[int], by: User | None) -> int:
    """The register stays as it is for these lines. Returns how many were waiting. Raises PermissionDenied."""
    require_commune(by, batch.commune)
    waiting = RegisterLine.objects.filter(batch=batch, pk__in=list(lines), state__in=WAITING)
    return waiting.exclude(group=Group.REFUSED).update(state=State.KEPT)


@transaction.atomic
def reopen(batch: ImportBatch, *, lines: Iterable[int], by: User | None) -> int:
    """Lines that were kept wait again. Returns how many. Raises PermissionDenied."""
    require_commune(by, batch.commune)
    kept = RegisterLine.objects.filter(batch=batch, pk__in=list(lines), state=State.KEPT)
    rows = ImportRow.objects.filter(batch=batch, lines__in=kept, state=ImportRow.State.SKIPPED)
    rows.update(state=ImportRow.State.WAITING, decision=Decision.NONE)
    return kept.update(state=State.OPEN)


def _waiting(line: RegisterLine, by: User | None) -> RegisterLine:
    """The line as stored, locked. Raises PermissionDenied for a commune that is not the user's."""
    line = RegisterLine.objects.select_for_update(of=("self",)).select_related("batch__commune", "row").get(pk=line.pk)
    require_commune(by, line.batch.commune)
    return line
