"""Population movement (POP-01…08): deaths, births, arrivals and departures of the period, and how far the entered
population and the records are apart."""

from django.db.models import Q, QuerySet

from ehr.common.numbers import percent
from ehr.records.models import Delivery
from reports.completeness import LEVELS
from reports.facts import Facts
from reports.figures import Count, Derived, Entered, Item, Rate, columns_of, count_lines, fold, populations, table_of
from reports.places import Place, place_of
from reports.questions import Question
from reports.report import GROUPS, PeopleList, Report
from reports.tables import Note, Table

DEATH_DAYS, BIRTH_DAYS = 15, 30
NOT_TOLD = (
    "Không chia theo nguyên nhân tử vong: hồ sơ chưa có mục nguyên nhân. Người chuyển giữa hai thôn, hai xã trong hệ "
    "thống tính theo ngày bắt đầu cư trú ở nơi mới; nơi cũ chỉ tính khi ghi ngày chuyển đi."
)
DIED = "base.status = 'dead' AND base.death_date >= %(start)s AND base.death_date < %(end)s"
BORN = "base.birth_date >= %(start)s AND base.birth_date < %(end)s AND base.birth_precision = 'day'"
OF_AGE = f"{BORN} AND base.birth_date <= %(end)s::date - {BIRTH_DAYS}"
AGE = "extract(year FROM age(base.death_date, base.birth_date))"
LOCAL = "AT TIME ZONE 'Asia/Ho_Chi_Minh'"
CONDITIONS = {
    "deaths": DIED,
    "deaths_child": f"{DIED} AND {AGE} < 5",
    "deaths_adult": f"{DIED} AND {AGE} >= 5 AND {AGE} < 60",
    "deaths_old": f"{DIED} AND {AGE} >= 60",
    "deaths_in_time": f"{DIED} AND (dead.since {LOCAL})::date <= base.death_date + {DEATH_DAYS}",
    "still_active": "base.status = 'active' AND visit.died IS TRUE",
    "children": BORN,
    "children_of_age": OF_AGE,
    "recorded": f"{OF_AGE} AND (base.created_at {LOCAL})::date <= base.birth_date + {BIRTH_DAYS}",
    "arrived": "base.resident_since >= %(start)s AND base.resident_since < %(end)s"
    " AND base.birth_date IS DISTINCT FROM base.resident_since AND NOT coalesce(base.birth_date >= %(start)s, false)",
    "left": "base.status = 'moved' AND base.moved_out_on >= %(start)s AND base.moved_out_on < %(end)s",
    "living": "base.living",
}
DEATHS, BIRTHS = "Tử vong", "Sinh"
MOVES: tuple[Item, ...] = (
    Count("deaths", "Tổng số", 14, group=DEATHS),
    Count("deaths_child", "Dưới 5 tuổi", 13, group=DEATHS),
    Count("deaths_adult", "5–59 tuổi", 13, group=DEATHS),
    Count("deaths_old", "Từ 60 tuổi", 13, group=DEATHS),
    Count("deaths_in_time", "Ghi trong 15 ngày", 14, group=DEATHS),
    Rate("deaths_rate", "% đúng hạn", "deaths_in_time", "deaths", 17, group=DEATHS),
    Count("still_active", "Đã mất còn hoạt động", 15, group=DEATHS),
    Count("arrived", "Chuyển đến", 16),
    Count("left", "Chuyển đi", 16),
    Entered("population", "Dân số đã nhập", 16),
    Count("living", "Đang cư trú có hồ sơ", 16),
    Derived(
        "gap", "Chênh lệch", ("population", "living"),
        lambda v: None if v["population"] is None else v["population"] - v["living"], width=16,
    ),
    Derived(
        "gap_rate", "% chênh lệch", ("population", "living"),
        lambda v: None if v["population"] is None else percent(v["population"] - v["living"], v["population"]),
        kind="percent", width=17,
    ),
)  # fmt: skip
NEWBORN: tuple[Item, ...] = (
    Derived(
        "births", "Trẻ sinh sống", ("children", "unrecorded"), lambda v: v["children"] + v["unrecorded"], "(3)=(4)+(5)",
    ),
    Count("children", "Trẻ đã có hồ sơ", 20),
    Count("unrecorded", "Trẻ chưa có hồ sơ", 20),
    Count("children_of_age", "Trẻ có hồ sơ sinh từ 30 ngày trở lên trước cuối kỳ", 24),
    Count("unrecorded_of_age", "Trẻ chưa có hồ sơ sinh từ 30 ngày trở lên trước cuối kỳ", 24),
    Count("recorded", "Lập hồ sơ trong 30 ngày", 20),
    Derived(
        "recorded_rate", "% lập hồ sơ trong 30 ngày", ("recorded", "children_of_age", "unrecorded_of_age"),
        lambda v: percent(v["recorded"], v["children_of_age"] + v["unrecorded_of_age"]), "(9)=(8)/((6)+(7))",
        kind="percent", width=22,
    ),
)  # fmt: skip


