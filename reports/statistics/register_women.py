"""Registers A3 (antenatal care), A4 (deliveries), A5.1 (contraception), A5.2 (abortions)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from ehr.programmes.models import Abortion, Contraception, Pregnancy
from ehr.records.models import Delivery, Encounter, Person
from ehr.vaccination.models import Immunization
from reports.places import Place
from reports.questions import Question
from reports.statistics.common import known_people, register_report
from reports.statistics.doses import STANDS_FOR
from reports.statistics.maternity import open_within
from reports.statistics.people import address_of, age_at, joined, number_text, with_numbers
from reports.tables import Column, PlainRow

GROUP = "Sổ sách"
PLACES = ("person__village", "person__commune", "person__ethnicity", "person__occupation")


def _who(number: int, person: Person, row: Any, day: Any) -> dict[str, Any]:
    """The columns that the four registers begin with."""
    return {
        "number": number,
        "name": person.full_name,
        "age": age_at(person, day),
        "national_id": row.national_id or "",
        "card": row.card or "",
        "address": address_of(person),
        "ethnicity": person.ethnicity.name if person.ethnicity else "",
        "occupation": person.occupation.name if person.occupation else "",
    }


WHO = (
    Column("number", "TT", "(1)", "index", 8),
    Column("name", "Họ và tên", "(2)", "text", 24),
    Column("age", "Tuổi", "(3)", "int", 9),
    Column("national_id", "Số định danh", "(4)", "text", 15),
    Column("card", "Số thẻ BHYT", "(5)", "text", 15),
    Column("address", "Địa chỉ", "(6)", "text", 22),
    Column("ethnicity", "Dân tộc", "(7)", "text", 11),
    Column("occupation", "Nghề nghiệp", "(8)", "text", 14),
)


def _further(*columns: tuple[str, str, Any, int]) -> tuple[Column, ...]:
    """Columns after those of the person, numbered on."""
    return tuple(
        Column(key, heading, f"({number})", kind, width)
        for number, (key, heading, kind, width) in enumerate(columns, start=len(WHO) + 1)
    )


# --- A3
def pregnancies(question: Question, place: Place) -> QuerySet[Pregnancy]:
    """Pregnancies under care on some day of the period, with the days of antenatal visits and tetanus doses."""
    seen = joined("exam_date", Value("|"), "weight_kg", Value("|"), "bp_systolic", Value("/"), "bp_diastolic")
    visits = Encounter.objects.filter(
        Q(exam_date__gte=OuterRef("last_period_on")) | Q(exam_date__gte=OuterRef("registered_on")),
        person=OuterRef("person"), kind=Encounter.Kind.ANTENATAL, status=Encounter.Status.FINISHED,
        exam_date__lt=question.period.end, exam_date__lte=Coalesce(OuterRef("ended_on"), Value(dt.date.max)),
    )  # fmt: skip
    doses = Immunization.objects.filter(
        person=OuterRef("person"), status=Immunization.Status.GIVEN, vaccine__code__in=STANDS_FOR["TT"],
        occurrence_date__lt=question.period.end,
    )  # fmt: skip
    found = Pregnancy.objects.filter(open_within(question.period), known_people(place, "person__"))
    return (
        with_numbers(found)
        .annotate(
            visits=_array(visits, seen, ("exam_date", "pk")),
            tetanus=_array(doses, joined("occurrence_date"), ("occurrence_date", "pk")),
        )
        .select_related(*PLACES)
        .order_by("registered_on", "pk")
    )


def _array(rows: QuerySet[Any], text: Any, order: tuple[str, ...]) -> ArraySubquery:
    return ArraySubquery(rows.order_by(*order).values_list(text))


def _visit_text(line: str) -> str:
    """ "12/03: 56 kg, 110/70" of "2026-03-12|56.00|110/70"."""
    day, weight, pressure = line.split("|")
    parts = [f"{number_text(float(weight), 1)} kg" if weight else "", pressure if pressure != "/" else ""]
    said = ", ".join(part for part in parts if part)
    return f"{day[8:10]}/{day[5:7]}" + (f": {said}" if said else "")


def _tests(row: Pregnancy) -> str:
    """Which tests were done; results are not in the register."""
    named = (("HIV", row.hiv_tested), ("giang mai", row.syphilis_tested), ("VGB", row.hepatitis_b_tested))
    return ", ".join(name for name, answer in named if answer == "yes")


def _pregnancy(number: int, row: Any) -> PlainRow:
    visits = row.visits or []
    ends = f"{row.get_outcome_display()} {row.ended_on:%d/%m/%Y}" if row.ended_on else ""
    return PlainRow(
        str(row.pk),
        {
            **_who(number, row.person, row, row.registered_on),
            "registered": row.registered_on,
            "term": " ".join(f"{day:%d/%m/%Y}" for day in (row.last_period_on, row.due_on) if day),
            "para": f"{row.gravida or '?'} / {row.para or '?'}" if row.gravida or row.para else "",
            "visits": "; ".join(_visit_text(line) for line in visits),
            "times": len(visits),
            "tetanus": len(row.tetanus or []),
            "tests": _tests(row),
            "risk": row.risk_note or (row.get_risk_display() if row.risk == Pregnancy.Risk.HIGH else ""),
            "ends": ends,
        },
        person_id=row.person_id,
    )


A3 = register_report(
    key="a3",
    path="so-a3",
    title="Sổ khám thai (A3)",
    summary="Từng thai kỳ được quản lý trong kỳ: dự sinh, các lần khám, uốn ván, xét nghiệm, nguy cơ, kết thúc.",
    group=GROUP,
    columns=(
        *WHO,
        *_further(
            ("registered", "Ngày đăng ký", "date", 18), ("term", "Kinh cuối; dự sinh", "text", 18),
            ("para", "Lần thai / PARA", "text", 13), ("visits", "Các lần khám thai", "text", 24),
            ("times", "Số lần", "int", 8), ("tetanus", "Mũi UV", "int", 9),
            ("tests", "Xét nghiệm đã làm", "text", 12), ("risk", "Nguy cơ", "text", 14),
            ("ends", "Kết thúc", "text", 18),
        ),
    ),
    rows=pregnancies,
    make=lambda question: _pregnancy,
    codes=("SO-A3",),
)  # fmt: skip


# --- A4
def births(question: Question, place: Place) -> QuerySet[Delivery]:
    """Children born in the period, with what the mother's pregnancy says of place and attendant."""
    period = question.period
    pregnancy = Pregnancy.objects.filter(
        person=OuterRef("person"), outcome=Pregnancy.Outcome.BIRTH, ended_on=OuterRef("born_on")
    )
    found = Delivery.objects.filter(known_people(place, "person__"), born_on__gte=period.start, born_on__lt=period.end)
    return (
        with_numbers(found)
        .annotate(
            **{
                name: Subquery(pregnancy.values(name)[:1])
                for name in ("registered_on", "para", "birth_place", "birth_attendant", "complication")
            }
        )
        .select_related("facility", *PLACES)
        .order_by("born_on", "pk")
    )


