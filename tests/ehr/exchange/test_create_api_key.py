"""`manage.py create_api_key`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ehr.exchange.models import ApiKey, Partner
from stations.models import Assignment
from tests.ehr.exchange.conftest import Rest

pytestmark = pytest.mark.django_db


def run(*arguments):
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_the_printed_key_opens_the_place_and_nothing_else(places):
    text, told = run("Phần mềm Khám Thử", "--unit", "16516", "--label", "Máy chủ 1")
    assert len(text) == 43
    assert "Phần mềm Khám Thử" in told
    body = Rest(text).get("me/").json()
    assert (body["partner"], body["key"]) == ("Phần mềm Khám Thử", "Máy chủ 1")
    assert [place["unit"] for place in body["places"]] == ["16516"]
    assert not Partner.objects.get().user.has_usable_password()


def test_a_second_run_adds_a_key_to_the_same_partner(places):
    first, second = run("Thử", "--unit", "16516")[0], run("Thử", "--unit", "16516")[0]
    assert first != second
    assert (Partner.objects.count(), ApiKey.objects.count(), Assignment.objects.count()) == (1, 2, 1)
    run("Thử", "--facility", f"org-{places.station.pk}")
    assert Assignment.objects.filter(organization=places.station).count() == 1


def test_an_old_unit_and_an_end(places):
    text, _ = run("Thử", "--unit", "old-382", "--expires", "2999-01-01")
    body = Rest(text).get("me/").json()
    assert body["places"][0]["unit"] == "old-382"
    assert body["expires_at"].startswith("2999-01-01")


@pytest.mark.parametrize(
    "arguments",
    [
        ("Thử", "--unit", "99999"), ("Thử", "--facility", "ZZZZZ"),
        ("Thử", "--unit", "16516", "--expires", "2020-01-01"),
        ("Thử", "--unit", "16516", "--expires", "mai"), ("T" * 200, "--unit", "16516"), ("Thử",),
        ("Thử", "--unit", "16516", "--label", "x" * 100),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence_and_leave_nothing(places, arguments):
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Partner.objects.exists()
    assert not ApiKey.objects.exists()
