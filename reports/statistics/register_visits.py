"""Register A1: visits at the station, in the order of days."""

from typing import Any

from django.db.models import Case, F, QuerySet, TextField, When

from ehr.records.models import Encounter
from reports.places import Place
from reports.questions import Question
from reports.statistics.common import known_people, register_report, visits_between
from reports.statistics.outpatient import at_station
from reports.statistics.people import address_of, diagnoses, medicines, with_numbers
from reports.tables import Column, PlainRow

GROUP = "Sổ sách"
COLUMNS = (
    Column("number", "TT", "(1)", "index", 9),
    Column("name", "Họ và tên", "(2)", "text", 26),
    Column("sex", "Giới", "(3)", "text", 10),
    Column("born", "Ngày sinh", "(4)", "date", 18),
    Column("national_id", "Số định danh", "(5)", "text", 15),
    Column("card", "Số thẻ BHYT", "(6)", "text", 15),
    Column("address", "Địa chỉ", "(7)", "text", 24),
    Column("ethnicity", "Dân tộc", "(8)", "text", 12),
    Column("occupation", "Nghề nghiệp", "(9)", "text", 15),
    Column("symptoms", "Triệu chứng", "(10)", "text", 22),
    Column("diagnosis", "Chẩn đoán", "(11)", "text", 26),
    Column("treatment", "Điều trị", "(12)", "text", 22),
    Column("examiner", "Người khám", "(13)", "text", 18),
    Column("note", "Ngày khám, ghi chú", "(14)", "text", 19),
)


def rows(question: Question, place: Place) -> QuerySet[Encounter]:
    """Finished visits of the period at a station: those of kind visit, in the order of days."""
    period = question.period
    found = visits_between(period.start, period.end, kind=Encounter.Kind.VISIT).filter(
        at_station(), known_people(place, "person__")
    )
    return (
        with_numbers(found)
        .annotate(
            diagnoses=diagnoses(),
            medicines=medicines(),
            cure=Case(When(treatment="", then=F("advice")), default=F("treatment"), output_field=TextField()),
        )
        .select_related("person__village", "person__commune", "person__ethnicity", "person__occupation")
        .order_by("exam_date", "pk")
    )


def make(number: int, visit: Any) -> PlainRow:
    person = visit.person
    return PlainRow(
        str(visit.pk),
        {
            "number": number,
            "name": person.full_name,
            "sex": person.get_sex_display(),
            "born": person.birth_date,
            "national_id": visit.national_id or "",
            "card": visit.card or "",
            "address": address_of(person),
            "ethnicity": person.ethnicity.name if person.ethnicity else "",
            "occupation": person.occupation.name if person.occupation else "",
            "symptoms": visit.visit_reason,
            "diagnosis": visit.diagnoses or "",
            "treatment": visit.medicines or visit.cure,
            "examiner": visit.examining_doctor,
            "note": f"{visit.exam_date:%d/%m/%Y}",
        },
        person_id=person.pk,
    )


REPORT = register_report(
    key="a1",
    path="so-a1",
    title="Sổ khám bệnh (A1)",
    summary="Từng lượt khám tại trạm trong kỳ: người bệnh, triệu chứng, chẩn đoán, điều trị, người khám.",
    group=GROUP,
    columns=COLUMNS,
    rows=rows,
    make=lambda question: make,
    codes=("SO-A1",),
)
