"""The decision list: rows that may be somebody who has a record already."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.timezone import localdate

from ehr.intake.models import Fate, ImportBatch, ImportRow, Kind
from ehr.intake.register.models import Group, RegisterLine
from ehr.intake.services import checking
from ehr.intake.services.access import require_commune, wrong_state
from ehr.intake.services.kinds import OF_PEOPLE
from ehr.intake.services.locks import locked
from ehr.records.models import Person
from stations.models import User

State = ImportBatch.State
Decision = ImportRow.Decision


@transaction.atomic
def decide(row: ImportRow, decision: str, *, by: User | None, person: Person | None = None) -> ImportRow:
    """Keeps what somebody decided about a row: the `person` of its candidates (the only one when not named), a new
    person, or to leave the row out (which also works for rows that would be written). `Decision.NONE` takes it back.

    The row then shows what writing would change and what stands against it. A row of a population list moves to the
    group of the comparison where it belongs, which cannot be taken back: it is accepted or not with that group.
    Raises PermissionDenied, ValidationError (`batch.state`, `row.state`, `person.candidate`)."""
    require_commune(by, row.batch.commune)
    batch = locked(row.batch_id)
    if batch.state not in (State.PREVIEW, State.DONE):
        raise wrong_state(batch, "quyết định")
    if batch.kind == Kind.REGISTER:
        return _decide_line(row, decision, by, person)
    row = ImportRow.objects.select_for_update(of=("self",)).get(pk=row.pk)
    row.batch = batch
    who = decision in (Decision.SAME, Decision.NEW)
    open_fates = (Fate.DUPLICATE,) if who else (Fate.DUPLICATE, Fate.NEW, Fate.UPDATE)
    if row.state != ImportRow.State.WAITING or row.fate not in open_fates:
        raise ValidationError("Dòng này không còn chờ quyết định.", code="row.state")
    row.problems = [each for each in row.problems if each.get("of") != "decision"]
    if row.fate == Fate.DUPLICATE:
        row.person_id, row.changes = None, {}
    if decision == Decision.SAME:
        row.person_id = _candidate(row, person, by)
    if who:
        checked = checking.check(batch, [row], today=localdate())[row.position]
        row.changes = checked.changes
        row.problems = [*row.problems, *({**each, "of": "decision"} for each in checked.problems)]
    row.decision = decision
    row.save(update_fields=["decision", "person", "changes", "problems"])
    return row


def _decide_line(row: ImportRow, decision: str, by: User | None, person: Person | None) -> ImportRow:
    from ehr.intake.register import services as register

    line = RegisterLine.objects.filter(batch=row.batch_id, row=row.pk).first()
    if line is not None and not decision and row.decision == Decision.SKIP:
        register.reopen(row.batch, lines=[line.pk], by=by)
    elif line is None or line.group != Group.AMBIGUOUS or line.state != RegisterLine.State.OPEN or not decision:
        raise ValidationError("Dòng này không còn chờ quyết định.", code="row.state")
    else:
        if decision == Decision.SAME and person is None and len(line.candidates) == 1:
            person = Person.objects.filter(pk=line.candidates[0]["person"]).first()
        register.decide(line, decision, by=by, person=person)
    row.refresh_from_db()
    return row


def _candidate(row: ImportRow, person: Person | None, by: User | None) -> int:
    """The chosen person, one of the candidates and within the user's places."""
    offered = [int(each["person"]) for each in row.candidates]
    key = person.pk if person is not None else offered[0] if len(offered) == 1 else None
    if key not in offered:
        raise ValidationError("Hãy chọn một hồ sơ trong danh sách nghi trùng.", code="person.candidate")
    if by is not None and not Person.objects.visible_to(by).filter(pk=key).exists():
        raise PermissionDenied
    if row.batch.kind not in OF_PEOPLE:
        return key  # doses and visits: a person may stand on several rows
    taken = ImportRow.objects.filter(batch=row.batch_id, person=key).exclude(pk=row.pk).exclude(fate=Fate.REFUSED)
    if first := taken.filter(follows=None).order_by("position").first():
        message = f"Hồ sơ này đã được chọn cho dòng {first.number} trang «{first.sheet}»."
        raise ValidationError(message, code="person.taken")
    return key
