"""Records of form-831 files into ours: set-based, by the ordinary services, every person an answer."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import DataError, IntegrityError, transaction
from django.utils.timezone import localdate

from ehr.common.dates import PartialDate, Precision
from ehr.common.problems import Problem, errors
from ehr.exchange.form831 import doses, history, person, visits
from ehr.exchange.form831.care import SectionsCD
from ehr.exchange.form831.files import Sent
from ehr.exchange.form831.layout import part, rows, text
from ehr.exchange.form831.places import Units
from ehr.exchange.form831.words import Taker
from ehr.intake import matching
from ehr.intake.services.access import require_commune
from ehr.intake.values import dump
from ehr.records import bulk
from ehr.records.models import Person
from stations.models import AdminUnit, User

log = logging.getLogger(__name__)
CHUNK = 500
DOOR = "form831"
Fate = Literal["new", "update", "unchanged", "refused", "ambiguous"]
BROKEN = "form831.broken"
ELSEWHERE = Problem("id_number", "id_number.elsewhere", "Số giấy tờ này thuộc hồ sơ ngoài địa bàn của bạn: không nhận.")
AMBIGUOUS = Problem(
    "full_name",
    "form831.ambiguous",
    "Có hồ sơ rất giống người này: hãy xem các hồ sơ nêu ra rồi nhập bằng tay.",
    "error",
)
#: What a file does not change once the identity was confirmed against a source of the state.
CONFIRMED = ("full_name", "sex", "birth_date")


@dataclass(slots=True)
class Taken:
    """One person of a file, from reading to the answer. `visits`, `doses`: how many were new or changed."""

    sent: Sent
    values: dict[str, Any] = field(default_factory=dict)
    doses: doses.Doses = field(default_factory=doses.Doses)
    visits: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    fate: Fate = "unchanged"
    person_id: int | None = None
    candidates: list[int] = field(default_factory=list)
    changed_visits: int = 0
    changed_doses: int = 0

    def refuse(self, *problems: Problem, fate: Fate = "refused") -> None:
        self.notes += problems
        self.fate = fate


def take_all(
    sent: Iterable[Sent], *, commune: AdminUnit, by: User | None, door: str, today: dt.date | None = None
) -> Iterable[Taken]:
    """Writes the records chunk by chunk, each chunk one transaction; gives the answers. A person who stands twice in a
    file is written twice, one after the other. Raises PermissionDenied for a commune that is not the user's."""
    require_commune(by, commune)
    today = today or localdate()
    waiting: list[Sent] = []
    stream = iter(sent)
    more = True
    while more or waiting:
        for each in stream:
            waiting.append(each)
            if len(waiting) >= CHUNK:
                break
        else:
            more = False
        taken = _read(waiting)
        now, waiting = _first_of_each(taken)
        _write_safely(now, commune=commune, by=by, door=door, today=today)
        yield from now


# --- Reading ---------------------------------------------------------------------------------------------------------


def _read(chunk: Sequence[Sent]) -> list[Taken]:
    """What the records say, in field codes. Six queries for all."""
    units = Units([part(sent.data, "THONGTINCHUNG") for sent in chunk])
    vaccines = doses.Vaccines()
    found = [_read_one(sent, units, vaccines) for sent in chunk]
    senders: dict[str, list[tuple[dict[str, Any], bool, list[Problem]]]] = {}
    for taken in found:
        if not taken.sent.trusted and taken.values:
            of_women = taken.doses.of_women or any(taken.values.get(code) for code in history.WOMEN_ONLY)
            senders.setdefault(taken.sent.sender, []).append((taken.values, of_women, taken.notes))
    for group in senders.values():
        person.settle_sex(group)
    return found


