"""Who sent which report, late by how many days, who has not: per unit and per report, for units of both times."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from reports import services
from reports.periods import Period
from reports.questions import Question
from reports.registry import REPORTS
from reports.submission import services as submission
from reports.submission.models import ReportDuty, Submission
from reports.submission.panel import panel
from stations.scope import scope_of
from tests.factories.reports import SnapshotFactory, SubmissionFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 10)
REPORT = REPORTS["lateness"]


@pytest.fixture
def only_coverage():
    ReportDuty.objects.exclude(report="coverage", level="commune").delete()


def sent(unit, signed=None, state="signed", version=1, period="2026-10"):
    at = timezone.make_aware(dt.datetime.combine(signed, dt.time(9))) if signed else None
    year, month = map(int, period.split("-"))
    start = dt.date(year, month, 1)
    return SubmissionFactory(
        unit=unit, period=period, period_start=start, state=state, signed_at=at, due_on=start.replace(day=30),
        version=version, snapshot=SnapshotFactory(unit=unit, period=period, period_start=start),
    )  # fmt: skip


def ask(unit, rows="unit", only="", period=None, today=TODAY, user=None):
    question = Question(
        unit=unit, period=period or Period.of("month", dt.date(2026, 10, 1)), by=REPORT.groupings_for(unit)[0],
        user=user, today=today, options={"rows": rows, "only": only},
    )  # fmt: skip
    return services.make_table(report=REPORT, question=question)


def test_each_unit_with_its_reports_in_time_late_and_missing(places, only_coverage):
    sent(places.commune, dt.date(2026, 11, 3))
    sent(places.other_commune, dt.date(2026, 10, 29), state="received")

    table = ask(places.province)

    rows = {row.unit: row for row in table.rows}
    own, other = rows[places.commune.full_name], rows[places.other_commune.full_name]
    assert (own.owed, own.in_time, own.late, own.missing, own.longest) == (1, 0, 1, 0, 4)
    assert (other.owed, other.in_time, other.late, str(other.rate)) == (1, 1, 0, "100.00")
    assert table.total.owed == len(table.rows) == len(rows)
    assert table.total.missing == table.total.owed - 2
    assert table.total.longest == 11  # nothing sent until the 10th, due on the 30th
    assert f"chưa nộp: {table.total.missing} báo cáo" in table.notes[0].text


def test_each_report_with_its_days(places, only_coverage):
    sent(places.commune, dt.date(2026, 11, 3))
    (row,) = ask(places.commune, rows="report").rows
    assert (row.due, row.sent, row.late, row.version) == (dt.date(2026, 10, 30), dt.date(2026, 11, 3), 4, 1)
    assert row.state == "Đã ký, đã gửi"
    late = ask(places.province, rows="report", only="missing").rows
    assert places.commune.full_name not in {one.unit for one in late}
    assert {one.state for one in late} == {"Quá hạn. Chưa lập"}


def test_a_later_version_does_not_make_a_report_late_and_a_returned_one_was_never_sent(places, only_coverage):
    sent(places.commune, dt.date(2026, 10, 20))
    sent(places.commune, dt.date(2026, 11, 5), version=2)
    sent(places.other_commune, dt.date(2026, 10, 20), state="returned")
    rows = {row.unit: row for row in ask(places.province, rows="report").rows}
    assert rows[places.commune.full_name].late is None
    assert rows[places.other_commune.full_name].state == "Quá hạn. Bị trả lại, chưa gửi lại"
    sent(places.other_commune, dt.date(2026, 11, 4), version=2)
    (row,) = ask(places.other_commune, rows="report").rows
    assert (row.late, row.version) == (5, 2)


def test_what_is_not_due_yet_is_neither_late_nor_in_time(places, only_coverage):
    (row,) = ask(places.commune, today=dt.date(2026, 10, 30)).rows
    assert (row.open, row.missing, row.rate) == (1, 0, None)
    assert not ask(places.commune, period=Period.of("month", dt.date(2026, 12, 1))).rows  # has not begun


def test_an_old_district_lists_the_communes_it_went_to(places, only_coverage):
    names = {row.unit for row in ask(places.district).rows}
    assert places.commune.full_name in names
    assert places.far_commune.full_name not in names


def test_a_year_counts_every_month_once(places, only_coverage):
    table = ask(places.commune, rows="report", period=Period.of("year", dt.date(2026, 1, 1)))
    assert [row.period for row in table.rows] == [f"{month:02d}/2026" for month in range(1, 12)]


def test_queries_do_not_grow_with_units_and_reports(places, django_assert_num_queries):
    for unit in (places.commune, places.province):
        with django_assert_num_queries(5):  # units, duties, days off, versions, names
            ask(unit)


def test_a_superior_sees_it_and_another_commune_does_not(places, users, login):
    address = reverse("reports:show", args=["tinh-hinh-nop"])
    asked = {"unit": "new-16516", "period": "2026-10", "rows": "report"}
    assert "Quá hạn. Chưa lập" in login(users.department).get(address, asked).content.decode()
    assert login(users.far).get(address, asked).status_code == 404
    assert Submission.objects.count() == 0


def test_the_first_page_reminds_and_costs_no_query_of_its_own(places, users, login, django_assert_num_queries):
    cache.clear()
    client = login(users.clerk)
    page = client.get(reverse("home")).content.decode()
    assert "Báo cáo cần gửi" in page
    assert "/bao-cao/nop/lap/" in page
    scope_of(users.clerk)  # read with the session on a page
    with django_assert_num_queries(0):
        assert panel(users.clerk).lines
    above = login(users.department).get(reverse("home")).content.decode()
    assert "quá hạn mà chưa nộp" in above
    assert "Báo cáo cần gửi" not in login(users.admin).get(reverse("home")).content.decode()


def test_a_signed_report_leaves_the_first_page(places, users, only_coverage, django_capture_on_commit_callbacks):
    cache.clear()
    duty = ReportDuty.objects.get(report="coverage", level="commune")
    period = Period.of("month", timezone.localdate()).previous()
    asked = f"/{duty.pk}/new-16516/{period.iso}/"
    assert any(asked in line.href for line in panel(users.head).lines)
    with django_capture_on_commit_callbacks(execute=True):
        submission.sign(submission.check(duty=duty, unit=places.commune, period=period, by=users.head), by=users.head)
    assert not any(asked in line.href for line in panel(users.head).lines)
