"""Reading a file into rows with their fate. Nothing is written into the records.

The rows of a large file are kept compressed between finding and checking: 100,000 rows of 45 columns as Python objects
would need more memory than the rest of the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.common.garbage import without_gc
from ehr.intake import matching
from ehr.intake.columns import Layout
from ehr.intake.files import FileRefused, Sheet
from ehr.intake.matching import Match, Repeat
from ehr.intake.models import Fate, ImportBatch, ImportRow, Kind
from ehr.intake.rows import Row
from ehr.intake.services.beside import beside, may_fork
from ehr.intake.services.checking import apply, check
from ehr.intake.services.headers import bytes_of, looked_over, recognised
from ehr.intake.services.kinds import OF_PEOPLE
from ehr.intake.services.locks import locked, step_of, touch, working_on
from ehr.intake.services.plans import PLANNED, Keeper, forget_plans
from ehr.intake.services.spooling import MANY, spool_rows, unpacked
from ehr.intake.services.store import NewRow, analyze_rows, copy_rows, count, drop_rows
from ehr.records.bulk.plans import Kept

log = logging.getLogger(__name__)
State = ImportBatch.State
CHUNK = 2_500
WORTH_PLANNING = 10_000  # rows: who waits for the preview of fewer would wait for their plans, too
LEFT_OUT = "Bỏ qua trang"  # begins the note about sheets that hold no people
NO_TABLE = (
    "Không thấy bảng nào có cột họ và tên. Hãy chỉ dòng tiêu đề của bảng rồi ghép cột; tệp không phải danh sách người "
    "thì bỏ qua."
)


def read(batch: ImportBatch) -> None:
    """Reads the file of a batch in state READING and leaves it in PREVIEW, or REFUSED with one sentence.

    A second worker returns at once; a reading that was killed starts again from the beginning."""
    with working_on(batch.pk) as mine:
        if not mine:
            return
        batch.refresh_from_db()
        if batch.state != State.READING:
            return
        touch(batch, done=0, total=0)
        try:
            sheets = sheets_of(batch)
            layouts = _layouts(batch, sheets)
            if not layouts:
                raise FileRefused("file.no_table", NO_TABLE)
            batch.layout = [layout.to_json() for layout in layouts]
            _read_rows(batch, sheets, layouts)
        except FileRefused as refused:
            _finish(batch, state=State.REFUSED, message=refused.message[:300], message_code=refused.code)


@without_gc()
def sheets_of(batch: ImportBatch) -> list[Sheet]:
    """The sheets of the stored file. Raises FileRefused."""
    from ehr.intake.files import read_file

    return read_file(bytes_of(batch), batch.file_name)


def _layouts(batch: ImportBatch, sheets: Sequence[Sheet]) -> list[Layout]:
    """The columns as the officer corrected them, else as recognised."""
    if batch.layout:
        return [layout for data in batch.layout for layout in looked_over(batch, sheets, Layout.from_json(data))]
    found = [(sheet, recognised(batch, sheet)) for sheet in sheets]
    layouts = [layout for _, layout in found if layout is not None]
    left_out = [f"«{sheet.name}»" for sheet, layout in found if layout is None]
    if layouts and left_out:
        layouts[0].notes.append(f"{LEFT_OUT} {', '.join(left_out)}: không có bảng người.")
    return layouts


# --- Rows -----------------------------------------------------------------------------------------------------------


@without_gc()
def _read_rows(batch: ImportBatch, sheets: list[Sheet], layouts: Sequence[Layout]) -> None:
    size = step_of(sum(len(sheet.rows) for sheet in sheets), CHUNK)
    spool = spool_rows(batch, sheets, layouts, size, lambda rows: touch(batch, total=rows))
    chunks, keys = spool.chunks, spool.keys
    if not keys:
        raise FileRefused("file.no_rows", "Bảng không có dòng nào để nhập dưới dòng tiêu đề.")
    matches = matching.match(keys, commune=batch.commune, by=batch.by, once=batch.kind in OF_PEOPLE)
    repeated = matching.repeats(keys) if batch.kind in OF_PEOPLE else {}
    many = len(chunks) > 1 and len(keys) >= MANY
    keeper = Keeper(batch) if batch.kind in PLANNED and len(keys) >= WORTH_PLANNING else None
    keys.clear()
    touch(batch)
    drop_rows(batch.pk)
    forget_plans(batch.pk)

    def store(numbers: Iterable[int]) -> bool:
        return all(_store(batch, chunks[at], matches, repeated, keeper) for at in numbers)

    odd = range(1, len(chunks), 2) if many and may_fork() else range(0)
    with beside(lambda: store(odd), when=bool(odd)):
        stored = store(sorted({*range(len(chunks))} - {*odd}))
    if stored and store(_missing(batch, {chunks[at][0]: at for at in odd})):
        if many:
            analyze_rows()
        _finish(batch, state=State.PREVIEW)


def _missing(batch: ImportBatch, first: Mapping[int, int]) -> list[int]:
    """Chunks that a helper should have stored and has not. `first`: position of the first row → number of the chunk."""
    rows = ImportRow.objects.filter(batch=batch, position__in=first).order_by()
    return sorted(set(first.values()) - {first[position] for position in rows.values_list("position", flat=True)})


def _store(
    batch: ImportBatch, chunk: tuple[int, bytes], matches: Mapping[int, Match], repeated: Mapping[int, Repeat],
    keeper: Keeper | None,
) -> bool:  # fmt: skip
    """Judges and stores a chunk. False when the batch was cancelled meanwhile."""
    first, rows = chunk[0], unpacked(chunk[1])
    with transaction.atomic():
        if keeper is None:
            copy_rows(_judged(batch, rows, first, matches, repeated, None))
        else:
            kept = keeper.begin()
            judged = _judged(batch, rows, first, matches, repeated, kept)
            copy_rows(judged)
            keeper.keep(judged, kept)
        reading = ImportBatch.objects.filter(pk=batch.pk, state=State.READING)
        if reading.update(done=F("done") + len(rows), touched_at=timezone.now()):
            return True
        transaction.set_rollback(True)
    return False


def _judged(
    batch: ImportBatch, rows: Sequence[Row], first: int, matches: Mapping[int, Match], repeated: Mapping[int, Repeat],
    kept: Kept | None,
) -> list[NewRow]:  # fmt: skip
    """Rows of a chunk with their fate, ready to be stored."""
    made: list[NewRow] = []
    asked: list[NewRow] = []
    for position, row in enumerate(rows, first):
        stored = NewRow(
            batch.pk, position, row.sheet[:100], row.number, row.label[:100], row.values, row.cleaned,
            list(row.problems),
        )  # fmt: skip
        made.append(stored)
        match = matches.get(position, matching.NOBODY)
        repeat = repeated.get(position)
        if repeat is not None and not repeat.adds:
            stored.problems.append(problem("row.repeated", repeat.why))
        elif match.elsewhere:
            stored.problems.append(problem("id_number.elsewhere", ELSEWHERE, "id_number"))
        if any(found["level"] == "error" for found in stored.problems):
            continue
        stored.person_id = (matches.get(repeat.first, matching.NOBODY) if repeat else match).person_id
        stored.follows = repeat.first if repeat else None
        if repeat is not None and stored.person_id is None:
            # The person comes into being with the first row: what this row adds is seen when it is written.
            stored.fate = Fate.UPDATE.value
            stored.changes = {code: [None, row.values[code]] for code in row.values if code not in matching.IDENTIFYING}
        elif match.candidates and repeat is None:
            stored.fate = Fate.DUPLICATE.value
            stored.candidates = [{"person": person, "why": why} for person, why in match.candidates]
        else:
            asked.append(stored)
    if batch.kind == Kind.REGISTER:  # the comparison says what differs, for all rows at once
        for stored in asked:
            stored.fate = Fate.NEW.value if stored.person_id is None else Fate.UNCHANGED.value
        return made
    outcomes = check(batch, asked, today=localdate(), kept=kept)
    for stored in asked:
        apply(stored, outcomes[stored.position])
    return made


ELSEWHERE = (
    "Số giấy tờ này đang thuộc một hồ sơ ở nơi khác, ngoài địa bàn của bạn. Hãy kiểm tra lại số; nếu đúng, "
    "liên hệ tuyến trên để chuyển hồ sơ."
)


def problem(code: str, message: str, field: str = "", level: str = "error") -> dict[str, Any]:
    """A problem of a whole row, in the form in which rows keep problems."""
    return {"field": field, "column": "", "value": "", "code": code, "level": level, "message": message}


def _finish(batch: ImportBatch, *, state: str, message: str = "", message_code: str = "") -> None:
    with transaction.atomic():
        if locked(batch.pk).state != State.READING:
            return
        if state == State.PREVIEW and batch.kind == Kind.REGISTER:
            from ehr.intake.register import services as register

            register.compare(batch)
        counts = count(batch) if state == State.PREVIEW else {}
        if counts and not message:
            message, message_code = _said(batch, counts)
        touch(
            batch, state=state, layout=batch.layout, counts=counts, message=message, message_code=message_code,
            read_at=timezone.now(), failures=0,
        )  # fmt: skip


def _said(batch: ImportBatch, counts: Mapping[str, int]) -> tuple[str, str]:
    """One sentence when the file brings nothing new."""
    if counts["unchanged"] != counts["rows"]:
        return "", ""
    before = (
        ImportBatch.objects.filter(file=batch.file_id, commune=batch.commune_id, kind=batch.kind, state=State.DONE)
        .exclude(pk=batch.pk)
        .first()
    )
    if before is None or before.finished_at is None:
        return "Mọi dòng của tệp đã có trong hồ sơ, không có gì thay đổi.", "unchanged"
    day = timezone.localtime(before.finished_at)
    return f"Tệp này đã được nhập ngày {day:%d/%m/%Y}: không có gì thay đổi.", "same_file"