def _read_one(sent: Sent, units: Units, vaccines: doses.Vaccines) -> Taken:
    taken = Taken(sent)
    if sent.broken:
        taken.refuse(Problem("", BROKEN, sent.broken))
        return taken
    taker = Taker(sent.trusted, taken.notes)
    taken.values = person.read(part(sent.data, "THONGTINCHUNG"), taker, units)
    taken.values |= history.read(part(sent.data, "TIENSU"), taker)
    taken.doses = doses.read(part(sent.data, "TIEMCHUNG"), taker, vaccines)
    for row in rows(part(sent.data, "DANHSACHHOSOKHAMCHUABENH"), "HOSOKHAMCHUABENH"):
        if values := visits.read(row, taker):
            taken.visits.append(values)
    if sent.unknown:
        names = ", ".join(sent.unknown[:10])
        taker.note("", "unknown_tags", f"Thẻ không có trong mẫu 831, không nhận: {names}.")
    if errors(taken.notes):
        taken.fate = "refused"
    elif not text(part(sent.data, "THONGTINCHUNG"), "HOTEN"):
        taken.refuse(Problem("full_name", "full_name.required", "Thẻ HOTEN để trống: chưa biết hồ sơ của ai."))
    return taken


def _first_of_each(found: Sequence[Taken]) -> tuple[list[Taken], list[Sent]]:
    """Those that may be written now, and later records of the same people, who must see what the first one wrote."""
    staged = [_staged(at, taken) for at, taken in enumerate(found) if taken.fate != "refused"]
    later = set(matching.repeats(staged))
    names: set[Any] = set()
    for row in staged:
        key = row.exact, row.birth, row.sex
        if row.exact and key in names:
            later.add(row.position)
        names.add(key)
    now = [taken for at, taken in enumerate(found) if at not in later]
    return now, [found[at].sent for at in sorted(later)]


def _staged(position: int, taken: Taken) -> matching.StagedRow:
    keys = (
        "full_name", "birth_date", "sex", "id_number", "person_identifier", "health_insurance_number",
        "social_insurance_code", "current_village_code", "household_code",
    )  # fmt: skip
    return matching.staged(position, dump({key: taken.values[key] for key in keys if key in taken.values}))


# --- Writing ---------------------------------------------------------------------------------------------------------


def _write_safely(chunk: Sequence[Taken], *, commune: AdminUnit, by: User | None, door: str, today: dt.date) -> None:
    """One transaction. When the database refuses one (a number that somebody took this second), the halves are tried,
    so that only the person is refused who caused it."""
    todo = [taken for taken in chunk if taken.fate != "refused"]
    if not todo:
        return
    kept = [(list(taken.notes), dict(taken.values)) for taken in todo]
    try:
        with transaction.atomic():
            _write(todo, commune=commune, by=by, door=door, today=today)
    except (IntegrityError, DataError) as error:
        for taken, (notes, values) in zip(todo, kept, strict=True):
            taken.notes[:], taken.values, taken.person_id = notes, values, None
            taken.changed_visits = taken.changed_doses = 0
            taken.fate = "unchanged"
        if len(todo) == 1:
            log.warning("form 831: a record refused: %s", type(error).__name__)
            message = "Hồ sơ này vướng một bản ghi vừa được người khác lưu: hãy gửi lại."
            todo[0].refuse(Problem("", "form831.clash", message))
            return
        middle = len(todo) // 2
        for half in (todo[:middle], todo[middle:]):
            _write_safely(half, commune=commune, by=by, door=door, today=today)


def _write(todo: Sequence[Taken], *, commune: AdminUnit, by: User | None, door: str, today: dt.date) -> None:
    _match(todo, commune=commune, by=by)
    _recognise(todo, by=by, today=today)
    ready = [taken for taken in todo if taken.fate not in ("refused", "ambiguous")]
    _keep_confirmed(ready)
    given = []
    for taken in ready:
        values = dict(taken.values)
        if taken.person_id is None:
            values.setdefault("current_commune", commune.code)
            values.setdefault("birth_date", None)
        given.append(bulk.BulkRow(taken, values, taken.person_id))
    for outcome in bulk.write(given, by=by, door=door, today=today):
        taken = outcome.key
        taken.notes += outcome.problems
        taken.fate, taken.person_id = outcome.fate, outcome.person_id
    SectionsCD([taken for taken in ready if taken.fate != "refused"], today=today).write(by=by, door=door)


