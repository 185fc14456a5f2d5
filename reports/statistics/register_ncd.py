"""Books of chronic diseases (QĐ 97/QĐ-PB): 01A hypertension, 01B diabetes, 02 to 06, one line for each person."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from ehr.programmes.models import NcdRegistration, NcdVisit
from ehr.records.models import Encounter
from reports.places import Place
from reports.questions import Question
from reports.report import Option
from reports.statistics.common import known_people, register_report
from reports.statistics.people import address_of, number_text, with_numbers
from reports.tables import Column, PlainRow

BOOKS = tuple((value, str(label)) for value, label in NcdRegistration.Disease.choices)


def book_of(question: Question) -> str:
    return question.options.get("book") or BOOKS[0][0]


def rows(question: Question, place: Place) -> QuerySet[NcdRegistration]:
    """Lines of the book that were open on some day of the period, with the last visit of the period."""
    period = question.period
    found = NcdRegistration.objects.filter(
        Q(left_on=None) | Q(left_on__gte=period.start), known_people(place, "person__"),
        disease=book_of(question), registered_on__lt=period.end,
    )  # fmt: skip
    visits = NcdVisit.objects.filter(
        registration=OuterRef("pk"), encounter__status=Encounter.Status.FINISHED,
        encounter__exam_date__gte=period.start, encounter__exam_date__lt=period.end,
    ).order_by("-encounter__exam_date", "-encounter_id")  # fmt: skip
    shown = {
        "seen_on": "encounter__exam_date", "systolic": "encounter__bp_systolic", "diastolic": "encounter__bp_diastolic",
        "seen_at": "encounter__facility__name", "glucose": "glucose_mmol_l", "hba1c": "hba1c_percent",
        "target": "target", "medicine": "medicine",
    }  # fmt: skip
    return (
        with_numbers(found)
        .annotate(**{name: Subquery(visits.values(column)[:1]) for name, column in shown.items()})
        .select_related("person__village", "person__commune", "facility")
        .order_by("person__village__position", "person__village_id", "person__sort_name", "pk")
    )


def make(number: int, row: Any) -> PlainRow:
    person = row.person
    values = [
        f"{row.systolic}/{row.diastolic} mmHg" if row.systolic and row.diastolic else "",
        f"ĐH {number_text(row.glucose, 1)} mmol/L" if row.glucose is not None else "",
        f"HbA1c {number_text(row.hba1c, 1)}%" if row.hba1c is not None else "",
    ]
    return PlainRow(
        str(row.pk),
        {
            "number": number,
            "name": person.full_name,
            "born": person.birth_date,
            "sex": person.get_sex_display(),
            "national_id": row.national_id or "",
            "card": row.card or "",
            "address": address_of(person),
            "registered": row.registered_on,
            "status": row.get_status_display() + (f" {row.left_on:%d/%m/%Y}" if row.left_on else ""),
            "seen_on": row.seen_on,
            "seen_at": row.seen_at or "",
            "measures": "; ".join(value for value in values if value),
            "target": dict(NcdVisit.Target.choices).get(row.target, ""),
            "medicine": {"yes": "Có", "no": "Không"}.get(row.medicine, ""),
        },
        person_id=person.pk,
    )


REPORT = register_report(
    key="ncd_book",
    path="so-quan-ly-benh",
    title="Sổ quản lý bệnh không lây nhiễm",
    summary="Sổ 01A, 01B, 02 đến 06: từng người, lần khám cuối trong kỳ, chỉ số, đạt mục tiêu, thuốc, tình trạng.",
    group="Bệnh không lây nhiễm",
    columns=(
        Column("number", "TT", "(1)", "index", 9),
        Column("name", "Họ và tên", "(2)", "text", 28),
        Column("born", "Ngày sinh", "(3)", "date", 18),
        Column("sex", "Giới", "(4)", "text", 10),
        Column("national_id", "Số định danh", "(5)", "text", 16),
        Column("card", "Số thẻ BHYT", "(6)", "text", 18),
        Column("address", "Địa chỉ", "(7)", "text", 25),
        Column("registered", "Ngày vào sổ", "(8)", "date", 18),
        Column("status", "Tình trạng quản lý", "(9)", "text", 20),
        Column("seen_on", "Khám cuối", "(10)", "date", 18),
        Column("seen_at", "Nơi khám", "(11)", "text", 22),
        Column("measures", "Chỉ số", "(12)", "text", 22),
        Column("target", "Đạt mục tiêu", "(13)", "text", 15),
        Column("medicine", "Thuốc", "(14)", "text", 12),
    ),
    rows=rows,
    make=lambda question: make,
    codes=("SO-NCD",),
    options=(Option("book", "Sổ", BOOKS),),
    heading=lambda question: f"Sổ quản lý {dict(BOOKS)[book_of(question)]}",
)
