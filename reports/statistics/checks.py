"""Periodic checks and screening (KSK-01 to KSK-09): who was checked, for whom and who paid, classes, forms sent, and
who was not checked yet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from ehr.programmes.models import HealthCheck, NcdRegistration
from ehr.records.facts import codes_of
from ehr.records.models import Encounter, Identifier, Person
from reports.figures import Count, Entered, Rate, populations
from reports.periods import Period
from reports.places import Place
from reports.questions import Question
from reports.report import Option, PeopleList
from reports.statistics.common import (
    at_least,
    back,
    figures_report,
    known_people,
    register_report,
    residents,
    visits_between,
    year_of,
    younger_than,
)
from reports.statistics.ncd import managed
from reports.tables import Column, Note, PlainRow

GROUP = "Khám sức khỏe"
ELDERLY, SCHOOL, GROWN = 60 * 12, 6 * 12, 18 * 12  # months
PUPILS = ("10", "11")
TARGETS = tuple((str(n), f"Đối tượng {n}") for n in range(1, 17))
FUNDING = ("1", "2", "3", "4", "5", "9")
CHECK = (("Ngày khám", "exam_date"), ("Cơ sở", "facility"))
SENT_WITHIN = dt.timedelta(hours=24)


def checks(first: dt.date, end: dt.date) -> QuerySet[Encounter]:
    """Concluded checks of these days."""
    return visits_between(first, end, kind=Encounter.Kind.CHECK)


def school_year(day: dt.date) -> str:
    """The school year a day lies in, which begins in September: 2026-2027."""
    first = day.year if day.month >= 9 else day.year - 1
    return f"{first}-{first + 1}"


# --- who was checked
def coverage(question: Question, place: Place) -> dict[str, PeopleList]:
    period, here = question.period, residents(place, question.period)
    done = checks(*year_of(period)).values("person")
    old, small = here.filter(at_least(period, ELDERLY)), here.filter(younger_than(period, SCHOOL))
    forms = HealthCheck.objects.filter(
        encounter__status=Encounter.Status.FINISHED, encounter__exam_date__lt=period.end,
        school_year=school_year(period.last_day), target_groups__overlap=list(PUPILS),
    )  # fmt: skip
    rows = {
        "residents": ("Người đang cư trú", here),
        "checked": ("Người được khám trong năm", here.filter(pk__in=done)),
        "old": ("Người từ 60 tuổi", old),
        "old_checked": ("Người từ 60 tuổi được khám", old.filter(pk__in=done)),
        "small": ("Trẻ dưới 6 tuổi", small),
        "small_checked": ("Trẻ dưới 6 tuổi được khám", small.filter(pk__in=done)),
        "pupils": ("Học sinh được khám trong năm học", here.filter(pk__in=forms.values("encounter__person"))),
        "twice": ("Người khám trùng đối tượng khác nhau trong năm", here.filter(pk__in=twice(period))),
    }
    return {key: PeopleList(heading, query) for key, (heading, query) in rows.items()}


def twice(period: Period) -> QuerySet[Any]:
    """People with two checks or more of different target groups in the year."""
    first, end = year_of(period)
    forms = HealthCheck.objects.filter(
        encounter__status=Encounter.Status.FINISHED, encounter__exam_date__gte=first, encounter__exam_date__lt=end
    )
    people = forms.order_by().values("encounter__person")
    return (
        people.annotate(kinds=CountRows("target_groups", distinct=True)).filter(kinds__gt=1).values("encounter__person")
    )


def _pupils(question: Question) -> list[Note]:
    return [
        Note(
            f"Năm học {school_year(question.period.last_day)}: chỉ có số học sinh được khám; hồ sơ không có danh sách "
            "học sinh của các trường nên chưa tính tỷ lệ (KSK-07)."
        )
    ]


COVERAGE = figures_report(
    key="checks",
    path="kham-suc-khoe",
    title="Khám sức khỏe định kỳ, sàng lọc trong năm",
    summary="Người được khám trong năm trên dân số; người cao tuổi, trẻ dưới 6 tuổi, học sinh; người khám trùng.",
    group=GROUP,
    items=(
        Entered("population", "Dân số trung bình", 16),
        Count("residents", "Người đang cư trú", 16),
        Count("checked", "Được khám trong năm", 16),
        Rate("rate", "Tỷ lệ % trên dân số", "checked", "population", 17),
        Rate("rate_residents", "Tỷ lệ % trên người cư trú", "checked", "residents", 17),
        Count("old", "Từ 60 tuổi", 14, group="Người cao tuổi"),
        Count("old_checked", "Được khám", 13, group="Người cao tuổi"),
        Rate("old_rate", "Tỷ lệ %", "old_checked", "old", 17, group="Người cao tuổi"),
        Count("small", "Dưới 6 tuổi", 13, group="Trẻ em"),
        Count("small_checked", "Được khám", 13, group="Trẻ em"),
        Rate("small_rate", "Tỷ lệ %", "small_checked", "small", 17, group="Trẻ em"),
        Count("pupils", "Học sinh được khám", 14),
        Count("twice", "Khám trùng", 12),
    ),
    lists=coverage,
    codes=("KSK-01", "KSK-05", "KSK-06", "KSK-07", "KSK-09"),
    more=lambda question, place: {line: {"population": n} for line, n in populations(question, place).items()},
    notes=_pupils,
)


# --- target groups, who paid, sent
SENT = Option("sent", "Phiếu gửi", (("", "Tất cả"), ("yes", "Đã tiếp nhận"), ("no", "Chưa tiếp nhận")))


def forms_of(question: Question) -> QuerySet[HealthCheck]:
    """Forms of checks concluded in the period, limited by the options."""
    period, asked = question.period, question.options
    found = HealthCheck.objects.filter(
        encounter__status=Encounter.Status.FINISHED, encounter__exam_date__gte=period.start,
        encounter__exam_date__lt=period.end,
    )  # fmt: skip
    if asked.get("target"):
        found = found.filter(target_groups__contains=[asked["target"]])
    if asked.get("funding"):
        found = found.filter(funding=asked["funding"])
    if asked.get("sent"):
        found = found.filter(accepted_at__isnull=asked["sent"] == "no")
    return found


def _names(system: str) -> dict[str, str]:
    return {code: row.name for code, row in codes_of(system).items()}


def by_target(question: Question, place: Place) -> dict[str, PeopleList]:
    here, found = Person.objects.filter(known_people(place)), forms_of(question)
    names = _names("check-target")
    rows = {f"t{code}": found.filter(target_groups__contains=[code]) for code, _ in TARGETS}
    return {"all": PeopleList("Người được khám", here.filter(pk__in=found.values("encounter__person")))} | {
        key: PeopleList(
            f"Đối tượng {key[1:]}: {names.get(key[1:], '')}", here.filter(pk__in=forms.values("encounter__person"))
        )
        for key, forms in rows.items()
    }


def by_funding(question: Question, place: Place) -> dict[str, PeopleList]:
    here, found = Person.objects.filter(known_people(place)), forms_of(question)
    names = _names("check-funding")
    rows = {f"f{code}": (names.get(code, code), found.filter(funding=code)) for code in FUNDING}
    rows["f"] = ("Chưa ghi nguồn chi trả", found.filter(funding=""))
    return {"all": PeopleList("Người được khám", here.filter(pk__in=found.values("encounter__person")))} | {
        key: PeopleList(heading, here.filter(pk__in=forms.values("encounter__person")))
        for key, (heading, forms) in rows.items()
    }


def _legend(question: Question) -> list[Note]:
    names = _names("check-target")
    listed = "; ".join(f"{code} {names.get(code, '')}" for code, _ in TARGETS)
    return [Note(f"Đối tượng: {listed}."), *_about_options(question), Note(_ONCE)]


def _about_options(question: Question) -> list[Note]:
    """What the table was limited to."""
    asked, said = question.options, []
    if target := asked.get("target"):
        said.append(f"đối tượng {target} ({_names('check-target').get(target, '')})")
    if funding := asked.get("funding"):
        said.append(f"nguồn chi trả {funding} ({_names('check-funding').get(funding, '')})")
    if sent := asked.get("sent"):
        said.append(dict(SENT.choices)[sent].lower())
    return [Note(f"Chỉ tính phiếu: {', '.join(said)}.")] if said else []


_ONCE = (
    "Mỗi người đếm một lần ở cột tổng; người có nhiều đối tượng hoặc nhiều phiếu được đếm ở từng cột nên tổng các cột "
    "có thể lớn hơn."
)
TARGET = figures_report(
    key="check_targets",
    path="kham-theo-doi-tuong",
    title="Người được khám sức khỏe theo đối tượng",
    summary="Số người được khám trong kỳ theo 16 đối tượng; chọn được nguồn chi trả và tình trạng gửi phiếu.",
    group=GROUP,
    items=(
        Count("all", "Tổng số người", 14),
        *(Count(f"t{code}", code, 10, group="Đối tượng khám") for code, _ in TARGETS),
    ),
    lists=by_target,
    codes=("KSK-02",),
    options=(
        Option("funding", "Nguồn chi trả", (("", "Tất cả"), *((code, f"Nguồn {code}") for code in FUNDING))),
        SENT,
    ),
    notes=_legend,
)
MONEY = figures_report(
    key="check_funding",
    path="kham-theo-nguon-chi-tra",
    title="Người được khám sức khỏe theo nguồn chi trả",
    summary="Số người được khám trong kỳ theo nguồn chi trả; chọn được đối tượng và tình trạng gửi phiếu.",
    group=GROUP,
    items=(
        Count("all", "Tổng số người", 18),
        Count("f1", "Ngân sách trung ương", 18, group="Nguồn chi trả"),
        Count("f2", "Ngân sách địa phương", 18, group="Nguồn chi trả"),
        Count("f3", "Quỹ BHYT", 18, group="Nguồn chi trả"),
        Count("f4", "Người sử dụng lao động", 18, group="Nguồn chi trả"),
        Count("f5", "Xã hội hóa", 18, group="Nguồn chi trả"),
        Count("f9", "Nguồn khác", 18, group="Nguồn chi trả"),
        Count("f", "Chưa ghi", 18, group="Nguồn chi trả"),
    ),
    lists=by_funding,
    codes=("KSK-02",),
    options=(Option("target", "Đối tượng", (("", "Tất cả"), *TARGETS)), SENT),
    notes=lambda question: [*_about_options(question), Note(_ONCE)],
)


# --- classes and forms
def classes(question: Question, place: Place) -> dict[str, PeopleList]:
    period, here = question.period, residents(place, question.period)
    first, end = year_of(period)
    forms = HealthCheck.objects.filter(
        encounter__status=Encounter.Status.FINISHED, encounter__exam_date__gte=first, encounter__exam_date__lt=end,
        health_class__isnull=False,
    )  # fmt: skip
    last = forms.order_by("encounter__person_id", "-encounter__exam_date", "-encounter_id")
    last = last.distinct("encounter__person_id")
    latest = HealthCheck.objects.filter(pk__in=last.values("pk"))
    return {"classed": PeopleList("Người được phân loại", here.filter(pk__in=latest.values("encounter__person")))} | {
        f"c{n}": PeopleList(
            f"Sức khỏe loại {roman}",
            here.filter(pk__in=latest.filter(health_class=n).values("encounter__person")),
        )
        for n, roman in enumerate(("I", "II", "III", "IV", "V"), start=1)
    }


CLASSES = figures_report(
    key="check_classes",
    path="phan-loai-suc-khoe",
    title="Phân loại sức khỏe",
    summary="Người được phân loại sức khỏe I đến V ở lần khám gần nhất trong năm.",
    group=GROUP,
    items=(
        Count("classed", "Người được phân loại", 16),
        *(
            item
            for n, roman in enumerate(("I", "II", "III", "IV", "V"), start=1)
            for item in (
                Count(f"c{n}", "Người", 14, group=f"Loại {roman}"),
                Rate(f"r{n}", "Tỷ lệ %", f"c{n}", "classed", 17, group=f"Loại {roman}"),
            )
        ),
    ),
    lists=classes,
    codes=("KSK-08",),
)


def sending(question: Question, place: Place) -> dict[str, PeopleList]:
    found = checks(question.period.start, question.period.end).filter(known_people(place, "person__"))
    concluded = Coalesce(F("encounter__ended_at"), F("encounter__created_at"))
    in_time = HealthCheck.objects.filter(accepted_at__lte=concluded + SENT_WITHIN)
    accepted = HealthCheck.objects.filter(accepted_at__isnull=False)
    rows = {
        "forms": ("Phiếu khám đã kết luận", found),
        "written": (
            "Phiếu đã ghi đối tượng và nguồn chi trả",
            found.filter(pk__in=HealthCheck.objects.exclude(funding="").exclude(target_groups=[]).values("encounter")),
        ),
        "in_time": ("Phiếu được tiếp nhận trong 24 giờ", found.filter(pk__in=in_time.values("encounter"))),
        "waiting": ("Phiếu chưa được tiếp nhận", found.exclude(pk__in=accepted.values("encounter"))),
    }
    return {
        key: PeopleList(heading, query.select_related("facility"), "person__", CHECK)
        for key, (heading, query) in rows.items()
    }


SENDING = figures_report(
    key="check_forms",
    path="gui-phieu-kham",
    title="Gửi phiếu khám sức khỏe",
    summary="Phiếu khám đã kết luận, được tiếp nhận trong 24 giờ, chưa được tiếp nhận.",
    group=GROUP,
    items=(
        Count("forms", "Phiếu đã kết luận", 22),
        Count("written", "Đủ đối tượng, nguồn chi trả", 24),
        Count("in_time", "Tiếp nhận trong 24 giờ", 22),
        Rate("rate", "Tỷ lệ % đúng hạn", "in_time", "forms", 22),
        Count("waiting", "Chưa được tiếp nhận", 22),
    ),
    lists=sending,
    codes=("KSK-03", "KSK-04"),
)


# --- not checked yet
GROUPS = (
    ("", "Tất cả"),
    ("old", "Người từ 60 tuổi"),
    ("small", "Trẻ dưới 6 tuổi"),
    ("pupil", "Từ 6 đến dưới 18 tuổi"),
    ("chronic", "Người bệnh tăng huyết áp, đái tháo đường"),
    ("uninsured", "Không có thẻ BHYT"),
)


def missing(question: Question, place: Place) -> QuerySet[Person]:
    """Residents without a check since the first of January, by village; `options["group"]` picks some of them."""
    period = question.period
    found = residents(place, period).exclude(pk__in=checks(*year_of(period)).values("person"))
    card = Identifier.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=period.last_day), person=OuterRef("pk"), kind=Identifier.Kind.INSURANCE_CARD
    )
    wanted = {
        "old": at_least(period, ELDERLY),
        "small": younger_than(period, SCHOOL),
        "pupil": at_least(period, SCHOOL) & younger_than(period, GROWN),
        "chronic": Q(pk__in=managed(("hypertension", "diabetes"), period.end).values("person")),
        "uninsured": ~Q(Exists(card)),
    }.get(question.options.get("group", ""), Q())
    last = Encounter.objects.filter(
        person=OuterRef("pk"), kind=Encounter.Kind.CHECK, status=Encounter.Status.FINISHED, exam_date__lt=period.end
    ).order_by("-exam_date")
    in_books = NcdRegistration.objects.filter(person=OuterRef("pk"), status=NcdRegistration.Status.MANAGED)
    return (
        found.filter(wanted)
        .annotate(last_check=last.values("exam_date")[:1], chronic=Exists(in_books))
        .select_related("village", "commune")
        .order_by("village__position", "village_id", "sort_name", "pk")
    )


def _line_maker(question: Question) -> Any:
    day = question.period.last_day
    old, small, grown = (back(day, months) for months in (ELDERLY, SCHOOL, GROWN))

    def make(number: int, person: Any) -> PlainRow:
        born = person.birth_date
        said = []
        if born is not None:
            said.append(
                "Người cao tuổi" if born <= old else "Trẻ dưới 6 tuổi" if born > small
                else "Lứa tuổi học sinh" if born > grown else ""
            )  # fmt: skip
        if person.chronic:
            said.append("Bệnh mạn tính đang quản lý")
        return PlainRow(
            str(person.pk),
            {
                "number": number,
                "name": person.full_name,
                "born": born,
                "sex": person.get_sex_display(),
                "village": person.village.name if person.village else "",
                "address": person.address_detail,
                "phone": person.phone_mobile or person.phone_landline,
                "groups": "; ".join(word for word in said if word),
                "last": person.last_check,
            },
            person_id=person.pk,
        )

    return make


MISSING = register_report(
    key="unchecked",
    path="chua-kham-suc-khoe",
    title="Danh sách người chưa khám sức khỏe trong năm",
    summary="Người đang cư trú chưa có lượt khám định kỳ, sàng lọc từ đầu năm, theo thôn và nhóm đối tượng.",
    group=GROUP,
    columns=(
        Column("number", "TT", "(1)", "index", 11),
        Column("name", "Họ và tên", "(2)", "text", 46),
        Column("born", "Ngày sinh", "(3)", "date", 22),
        Column("sex", "Giới", "(4)", "text", 12),
        Column("village", "Thôn", "(5)", "text", 32),
        Column("address", "Địa chỉ", "(6)", "text", 35),
        Column("phone", "Điện thoại", "(7)", "text", 26),
        Column("groups", "Nhóm", "(8)", "text", 35),
        Column("last", "Lần khám trước", "(9)", "date", 22),
    ),
    rows=missing,
    make=_line_maker,
    codes=("KSK-01",),
    options=(Option("group", "Nhóm", GROUPS),),
    heading=lambda question: (
        "Danh sách người chưa khám sức khỏe trong năm"
        + (f": {dict(GROUPS)[group]}" if (group := question.options.get("group")) else "")
    ),
    to_person="",
)
REPORTS = (COVERAGE, TARGET, MONEY, CLASSES, SENDING, MISSING)
