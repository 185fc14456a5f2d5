"""Data-entry output per clerk and day (from the history of changes), files received, claim files received."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import IntegerField, Q, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from ehr.claims.models import ClaimFile
from ehr.common.text import plain, sort_key
from ehr.intake.models import ImportBatch, Kind
from ehr.records.models import Person
from reports.definitions import definitions_on, version_of
from reports.facts import Facts
from reports.periods import Kind as PeriodKind
from reports.places import Place, place_of
from reports.questions import Question
from reports.report import GROUPS, Option, PeopleList, Report
from reports.tables import TOTAL, Column, Note, PlainRow, Row, Table, known
from stations.models import User

PERIODS: tuple[PeriodKind, ...] = ("month", "quarter", "half", "year", "day")
LEVELS = {"commune": ("unit",), "district": ("unit",), "province": ("unit",)}
MOMENT = "base.inside AND e.pgh_created_at >= %(since)s AND e.pgh_created_at < %(until)s"
#: Every change of the period to a record of the place: who, when, what, through which door.
CHANGES = f"""changes AS (
  SELECT (e.pgh_context ->> 'user')::bigint AS who, (e.pgh_created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
    e.person, e.what, coalesce(e.pgh_context ->> 'door', '') IN ('screen', 'admin') AS typed
  FROM (
    SELECT e.pgh_context, e.pgh_created_at, e.pgh_obj_id AS person,
      CASE e.pgh_label WHEN 'insert' THEN 'made' ELSE 'part_a' END AS what
    FROM records_personevent e JOIN base ON base.id = e.pgh_obj_id WHERE {MOMENT}
    UNION ALL SELECT e.pgh_context, e.pgh_created_at, e.person_id, 'part_b'
    FROM records_healthhistoryevent e JOIN base ON base.id = e.person_id WHERE {MOMENT}
    UNION ALL SELECT e.pgh_context, e.pgh_created_at, e.person_id, 'part_c'
    FROM vaccination_immunizationevent e JOIN base ON base.id = e.person_id WHERE {MOMENT}
    UNION ALL SELECT e.pgh_context, e.pgh_created_at, e.person_id, 'part_d'
    FROM records_encounterevent e JOIN base ON base.id = e.person_id WHERE e.pgh_label = 'insert' AND {MOMENT}
  ) e
)"""  # noqa: S608 our own words
WHAT = {
    "made": ("Hồ sơ lập mới", "what = 'made'"),
    "part_a": ("Sửa phần A", "what = 'part_a'"),
    "part_b": ("Phần B", "what = 'part_b'"),
    "part_c": ("Phần C", "what = 'part_c'"),
    "part_d": ("Có lượt khám mới", "what = 'part_d'"),
    "typed": ("Nhập tay", "typed"),
    "sent": ("Từ tệp, hệ thống khác", "NOT typed"),
    "any": ("Hồ sơ đã làm", "true"),
}
OUTPUT_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Người nhập", "(2)", "text", 48),
    Column("day", "Ngày", "(3)", "date", 24),
    *(
        Column(key, heading, f"({number})", "int", 20, people=True)
        for number, (key, (heading, _)) in enumerate(WHAT.items(), start=4)
    ),
)
NOBODY = "Hệ thống (không rõ người)"


def output(question: Question) -> Table:
    """A line per clerk, or per clerk and day; the total counts each record once. One statement, and one for names."""
    place, by_day = place_of(question), question.options["rows"] == "day"
    facts = Facts(question, place)
    lines = "(who, day), ()" if by_day else "(who), ()"
    day = "day" if by_day else "NULL::date"
    counted = ", ".join(f"count(DISTINCT person) FILTER (WHERE {condition})" for _, condition in WHAT.values())
    found = facts.rows(
        f"{facts.head()}, {CHANGES} SELECT grouping(who), who, {day}, {counted} FROM changes "  # noqa: S608
        f"GROUP BY GROUPING SETS ({lines})"
    )
    names = dict(User.objects.filter(pk__in=[row[1] for row in found if row[1]]).values_list("pk", "full_name"))
    rows = sorted(
        (row for row in found if not row[0]), key=lambda row: (row[2] or dt.date.min, sort_key(names.get(row[1], "")))
    )
    counts_of_all: Sequence[int] = next((row[3:] for row in found if row[0]), [0] * len(WHAT))
    columns = tuple(column for column in OUTPUT_COLUMNS if by_day or column.key != "day")
    made = [
        _output_row(_key(who, day), number, names.get(who, NOBODY), day, counts)
        for number, (_, who, day, *counts) in enumerate(rows, start=1)
    ]
    whole = _output_row("all", None, TOTAL, None, counts_of_all)
    return _table(
        question, place, "output", "Sản lượng nhập liệu", columns, made, whole,
        ("ACT-01", "ACT-02"), [Note("Dòng tổng tính mỗi hồ sơ một lần, nên có thể nhỏ hơn tổng các dòng.")],
    )  # fmt: skip


def _key(who: int | None, day: dt.date | None) -> str:
    return f"user:{who or 0}" + (f":{day.isoformat()}" if day else "")


def _output_row(key: str, number: int | None, name: str, day: dt.date | None, counts: Sequence[int]) -> PlainRow:
    return PlainRow(key, {"number": number, "unit": name, "day": day, **dict(zip(WHAT, counts, strict=True))})


def behind_output(question: Question, place: Place, column: str, line: str) -> PeopleList | None:
    """The records that one clerk (on one day) worked on."""
    if column not in WHAT:
        return None
    heading, condition = WHAT[column]
    facts = Facts(question, place)
    if line != "all":
        _, _, rest = line.partition("user:")
        who, _, day = rest.partition(":")
        if not who.isdecimal():
            return None
        condition += f" AND coalesce(who, 0) = {int(who)}"
        if day:
            try:
                condition += f" AND day = '{dt.date.fromisoformat(day):%Y-%m-%d}'"
            except ValueError:
                return None
    sql = f"{facts.head()}, {CHANGES} SELECT DISTINCT person FROM changes WHERE {condition}"  # noqa: S608
    return PeopleList(heading, Person.objects.filter(pk__in=facts.ids(sql)))


# ---------------------------------------------------------------------------------------------------------------- files
FILE_COUNTS = {
    "rows": ("Số dòng", "rows"),
    "new": ("Lập mới", "new"),
    "updated": ("Cập nhật", "updated"),
    "unchanged": ("Không đổi", "unchanged"),
    "doubtful": ("Nghi trùng", "possible_duplicate"),
    "refused": ("Từ chối", "refused"),
    "written": ("Đã ghi", "written"),
}
INTAKE_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Xã, phường", "(2)", "text", 48),
    Column("source", "Loại tệp hoặc người gửi", "(3)", "text", 35),
    Column("files", "Số tệp đã ghi", "(4)", "int", 17),
    Column("waiting", "Chưa ghi", "(5)", "int", 15),
    Column("taken_back", "Hoàn tác, hủy, không đọc được", "(6)", "int", 20),
    *(
        Column(key, heading, f"({number})", "int", 16, counts=True)
        for number, (key, (heading, _)) in enumerate(FILE_COUNTS.items(), start=7)
    ),
)


def _sum(name: str, condition: Q) -> Coalesce:
    text = KeyTextTransform(name, "counts")
    return Coalesce(Sum(Cast(text, IntegerField()), filter=condition), Value(0))


def intake(question: Question) -> Table:
    """Files of survey, register, vaccinations and exams: a line per commune and kind of file, or sender. One query."""
    place, by_sender = place_of(question), question.options["rows"] == "sender"
    done, gone = Q(state="done"), Q(state__in=("undoing", "undone", "cancelled", "refused"))
    found = (
        ImportBatch.objects.filter(
            commune__in=place.communes, created_at__gte=question.period.start_instant,
            created_at__lt=question.period.end_instant,
        )
        .order_by()
        .values("commune__full_name", "commune_id", *(("by__full_name", "by_id") if by_sender else ("kind",)))
        .annotate(
            files=CountRows("pk", filter=done), waiting=CountRows("pk", filter=~done & ~gone),
            taken_back=CountRows("pk", filter=gone),
            **{f"n_{key}": _sum(name, done) for key, (_, name) in FILE_COUNTS.items()},
        )
    )  # fmt: skip
    labels = dict(Kind.choices)

    def source(row: dict[str, Any]) -> str:
        return (row["by__full_name"] or NOBODY) if by_sender else str(labels[row["kind"]])

    rows = [
        PlainRow(
            f"commune:{row['commune_id']}:{row['by_id'] or 0 if by_sender else row['kind']}",
            {
                "number": number, "unit": row["commune__full_name"], "source": source(row),
                **{name: row[name] for name in ("files", "waiting", "taken_back")},
                **{key: row[f"n_{key}"] for key in FILE_COUNTS},
            },
        )
        for number, row in enumerate(
            sorted(found, key=lambda row: (plain(row["commune__full_name"]), plain(source(row)))), start=1
        )
    ]  # fmt: skip
    notes = []
    if question.unit.scheme == "old":
        notes.append(Note("Tệp gửi theo xã, phường mới: gồm mọi tệp của các xã, phường có thôn thuộc đơn vị cũ này."))
    return _table(question, place, "intake", "Tệp dữ liệu đã nhận", INTAKE_COLUMNS, rows, _total(INTAKE_COLUMNS, rows),
                  ("ACT-03",), notes)  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- claims
CLAIM_COUNTS = {
    "encounters": ("Số hồ sơ trong tệp", "encounters"),
    "stored": ("Hồ sơ mới", "stored"),
    "versions": ("Bản sửa", "versions"),
    "unchanged": ("Không đổi", "unchanged"),
    "rejected": ("Không nhận", "rejected"),
    "unmatched": ("Chưa tìm thấy người", "unmatched"),
    "ambiguous": ("Chờ quyết định", "ambiguous"),
    "errors": ("Lỗi", "errors"),
    "warnings": ("Cảnh báo", "warnings"),
}
CLAIM_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("unit", "Cơ sở khám chữa bệnh", "(2)", "text", 48),
    Column("code", "Mã CSKCB", "(3)", "text", 20),
    Column("files", "Số tệp", "(4)", "int", 14),
    Column("open", "Chưa xong, lỗi", "(5)", "int", 15),
    *(
        Column(key, heading, f"({number})", "int", 16, counts=True)
        for number, (key, (heading, _)) in enumerate(CLAIM_COUNTS.items(), start=6)
    ),
)


def claims(question: Question) -> Table:
    """Claim files: a line per facility of the unit that sent some. One query."""
    place = place_of(question)
    where = Q(facility__unit__in=place.communes)
    if question.unit.scheme == "new":
        where |= Q(facility__unit=question.unit) | Q(facility__unit__parent=question.unit)
    done = Q(state="done")
    found: Iterable[Any] = (
        ClaimFile.objects.filter(
            where, created_at__gte=question.period.start_instant, created_at__lt=question.period.end_instant
        )
        .exclude(state__in=("undone", "undoing"))
        .order_by()
        .values("facility_id", "facility__name", "facility_code")
        .annotate(
            files=CountRows("pk"), open=CountRows("pk", filter=~done),
            **{f"n_{key}": _sum(name, done) for key, (_, name) in CLAIM_COUNTS.items()},
        )
    )  # fmt: skip
    rows = [
        PlainRow(
            f"facility:{row['facility_id']}:{row['facility_code']}",
            {
                "number": number, "unit": row["facility__name"], "code": row["facility_code"], "files": row["files"],
                "open": row["open"], **{key: row[f"n_{key}"] for key in CLAIM_COUNTS},
            },
        )
        for number, row in enumerate(sorted(found, key=lambda row: plain(row["facility__name"])), start=1)
    ]  # fmt: skip
    notes = [Note("Tệp của cơ sở chưa có trong danh mục cơ sở y tế không xếp được vào đơn vị nào nên không có ở đây.")]
    return _table(question, place, "claims", "Hồ sơ bảo hiểm y tế đã nhận", CLAIM_COLUMNS, rows,
                  _total(CLAIM_COLUMNS, rows), ("ACT-04",), notes)  # fmt: skip


def _total(columns: Iterable[Column], rows: Sequence[PlainRow]) -> PlainRow:
    summed = {c.key: known([row.values[c.key] for row in rows]) or 0 for c in columns if c.kind == "int"}
    texts = {c.key: None for c in columns if c.kind != "int"}
    return PlainRow("all", texts | summed | {"unit": TOTAL})


def _table(
    question: Question, place: Place, report: str, title: str, columns: tuple[Column, ...], rows: Sequence[Row],
    total: Row, codes: tuple[str, ...], notes: Iterable[Note],
) -> Table:  # fmt: skip
    defined = definitions_on(question.defined_on, codes)
    until = question.period.data_until(question.today)
    return Table(
        report=report, title=title, subtitle=f"{question.period.title}; số liệu đến hết ngày {until:%d/%m/%Y}",
        unit=question.unit, unit_name=place.name, period=question.period, by=question.by, columns=columns, rows=rows,
        total=total, definitions=tuple(one.text for one in defined), version=version_of(defined), notes=tuple(notes),
    )  # fmt: skip


REPORTS = (
    Report(
        key="output", path="san-luong", title="Sản lượng nhập liệu",
        summary="Mỗi người nhập, mỗi ngày: hồ sơ lập mới, sửa phần A, B, C, lượt khám; nhập tay hay từ tệp.",
        build=output, levels=LEVELS, periods=PERIODS, group=GROUPS[-1], behind=behind_output, right="access.view",
        options=(Option("rows", "Mỗi dòng", (("clerk", "Một người nhập"), ("day", "Một người nhập trong một ngày"))),),
    ),
    Report(
        key="intake", path="tep-da-nhan", title="Tệp dữ liệu đã nhận",
        summary="Phiếu điều tra, danh sách dân cư, tiêm chủng, kết quả khám đã nhận: số tệp, số dòng và kết quả.",
        build=intake, levels=LEVELS, periods=PERIODS, group=GROUPS[-1],
        options=(Option("rows", "Mỗi dòng", (("kind", "Một loại tệp"), ("sender", "Một người gửi"))),),
    ),
    Report(
        key="claims", path="ho-so-bhyt-da-nhan", title="Hồ sơ bảo hiểm y tế đã nhận",
        summary="Tệp hồ sơ bảo hiểm y tế theo cơ sở gửi: số hồ sơ mới, bản sửa, không nhận, chưa tìm thấy người.",
        build=claims, levels=LEVELS, periods=PERIODS, group=GROUPS[-1],
    ),
)  # fmt: skip