def _conditions(items: tuple[Item, ...]) -> dict[str, str]:
    return {item.key: CONDITIONS[item.key] for item in items if isinstance(item, Count) and item.key in CONDITIONS}


def _deliveries(question: Question, place: Place, *, of_age: bool = False) -> QuerySet[Delivery]:
    """Live births of the period to women of the place whose child has no record."""
    period = question.period
    last = period.end.fromordinal(period.end.toordinal() - BIRTH_DAYS) if of_age else period.last_day
    return Delivery.objects.filter(
        place.people("person__"), child=None, live_birth=True, born_on__gte=period.start, born_on__lte=last,
        person__status__in=("active", "moved", "dead"),
    )  # fmt: skip


def moves(question: Question) -> Table:
    """Deaths, moves and the gap to the entered population: one statement, and one for the population figures."""
    place = place_of(question)
    figures = fold(place, Facts(question, place).count(_conditions(MOVES)))
    entered = populations(question, place)
    for line in place.lines:
        if line.key in figures or line.shown_empty:
            figures.setdefault(line.key, {})["population"] = entered[line.key]
    # A sum that lacks a place would be compared with the people of all of them.
    lacking = [line.name for line in place.lines if line.key in figures and entered[line.key] is None]
    whole = {"population": entered[place.unit_line.key]} if lacking else {}
    notes = (Note(NOT_TOLD), *((Note(f"Chưa có dân số của {len(lacking)} nơi: {named(lacking)}."),) if lacking else ()))
    return table_of(
        question, place, MOVES, figures, report="movement", title="Biến động dân số và chênh lệch với hồ sơ",
        codes=("POP-01", "POP-02", "POP-03", "POP-07", "POP-08"), notes=notes, total=whole,
    )  # fmt: skip


def named(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + ("…" if len(names) > most else "")


def births(question: Question) -> Table:
    """Births and how soon they got a record: two statements."""
    place = place_of(question)
    figures = fold(place, Facts(question, place).count(_conditions(NEWBORN)))
    for key, of_age in (("unrecorded", False), ("unrecorded_of_age", True)):
        rows = count_lines(
            place, _deliveries(question, place, of_age=of_age), {key: Q(pk__isnull=False)}, path="person__"
        )
        for line, values in rows.items():
            figures.setdefault(line, {}).update(values)
    return table_of(
        question, place, NEWBORN, figures, report="births", title="Trẻ mới sinh và việc lập hồ sơ",
        codes=("POP-04", "POP-05", "POP-06"),
    )  # fmt: skip


def people_of_moves(question: Question, place: Place) -> dict[str, PeopleList]:
    return _lists(question, place, MOVES)


def people_of_births(question: Question, place: Place) -> dict[str, PeopleList]:
    """Children by their records; those without one by their mother's delivery."""
    columns = (("Ngày sinh con", "born_on"), ("Tên con", "child_name"), ("Số giấy chứng sinh", "certificate_number"))
    return _lists(question, place, NEWBORN) | {
        key: PeopleList(
            "Bà mẹ có trẻ chưa lập hồ sơ", _deliveries(question, place, of_age=of_age).select_related("person"),
            "person__", columns,
        )
        for key, of_age in (("unrecorded", False), ("unrecorded_of_age", True))
    }  # fmt: skip


def _lists(question: Question, place: Place, items: tuple[Item, ...]) -> dict[str, PeopleList]:
    facts, columns = Facts(question, place), {column.key: column for column in columns_of(items)}
    return {
        key: PeopleList(": ".join(filter(None, (columns[key].group, columns[key].heading))), facts.people(sql))
        for key, sql in _conditions(items).items()
    }


REPORTS = (
    Report(
        key="movement", path="bien-dong-dan-so", title="Biến động dân số và chênh lệch với hồ sơ",
        summary="Tử vong, chuyển đến, chuyển đi trong kỳ; dân số đã nhập so với số người có hồ sơ.",
        build=moves, levels=LEVELS, periods=("month", "quarter", "half", "year"), group=GROUPS[2],
        people=people_of_moves,
    ),
    Report(
        key="births", path="tre-moi-sinh", title="Trẻ mới sinh và việc lập hồ sơ",
        summary="Trẻ sinh trong kỳ, trẻ chưa có hồ sơ (danh sách bà mẹ), trẻ được lập hồ sơ trong 30 ngày.",
        build=births, levels=LEVELS, periods=("month", "quarter", "half", "year"), group=GROUPS[2],
        people=people_of_births,
    ),
)  # fmt: skip
