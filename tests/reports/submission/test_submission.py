"""A report from its draft to received and back: who may, what is frozen, what a second version says."""

import datetime as dt
import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import InternalError, connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from reports.periods import Period
from reports.stored import from_json
from reports.submission import services
from reports.submission.calendar import Due, due_on, dues, open_dues
from reports.submission.close import close, verify
from reports.submission.models import ReportDuty, Snapshot, Submission
from reports.workdays import work_calendar
from tests.factories.records import PersonFactory
from tests.factories.reports import HolidayFactory

pytestmark = pytest.mark.django_db
MANAGED = {"section_a_complete_on": dt.date(2025, 2, 1), "identity_confirmed_on": dt.date(2025, 2, 1)}


@pytest.fixture
def duty():
    return ReportDuty.objects.get(report="coverage", level="commune")


@pytest.fixture
def month():
    return Period.of("month", localdate())


@pytest.fixture
def people(places):
    return PersonFactory.create_batch(3, village=places.villages[0], **MANAGED)


def check(duty, places, month, users, **more):
    return services.check(duty=duty, unit=places.commune, period=month, by=more.pop("by", users.clerk), **more)


# --- steps -----------------------------------------------------------------------------------------------------------
def test_what_was_checked_is_frozen_signed_and_received(duty, places, month, users, people):
    made = check(duty, places, month, users)
    frozen = made.snapshot.data_hash
    PersonFactory(village=places.villages[0], **MANAGED)  # comes after the check

    signed = services.sign(made, by=users.head)
    received = services.receive(signed, by=users.department)

    assert received.state == Submission.State.RECEIVED
    assert (received.checked_by, received.signed_by, received.received_by) == (
        users.clerk, users.head, users.department,
    )  # fmt: skip
    assert received.snapshot.data_hash == frozen
    assert services.table_of(received.snapshot).total.managed == 3
    assert received.due_on == due_on(duty, month, work_calendar())


def test_each_step_twice_changes_nothing(duty, places, month, users, people):
    made = check(duty, places, month, users)
    assert check(duty, places, month, users).pk == made.pk
    services.sign(made, by=users.head)
    at = services.sign(made, by=users.head).signed_at
    assert services.sign(made, by=users.head).signed_at == at
    services.receive(made, by=users.department)
    services.receive(made, by=users.department)
    assert (Submission.objects.count(), Snapshot.objects.count()) == (1, 1)


def test_checking_again_before_the_signature_takes_the_new_figures(duty, places, month, users, people):
    made = check(duty, places, month, users)
    PersonFactory(village=places.villages[0], **MANAGED)
    again = check(duty, places, month, users)
    assert (again.pk, again.version) == (made.pk, 1)
    assert services.table_of(again.snapshot).total.managed == 4


def test_a_second_version_needs_a_reason_and_shows_what_differs(duty, places, month, users, people):
    first = services.sign(check(duty, places, month, users), by=users.head)
    services.give_back(first, by=users.department, reason="Thiếu thôn 2")
    PersonFactory(village=places.villages[1], **MANAGED)
    with pytest.raises(ValidationError, match="lý do gửi lại"):
        check(duty, places, month, users)

    second = check(duty, places, month, users, reason="Bổ sung thôn 2")

    old, new = (services.table_of(each.snapshot) for each in (services.before(second), second))
    found = {(each.row, each.column): (each.before, each.after) for each in services.differences(old, new)}
    assert second.version == 2
    assert found[places.villages[1].name, "Dân số đã được quản lý sức khỏe"] == ("0", "1")
    assert found["Tổng cộng", "Dân số đã được quản lý sức khỏe"] == ("3", "4")
    assert places.villages[0].name not in {row for row, _ in found}
    first.refresh_from_db()
    assert (first.state, services.table_of(first.snapshot).total.managed) == ("returned", 3)


@pytest.mark.parametrize(
    ("step", "who"),
    [("check", "department"), ("check", "far"), ("check", "admin"), ("sign", "clerk"), ("sign", "far"),
     ("receive", "head"), ("receive", "clerk"), ("give_back", "head"), ("drop", "department")],
)  # fmt: skip
def test_steps_belong_to_roles_and_places(duty, places, month, users, people, step, who):
    by = getattr(users, who)
    with pytest.raises(PermissionDenied):
        if step == "check":
            check(duty, places, month, users, by=by)
        else:
            made = check(duty, places, month, users)
            more = {"reason": "x"} if step == "give_back" else {}
            getattr(services, step)(made, by=by, **more)