def _birth(number: int, row: Any) -> PlainRow:
    place = dict(Pregnancy.Place.choices).get(row.birth_place, "")
    attendant = dict(Pregnancy.Attendant.choices).get(row.birth_attendant, "")
    facility = row.facility.name if row.facility else row.facility_name
    child = {"1": "Nam", "2": "Nữ"}.get(row.child_sex, "")
    return PlainRow(
        str(row.pk),
        {
            **_who(number, row.person, row, row.born_on),
            "born_on": row.born_on,
            "managed": "Có" if row.registered_on and row.registered_on < row.born_on else "Không",
            "para": row.para or "",
            "way": {"yes": "Mổ", "no": "Thường"}.get(row.caesarean, ""),
            "complication": row.complication or "",
            "child": ", ".join(part for part in (child, row.child_name) if part),
            "weight": row.weight_g,
            "state": "Sống" if row.live_birth else "Chết khi sinh",
            "place": facility or place or row.place,
            "attendant": row.attendant or attendant,
        },
        person_id=row.person_id,
    )


A4 = register_report(
    key="a4",
    path="so-a4",
    title="Sổ đẻ (A4)",
    summary="Từng trẻ sinh ra trong kỳ: bà mẹ, cách sinh, tai biến, cân nặng, nơi sinh, người đỡ.",
    group=GROUP,
    columns=(
        *WHO,
        *_further(
            ("born_on", "Ngày sinh", "date", 18), ("managed", "Quản lý thai", "text", 10),
            ("para", "PARA", "text", 10), ("way", "Cách sinh", "text", 11), ("complication", "Tai biến", "text", 12),
            ("child", "Con: giới, tên", "text", 16), ("weight", "Cân nặng (g)", "int", 11),
            ("state", "Tình trạng con", "text", 11), ("place", "Nơi sinh", "text", 18),
            ("attendant", "Người đỡ", "text", 17),
        ),
    ),
    rows=births,
    make=lambda question: _birth,
    codes=("SO-A4",),
)  # fmt: skip


