"""Registers A2.1 (children) and A2.2 (tetanus for pregnant women), and who is due for a dose of the programme."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Greatest

from ehr.records.models import Person
from ehr.vaccination.models import Immunization, ScheduleDose, Vaccine
from reports.places import Place
from reports.questions import Question
from reports.report import Option
from reports.statistics.common import known_people, plus, register_report, residents, younger_than
from reports.statistics.doses import STANDS_FOR
from reports.statistics.maternity import open_within
from reports.statistics.people import joined, mother_of, village_of
from reports.tables import Column, PlainRow

GROUP = "Sổ sách"
UNDER = 60  # months: the register of children follows them to five years
PREGNANCY = "3"  # table of form 831
# Column of A2.1 → vaccine of the programme and dose number, the date of which it shows.
CHILD = (
    ("bcg", "BCG", "BCG", 1, ""),
    ("hepb", "VGB sơ sinh", "HEPB0", 0, ""),
    ("dpt1", "1", "DPT_HEPB_HIB", 1, "DPT-VGB-Hib"),
    ("dpt2", "2", "DPT_HEPB_HIB", 2, "DPT-VGB-Hib"),
    ("dpt3", "3", "DPT_HEPB_HIB", 3, "DPT-VGB-Hib"),
    ("opv1", "1", "BOPV", 1, "Bại liệt uống"),
    ("opv2", "2", "BOPV", 2, "Bại liệt uống"),
    ("opv3", "3", "BOPV", 3, "Bại liệt uống"),
    ("ipv1", "1", "IPV", 1, "IPV"),
    ("ipv2", "2", "IPV", 2, "IPV"),
    ("measles", "Sởi", "MEASLES", 1, ""),
    ("mr", "MR", "MR", 2, ""),
    ("dpt4", "DPT 4", "DPT", 4, ""),
)


def _vaccines() -> dict[str, int]:
    return dict(Vaccine.objects.values_list("code", "pk"))


def _dates(person: str, **which: Any) -> ArraySubquery:
    """vaccine/dose/date of each dose given to the person, as texts in one array."""
    doses = Immunization.objects.filter(person=OuterRef(person), status=Immunization.Status.GIVEN, **which)
    line = joined("vaccine_id", Value("/"), "dose_number", Value("/"), "occurrence_date")
    return ArraySubquery(doses.order_by("occurrence_date", "pk").values_list(line))


def _given(lines: list[str] | None) -> dict[tuple[int, int], str]:
    """(vaccine, dose) → day as "dd/mm yyyy", which takes two lines; "x" for a dose without a day. The earliest wins."""
    found: dict[tuple[int, int], str] = {}
    for line in lines or []:
        vaccine, number, day = line.split("/")
        text = f"{dt.date.fromisoformat(day):%d/%m %Y}" if day else "x"
        found.setdefault((int(vaccine), int(number)), text)
    return found


def children(question: Question, place: Place) -> QuerySet[Person]:
    """Children below five at the end of the period who live here, by village and day of birth."""
    period = question.period
    return (
        residents(place, period)
        .filter(younger_than(period, UNDER))
        .annotate(doses=_dates("pk"))
        .select_related("village", "commune", "mother")
        .order_by("village__position", "village_id", "birth_date", "pk")
    )


def _child_maker(question: Question) -> Any:
    keys = _vaccines()
    wanted = {
        key: [keys[code] for code in STANDS_FOR.get(vaccine, (vaccine,)) if code in keys]
        for key, _, vaccine, _, _ in CHILD
    }

    def make(number: int, child: Any) -> PlainRow:
        given, mother = _given(child.doses), mother_of(child)
        dates = {
            key: next((given[pk, dose] for pk in wanted[key] if (pk, dose) in given), "")
            for key, _, _, dose, _ in CHILD
        }
        return PlainRow(
            str(child.pk),
            {
                "number": number,
                "name": child.full_name,
                "sex": child.get_sex_display(),
                "born": child.birth_date,
                "mother": mother.full_name if mother else "",
                "village": village_of(child),
                **dates,
            },
            person_id=child.pk,
        )

    return make


A21 = register_report(
    key="a2_1",
    path="so-a2-1",
    title="Sổ tiêm chủng cho trẻ em (A2.1)",
    summary="Từng trẻ dưới 5 tuổi với ngày tiêm các mũi của tiêm chủng mở rộng, theo thôn và ngày sinh.",
    group=GROUP,
    columns=(
        Column("number", "TT", "(1)", "index", 9),
        Column("name", "Họ và tên trẻ", "(2)", "text", 30),
        Column("sex", "Giới", "(3)", "text", 10),
        Column("born", "Ngày sinh", "(4)", "date", 18),
        Column("mother", "Họ tên mẹ", "(5)", "text", 22),
        Column("village", "Thôn", "(6)", "text", 20),
        *(
            Column(key, heading, f"({n})", "text", 11, group=group)
            for n, (key, heading, _, _, group) in enumerate(CHILD, start=7)
        ),
    ),
    rows=children,
    make=_child_maker,
    codes=("SO-A2.1",),
    to_person="",
    periods=("day", "month", "year"),
)


# --- A2.2
def women(question: Question, place: Place) -> QuerySet[Person]:
    """Women with a pregnancy under care, or a dose of the table for pregnant women, in the period."""
    from ehr.programmes.models import Pregnancy

    period = question.period
    dosed = Immunization.objects.filter(
        table=PREGNANCY, status=Immunization.Status.GIVEN, occurrence_date__gte=period.start,
        occurrence_date__lt=period.end,
    )  # fmt: skip
    under_care = Pregnancy.objects.filter(open_within(period))
    due = Pregnancy.objects.filter(open_within(period), person=OuterRef("pk")).order_by("-registered_on")
    return (
        Person.objects.filter(known_people(place))
        .filter(Q(pk__in=under_care.values("person")) | Q(pk__in=dosed.values("person")))
        .annotate(doses=_dates("pk", vaccine__code__in=STANDS_FOR["TT"]), due=Subquery(due.values("due_on")[:1]))
        .select_related("village", "commune")
        .order_by("village__position", "village_id", "sort_name", "pk")
    )


def _woman(number: int, woman: Any) -> PlainRow:
    dates = list(_given(woman.doses).values())[:5]
    return PlainRow(
        str(woman.pk),
        {
            "number": number,
            "name": woman.full_name,
            "born": woman.birth_date,
            "village": village_of(woman),
            "due": woman.due,
            **{f"tt{n}": dates[n - 1] if n <= len(dates) else "" for n in range(1, 6)},
            "protected": "Đủ" if len(dates) > 1 else "Chưa đủ",
        },
        person_id=woman.pk,
    )


A22 = register_report(
    key="a2_2",
    path="so-a2-2",
    title="Sổ tiêm vắc xin uốn ván cho phụ nữ có thai (A2.2)",
    summary="Từng phụ nữ có thai được quản lý hoặc tiêm uốn ván trong kỳ, với ngày các mũi đã tiêm.",
    group=GROUP,
    columns=(
        Column("number", "TT", "(1)", "index", 11),
        Column("name", "Họ và tên", "(2)", "text", 46),
        Column("born", "Ngày sinh", "(3)", "date", 22),
        Column("village", "Thôn", "(4)", "text", 32),
        Column("due", "Dự sinh", "(5)", "date", 22),
        *(Column(f"tt{n}", f"Mũi {n}", f"({n + 5})", "text", 18, group="Ngày tiêm uốn ván") for n in range(1, 6)),
        Column("protected", "Từ 2 mũi", "(11)", "text", 20),
    ),
    rows=women,
    make=lambda question: _woman,
    codes=("SO-A2.2",),
    to_person="",
)


# --- due
OLDEST = 8 * 12  # months: the programme ends with the booster at seven years


def open_doses(question: Question) -> QuerySet[ScheduleDose]:
    """Doses of the programme that are due for the child of the outer row at the end of the period: recommended age and
    shortest interval after the dose before have passed, not given, not too old for it."""
    last = question.period.last_day
    born = OuterRef("birth_date")
    same = Q(vaccine=OuterRef("vaccine"))
    for code, codes in STANDS_FOR.items():
        same |= Q(wanted=code, vaccine__code__in=codes)
    doses = Immunization.objects.filter(
        person=OuterRef(OuterRef("pk")), status=Immunization.Status.GIVEN
    ).annotate(wanted=Cast(OuterRef("vaccine__code"), CharField()))  # fmt: skip
    given = doses.filter(same, dose_number=OuterRef("dose_number"))
    before = doses.filter(same, dose_number__lt=OuterRef("dose_number"), occurrence_date__isnull=False)
    last_dose = before.order_by("-occurrence_date").values("occurrence_date")[:1]
    by_age = plus(Cast(born, DateField()), F("recommended_age"))
    return (
        ScheduleDose.objects.valid_on(last)
        .filter(program="EPI", target="child")
        .exclude(recommended_age="")
        .annotate(by_age=by_age, previous=Subquery(last_dose))
        .annotate(
            due=Case(
                When(
                    Q(previous__isnull=False) & ~Q(min_interval=""),
                    then=Greatest(Cast("by_age", DateField()), Cast(plus(F("previous"), _or_nothing()), DateField())),
                ),
                default=Cast("by_age", DateField()),
                output_field=DateField(),
            ),
            over=Case(
                When(~Q(max_age=""), then=Cast(plus(Cast(born, DateField()), _max_age()), DateField())),
                default=Value(None),
                output_field=DateField(),
            ),
        )
        .filter(~Exists(given), due__lte=last)
        .filter(Q(over=None) | Q(over__gte=last))
        .order_by()
    )


def _or_nothing() -> Case:
    """The interval; a duration of nothing where there is none, because the database reads both branches."""
    return Case(When(min_interval="", then=Value("P0D")), default=F("min_interval"), output_field=CharField())


def _max_age() -> Case:
    return Case(When(max_age="", then=Value("P0D")), default=F("max_age"), output_field=CharField())


def due(question: Question, place: Place) -> QuerySet[Person]:
    """Children with a dose due, by village; `options["late"]`: only those due for more than so many days."""
    period = question.period
    late = int(question.options.get("late") or 0)
    found: Any = open_doses(question)
    if late:
        found = found.filter(due__lte=period.last_day - dt.timedelta(days=late))
    line = joined("vaccine__name", Value("|"), "dose_number", Value("|"), "due")
    return (
        residents(place, period)
        .filter(younger_than(period, OLDEST), Exists(found), birth_precision="day")
        .annotate(open=ArraySubquery(found.order_by("due", "pk").values_list(line)))
        .select_related("village", "commune", "mother")
        .order_by("village__position", "village_id", "birth_date", "pk")
    )


def _due_maker(question: Question) -> Any:
    last = question.period.last_day

    def make(number: int, child: Any) -> PlainRow:
        first: dict[str, tuple[int, dt.date]] = {}
        mother = mother_of(child)
        for line in child.open:
            name, dose, day = line.split("|")
            if name not in first or int(dose) < first[name][0]:
                first[name] = int(dose), dt.date.fromisoformat(day[:10])
        soonest = min(day for _, day in first.values())
        named = [f"{name}{f' mũi {dose}' if dose else ''} (từ {day:%d/%m/%Y})" for name, (dose, day) in first.items()]
        return PlainRow(
            str(child.pk),
            {
                "number": number,
                "name": child.full_name,
                "sex": child.get_sex_display(),
                "born": child.birth_date,
                "village": village_of(child),
                "mother": mother.full_name if mother else "",
                "phone": child.phone_mobile or (mother.phone_mobile if mother else ""),
                "doses": "; ".join(named),
                "late": (last - soonest).days,
            },
            person_id=child.pk,
        )

    return make


DUE = register_report(
    key="due_doses",
    path="den-han-tiem",
    title="Danh sách trẻ đến hạn, quá hạn tiêm chủng",
    summary="Từng trẻ dưới 8 tuổi còn mũi của tiêm chủng mở rộng đến hạn, theo thôn, mũi nào và từ ngày nào.",
    group="Tiêm chủng",
    columns=(
        Column("number", "TT", "(1)", "index", 11),
        Column("name", "Họ và tên trẻ", "(2)", "text", 38),
        Column("sex", "Giới", "(3)", "text", 12),
        Column("born", "Ngày sinh", "(4)", "date", 22),
        Column("village", "Thôn", "(5)", "text", 28),
        Column("mother", "Họ tên mẹ", "(6)", "text", 32),
        Column("phone", "Điện thoại", "(7)", "text", 24),
        Column("doses", "Mũi cần tiêm", "(8)", "text", 48),
        Column("late", "Số ngày đã đến hạn", "(9)", "int", 18),
    ),
    rows=due,
    make=_due_maker,
    codes=("EPI-DUE",),
    to_person="",
    periods=("day", "month"),
    options=(Option("late", "Quá hạn", (("", "Tất cả mũi đến hạn"), ("30", "Quá 30 ngày"), ("90", "Quá 90 ngày"))),),
)
REPORTS = (A21, A22, DUE)
