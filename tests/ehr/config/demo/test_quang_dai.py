"""The demo commune: exact numbers, accounts that work, a second run that changes nothing."""

import io

import pytest
from django.core.management import call_command
from django.db import models, transaction
from django.test import override_settings

from ehr.records.models import Person
from stations.models import User, VillageTarget


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo commune, made once for the tests of this file and rolled back after them; the file of its secrets."""
    folder = tmp_path_factory.mktemp("var")
    quick = override_settings(VAR_DIR=folder, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), transaction.atomic(), quick:
        call_command("demo_commune", verbosity=0, stdout=io.StringIO())
        yield folder / "demo_accounts.txt"
        transaction.set_rollback(True)


@pytest.fixture
def quang_dai(made, db):
    return made


def test_quang_dai_has_the_people_of_its_plan(quang_dai):
    living = Person.objects.residents().order_by().values_list("village__name").annotate(n=models.Count("pk"))
    assert dict(living) == {"Huệ Nghiêm": 1180, "Hòa Đông": 1001, "Kênh Lâm": 884, "Thủ Phú": 2381, "Phú Xá": 1773}
    assert Person.objects.residents().count() == 7219
    assert {(p.commune.code, p.village.old_commune.code) for p in Person.objects.all()[:5]} == {("16516", "16537")}
    targets = VillageTarget.objects.filter(year=2024).values_list("target", flat=True)
    assert sum(targets) == 7219


def test_its_accounts_can_log_in_and_see_their_places(quang_dai, client):
    lines = quang_dai.read_text().splitlines()[1:]
    secrets = {line.split()[0]: line.split()[1] for line in lines}
    assert quang_dai.stat().st_mode & 0o777 == 0o600
    assert set(secrets) == {"nhaplieu", "tramtruong", "trungtam", "soyte", "quantri", "nhaplieu.samson", "doitac"}
    users = {user.username: user for user in User.objects.all()}
    seen = {name: Person.objects.visible_to(user).count() for name, user in users.items()}
    everybody = Person.objects.count()
    assert seen == {
        "nhaplieu": everybody,
        "tramtruong": everybody,
        "trungtam": everybody,
        "soyte": everybody,
        "quantri": 0,
        "nhaplieu.samson": 0,
        "doitac": everybody,
    }
    for name in set(secrets) - {"doitac"}:
        assert users[name].check_password(secrets[name]) and not users[name].must_change_password
    answer = client.get("/api/v1/", headers={"Authorization": f"Bearer {secrets['doitac']}"})
    assert answer.status_code != 401


def test_a_second_run_changes_nothing(quang_dai):
    written, people = quang_dai.read_text(), Person.objects.count()
    call_command("demo_commune", verbosity=0)
    assert quang_dai.read_text() == written
    assert Person.objects.count() == people
