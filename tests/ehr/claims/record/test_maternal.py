"""Births, ends of pregnancies, deaths of children: accepting does the thing, by the services of the screens, once."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from ehr.audit.models import AccessLog
from ehr.claims.models import ClaimTask
from ehr.claims.record.tasks import accept, keep
from ehr.programmes.models import Pregnancy
from ehr.records.models import Delivery, Person
from tests.ehr.claims.builders import changed, made, sample
from tests.factories.programmes import PregnancyFactory
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
VISITS = "/nhap-xml/viec/"


@pytest.fixture
def woman(places):
    return PersonFactory(
        village=places.villages[0], full_name="Trần Thị Bình", sex="2", birth_date=dt.date(1996, 3, 12)
    )


@pytest.fixture
def birth():
    """A claim with a birth paper, of a woman whose paper has her number."""
    return next(claim for claim in sample("s05") if claim.rows("XML9"))


def pregnant(woman, since):
    return PregnancyFactory(person=woman, registered_on=since, last_period_on=None, due_on=None)


def the(field):
    return ClaimTask.objects.get(field=field, state="open")


def paper(claim, name, **values):
    return changed(claim, **{name: values})


def history(row):
    return type(row).pgh_event_model.objects.filter(pgh_obj=row).latest("pgh_id").pgh_context


def test_a_birth_ends_the_open_pregnancy(bench, birth, woman):
    day = birth.rows("XML9")[0].date("NGAY_SINH_CON")
    pregnancy = pregnant(woman, day - dt.timedelta(days=150))
    bench.keep(birth, woman)

    said = accept(the("birth"), bench.user)

    pregnancy.refresh_from_db()
    assert (pregnancy.outcome, pregnancy.ended_on, pregnancy.birth_place) == ("birth", day, "hospital")
    assert f"đã sinh ngày {day:%d/%m/%Y}" in said
    assert history(pregnancy) == {"user": bench.user.pk, "door": "screen"}
    with pytest.raises(ValidationError):
        accept(ClaimTask.objects.get(field="birth"), bench.user)
    assert Delivery.objects.filter(person=woman).count() == len(birth.rows("XML9"))


def test_without_an_open_pregnancy_nothing_is_invented(bench, birth, woman):
    bench.keep(birth, woman)
    assert "nên không có gì để kết thúc" in accept(the("birth"), bench.user)
    assert not Pregnancy.objects.filter(person=woman).exists()


@pytest.mark.parametrize("how", ["abortion", "miscarriage"])
def test_an_ended_pregnancy_is_ended_as_the_officer_says(bench, woman, how):
    claim = made()
    claim = paper(claim, "XML7", MA_DINH_CHI_THAI="1", THOIGIAN_DINHCHI="202508051030", TUOI_THAI="9")
    pregnancy = pregnant(woman, dt.date(2025, 7, 1))
    bench.keep(claim, woman)
    with pytest.raises(ValidationError, match="kết thúc thế nào"):
        accept(the("pregnancy_end"), bench.user)

    accept(the("pregnancy_end"), bench.user, how)

    pregnancy.refresh_from_db()
    assert (pregnancy.outcome, pregnancy.ended_on) == (how, dt.date(2025, 8, 5))


@pytest.fixture
def death(woman):
    return paper(made(), "XML8", NGAY_SINHCON="20250801", NGAY_CONCHET="20250803", SO_CONCHET="1")


def test_the_death_of_a_child_is_written_on_the_child(bench, woman, death, places):
    child = PersonFactory(village=places.villages[0], mother=woman, birth_date=dt.date(2025, 8, 1))
    older = PersonFactory(village=places.villages[0], mother=woman, birth_date=dt.date(2020, 1, 1))
    bench.keep(death, woman)

    said = accept(the("child_death"), bench.user)

    child.refresh_from_db()
    older.refresh_from_db()
    woman.refresh_from_db()
    assert (child.status, child.death_date) == ("dead", dt.date(2025, 8, 3))
    assert (older.status, woman.status) == ("active", "active")
    assert child.full_name in said
    assert history(child)["door"] == "screen"


def test_of_twins_the_officer_says_which(bench, woman, death, places):
    twins = [PersonFactory(village=places.villages[0], mother=woman, birth_date=dt.date(2025, 8, 1)) for _ in range(2)]
    stranger = PersonFactory(village=places.villages[0], birth_date=dt.date(2025, 8, 1))
    bench.keep(death, woman)
    for choice in ("", str(stranger.pk)):
        with pytest.raises(ValidationError):
            accept(the("child_death"), bench.user, choice)

    accept(the("child_death"), bench.user, str(twins[1].pk))

    found = Person.objects.in_bulk([twins[0].pk, twins[1].pk])
    assert [found[twin.pk].status for twin in twins] == ["active", "dead"]


def test_without_a_record_of_the_child_the_task_stays(bench, woman, death):
    bench.keep(death, woman)
    with pytest.raises(ValidationError, match="Chưa có hồ sơ của trẻ"):
        accept(the("child_death"), bench.user)
    assert the("child_death").state == "open"


def test_a_child_of_another_name_on_the_paper_is_linked_when_somebody_says_so(bench, birth, woman):
    birth = changed(birth, XML9={"SO_CCCD_NND": "038196000099"}, XML1={"SO_CCCD": "038196000011"})
    bench.keep(birth, woman)
    assert not Delivery.objects.exclude(child=None).exists()

    said = accept(the("mother"), bench.user)

    delivery = Delivery.objects.get(person=woman, child__isnull=False)
    assert delivery.child.mother == woman
    assert delivery.child.code in said
    with pytest.raises(ValidationError):
        accept(ClaimTask.objects.get(field="mother"), bench.user)
    assert Person.objects.filter(mother=woman).count() == 1


def test_the_page_offers_each_and_a_second_press_does_nothing(bench, woman, death, places, clerk_client):
    child = PersonFactory(village=places.villages[0], mother=woman, birth_date=dt.date(2025, 8, 1))
    death = paper(death, "XML7", MA_DINH_CHI_THAI="1", THOIGIAN_DINHCHI="202508051030")
    bench.keep(death, woman)
    for task in ClaimTask.objects.exclude(kind="pregnancy"):
        keep(task, bench.user)
    page = clerk_client.get(VISITS).content.decode()
    for words in ("Ghi thai kỳ kết thúc: phá thai", "kết thúc: sảy thai", f"Ghi {child.full_name}", 'data-key="1"'):
        assert words in page

    for _ in range(2):
        sent = {"viec": str(ClaimTask.objects.get(field="child_death").pk), "chon": f"accept:{child.pk}"}
        assert clerk_client.post(VISITS, sent).status_code == 302

    child.refresh_from_db()
    assert child.status == "dead"
    assert Person.pgh_event_model.objects.filter(pgh_obj=child, status="dead").count() == 1


def test_a_child_of_another_commune_is_not_named(bench, woman, death, places, clerk_client, users):
    near = PersonFactory(village=places.villages[0], mother=woman, birth_date=dt.date(2025, 8, 1))
    far = PersonFactory(village=places.far_village, mother=woman, birth_date=dt.date(2025, 8, 1))
    bench.keep(death, woman)

    page = clerk_client.get(VISITS).content.decode()

    assert f"Ghi {near.full_name}" in page
    assert far.full_name not in page
    logged = AccessLog.objects.filter(user=users.clerk, object="Việc cần xem từ hồ sơ BHYT")
    assert set(logged.values_list("person_id", flat=True)) == {woman.pk, near.pk}
    with pytest.raises(ValidationError):
        accept(the("child_death"), users.clerk, str(far.pk))
