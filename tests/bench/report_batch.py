"""One report of every commune of a province as PDFs, printed by two processes as the workers do it: counting, page,
file and ledger. The floor is WeasyPrint alone, in two processes over the same pages, already made."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import _common

PROCESSES = 2
BUDGET = 1.2
REPORT, STYLE = "coverage", "reports/pdf.css"


def main(people: int = _common.PEOPLE) -> None:
    """Prints seconds of both and their ratio. Raises when a commune has no file."""
    _common.set_up(people)
    from reports.prints import batches

    batch = _batch()
    try:
        with tempfile.TemporaryDirectory() as pages:
            _write_pages(batch, Path(pages))
            floor = _in_turn(_print_pages, [pages])
            ours = _in_turn(_print_batch, [batch.pk])
        batch.refresh_from_db()
        if not (batch.state == "done" and batch.done == batch.total > 0):
            raise AssertionError(f"{batch.done} of {batch.total} files, {batch.state}")
        ratio = ours / floor
        print(
            f"   {batch.total} communes, {PROCESSES} processes: {ours:.1f} s, WeasyPrint alone {floor:.1f} s: "
            f"{ratio:.2f}× (budget {BUDGET:g}×) {'ok' if ratio <= BUDGET else 'OVER'} (load {os.getloadavg()[0]:.1f})"
        )
    finally:
        shutil.rmtree(batches.folder(batch), ignore_errors=True)
        batch.delete()


def _batch() -> Any:
    """A batch of last month that no worker knows of."""
    from reports.models import ReportBatch
    from stations.models import AdminUnit
    from tests.bench.reports import last_month

    province = AdminUnit.objects.get(scheme="new", level="province", code=_common.PROVINCE)
    return ReportBatch.objects.create(
        user=_common.department(), report=REPORT, unit=province, period=last_month().iso, options={}
    )


def _write_pages(batch: Any, folder: Path) -> None:
    """The pages as WeasyPrint is given them."""
    from django.template.loader import render_to_string
    from django.utils.timezone import localdate

    from reports.layout import view_of
    from reports.letterhead import letterhead
    from reports.periods import Period
    from reports.questions import Question
    from reports.registry import REPORTS
    from reports.services import make_table
    from stations.queries import communes_of

    report, today = REPORTS[REPORT], localdate()
    period = Period.parse(batch.period, today=today)
    for unit in communes_of(batch.unit):
        question = Question(unit, period, report.groupings_for(unit)[0], batch.user, today)
        table = make_table(report=report, question=question)
        context = {"table": table, "head": letterhead(unit, today), "view": view_of(table)}
        page = render_to_string("reports/pdf.html", context | {"table_template": report.template})
        (folder / f"{unit.code}.html").write_text(page, encoding="utf-8")


# ------------------------------------------------------------------------------------------------------ the processes
def _in_turn(work: Callable[..., None], given: Sequence[Any]) -> float:
    """Seconds from the moment when all processes are warm until the last one is done."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(PROCESSES + 1)
    started = [spawn.Process(target=work, args=(*given, number, ready)) for number in range(PROCESSES)]
    for process in started:
        process.start()
    ready.wait()
    begin = time.perf_counter()
    for process in started:
        process.join()
    if any(process.exitcode for process in started):
        raise AssertionError("a process broke off")
    return time.perf_counter() - begin


def _start() -> Callable[[str], bytes]:
    """A fresh process: Django on the database of the benchmarks, WeasyPrint loaded."""
    import django

    django.setup()
    _common._use_database()
    from reports.pdf import write_pdf

    write_pdf("<p>Làm nóng</p>", STYLE)
    return lambda page: write_pdf(page, STYLE)


def _print_pages(folder: str, number: int, ready: Any) -> None:
    write = _start()
    pages = sorted(Path(folder).glob("*.html"))[number::PROCESSES]
    ready.wait()
    for page in pages:
        page.with_suffix(".pdf").write_bytes(write(page.read_text(encoding="utf-8")))


def _print_batch(key: int, number: int, ready: Any) -> None:
    _start()
    from reports.models import ReportBatch
    from reports.prints import batches

    ready.wait()
    while batches.run(ReportBatch.objects.select_related("unit", "user").get(pk=key)):
        pass


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
