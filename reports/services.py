"""Asking a report and keeping that it left the system as a file. ReportRun is all that this app writes."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from ehr.audit import services as audit
from reports.letterhead import Letterhead, letterhead
from reports.models import ReportRun
from reports.pdf import pdf_file
from reports.questions import Question
from reports.report import Action, Report, rights_for
from reports.small import sees_small, suppressed
from reports.stored import Hash, json_file, write_csv
from reports.tables import Note, Row, Table
from reports.xlsx import write_xlsx
from stations.models import User
from stations.scope import scope_of

Writer = Callable[[Report, Table, Callable[[], Letterhead], BinaryIO], None]
LOG_CHUNK = 5_000


def _csv(report: Report, table: Table, head: Callable[[], Letterhead], out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    write_csv(table, text)
    text.detach()


def _pdf(report: Report, table: Table, head: Callable[[], Letterhead], out: BinaryIO) -> None:
    out.write(pdf_file(table, head(), report.template))


def _official(report: Report, table: Table, head: Callable[[], Letterhead], out: BinaryIO) -> None:
    """The report's official form, filled in. Raises FormError for a report without one."""
    from reports.official import FormError, write_form  # openpyxl is only for those who take this file

    if not report.form:
        raise FormError(f"Báo cáo “{report.title}” không có biểu mẫu.")
    write_form(report.form, table, head(), out)


def suffix_of(format: str) -> str:
    """What the name of a file of this format ends in."""
    return "_mau.xlsx" if format == "mau" else f".{format}"


def offers(report: Report, format: str) -> bool:
    """Whether the report comes in this format."""
    return format in FORMATS and (format != "mau" or bool(report.form))


# Suffix → content type, writer, what it does with personal data. Only paper and spreadsheet ask who issues the report.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, tuple[str, Writer, Action]] = {
    "xlsx": (XLSX, lambda report, table, head, out: write_xlsx(table, head(), out), "export"),
    "mau": (XLSX, _official, "export"),
    "pdf": ("application/pdf", _pdf, "print"),
    "csv": ("text/csv; charset=utf-8", _csv, "export"),
    "json": ("application/json", lambda report, table, head, out: _write(out, json_file(table)), "export"),
}  # fmt: skip


def _write(out: BinaryIO, content: bytes) -> None:
    out.write(content)


def may(report: Report, user: User, action: Action) -> bool:
    """Whether the user may see, print or export this report at all; places are another matter."""
    scope = scope_of(user)
    return all(scope.can(right) for right in rights_for(report, action))


def make_table(*, report: Report, question: Question, covered: bool | None = None) -> Table:
    """The report as its asker may see it: small numbers hidden outside the responsible unit. The only way for doors.

    `covered`: hide them in any case, or in none; None: as the asker's roles say."""
    table = replace(report.build(question), personal=report.personal)
    if question.definitions_of:
        said = Note(f"Theo bộ định nghĩa có hiệu lực ngày {question.definitions_of:%d/%m/%Y}.")
        table = replace(table, notes=(said, *table.notes))
    hide = not sees_small(question.user) if covered is None else covered
    return suppressed(table) if hide else table


def write_file(
    *, report: Report, question: Question, format: str, by: User | None, out: BinaryIO, covered: bool | None = None,
    door: str = "screen", address: str | None = None,
) -> None:  # fmt: skip
    """Writes the report into `out`, and one ReportRun row with the hash of its figures. Raises PdfOff.

    A register streams: memory does not grow with its rows. Whose rows leave is written to the access log."""
    table = make_table(report=report, question=question, covered=covered)
    _, writer, action = FORMATS[format]
    found = Hash(table)
    taps: list[Callable[[Row], None]] = [found.add]
    log = _Log(report, by, action, door, address) if report.personal and by is not None else None
    if log:
        taps.append(log.add)
    try:
        tapped = replace(table, rows=_Tapped(table.rows, taps))
        writer(report, tapped, lambda: letterhead(question.unit, question.today), out)
    finally:
        if log:
            log.flush()
    record_run(table=table, format=format, by=by, data_hash=found.hexdigest())


class _Tapped(Sequence[Row]):
    """Rows that are looked at while a writer reads them, once."""

    def __init__(self, rows: Sequence[Row], taps: Iterable[Callable[[Row], None]]) -> None:
        self._rows, self._taps = rows, tuple(taps)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return self._rows[at]

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            for tap in self._taps:
                tap(row)
            yield row


class _Log:
    """Writes to the access log whose rows were read, many at a time."""

    def __init__(self, report: Report, by: User, action: Action, door: str, address: str | None) -> None:
        self.report, self.by, self.action, self.door, self.address = report, by, action, door, address
        self.waiting: set[int] = set()

    def add(self, row: Row) -> None:
        if (pk := getattr(row, "person_id", None)) is not None:
            self.waiting.add(pk)
            if len(self.waiting) >= LOG_CHUNK:
                self.flush()

    def flush(self) -> None:
        audit.log_accesses(
            by=self.by, person_ids=sorted(self.waiting), action=self.action, door=self.door,
            object=f"báo cáo {self.report.key}"[:60], address=self.address,
        )  # fmt: skip
        self.waiting.clear()


def make_file(
    *, report: Report, question: Question, format: str, by: User | None, covered: bool | None = None
) -> bytes:
    """`write_file` into memory."""
    out = io.BytesIO()
    write_file(report=report, question=question, format=format, by=by, out=out, covered=covered)
    return out.getvalue()


def log_shown(
    *, report: Report, rows: Iterable[Row], by: User, door: str = "screen", address: str | None = None,
    action: Action = "view",
) -> None:  # fmt: skip
    """Writes to the access log whose lines of a register were shown."""
    if report.personal:
        log = _Log(report, by, action, door, address)
        for row in rows:
            log.add(row)
        log.flush()


def record_run(*, table: Table, format: str, by: User | None, data_hash: str) -> ReportRun:
    """What left, for which unit and period, by whom, with the SHA-256 of its rows."""
    return ReportRun.objects.create(
        report=table.report, unit=table.unit, period=table.period.start, period_kind=table.period.kind,
        grouping=table.by, format=format, data_hash=data_hash, user=by,
    )  # fmt: skip


def file_name(*, report: Report, question: Question, format: str) -> str:
    """lien-thong_16516_2024-06_village.xlsx: letters, digits, - and _ only."""
    return f"{report.path}_{question.unit.code}_{question.period.iso}_{question.by}{suffix_of(format)}"
