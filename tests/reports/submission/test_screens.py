"""The screens of sending reports: the whole way in a browser's requests, wrong roles, other communes, fixed queries."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from reports.periods import Period
from reports.questions import unit_token
from reports.submission import services
from reports.submission.models import ReportDuty, Snapshot, Submission
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
MANAGED = {"section_a_complete_on": dt.date(2025, 2, 1), "identity_confirmed_on": dt.date(2025, 2, 1)}


@pytest.fixture
def duty():
    return ReportDuty.objects.get(report="coverage", level="commune")


def prepare_address(duty, unit):
    period = Period.of("month", localdate()).iso
    return reverse("submission:prepare", args=[duty.pk, unit_token(unit), period])


def test_from_draft_to_received_and_back(duty, places, users, login):
    PersonFactory.create_batch(2, village=places.villages[0], **MANAGED)
    clerk, head, department = (login(user) for user in (users.clerk, users.head, users.department))
    address = prepare_address(duty, places.commune)
    assert address in clerk.get(reverse("submission:calendar")).content.decode()
    assert "Đã kiểm tra, trình ký" in clerk.get(address).content.decode()

    page = clerk.post(address, follow=True)
    shown = page.request["PATH_INFO"]
    assert "Ký và gửi" not in page.content.decode()
    assert "Ký và gửi" in head.get(shown).content.decode()
    assert "Đã ký và gửi báo cáo." in head.post(shown + "ky/", follow=True).content.decode()
    assert head.post(shown + "ky/", follow=True).status_code == 200
    listed = department.get(reverse("submission:calendar"), {"loc": "gui"}).content.decode()
    assert shown in listed
    assert "Đã nhận báo cáo." in department.post(shown + "nhan/", follow=True).content.decode()
    department.post(shown + "tra-lai/", {"reason": "Sai thôn"}, follow=True)
    assert "Sai thôn" in clerk.get(address).content.decode()
    refused = clerk.post(address)
    assert refused.status_code == 422
    assert "Cần ghi lý do gửi lại" in refused.content.decode()
    second = clerk.post(address, {"reason": "Sửa thôn"}, follow=True).content.decode()
    assert "lần 2" in second
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("suffix", ["pdf", "xlsx", "csv", "json"])
def test_a_frozen_report_leaves_as_a_file(duty, places, users, login, suffix):
    made = services.check(duty=duty, unit=places.commune, period=Period.of("month", localdate()), by=users.clerk)
    answer = login(users.head).get(reverse("submission:file", args=[made.key, suffix]))
    assert answer.status_code == 200
    assert len(answer.content) > 100


def test_small_numbers_of_a_sent_report_are_hidden_from_the_upper_level(duty, places, users, login):
    PersonFactory.create_batch(3, village=places.villages[0], **MANAGED)
    made = services.check(duty=duty, unit=places.commune, period=Period.of("month", localdate()), by=users.clerk)
    services.sign(made, by=users.head)
    address = reverse("submission:file", args=[made.key, "csv"])
    assert ",3,0,3," in login(users.head).get(address).content.decode()
    hidden = login(users.department).get(address).content.decode()
    assert "<5" in hidden
    assert ",3,0,3," not in hidden


@pytest.mark.parametrize("who", ["far", "nobody", "admin"])
def test_others_find_nothing(duty, places, users, login, who):
    made = services.check(duty=duty, unit=places.commune, period=Period.of("month", localdate()), by=users.clerk)
    client = login(getattr(users, who))
    for address in (
        reverse("submission:show", args=[made.key]), reverse("submission:file", args=[made.key, "pdf"]),
        prepare_address(duty, places.commune),
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    assert client.post(reverse("submission:sign", args=[made.key])).status_code == 404
    made.refresh_from_db()
    assert made.state == Submission.State.CHECKED


@pytest.mark.parametrize("who", ["far", "nobody", "admin"])
def test_closed_months_of_another_commune_are_not_there(duty, places, users, login, who):
    month = Period.of("month", localdate())
    made = services.check(duty=duty, unit=places.commune, period=month, by=users.clerk)
    columns = services.columns_of(
        services.table_of(made.snapshot), origin=Snapshot.Origin.CLOSE, by=None, as_of=timezone.now()
    )
    closed = Snapshot.objects.create(**columns)
    addresses = [
        reverse("submission:closed_table", args=[closed.key]),
        reverse("submission:closed_file", args=[closed.key, "csv"]),
    ]
    for address in addresses:
        assert login(users.head).get(address).status_code == 200
        assert login(getattr(users, who)).get(address).status_code == 404
    assert addresses[0] in login(users.department).get(reverse("submission:closed")).content.decode()


def test_a_clerk_cannot_sign_through_the_address(duty, places, users, login):
    made = services.check(duty=duty, unit=places.commune, period=Period.of("month", localdate()), by=users.clerk)
    assert login(users.clerk).post(reverse("submission:sign", args=[made.key])).status_code == 404
    assert login(users.head).get(reverse("submission:sign", args=[made.key])).status_code == 405


def test_the_calendar_makes_the_same_queries_for_few_and_many_units(
    duty, places, users, login, django_assert_max_num_queries
):
    for user in (users.head, users.department):
        client = login(user)
        client.get(reverse("submission:calendar"))
        with django_assert_max_num_queries(25):
            assert client.get(reverse("submission:calendar")).status_code == 200


def test_wrong_words_in_addresses(duty, places, users, login):
    client = login(users.head)
    assert client.get(reverse("submission:calendar"), {"thang": "abc"}).status_code == 404
    assert client.get(reverse("submission:prepare", args=[duty.pk, "new-00000", "2026-01"])).status_code == 404
    assert (
        client.get(reverse("submission:prepare", args=[duty.pk, unit_token(places.commune), "2026"])).status_code == 404
    )