def test_steps_come_in_their_order(duty, places, month, users, people):
    made = check(duty, places, month, users)
    with pytest.raises(ValidationError, match="chờ ký"):
        services.receive(made, by=users.department)
    with pytest.raises(ValidationError, match="lý do trả lại"):
        services.give_back(made, by=users.department, reason=" ")
    services.drop(made, by=users.clerk)
    with pytest.raises(ValidationError, match="Đã bỏ"):
        services.sign(made, by=users.head)
    assert check(duty, places, month, users).version == 2


def test_the_database_refuses_to_touch_a_snapshot(duty, places, month, users, people):
    made = check(duty, places, month, users)
    for spoil in (
        lambda: Snapshot.objects.update(data_hash="0" * 64),
        lambda: Snapshot.objects.filter(pk=made.snapshot_id).delete(),
    ):
        Submission.objects.filter(pk=made.pk)
        with pytest.raises((InternalError, Exception), match=r"Cannot (update|delete)|protect"), transaction.atomic():
            spoil()
    assert Snapshot.objects.get().data_hash == made.snapshot.data_hash


def test_a_table_whose_figures_do_not_have_its_hash_is_not_shown(duty, places, month, users, people):
    snapshot = check(duty, places, month, users).snapshot
    snapshot.data["total"]["managed"] = 99
    with pytest.raises(ValueError, match="hash"):
        services.table_of(snapshot)


# --- calendar --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "number", "kind", "start", "due"),
    [
        ("day", 30, "month", dt.date(2026, 10, 1), dt.date(2026, 10, 30)),
        ("day", 30, "month", dt.date(2026, 2, 1), dt.date(2026, 2, 28)),
        ("day", 30, "quarter", dt.date(2026, 7, 1), dt.date(2026, 9, 30)),
        ("days", 5, "month", dt.date(2026, 12, 1), dt.date(2027, 1, 5)),
        ("working", 5, "month", dt.date(2026, 10, 1), dt.date(2026, 11, 6)),
        ("working", 5, "month", dt.date(2026, 7, 1), dt.date(2026, 8, 7)),
        # Days off and bridge days: New Year's Day, the Friday after it against a Saturday; Tết; the 2nd of September.
        ("working", 5, "month", dt.date(2025, 12, 1), dt.date(2026, 1, 9)),
        ("working", 6, "month", dt.date(2025, 12, 1), dt.date(2026, 1, 10)),
        ("working", 10, "month", dt.date(2026, 1, 1), dt.date(2026, 2, 13)),
        ("working", 11, "month", dt.date(2026, 1, 1), dt.date(2026, 2, 23)),
        ("working", 1, "month", dt.date(2026, 8, 1), dt.date(2026, 9, 3)),
        ("working", 1, "month", dt.date(2026, 4, 1), dt.date(2026, 5, 4)),
        ("days", 2, "month", dt.date(2026, 8, 1), dt.date(2026, 9, 2)),
    ],
)
def test_days_due(rule, number, kind, start, due):
    days = work_calendar()
    assert due_on(ReportDuty(rule=rule, number=number, period_kind=kind), Period(start, kind), days) == due


def test_of_two_days_named_by_the_law_the_earlier_reminds_and_the_later_makes_late(places):
    statistics = ReportDuty.objects.get(report="opd", level="commune")
    period = Period(dt.date(2026, 10, 1), "month")
    (due,) = [one for one in dues([places.commune], period.start) if one.duty == statistics]
    assert (due.early, due.on) == (dt.date(2026, 11, 5), dt.date(2026, 11, 6))
    assert due.reminds_from == period.end  # a report of the month is not asked for before the month has ended
    assert not due.is_late(dt.date(2026, 11, 6))
    assert due.late_days(dt.date(2026, 11, 9)) == 3


def test_a_report_due_after_its_month_is_not_made_before_the_month_has_ended(places, users, people, month):
    statistics = ReportDuty.objects.get(report="opd", level="commune")
    with pytest.raises(ValidationError, match="chưa hết"):
        check(statistics, places, month, users)
    assert check(statistics, places, month.previous(), users).version == 1


def test_statistics_of_the_circular_are_owed_until_it_ends(places):
    owed = {due.duty.report for due in dues([places.commune], dt.date(2027, 2, 28))}
    assert {"opd", "mch", "mch_births", "epi"} <= owed
    assert not {"opd", "mch", "mch_births"} & {due.duty.report for due in dues([places.commune], dt.date(2027, 3, 1))}