def _match(todo: Sequence[Taken], *, commune: AdminUnit, by: User | None) -> None:
    staged = []
    for at, taken in enumerate(todo):
        living = taken.values.get("current_commune")
        if living and living != commune.code:
            message = f"Người này ở xã khác; lần nhập này dành cho {commune.full_name}."
            taken.refuse(Problem("current_commune", "current_commune.other", message))
        else:
            staged.append(_staged(at, taken))
    for at, match in matching.match(staged, commune=commune, by=by).items():
        taken = todo[at]
        if match.person_id is not None:
            taken.person_id = match.person_id
        elif match.elsewhere:
            taken.refuse(ELSEWHERE)
        elif match.candidates:
            taken.candidates = [key for key, _ in match.candidates]
            taken.refuse(AMBIGUOUS, fate="ambiguous")


def _recognise(todo: Sequence[Taken], *, by: User | None, today: dt.date) -> None:
    """A record that says nothing but what the one person like it already has, is this person's: a file without numbers
    and villages that comes again needs nobody's decision."""
    alone = [taken for taken in todo if taken.fate == "ambiguous" and len(taken.candidates) == 1]
    if not alone:
        return
    rows = [bulk.BulkRow(taken, taken.values, taken.candidates[0]) for taken in alone]
    same = [outcome.key for outcome in bulk.check(rows, by=by, today=today) if outcome.fate == "unchanged"]
    tried = [
        Taken(taken.sent, taken.values, taken.doses, taken.visits, person_id=taken.candidates[0]) for taken in same
    ]
    SectionsCD(tried, today=today)
    for taken, trial in zip(same, tried, strict=True):
        if trial.fate == "unchanged":
            taken.notes.remove(AMBIGUOUS)
            taken.fate, taken.person_id, taken.candidates = "unchanged", trial.person_id, []


def _keep_confirmed(ready: Sequence[Taken]) -> None:
    """Trap 1 and its like: a file corrects what nobody confirmed. One query."""
    known = Person.objects.in_bulk([taken.person_id for taken in ready if taken.person_id is not None])
    for taken in ready:
        row = known.get(taken.person_id or 0)
        if row is None:
            continue
        stored: dict[str, Any] = {
            "full_name": row.full_name, "sex": row.sex,
            "birth_date": PartialDate.of(row.birth_date, row.birth_precision),
        }  # fmt: skip
        kept = CONFIRMED if row.identity_confirmed_on else () if taken.sent.trusted else ("sex",)
        for name in kept:
            if name in taken.values and taken.values[name] != stored[name]:
                taken.values.pop(name)
                message = f"{_SAID[name]} trong tệp khác với hồ sơ đang có: giữ hồ sơ, không nhận của tệp."
                taken.notes.append(Problem(name, "form831.kept", message, "warning"))
        birth: PartialDate | None = taken.values.get("birth_date")
        if birth is not None and _says_less(birth, stored["birth_date"]):
            taken.values.pop("birth_date")


_SAID = {"full_name": "Họ tên", "sex": "Giới tính", "birth_date": "Ngày sinh"}
_EXACTNESS = (Precision.UNKNOWN, Precision.YEAR, Precision.MONTH, Precision.DAY)


def _says_less(birth: PartialDate, known: PartialDate | None) -> bool:
    """A year says nothing against the full date that the record holds."""
    if known is None or known.date is None or _EXACTNESS.index(birth.precision) >= _EXACTNESS.index(known.precision):
        return False
    return birth.date is None or birth.date.year == known.date.year


def answers_to(found: Sequence[Taken]) -> list[Mapping[str, Any]]:
    """What doors show: one line per person. One query for the codes of records."""
    keys = {key for taken in found for key in (taken.person_id, *taken.candidates) if key is not None}
    codes = dict(Person.objects.filter(pk__in=keys).order_by().values_list("pk", "code"))
    return [
        {
            "file": taken.sent.file, "position": taken.sent.position, "fate": taken.fate,
            "person": codes.get(taken.person_id or 0, "") if taken.fate != "refused" else "",
            "candidates": [codes[key] for key in taken.candidates if key in codes],
            "doses": taken.changed_doses, "visits": taken.changed_visits,
            "problems": [
                {"field": each.field, "code": each.code, "level": each.level, "message": each.message}
                for each in taken.notes
            ],
        }
        for taken in found
    ]  # fmt: skip
