"""Visits at the station (OPD-01, OPD-02)."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from ehr.common.numbers import percent
from ehr.records.models import Encounter, Identifier, Person
from reports.figures import Count, Derived, Entered, Values, populations
from reports.places import Place
from reports.questions import Question
from reports.report import PeopleList
from reports.statistics.common import figures_report, known_people, plus, visits_between

STATIONS = ("station", "site")
COLUMNS = (("Ngày khám", "exam_date"), ("Lý do khám", "visit_reason"))


def at_station() -> Q:
    """Visits at a station: by its kind, or typed here without a facility."""
    return Q(facility__kind__in=STATIONS) | Q(facility=None, facility_name="", source=Encounter.Source.STATION)


def visits(question: Question, place: Place) -> QuerySet[Encounter]:
    """Finished visits of the period at a station, of people of the place."""
    period = question.period
    return visits_between(period.start, period.end).filter(at_station(), known_people(place, "person__"))


def lists(question: Question, place: Place) -> dict[str, PeopleList]:
    found = visits(question, place)
    card = Identifier.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=OuterRef("exam_date")),
        Q(valid_to=None) | Q(valid_to__gt=OuterRef("exam_date")),
        person=OuterRef("person"), kind=Identifier.Kind.INSURANCE_CARD,
    )  # fmt: skip
    born = F("person__birth_date")
    rows = {
        "visits": ("Lượt khám", found),
        "insured": ("Lượt khám có thẻ BHYT", found.filter(Exists(card))),
        "women": ("Lượt khám của nữ", found.filter(person__sex="2")),
        "under6": ("Lượt khám của trẻ dưới 6 tuổi", found.filter(exam_date__lt=plus(born, Value("P6Y")))),
        "under15": ("Lượt khám của trẻ dưới 15 tuổi", found.filter(exam_date__lt=plus(born, Value("P15Y")))),
        "over60": ("Lượt khám của người từ 60 tuổi", found.filter(exam_date__gte=plus(born, Value("P60Y")))),
    }
    who = Person.objects.filter(place.people(), pk__in=found.values("person"))
    return {key: PeopleList(heading, query, "person__", COLUMNS) for key, (heading, query) in rows.items()} | {
        "people": PeopleList("Người đã khám", who)
    }


def _minus(values: Values) -> Any:
    return values["visits"] - values["insured"]


def _per_head(values: Values) -> Any:
    return percent(values["visits"], values["population"] and values["population"] * 100)


ITEMS = (
    Count("visits", "Tổng số lượt khám", 16),
    Count("insured", "Có thẻ BHYT", 16, group="Chia theo BHYT"),
    Derived(
        "uninsured", "Không có thẻ", ("visits", "insured"), _minus, "(5)=(3)−(4)", width=16, group="Chia theo BHYT",
    ),
    Count("women", "Nữ", 15, group="Trong đó"),
    Count("under6", "Dưới 6 tuổi", 15, group="Trong đó"),
    Count("under15", "Dưới 15 tuổi", 15, group="Trong đó"),
    Count("over60", "Từ 60 tuổi", 15, group="Trong đó"),
    Count("people", "Số người đã khám", 16),
    Entered("population", "Dân số trung bình", 18),
    Derived(
        "per_head", "Lượt khám bình quân đầu người", ("visits", "population"), _per_head, "(12)=(3)/(11)", "decimal",
        20, 2,
    ),
)  # fmt: skip

REPORT = figures_report(
    key="opd",
    path="kham-benh",
    title="Lượt khám bệnh tại trạm",
    summary="Lượt khám tại trạm: có và không có thẻ BHYT, nữ, trẻ em, người cao tuổi, bình quân đầu người.",
    group="Hoạt động",
    items=ITEMS,
    lists=lists,
    codes=("OPD-01", "OPD-02"),
    more=lambda question, place: {line: {"population": n} for line, n in populations(question, place).items()},
)
