"""A village survey of 100,000 people, 45 columns, from the upload of the .xlsx to its rows in the record, and back.

The floor reads the same file with calamine and copies its cells into a bare table: no rules, no matching, no history.
It is measured before and after ours and the mean counts: a shared machine changes its speed within minutes. Beside it
stands django-import-export with its defaults on such a bare table, measured on a part of the file and multiplied. All
of ours runs in a process of its own, so that its memory is that of a worker. The steps are the seconds of this process;
a helper takes half of the checking and writing beside it."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import multiprocessing
import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import _common, _sheet

ROWS = 100_000
PREVIEW_ROWS = 7_219  # a commune
SAMPLE = 2_000
BUDGET_RATIO, BUDGET_MB, BUDGET_PREVIEW = 6.0, 600, 3.0


def main(people: int = _common.PEOPLE, rows: int = ROWS) -> None:
    """Prints the steps of ours, the floor, and their ratio. Raises when a row is lost, doubled or left behind."""
    _common.set_up(people)
    large, small = (_workbook(number) for number in (rows, PREVIEW_ROWS))
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1, maxtasksperchild=1) as pool:
        before = pool.apply(_floor, [str(large)])
        slow = pool.apply(_import_export, [str(large), SAMPLE])
        preview = pool.apply(_ours, [str(small), PREVIEW_ROWS, False])
        ours = pool.apply(_ours, [str(large), rows, True])
        floor, copied = ((one + two) / 2 for one, two in zip(before, pool.apply(_floor, [str(large)]), strict=True))
    _show(rows, floor, copied, slow, preview, ours)


def _show(rows: int, floor: float, copied: float, slow: float, preview: dict[str, Any], ours: dict[str, Any]) -> None:
    total = ours["upload"] + ours["commit"]
    ratio = total / (floor + copied)
    print(f"   {rows:,} rows, {len(_sheet.COLUMNS)} columns (load {os.getloadavg()[0]:.1f})".replace(",", " "))
    for title, seconds in (
        ("floor: calamine reads", floor), ("floor: COPY into a bare table", copied),
        *((f"ours, upload: {name}", seconds) for name, seconds in ours["upload_steps"].items()),
        ("ours, upload to preview", ours["upload"]),
        *((f"ours, commit: {name}", seconds) for name, seconds in ours["commit_steps"].items()),
        ("ours, commit", ours["commit"]), ("ours, total", total), ("ours, undo of all", ours["undo"]),
        (f"import-export, {SAMPLE} rows × {rows / SAMPLE:g}", slow * rows / SAMPLE),
    ):  # fmt: skip
        print(f"   {title:<40}{seconds:9.1f} s{seconds / rows * 1e6:9.0f} µs/row")
    _verdict(f"total: {ratio:.1f}× the floor (budget {BUDGET_RATIO:g}×)", ratio <= BUDGET_RATIO)
    _verdict(f"memory: {ours['memory']:.0f} MB at most (budget {BUDGET_MB} MB)", ours["memory"] <= BUDGET_MB)
    print(f"   of a helper beside it, most of it shared: {ours['helper']:.0f} MB")
    seconds = preview["upload"]
    _verdict(
        f"preview of {PREVIEW_ROWS} rows: {seconds:.1f} s (budget {BUDGET_PREVIEW:g} s)", seconds <= BUDGET_PREVIEW
    )


def _verdict(text: str, kept: bool) -> None:
    print(f"   {text}  {'ok' if kept else 'OVER'}", flush=True)


# ------------------------------------------------------------------------------------------------------------ the file
def _workbook(rows: int) -> Path:
    """The .xlsx, written once: title, header, one line per person."""
    from django.db.models import Count
    from xlsxwriter import Workbook

    from ehr.records.facts import codes_of
    from stations.models import Village

    commune = _common.clerk().assignments.get().organization.unit
    villages = {row.code: row.name for row in Village.objects.filter(commune=commune).annotate(n=Count("people"))}
    occupations = {code.code: code.name for code in list(codes_of("occupation").values())[:12]}
    path = Path(os.environ["VAR_DIR"]) / f"bench-survey-{commune.code}-{rows}.xlsx"
    if path.exists():
        return path
    names = {"current_village_code": villages, "occupation": occupations}
    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Phiếu điều tra")
        sheet.write_row(0, 0, ["PHIẾU ĐIỀU TRA HỘ GIA ĐÌNH"])
        sheet.write_row(1, 0, list(_sheet.COLUMNS))
        people = _sheet.people(rows, villages=list(villages), occupations=list(occupations))
        for number, values in enumerate(people, 1):
            sheet.write_row(number + 1, 0, _sheet.cells(number, values, names))
    return path


# ----------------------------------------------------------------------------------------------------------- the floor
def _start() -> None:
    """A fresh process: Django on the benchmark's database."""
    import django

    django.setup()
    _common._use_database()


def _floor(path: str) -> tuple[float, float]:
    """Seconds for reading all cells, and for their COPY as text."""
    from python_calamine import CalamineWorkbook

    _start()
    from django.db import connection, transaction

    cells, read = _common.answer(lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())
    columns = [f"c{at}" for at in range(len(_sheet.COLUMNS))]

    def copy() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bench_floor ({', '.join(f'{name} text' for name in columns)})")
            with cursor.copy(f"COPY bench_floor ({', '.join(columns)}) FROM STDIN") as copying:
                for row in cells:
                    copying.write_row([None if value == "" else str(value) for value in row])

    seconds = _common.timed(copy)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_floor")
    return read, seconds