def test_a_holiday_entered_later_moves_the_day(places):
    statistics = ReportDuty.objects.get(report="opd", level="commune")
    period = Period(dt.date(2026, 10, 1), "month")
    HolidayFactory(day=dt.date(2026, 11, 3))
    assert due_on(statistics, period, work_calendar()) == dt.date(2026, 11, 9)


def test_who_has_not_sent_is_three_queries_at_any_number_of_units(
    duty, places, month, users, people, django_assert_num_queries
):
    services.sign(check(duty, places, month, users), by=users.head)
    for units in ([places.commune], [places.commune, places.other_commune, places.province]):
        with django_assert_num_queries(3):  # duties, days off, versions
            found = dues(units, localdate())
    sent = {(due.unit.pk, due.duty.report): due.sent for due in found}
    assert sent[places.commune.pk, "coverage"] is True
    assert sent[places.other_commune.pk, "coverage"] is False
    assert (places.province.pk, "coverage") in sent


def test_reminders_begin_a_week_before_and_end_with_the_signature(duty, places, month, users, people):
    day = dt.date(2026, 10, 23)
    assert not [due for due in open_dues([places.commune], dt.date(2026, 10, 22)) if due.period.iso == "2026-10"]
    assert [due for due in open_dues([places.commune], day) if due.period.iso == "2026-10"]
    later = [due for due in open_dues([places.commune], dt.date(2026, 11, 2)) if due.duty.report == "coverage"]
    assert [(due.period.iso, due.is_late(dt.date(2026, 11, 2))) for due in later] == [
        ("2026-09", True), ("2026-10", True),
    ]  # fmt: skip


def test_a_duty_that_ended_is_not_owed(duty, places):
    ReportDuty.objects.update(valid_to=dt.date(2026, 10, 1))
    assert dues([places.commune], dt.date(2026, 9, 15))
    assert not dues([places.commune], dt.date(2026, 10, 15))


def test_late_is_counted_from_the_day_due(duty, places, users):
    sent = Submission(due_on=dt.date(2026, 10, 30), signed_at=timezone.make_aware(dt.datetime(2026, 11, 2, 8)))
    assert sent.late_days == 3
    due = Due(duty, places.commune, Period(dt.date(2026, 10, 1)), dt.date(2026, 10, 30), dt.date(2026, 10, 30))
    assert due.days_left(dt.date(2026, 11, 2)) == -3


# --- monthly close ---------------------------------------------------------------------------------------------------
@pytest.fixture
def ended(places):
    """The month before this one, with people who were there already."""
    found = PersonFactory.create_batch(4, village=places.villages[0], **MANAGED)
    earlier = timezone.now() - dt.timedelta(days=70)
    type(found[0]).objects.update(created_at=earlier)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_personevent SET pgh_created_at = %s, created_at = %s", [earlier, earlier])
    return Period.of("month", localdate()).previous()


def test_a_close_keeps_every_table_once_and_history_gives_the_same(places, ended):
    first = close(ended)
    again = close(ended)
    assert first.made > 3
    assert (again.made, again.kept) == (0, first.made)
    kept = Snapshot.objects.get(unit=places.commune, report="coverage", grouping="village")
    assert from_json(kept.data).total.managed == 4
    assert verify(ended).different == []


def test_a_close_that_stopped_goes_on_where_it_was(places, ended):
    class Killed(Exception):
        pass

    def stop(done, total):
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        close(ended, say=stop)
    assert Snapshot.objects.count() == 2
    rest = close(ended)
    assert rest.kept == 2
    assert Snapshot.objects.count() == rest.made + 2
    assert verify(ended).different == []


def test_close_month_from_the_command_line(places, ended, capsys):
    call_command("close_month", ended.iso)
    assert "đã chốt" in capsys.readouterr().out
    call_command("close_month", ended.iso, "--verify")
    assert "tính lại đúng như đã chốt" in capsys.readouterr().out
    with pytest.raises(CommandError, match="chưa hết"):
        call_command("close_month", Period.of("month", localdate()).iso)
    with pytest.raises(CommandError, match="Không đọc được"):
        call_command("close_month", "tháng mười")


def test_a_snapshot_is_plain_json(duty, places, month, users, people):
    data = check(duty, places, month, users).snapshot.data
    assert json.loads(json.dumps(data)) == data
    assert data["unit"]["code"] == places.commune.code
