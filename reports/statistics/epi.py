"""Immunisation indicators (EPI-01 to EPI-18): children, girls, mothers, reactions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q, QuerySet

from ehr.common.numbers import percent
from ehr.programmes.models import AdverseEvent, Pregnancy
from ehr.programmes.queries import setting
from ehr.records.models import Person
from ehr.vaccination.models import Immunization, VaccinationRecord
from reports.figures import Count, Derived, Rate, Values
from reports.places import Place
from reports.questions import Question
from reports.report import PeopleList
from reports.statistics.common import (
    at_least,
    figures_report,
    known_people,
    reaching,
    residents,
    younger_than,
)
from reports.statistics.doses import at_birth, has, none_but
from reports.statistics.maternity import open_within
from reports.tables import Note

GROUP = "Tiêm chủng"
BIRTH_DOSES = ("BCG", "HEPB0")
DOSE = (("Vắc xin", "vaccine"), ("Mũi", "dose_number"), ("Ngày tiêm", "occurrence_date"))
DAY = dt.timedelta(hours=24)


def fully(day: dt.date) -> Q:
    """All doses of a fully vaccinated infant, as the list valid on the day has them, before twelve months of age."""
    wanted: dict[str, int] = setting("full-vaccination", day, {})
    condition = Q() if wanted else Q(pk__in=[])
    for code, doses in wanted.items():
        condition &= has(code, least=doses, before_age="P1Y")
    return condition


def born_in(question: Question) -> Q:
    """People born in the period."""
    return Q(birth_date__gte=question.period.start, birth_date__lt=question.period.end)


# --- infants
def infants(question: Question, place: Place) -> dict[str, PeopleList]:
    period, here = question.period, residents(place, question.period)
    one_year, newborn = here.filter(reaching(period, 12)), here.filter(born_in(question))
    unvaccinated = here.filter(at_least(period, 3), younger_than(period, 12)).filter(none_but(BIRTH_DOSES, period.end))
    return {
        "turned": PeopleList("Trẻ tròn 12 tháng trong kỳ", one_year),
        "full": PeopleList("Trẻ tiêm chủng đầy đủ", one_year.filter(fully(period.last_day))),
        "measles": PeopleList(
            "Trẻ tiêm sởi mũi 1 lúc 9–11 tháng",
            one_year.filter(has("MEASLES", from_age="P9M", before_age="P12M")),
        ),
        "born": PeopleList("Trẻ sinh trong kỳ", newborn),
        "hepb": PeopleList("Trẻ tiêm viêm gan B trong 24 giờ", newborn.filter(at_birth("HEPB0", 1))),
        "none": PeopleList("Trẻ 3–11 tháng chưa tiêm mũi nào", unvaccinated),
    }


INFANTS = figures_report(
    key="epi",
    path="tiem-chung-day-du",
    title="Tiêm chủng đầy đủ cho trẻ dưới 1 tuổi",
    summary="Trẻ tiêm chủng đầy đủ, sởi mũi 1, viêm gan B sơ sinh, trẻ chưa tiêm mũi nào.",
    group=GROUP,
    items=(
        Count("turned", "Trẻ tròn 12 tháng trong kỳ", 20),
        Count("full", "Tiêm chủng đầy đủ", 20),
        Rate("full_rate", "Tỷ lệ % đầy đủ", "full", "turned", 20),
        Count("measles", "Sởi mũi 1 lúc 9–11 tháng", 20),
        Rate("measles_rate", "Tỷ lệ % sởi mũi 1", "measles", "turned", 20),
        Count("born", "Trẻ sinh trong kỳ", 18),
        Count("hepb", "Viêm gan B trong 24 giờ", 20),
        Rate("hepb_rate", "Tỷ lệ % viêm gan B", "hepb", "born", 20),
        Count("none", "Trẻ 3–11 tháng chưa tiêm mũi nào", 22),
    ),
    lists=infants,
    codes=("EPI-01", "EPI-02", "EPI-09", "EPI-16"),
)


# --- doses under one
def antigens(question: Question, place: Place) -> dict[str, PeopleList]:
    period = question.period
    under = residents(place, period).filter(younger_than(period, 12))
    five, nine = (residents(place, period).filter(reaching(period, months)) for months in (5, 9))
    rows = {
        "under": ("Trẻ dưới 1 tuổi", under),
        "bcg": ("Trẻ tiêm BCG", under.filter(has("BCG", until=period.end))),
        "dpt1": ("Trẻ tiêm DPT-VGB-Hib mũi 1", under.filter(has("DPT_HEPB_HIB", until=period.end))),
        "dpt3": ("Trẻ tiêm DPT-VGB-Hib mũi 3", under.filter(has("DPT_HEPB_HIB", least=3, until=period.end))),
        "opv3": ("Trẻ uống bOPV lần 3", under.filter(has("BOPV", least=3, until=period.end))),
        "five": ("Trẻ tròn 5 tháng trong kỳ", five),
        "ipv1": ("Trẻ tiêm IPV mũi 1", five.filter(has("IPV", until=period.end))),
        "nine": ("Trẻ tròn 9 tháng trong kỳ", nine),
        "ipv2": ("Trẻ tiêm IPV mũi 2", nine.filter(has("IPV", least=2, until=period.end))),
    }
    return {key: PeopleList(heading, query) for key, (heading, query) in rows.items()}


def _dropped(values: Values) -> Any:
    return percent(values["dpt1"] - values["dpt3"], values["dpt1"])


ANTIGENS = figures_report(
    key="epi_doses",
    path="tiem-chung-duoi-1-tuoi",
    title="Tiêm chủng theo vắc xin, trẻ dưới 1 tuổi",
    summary="BCG, DPT-VGB-Hib mũi 1 và 3, tỷ lệ bỏ mũi, bại liệt uống lần 3, IPV mũi 1 và 2.",
    group=GROUP,
    items=(
        Count("under", "Trẻ dưới 1 tuổi", 12),
        Count("bcg", "BCG", 11),
        Rate("bcg_rate", "Tỷ lệ %", "bcg", "under", 17),
        Count("dpt1", "Mũi 1", 11, group="DPT-VGB-Hib"),
        Rate("dpt1_rate", "Tỷ lệ %", "dpt1", "under", 17, group="DPT-VGB-Hib"),
        Count("dpt3", "Mũi 3", 11, group="DPT-VGB-Hib"),
        Rate("dpt3_rate", "Tỷ lệ %", "dpt3", "under", 17, group="DPT-VGB-Hib"),
        Derived("dropped", "Bỏ mũi %", ("dpt1", "dpt3"), _dropped, "", "percent", 17, group="DPT-VGB-Hib"),
        Count("opv3", "bOPV lần 3", 11),
        Rate("opv3_rate", "Tỷ lệ %", "opv3", "under", 17),
        Count("five", "Tròn 5 tháng", 11, group="IPV"),
        Count("ipv1", "Mũi 1", 11, group="IPV"),
        Count("nine", "Tròn 9 tháng", 11, group="IPV"),
        Count("ipv2", "Mũi 2", 11, group="IPV"),
    ),
    lists=antigens,
    codes=("EPI-03", "EPI-04", "EPI-05", "EPI-06", "EPI-07", "EPI-08"),
)


# --- older children
def older(question: Question, place: Place) -> dict[str, PeopleList]:
    period, here = question.period, residents(place, question.period)
    two, three = here.filter(reaching(period, 24)), here.filter(reaching(period, 36))
    girls = here.filter(at_least(period, 11 * 12), younger_than(period, 12 * 12), sex="2")
    rows = {
        "two": ("Trẻ tròn 24 tháng trong kỳ", two),
        "mr": ("Trẻ tiêm sởi-rubella lúc 18–23 tháng", two.filter(has("MR", from_age="P18M", before_age="P24M"))),
        "dpt4": ("Trẻ tiêm DPT nhắc lại", two.filter(has("DPT", number=4, until=period.end))),
        "je2": ("Trẻ tiêm viêm não Nhật Bản mũi 2", two.filter(has("JE_INACT", least=2, until=period.end))),
        "three": ("Trẻ tròn 36 tháng trong kỳ", three),
        "je3": ("Trẻ tiêm viêm não Nhật Bản mũi 3", three.filter(has("JE_INACT", least=3, until=period.end))),
        "girls": ("Trẻ gái 11 tuổi", girls),
        "hpv1": ("Trẻ gái tiêm HPV mũi 1", girls.filter(has("HPV", until=period.end))),
        "hpv2": ("Trẻ gái tiêm HPV mũi 2", girls.filter(has("HPV", least=2, until=period.end))),
    }
    return {key: PeopleList(heading, query) for key, (heading, query) in rows.items()}


OLDER = figures_report(
    key="epi_older",
    path="tiem-chung-nhac-lai",
    title="Tiêm chủng nhắc lại và tiêm cho trẻ lớn",
    summary="Sởi-rubella và DPT nhắc lại lúc 18 tháng, viêm não Nhật Bản mũi 2 và 3, HPV cho trẻ gái 11 tuổi.",
    group=GROUP,
    items=(
        Count("two", "Tròn 24 tháng", 13),
        Count("mr", "Sởi-rubella 18–23 tháng", 14),
        Rate("mr_rate", "Tỷ lệ %", "mr", "two", 17),
        Count("dpt4", "DPT nhắc lại", 13),
        Rate("dpt4_rate", "Tỷ lệ %", "dpt4", "two", 17),
        Count("je2", "Viêm não NB mũi 2", 13),
        Rate("je2_rate", "Tỷ lệ %", "je2", "two", 17),
        Count("three", "Tròn 36 tháng", 13),
        Count("je3", "Viêm não NB mũi 3", 13),
        Rate("je3_rate", "Tỷ lệ %", "je3", "three", 17),
        Count("girls", "Trẻ gái 11 tuổi", 12, group="HPV"),
        Count("hpv1", "Mũi 1", 11, group="HPV"),
        Count("hpv2", "Mũi 2", 11, group="HPV"),
    ),
    lists=older,
    codes=("EPI-10", "EPI-11", "EPI-12", "EPI-15"),
)


# --- mothers, reactions
def mothers(question: Question, place: Place) -> dict[str, PeopleList]:
    period = question.period
    pregnant = residents(place, period).filter(pk__in=Pregnancy.objects.filter(open_within(period)).values("person"))
    newborn = residents(place, period).filter(born_in(question))
    protected = has("TT", least=2, until=period.end)
    asked = VaccinationRecord.objects.filter(mother_tetanus_dose_count__gte=2).values("person")
    doses = _doses(question, place)
    events = AdverseEvent.objects.filter(
        severity=AdverseEvent.Severity.SEVERE, occurred_at__gte=period.start_instant, occurred_at__lt=period.end_instant
    )
    severe = Immunization.objects.filter(
        known_people(place, "person__"), pk__in=events.values("immunization")
    ).select_related("vaccine")
    in_time = events.filter(reported_at__lte=F("occurred_at") + DAY).values("immunization")
    return {
        "pregnant": PeopleList("Phụ nữ có thai trong kỳ", pregnant),
        "tt2": PeopleList("Phụ nữ có thai tiêm uốn ván từ 2 mũi", pregnant.filter(protected)),
        "born": PeopleList("Trẻ sinh trong kỳ", newborn),
        "protected": PeopleList(
            "Trẻ được bảo vệ phòng uốn ván sơ sinh",
            newborn.filter(Q(pk__in=asked) | Q(mother__in=Person.objects.filter(protected).values("pk"))),
        ),
        "doses": PeopleList("Mũi tiêm trong kỳ", doses, "person__", DOSE),
        "severe": PeopleList("Phản ứng nặng sau tiêm", severe, "person__", DOSE),
        "in_time": PeopleList("Phản ứng nặng báo cáo trong 24 giờ", severe.filter(pk__in=in_time), "person__", DOSE),
    }


def _doses(question: Question, place: Place) -> QuerySet[Immunization]:
    """Doses given in the period to people of the place."""
    period = question.period
    return Immunization.objects.filter(
        known_people(place, "person__"), status=Immunization.Status.GIVEN, occurrence_date__gte=period.start,
        occurrence_date__lt=period.end,
    ).select_related("vaccine")  # fmt: skip


def _not_sent(question: Question) -> list[Note]:
    return [
        Note(
            "Chưa tính tỷ lệ mũi tiêm gửi hệ thống tiêm chủng quốc gia (EPI-18): phần mềm chưa nối hệ thống này, nên "
            "chưa mũi nào có trả lời tiếp nhận."
        )
    ]


MOTHERS = figures_report(
    key="epi_mothers",
    path="uon-van-va-an-toan-tiem-chung",
    title="Phòng uốn ván và an toàn tiêm chủng",
    summary="Phụ nữ có thai tiêm uốn ván, trẻ sinh ra được bảo vệ, số mũi tiêm, phản ứng nặng và báo cáo trong 24 giờ.",
    group=GROUP,
    items=(
        Count("pregnant", "Phụ nữ có thai trong kỳ", 20),
        Count("tt2", "Tiêm uốn ván từ 2 mũi", 20),
        Rate("tt2_rate", "Tỷ lệ %", "tt2", "pregnant", 18),
        Count("born", "Trẻ sinh trong kỳ", 18),
        Count("protected", "Được bảo vệ phòng uốn ván", 20),
        Rate("protected_rate", "Tỷ lệ %", "protected", "born", 18),
        Count("doses", "Mũi tiêm trong kỳ", 18),
        Count("severe", "Phản ứng nặng", 16),
        Count("in_time", "Báo cáo trong 24 giờ", 16),
        Rate("in_time_rate", "Tỷ lệ %", "in_time", "severe", 18),
    ),
    lists=mothers,
    codes=("EPI-13", "EPI-14", "EPI-17"),
    notes=_not_sent,
)
REPORTS = (INFANTS, ANTIGENS, OLDER, MOTHERS)
