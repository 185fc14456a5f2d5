"""Pregnancies and births (MCH-01 to MCH-07)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from ehr.programmes.models import Pregnancy
from ehr.records.models import Delivery, Encounter, Person
from reports.figures import Count, Rate
from reports.periods import Period
from reports.places import Place
from reports.questions import Question
from reports.report import PeopleList
from reports.statistics.common import figures_report, known_people, plus, residents

GROUP = "Bà mẹ và trẻ em"
VISITS = 4
FIRST_TRIMESTER, SECOND_TRIMESTER = "P98D", "P196D"  # until 14 and 28 weeks after the last period
AFTER_BIRTH, FIRST_WEEK = "P42D", "P7D"
PREGNANCY = (("Ngày đăng ký", "registered_on"), ("Dự sinh", "due_on"), ("Kết thúc", "ended_on"))
BIRTH = (("Ngày sinh con", "born_on"), ("Cân nặng (g)", "weight_g"))


def open_at(day: dt.date) -> Q:
    """Pregnancies registered before and not ended by the day."""
    return Q(registered_on__lt=day) & (Q(ended_on=None) | Q(ended_on__gte=day))


def open_within(period: Period) -> Q:
    """Pregnancies that were under care on some day of the period."""
    return Q(registered_on__lt=period.end) & (Q(ended_on=None) | Q(ended_on__gte=period.start))


def births(period: Period) -> QuerySet[Pregnancy]:
    """Pregnancies that ended with a birth in the period."""
    return Pregnancy.objects.filter(
        outcome=Pregnancy.Outcome.BIRTH, ended_on__gte=period.start, ended_on__lt=period.end
    )


def deliveries(period: Period) -> QuerySet[Delivery]:
    """Children born in the period, one row each, as stations and hospitals told."""
    return Delivery.objects.filter(born_on__gte=period.start, born_on__lt=period.end)


def well_attended(found: QuerySet[Pregnancy]) -> QuerySet[Any, Any]:
    """With four antenatal visits or more, in all three trimesters."""
    visit = "person__encounter_set__"
    day = F(f"{visit}exam_date")
    antenatal = Q(**{
        f"{visit}kind": Encounter.Kind.ANTENATAL, f"{visit}status": Encounter.Status.FINISHED,
        f"{visit}exam_date__gte": F("last_period_on"), f"{visit}exam_date__lte": F("ended_on"),
    })  # fmt: skip
    first, second = (plus(F("last_period_on"), Value(weeks)) for weeks in (FIRST_TRIMESTER, SECOND_TRIMESTER))
    return (
        found.filter(antenatal)
        .annotate(visit_day=day)
        .values("person")
        .annotate(
            n=CountRows("visit_day", distinct=True),
            early=CountRows("pk", filter=Q(visit_day__lt=first)),
            middle=CountRows("pk", filter=Q(visit_day__gte=first, visit_day__lt=second)),
            late=CountRows("pk", filter=Q(visit_day__gte=second)),
        )
        .filter(n__gte=VISITS, early__gt=0, middle__gt=0, late__gt=0)
        .values("person")
    )


def lists(question: Question, place: Place) -> dict[str, PeopleList]:
    period = question.period
    registered, born = births(period), deliveries(period)
    women = Person.objects.filter(known_people(place)).filter(
        Q(pk__in=registered.values("person")) | Q(pk__in=born.values("person"))
    )
    by_staff = registered.filter(birth_attendant=Pregnancy.Attendant.STAFF)
    in_facility = registered.filter(birth_place__in=(Pregnancy.Place.STATION, Pregnancy.Place.HOSPITAL))
    by_claim = born.exclude(encounter=None)  # a hospital that sends a birth certificate attended the birth
    children = born.filter(known_people(place, "person__"), live_birth=True).exclude(weight_g=None)
    return {
        "managed": PeopleList(
            "Thai phụ đang quản lý",
            residents(place, period).filter(pk__in=Pregnancy.objects.filter(open_at(period.end)).values("person")),
        ),
        "women": PeopleList("Phụ nữ sinh trong kỳ", women),
        "registered": PeopleList(
            "Sinh, đã được quản lý thai",
            women.filter(pk__in=registered.filter(registered_on__lt=F("ended_on")).values("person")),
        ),
        "visited": PeopleList("Sinh, khám thai từ 4 lần đủ 3 thời kỳ", women.filter(pk__in=well_attended(registered))),
        "staff": PeopleList(
            "Sinh, nhân viên y tế đỡ",
            women.filter(Q(pk__in=by_staff.values("person")) | Q(pk__in=by_claim.values("person"))),
        ),
        "facility": PeopleList(
            "Sinh tại cơ sở y tế",
            women.filter(Q(pk__in=in_facility.values("person")) | Q(pk__in=by_claim.values("person"))),
        ),
        "after": PeopleList("Bà mẹ được khám trong 42 ngày sau sinh", _seen_after(women, period, AFTER_BIRTH)),
        "week": PeopleList("Bà mẹ được khám trong tuần đầu sau sinh", _seen_after(women, period, FIRST_WEEK)),
        "weighed": PeopleList("Trẻ sinh sống được cân", children, "person__", BIRTH),
        "light": PeopleList("Trẻ dưới 2500 g", children.filter(weight_g__lt=2500), "person__", BIRTH),
    }


def _seen_after(women: QuerySet[Person], period: Period, within: str) -> QuerySet[Person]:
    """Mothers with a visit after the day of birth, within this duration."""

    def seen(day: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        visits = Encounter.objects.filter(
            person=OuterRef("person"), status=Encounter.Status.FINISHED, exam_date__gt=OuterRef(day),
            exam_date__lte=plus(OuterRef(day), Value(within)),
        )  # fmt: skip
        return rows.filter(Exists(visits)).values("person")

    return women.filter(Q(pk__in=seen("ended_on", births(period))) | Q(pk__in=seen("born_on", deliveries(period))))


CARE = figures_report(
    key="mch",
    path="ba-me",
    title="Quản lý thai và chăm sóc sau sinh",
    summary="Phụ nữ có thai đang quản lý, phụ nữ sinh được quản lý thai, khám thai đủ, khám sau sinh.",
    group=GROUP,
    items=(
        Count("managed", "Phụ nữ có thai đang quản lý", 20),
        Count("women", "Phụ nữ sinh trong kỳ", 18),
        Count("registered", "Được quản lý thai", 17, group="Khám thai"),
        Rate("registered_rate", "Tỷ lệ %", "registered", "women", 20, group="Khám thai"),
        Count("visited", "Từ 4 lần, đủ 3 thời kỳ", 18, group="Khám thai"),
        Rate("visited_rate", "Tỷ lệ %", "visited", "women", 20, group="Khám thai"),
        Count("week", "Trong tuần đầu", 17, group="Khám sau sinh"),
        Count("after", "Trong 42 ngày", 17, group="Khám sau sinh"),
        Rate("after_rate", "Tỷ lệ %", "after", "women", 20, group="Khám sau sinh"),
    ),
    lists=lists,
    codes=("MCH-01", "MCH-02", "MCH-03", "MCH-06"),
)
BIRTHS = figures_report(
    key="mch_births",
    path="lan-sinh",
    title="Nơi sinh, người đỡ đẻ và cân nặng sơ sinh",
    summary="Phụ nữ sinh trong kỳ do nhân viên y tế đỡ, sinh tại cơ sở y tế; trẻ sinh sống dưới 2500 g.",
    group=GROUP,
    items=(
        Count("women", "Phụ nữ sinh trong kỳ", 20),
        Count("staff", "Nhân viên y tế đỡ", 20, group="Khi sinh"),
        Rate("staff_rate", "Tỷ lệ %", "staff", "women", 20, group="Khi sinh"),
        Count("facility", "Tại cơ sở y tế", 20, group="Khi sinh"),
        Rate("facility_rate", "Tỷ lệ %", "facility", "women", 20, group="Khi sinh"),
        Count("weighed", "Trẻ sinh sống được cân", 20, group="Trẻ sơ sinh"),
        Count("light", "Dưới 2500 g", 20, group="Trẻ sơ sinh"),
        Rate("light_rate", "Tỷ lệ %", "light", "weighed", 20, group="Trẻ sơ sinh"),
    ),
    lists=lists,
    codes=("MCH-02", "MCH-04", "MCH-05", "MCH-07"),
)
REPORTS = (CARE, BIRTHS)
