"""Asking a report and keeping that it left the system as a file. ReportRun is all that this app writes."""

from collections.abc import Callable

from reports.letterhead import Letterhead, letterhead
from reports.models import ReportRun
from reports.pdf import pdf_file
from reports.questions import Question
from reports.registry import Report
from reports.tables import Table, csv_file, json_file
from reports.xlsx import xlsx_file
from stations.models import User

Writer = Callable[[Table, Callable[[], Letterhead]], bytes]
# Suffix → content type, writer. Only paper and spreadsheet ask who issues the report.
FORMATS: dict[str, tuple[str, Writer]] = {
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda table, head: xlsx_file(table, head()),
    ),
    "pdf": ("application/pdf", lambda table, head: pdf_file(table, head())),
    "csv": ("text/csv; charset=utf-8", lambda table, head: csv_file(table)),
    "json": ("application/json", lambda table, head: json_file(table)),
}


def make_file(*, report: Report, question: Question, format: str, by: User | None) -> bytes:
    """The report as a file, and one ReportRun row with the hash of its figures. Raises PdfOff."""
    table = report.build(question)
    content = FORMATS[format][1](table, lambda: letterhead(question.unit, question.today))
    record_run(table=table, format=format, by=by)
    return content


def record_run(*, table: Table, format: str, by: User | None) -> ReportRun:
    """What left, for which unit and month, by whom, with the SHA-256 of its rows."""
    return ReportRun.objects.create(
        report=table.report, unit=table.unit, period=table.month.start, grouping=table.by, format=format,
        data_hash=table.data_hash(), user=by,
    )  # fmt: skip


def file_name(*, report: Report, question: Question, format: str) -> str:
    """lien-thong_16516_2024-06_village.xlsx: letters, digits, - and _ only."""
    return f"{report.path}_{question.unit.code}_{question.month.iso}_{question.by}.{format}"