# --- A5.1
def contraceptions(question: Question, place: Place) -> QuerySet[Contraception]:
    """Methods begun in the period."""
    period = question.period
    found = Contraception.objects.filter(
        known_people(place, "person__"), started_on__gte=period.start, started_on__lt=period.end
    )
    return with_numbers(found).select_related("facility", *PLACES).order_by("started_on", "pk")


def _contraception(number: int, row: Any) -> PlainRow:
    stopped = f"Thôi {row.ended_on:%d/%m/%Y}" if row.ended_on else ""
    return PlainRow(
        str(row.pk),
        {
            **_who(number, row.person, row, row.started_on),
            "started": row.started_on,
            "children": row.living_children,
            "method": row.get_method_display(),
            "provider": row.provider,
            "complication": row.complication,
            "note": "; ".join(part for part in (stopped, row.end_reason, row.note) if part),
        },
        person_id=row.person_id,
    )


A51 = register_report(
    key="a5_1",
    path="so-a5-1",
    title="Sổ thực hiện biện pháp tránh thai (A5.1)",
    summary="Từng người thực hiện biện pháp tránh thai trong kỳ: biện pháp, số con, người thực hiện, tai biến.",
    group=GROUP,
    columns=(
        *WHO,
        *_further(
            ("started", "Ngày thực hiện", "date", 18), ("children", "Số con hiện có", "int", 12),
            ("method", "Biện pháp tránh thai", "text", 26), ("provider", "Người thực hiện", "text", 22),
            ("complication", "Tai biến, tác dụng phụ", "text", 22), ("note", "Ghi chú", "text", 22),
        ),
    ),
    rows=contraceptions,
    make=lambda question: _contraception,
    codes=("SO-A5.1",),
)  # fmt: skip


# --- A5.2
def abortions(question: Question, place: Place) -> QuerySet[Abortion]:
    """Abortions of the period."""
    period = question.period
    found = Abortion.objects.filter(known_people(place, "person__"), done_on__gte=period.start, done_on__lt=period.end)
    return with_numbers(found).annotate(day=F("done_on")).select_related(*PLACES).order_by("done_on", "pk")


def _abortion(number: int, row: Any) -> PlainRow:
    return PlainRow(
        str(row.pk),
        {
            **_who(number, row.person, row, row.done_on),
            "done": row.done_on,
            "children": row.living_children,
            "weeks": row.gestation_weeks,
            "method": row.get_method_display(),
            "tissue": row.get_tissue_checked_display() if row.tissue_checked else "",
            "complication": row.complication,
            "performer": row.performer,
            "follow_up": row.follow_up_on,
            "note": row.note,
        },
        person_id=row.person_id,
    )


A52 = register_report(
    key="a5_2",
    path="so-a5-2",
    title="Sổ phá thai (A5.2)",
    summary="Từng lần phá thai trong kỳ: tuổi thai, phương pháp, tai biến, người thực hiện, khám lại.",
    group=GROUP,
    columns=(
        *WHO,
        *_further(
            ("done", "Ngày thực hiện", "date", 18), ("children", "Số con", "int", 10),
            ("weeks", "Tuổi thai (tuần)", "int", 11), ("method", "Phương pháp", "text", 18),
            ("tissue", "Soi mô", "text", 11), ("complication", "Tai biến", "text", 16),
            ("performer", "Người thực hiện", "text", 16), ("follow_up", "Khám lại", "date", 18),
            ("note", "Ghi chú", "text", 14),
        ),
    ),
    rows=abortions,
    make=lambda question: _abortion,
    codes=("SO-A5.2",),
)  # fmt: skip
REPORTS = (A3, A4, A51, A52)
