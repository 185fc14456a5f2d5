"""Children's nutrition by the WHO Child Growth Standards (MCH-08): figures by place, and the children measured."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Exp, Ln, Power

from ehr.programmes.models import GrowthStandard
from ehr.programmes.reference import WHO
from ehr.records.models import Encounter, Person
from reports.figures import Count, Rate
from reports.places import Place
from reports.questions import Question
from reports.report import PeopleList
from reports.statistics.common import (
    figures_report,
    known_people,
    register_report,
    residents,
    visits_between,
    younger_than,
)
from reports.tables import Column, PlainRow

GROUP = "Bà mẹ và trẻ em"
UNDER_FIVE = 60  # months
LAST_DAY = 1826  # of the standards
MEASURES = {"weight": "weight_kg", "height": "height_cm"}
COLUMNS = (("Ngày đo", "exam_date"), ("Cân nặng (kg)", "weight_kg"), ("Cao (cm)", "height_cm"))
_NUMBER = DecimalField(max_digits=12, decimal_places=6)


def measured(question: Question, place: Place, measure: str) -> QuerySet[Encounter]:
    """The last visit of the period at which each child under five (at its end) was weighed (or its height taken)."""
    period = question.period
    column = MEASURES[measure]
    rows = visits_between(period.start, period.end).filter(
        known_people(place, "person__"), **{f"{column}__isnull": False}
    )
    rows = rows.filter(person__in=residents(place, period).filter(younger_than(period, UNDER_FIVE)))
    last = rows.order_by("person_id", "-exam_date", "-pk").distinct("person_id")
    return Encounter.objects.filter(pk__in=last.values("pk")).annotate(age_days=_age_days())


def _age_days() -> Func:
    """Days from birth to the visit: the difference of two days is a whole number in PostgreSQL."""
    days = (F("exam_date"), F("person__birth_date"))
    return Func(*days, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def standard(measure: str) -> QuerySet[GrowthStandard]:
    """The line of the standard for the child of the outer row."""
    return GrowthStandard.objects.filter(
        standard=WHO, measure=measure, sex=OuterRef("person__sex"), age_days=OuterRef("age_days")
    )


def below(measure: str, deviations: int) -> Exists:
    """Whether the child lies under so many standard deviations below the median: x < M (1 − n L S)^(1/L)."""
    spread = Value(Decimal(-deviations)) * F("variation")
    limit = Case(
        When(power=0, then=F("median") * Exp(spread)),
        default=F("median") * Power(Value(Decimal(1)) + F("power") * spread, Value(Decimal(1)) / F("power")),
        output_field=_NUMBER,
    )
    return Exists(standard(measure).annotate(limit=limit).filter(limit__gt=OuterRef(MEASURES[measure])))


def lists(question: Question, place: Place) -> dict[str, PeopleList]:
    period = question.period
    weighed, heights = (measured(question, place, measure) for measure in ("weight", "height"))
    rows = {
        "weighed": ("Trẻ được cân", weighed),
        "underweight": ("Trẻ suy dinh dưỡng nhẹ cân", weighed.filter(below("weight", 2))),
        "severe_weight": ("Trẻ nhẹ cân mức nặng", weighed.filter(below("weight", 3))),
        "heights": ("Trẻ được đo chiều cao", heights),
        "stunted": ("Trẻ suy dinh dưỡng thấp còi", heights.filter(below("height", 2))),
        "severe_height": ("Trẻ thấp còi mức nặng", heights.filter(below("height", 3))),
    }
    children = residents(place, period).filter(younger_than(period, UNDER_FIVE))
    return {"children": PeopleList("Trẻ dưới 5 tuổi", children)} | {
        key: PeopleList(heading, query, "person__", COLUMNS) for key, (heading, query) in rows.items()
    }


ITEMS = (
    Count("children", "Trẻ dưới 5 tuổi", 15),
    Count("weighed", "Được cân", 14, group="Cân nặng theo tuổi"),
    Count("underweight", "Nhẹ cân (dưới −2 SD)", 16, group="Cân nặng theo tuổi"),
    Rate("underweight_rate", "Tỷ lệ % nhẹ cân", "underweight", "weighed", 17, group="Cân nặng theo tuổi"),
    Count("severe_weight", "Trong đó: dưới −3 SD", 16, group="Cân nặng theo tuổi"),
    Count("heights", "Được đo", 14, group="Chiều cao theo tuổi"),
    Count("stunted", "Thấp còi (dưới −2 SD)", 16, group="Chiều cao theo tuổi"),
    Rate("stunted_rate", "Tỷ lệ % thấp còi", "stunted", "heights", 17, group="Chiều cao theo tuổi"),
    Count("severe_height", "Trong đó: dưới −3 SD", 16, group="Chiều cao theo tuổi"),
)  # fmt: skip

FIGURES = figures_report(
    key="nutrition",
    path="dinh-duong",
    title="Dinh dưỡng trẻ dưới 5 tuổi",
    summary="Trẻ dưới 5 tuổi được cân, đo; suy dinh dưỡng nhẹ cân và thấp còi theo chuẩn tăng trưởng của WHO.",
    group=GROUP,
    items=ITEMS,
    lists=lists,
    codes=("MCH-08",),
    periods=("half", "month", "quarter", "year"),
)


# --- the children
def z_score(measure: str) -> Subquery:
    """z = ((x / M)^L − 1) / (L S); beyond three deviations of weight the WHO reckons from the third one on, which no
    threshold here asks. None without birth day or measure."""
    ratio = ExpressionWrapper(OuterRef(MEASURES[measure]) / F("median"), output_field=_NUMBER)
    z = Case(
        When(power=0, then=Ln(ratio) / F("variation")),
        default=(Power(ratio, F("power")) - Value(Decimal(1))) / (F("power") * F("variation")),
        output_field=_NUMBER,
    )
    return Subquery(standard(measure).annotate(z=z).values("z")[:1], output_field=_NUMBER)


def rows(question: Question, place: Place) -> QuerySet[Encounter]:
    """The last visit of the period at which each child was weighed or measured."""
    period = question.period
    found = visits_between(period.start, period.end).filter(
        Q(weight_kg__isnull=False) | Q(height_cm__isnull=False), known_people(place, "person__"),
        person__in=residents(place, period).filter(younger_than(period, UNDER_FIVE)),
    )  # fmt: skip
    last = found.order_by("person_id", "-exam_date", "-pk").distinct("person_id").values("pk")
    return (
        Encounter.objects.filter(pk__in=last)
        .annotate(age_days=_age_days())
        .annotate(z_weight=z_score("weight"), z_height=z_score("height"))
        .select_related("person__village", "person__commune")
        .order_by("person__village__position", "person__village_id", "person__sort_name", "pk")
    )


def make(number: int, visit: Any) -> PlainRow:
    """One child."""
    person: Person = visit.person
    z_weight, z_height = _round(visit.z_weight), _round(visit.z_height)
    return PlainRow(
        str(visit.pk),
        {
            "number": number,
            "name": person.full_name,
            "sex": person.get_sex_display(),
            "born": person.birth_date,
            "village": person.village.name if person.village else "",
            "on": visit.exam_date,
            "months": visit.age_days * 12 // 365 if visit.age_days is not None else None,
            "weight": visit.weight_kg,
            "z_weight": z_weight,
            "height": visit.height_cm,
            "z_height": z_height,
            "verdict": verdict(z_weight, z_height),
        },
        person_id=person.pk,
    )


def _round(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 2)


def verdict(z_weight: Decimal | None, z_height: Decimal | None) -> str:
    """What the two scores say, in words of the programme."""
    words = [
        f"{name}{' mức nặng' if z < -3 else ''}"
        for z, name in ((z_weight, "nhẹ cân"), (z_height, "thấp còi"))
        if z is not None and z < -2
    ]
    if words:
        return "Suy dinh dưỡng " + ", ".join(words)
    return "Bình thường" if z_weight is not None and z_height is not None else ""


REGISTER = register_report(
    key="nutrition_children",
    path="theo-doi-dinh-duong",
    title="Danh sách trẻ dưới 5 tuổi được cân, đo",
    summary="Từng trẻ với lần cân, đo gần nhất trong kỳ, điểm Z theo chuẩn WHO và kết luận.",
    group=GROUP,
    columns=(
        Column("number", "TT", "(1)", "index", 11),
        Column("name", "Họ và tên trẻ", "(2)", "text", 46),
        Column("sex", "Giới", "(3)", "text", 12),
        Column("born", "Ngày sinh", "(4)", "date", 22),
        Column("village", "Thôn", "(5)", "text", 30),
        Column("on", "Ngày cân, đo", "(6)", "date", 22),
        Column("months", "Tháng tuổi", "(7)", "int", 14),
        Column("weight", "Cân nặng (kg)", "(8)", "decimal", 15, places=2),
        Column("z_weight", "Z cân nặng", "(9)", "decimal", 15, places=2),
        Column("height", "Chiều cao (cm)", "(10)", "decimal", 15),
        Column("z_height", "Z chiều cao", "(11)", "decimal", 15, places=2),
        Column("verdict", "Nhận xét", "(12)", "text", 32),
    ),
    rows=rows,
    make=lambda question: make,
    codes=("MCH-08",),
    periods=("half", "month", "quarter", "year"),
)
REPORTS = (FIGURES, REGISTER)