def _import_export(path: str, number: int) -> float:
    """Seconds of django-import-export, defaults, for the first rows of the file: preview and import, as its admin."""
    import tablib
    from python_calamine import CalamineWorkbook

    _start()
    from django.db import connection, models
    from import_export.resources import modelresource_factory

    columns = {f"c{at}": models.CharField(max_length=300, blank=True) for at in range(len(_sheet.COLUMNS))}
    meta = type("Meta", (), {"app_label": "intake", "db_table": "bench_import_export"})
    model = type("SurveyRow", (models.Model,), {**columns, "Meta": meta, "__module__": __name__})
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[2 : number + 2]
    data = tablib.Dataset(*(["", *map(str, row)] for row in rows), headers=["id", *columns])
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        loader = modelresource_factory(model)()
        begin = time.perf_counter()
        for dry_run in (True, False):
            result = loader.import_data(data, dry_run=dry_run, raise_errors=True)
        seconds = time.perf_counter() - begin
        if result.totals["new"] != number:
            raise AssertionError(f"import-export stored {result.totals}")
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)
    return seconds


# ---------------------------------------------------------------------------------------------------------------- ours
def _ours(path: str, rows: int, commit: bool) -> dict[str, Any]:
    """Times of upload, commit and undo with their steps, and the memory of this process at its peak."""
    _start()
    from ehr.intake import services

    user = _common.clerk()
    commune = user.assignments.get().organization.unit
    data = Path(path).read_bytes()
    _give_up_former(data, user)
    with _clocks(UPLOAD) as steps:
        upload = {"data": data, "file_name": Path(path).name, "kind": "survey", "commune": commune, "by": user}
        batch, seconds = _common.answer(lambda: services.upload(**upload, door="command", wait=True))
    found: dict[str, Any] = {"upload": seconds, "upload_steps": dict(steps), "counts": batch.counts}
    if not steps:
        raise AssertionError("the file was not read: an earlier run left its preview")
    if batch.counts.get("rows") != rows:
        raise AssertionError(f"preview: {batch.state} {batch.message} {batch.counts}")
    if not commit:
        services.cancel(batch, by=user)
        return found
    before = _people()
    with _clocks(COMMIT) as steps:
        batch, found["commit"] = _common.answer(lambda: services.confirm(batch, by=user, wait=True))
    found["commit_steps"] = dict(steps)
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["helper"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    written = _people() - before
    if written != batch.counts["new"] or written < rows * 0.95:
        raise AssertionError(f"{written} people written, counts {batch.counts}")
    batch, found["undo"] = _common.answer(lambda: services.undo(batch, by=user, wait=True))
    if _people() != before:
        raise AssertionError(f"{_people() - before} people left after the undo")
    return found


def _give_up_former(data: bytes, user: Any) -> None:
    """What a run that was broken off left waiting: sending the same bytes would only show it again."""
    from ehr.intake import services
    from ehr.intake.models import ImportBatch

    same = ImportBatch.objects.filter(file__sha256=hashlib.sha256(data).hexdigest())
    for batch in same.filter(state__in=(ImportBatch.State.PREVIEW, ImportBatch.State.READING)):
        services.cancel(batch, by=user)


UPLOAD = {
    "reading the file": "ehr.intake.services.reading.sheets_of",
    "finding and cleaning rows": "ehr.intake.services.reading.spool_rows", "matching": "ehr.intake.matching.match",
    "checking": "ehr.intake.services.reading.check", "storing the rows": "ehr.intake.services.reading.copy_rows",
}  # fmt: skip
COMMIT = {
    "whether plans hold": "ehr.intake.services.writing.write_planned",
    "writing from plans": "ehr.intake.services.plans.write_plans", "marking": "ehr.intake.services.plans.mark_written",
    "matching again": "ehr.intake.services.writing._matched_again", "writing": "ehr.intake.services.checking.write",
}  # fmt: skip


@contextlib.contextmanager
def _clocks(functions: dict[str, str]) -> Iterator[dict[str, float]]:
    """Seconds spent within each of the functions, by title. A function called within another counts for itself."""
    import importlib

    seconds: dict[str, float] = defaultdict(float)
    inside: list[float] = []
    undo: list[Callable[[], None]] = []

    def clocked(title: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            inside.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - begin
                seconds[title] += spent - inside.pop()
                if inside:
                    inside[-1] += spent

        return timed

    for title, name in functions.items():
        module, _, attribute = name.rpartition(".")
        home = importlib.import_module(module)
        original = getattr(home, attribute)
        setattr(home, attribute, clocked(title, original))
        undo.append(lambda home=home, attribute=attribute, original=original: setattr(home, attribute, original))  # type: ignore[misc]
    try:
        yield seconds
    finally:
        for step in undo:
            step()


def _people() -> int:
    from ehr.records.models import Person

    return Person.objects.count()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=_common.PEOPLE)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    main(given.people, given.rows)
