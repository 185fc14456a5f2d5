"""Indicators of chronic diseases (NCD-01 to NCD-12): hypertension, diabetes, the other books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ehr.programmes.models import NcdRegistration, NcdVisit
from ehr.programmes.queries import setting
from ehr.records.models import Condition, Diagnosis, Encounter, Medication, Person
from reports.figures import Count, Derived, Entered, Rate, Values, count_lines
from reports.periods import Period
from reports.places import Place
from reports.questions import Question
from reports.report import PeopleList
from reports.statistics.common import (
    at_least,
    back,
    figures_report,
    residents,
    visits_between,
    year_of,
)
from reports.tables import Note

GROUP = "Bệnh không lây nhiễm"
ICD10 = {"hypertension": ("I10", "I11", "I12", "I13", "I15"), "diabetes": ("E10", "E11", "E12", "E13", "E14")}
TICK = {"hypertension": "2", "diabetes": "3"}  # own-disease of section B
NAMES = {"hypertension": "tăng huyết áp", "diabetes": "đái tháo đường"}
ADULT, FROM_FORTY = 18 * 12, 40 * 12  # months


def managed(disease: Any, end: dt.date) -> QuerySet[NcdRegistration]:
    """Lines of the book(s) that are open at the end of a period."""
    diseases = [disease] if isinstance(disease, str) else list(disease)
    return NcdRegistration.objects.filter(
        Q(status=NcdRegistration.Status.MANAGED) | Q(left_on__gte=end), disease__in=diseases, registered_on__lt=end
    )


def diagnosed(disease: str, end: dt.date) -> Q:
    """People known to have the disease: in its book (unless the diagnosis was taken back), or ticked in section B."""
    books = NcdRegistration.objects.filter(disease=disease, registered_on__lt=end)
    ticked = Condition.objects.filter(kind__system__key="own-disease", kind__code=TICK[disease], answer="yes")
    known = books.exclude(status=NcdRegistration.Status.REVISED).values("person")
    return Q(pk__in=known) | Q(pk__in=ticked.values("person"))


def treated(disease: str, period: Period, months: int) -> Q:
    """People with a visit for the disease and medicine within so many months before the end of the period."""
    visits = visits_between(back(period.end, months), period.end)
    marked = NcdVisit.objects.filter(encounter__in=visits, registration__disease=disease, medicine="yes")
    starts = Q()
    for code in ICD10[disease]:
        starts |= Q(icd10_code__startswith=code)
    prescribed = visits.filter(
        Exists(Diagnosis.objects.filter(starts, encounter=OuterRef("pk"))),
        Exists(Medication.objects.filter(encounter=OuterRef("pk"))),
    )
    return Q(pk__in=marked.values("registration__person")) | Q(pk__in=prescribed.values("person"))


def last_marks(disease: str, period: Period) -> QuerySet[NcdVisit]:
    """The mark of the last visit of the period for each line of the book (REQ-NCD-02)."""
    marks = NcdVisit.objects.filter(
        registration__in=managed(disease, period.end), encounter__status=Encounter.Status.FINISHED,
        encounter__exam_date__gte=period.start, encounter__exam_date__lt=period.end,
    )  # fmt: skip
    last = marks.order_by("registration_id", "-encounter__exam_date", "-encounter_id").distinct("registration_id")
    return NcdVisit.objects.filter(pk__in=last.values("pk"))


def of_disease(disease: str, question: Question, place: Place) -> dict[str, PeopleList]:
    """The lists of one disease."""
    period, here = question.period, residents(place, question.period)
    months = int(setting("managed-months", period.last_day, 12))
    known = here.filter(diagnosed(disease, period.end))
    in_book = here.filter(pk__in=managed(disease, period.end).values("person"))
    marks = last_marks(disease, period)
    name = NAMES[disease]

    def marked(*targets: str) -> QuerySet[Person]:
        return in_book.filter(pk__in=marks.filter(target__in=targets).values("registration__person"))

    return {
        "known": PeopleList(f"Người {name} đã phát hiện", known),
        "managed": PeopleList(f"Người {name} đang quản lý", in_book),
        "treated": PeopleList(f"Người {name} được quản lý điều trị", known.filter(treated(disease, period, months))),
        "visited": PeopleList("Đang quản lý, có khám trong kỳ", marked("0", "1", "2")),
        "reached": PeopleList("Lần khám cuối đạt mục tiêu", marked("1")),
        "unknown": PeopleList("Lần khám cuối chưa đánh giá", marked("2")),
    }


def hypertension(question: Question, place: Place) -> dict[str, PeopleList]:
    return of_disease("hypertension", question, place)


def diabetes(question: Question, place: Place) -> dict[str, PeopleList]:
    return of_disease("diabetes", question, place)


# --- hypertension
def expected(question: Question, place: Place) -> Mapping[str, Mapping[str, Any]]:
    """Estimated people with hypertension: residents from 18 years × the prevalence entered; nothing without one."""
    share = setting("hypertension-prevalence", question.period.last_day)
    if share is None:
        return {}
    adults = residents(place, question.period).filter(at_least(question.period, ADULT))
    counted = count_lines(place, adults, {"adults": Q()})
    return {line: {"expected": round(values["adults"] * float(share))} for line, values in counted.items()}


def _about_prevalence(question: Question) -> list[Note]:
    if setting("hypertension-prevalence", question.period.last_day) is not None:
        return []
    return [
        Note(
            "Chưa tính tỷ lệ phát hiện (NCD-02): chưa nhập tỷ lệ hiện mắc tăng huyết áp (thông số "
            "hypertension-prevalence) cùng nguồn số liệu."
        )
    ]


HYPERTENSION = figures_report(
    key="hypertension",
    path="tang-huyet-ap",
    title="Quản lý tăng huyết áp (sổ 01A)",
    summary="Người tăng huyết áp đã phát hiện, đang quản lý, được điều trị, đạt huyết áp mục tiêu.",
    group=GROUP,
    items=(
        Entered("expected", "Ước tính số người mắc", 17),
        Count("known", "Đã phát hiện", 15),
        Rate("known_rate", "Tỷ lệ % phát hiện", "known", "expected", 18),
        Count("managed", "Đang quản lý", 15),
        Count("treated", "Được quản lý điều trị", 16),
        Rate("treated_rate", "Tỷ lệ % điều trị", "treated", "known", 18),
        Count("visited", "Có khám trong kỳ", 15, group="Người đang quản lý"),
        Count("reached", "Đạt huyết áp mục tiêu", 16, group="Người đang quản lý"),
        Rate("reached_rate", "Tỷ lệ % đạt", "reached", "visited", 18, group="Người đang quản lý"),
        Count("unknown", "Chưa đánh giá", 15, group="Người đang quản lý"),
    ),
    lists=hypertension,
    codes=("NCD-01", "NCD-02", "NCD-03", "NCD-04"),
    more=expected,
    notes=_about_prevalence,
)

DIABETES = figures_report(
    key="diabetes",
    path="dai-thao-duong",
    title="Quản lý đái tháo đường (sổ 01B)",
    summary="Người đái tháo đường đã phát hiện, đang quản lý, được điều trị, đạt đường huyết mục tiêu.",
    group=GROUP,
    items=(
        Count("known", "Đã phát hiện", 18),
        Count("managed", "Đang quản lý", 18),
        Count("treated", "Được quản lý điều trị", 18),
        Rate("treated_rate", "Tỷ lệ % điều trị", "treated", "known", 20),
        Count("visited", "Có khám trong kỳ", 18, group="Người đang quản lý"),
        Count("reached", "Đạt đường huyết mục tiêu", 18, group="Người đang quản lý"),
        Rate("reached_rate", "Tỷ lệ % đạt", "reached", "visited", 20, group="Người đang quản lý"),
        Count("unknown", "Chưa đánh giá", 18, group="Người đang quản lý"),
    ),
    lists=diabetes,
    codes=("NCD-05", "NCD-06", "NCD-07"),
)


# --- the other books
def others(question: Question, place: Place) -> dict[str, PeopleList]:
    period, here = question.period, residents(place, question.period)
    lost_days = int(setting("lost-days", period.last_day, 60))
    kinds = NcdRegistration.Disease
    found = {
        disease: PeopleList(
            str(kinds(disease).label), here.filter(pk__in=managed(disease, period.end).values("person"))
        )
        for disease in ("copd", "asthma", "schizophrenia", "depression", "dementia", "other")
    }
    risk = NcdRegistration.objects.filter(
        disease=kinds.RISK, registered_on__gte=period.start, registered_on__lt=period.end
    )
    both = managed(("hypertension", "diabetes"), period.end)
    since = period.end - dt.timedelta(days=lost_days)
    seen = NcdVisit.objects.filter(encounter__in=visits_between(since, period.end))
    patients = here.filter(pk__in=both.values("person"))
    lost = patients.filter(pk__in=both.filter(registered_on__lt=since).values("person")).exclude(
        pk__in=seen.values("registration__person")
    )
    forty = here.filter(at_least(period, FROM_FORTY))
    measured = visits_between(*year_of(period), bp_systolic__isnull=False).values("person")
    return found | {
        "risk": PeopleList("Người có nguy cơ ghi nhận trong kỳ", here.filter(pk__in=risk.values("person"))),
        "patients": PeopleList("Người bệnh 01A, 01B đang quản lý", patients),
        "lost": PeopleList(f"Bỏ tái khám từ {lost_days} ngày", lost),
        "forty": PeopleList("Người từ 40 tuổi", forty),
        "measured": PeopleList("Người từ 40 tuổi được đo huyết áp trong năm", forty.filter(pk__in=measured)),
    }


def _mental(values: Values) -> int:
    return sum(values[name] for name in ("schizophrenia", "depression", "dementia"))


OTHERS = figures_report(
    key="ncd",
    path="benh-khong-lay-nhiem",
    title="Quản lý bệnh không lây nhiễm và rối loạn tâm thần",
    summary="Sổ 02, 03, 04, 05; người bệnh bỏ tái khám; người từ 40 tuổi được đo huyết áp trong năm.",
    group=GROUP,
    items=(
        Count("copd", "COPD", 12, group="Sổ 02"),
        Count("asthma", "Hen phế quản", 13, group="Sổ 02"),
        Count("schizophrenia", "Tâm thần phân liệt", 14, group="Sổ 03"),
        Count("depression", "Trầm cảm", 13, group="Sổ 03"),
        Count("dementia", "Sa sút trí tuệ", 13, group="Sổ 03"),
        Derived(
            "mental", "Cộng sổ 03", ("schizophrenia", "depression", "dementia"), _mental, "", width=15,
            group="Sổ 03",
        ),
        Count("other", "Sổ 04", 12),
        Count("risk", "Sổ 05 (trong kỳ)", 13),
        Count("patients", "Người bệnh 01A, 01B", 14, group="Tái khám"),
        Count("lost", "Bỏ tái khám", 12, group="Tái khám"),
        Rate("lost_rate", "Tỷ lệ % bỏ", "lost", "patients", 17, group="Tái khám"),
        Count("forty", "Từ 40 tuổi", 14, group="Đo huyết áp trong năm"),
        Count("measured", "Được đo", 14, group="Đo huyết áp trong năm"),
        Rate("measured_rate", "Tỷ lệ %", "measured", "forty", 17, group="Đo huyết áp trong năm"),
    ),
    lists=others,
    codes=("NCD-08", "NCD-09", "NCD-10", "NCD-11", "NCD-12"),
)  # fmt: skip
REPORTS = (HYPERTENSION, DIABETES, OTHERS)
