"""Writing programmes, at the service and on the screens."""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils.timezone import localtime, make_aware

from ehr.common.problems import StaleError
from ehr.programmes.models import GrowthStandard, HealthCheck, IndicatorSetting, NcdRegistration, NcdVisit, Pregnancy
from ehr.programmes.services import save_episode, save_visit_facts
from ehr.records.models import Delivery
from tests.factories.programmes import NcdRegistrationFactory, PregnancyFactory
from tests.factories.records import EncounterFactory, PersonFactory, WomanFactory

TODAY = date(2026, 3, 20)


@pytest.fixture
def woman(village):
    return WomanFactory(village=village, birth_date=date(1996, 1, 1))


def save(woman, by, **values):
    more = {name: values.pop(name) for name in ("episode", "version", "children", "kind") if name in values}
    return save_episode(
        kind=more.pop("kind", "pregnancy"), person=woman, values=values, by=by, door="test", today=TODAY, **more
    )


def codes(error):
    return {found.code for errors in error.value.error_dict.values() for found in errors}


def test_reference_values_are_loaded(db):
    boy = GrowthStandard.objects.get(measure="weight", sex="1", age_days=1826)
    assert (float(boy.power), float(boy.median), float(boy.variation)) == (-0.1506, 18.3352, 0.13517)
    assert GrowthStandard.objects.count() == 7308
    assert IndicatorSetting.objects.get(key="lost-days").value == 60


def test_a_pregnancy_is_opened_with_its_due_date(woman, clerk):
    saved = save(woman, clerk, registered_on=date(2026, 1, 5), last_period_on=date(2025, 11, 10))
    assert saved.object.due_on == date(2026, 8, 17)
    assert saved.object.version == 1
    with pytest.raises(ValidationError) as error:  # at most one is open
        save(woman, clerk, registered_on=date(2026, 2, 5))
    assert codes(error) == {"pregnancy.open"}


def test_closing_with_a_birth_makes_deliveries_once(woman, clerk):
    row = PregnancyFactory(person=woman, registered_on=date(2025, 8, 1), last_period_on=date(2025, 6, 1))
    ends = {
        "outcome": "birth", "ended_on": date(2026, 3, 8), "birth_place": "station", "birth_attendant": "staff",
    }  # fmt: skip
    twins = [{"child_sex": "1", "weight_g": 2400}, {"child_sex": "2", "weight_g": 2600, "live_birth": False}]
    saved = save(woman, clerk, episode=row, children=twins, **ends)
    again = save(woman, clerk, episode=row, children=twins, **ends)
    assert again.object.version == saved.object.version == 2
    rows = list(Delivery.objects.order_by("pk").values_list("weight_g", "live_birth", "children_born", "born_on"))
    assert rows == [(2400, True, 2, date(2026, 3, 8)), (2600, False, 2, date(2026, 3, 8))]
    save(woman, clerk, registered_on=date(2026, 3, 15))  # the next one may be opened
    assert Pregnancy.objects.filter(outcome="").count() == 1


def test_stale_and_foreign_saves_are_refused(woman, clerk, users):
    row = PregnancyFactory(person=woman)
    save(woman, clerk, episode=row, gravida=3)
    with pytest.raises(StaleError):
        save(woman, clerk, episode=row, version=1, gravida=4)
    with pytest.raises(PermissionDenied):
        save(woman, users.far, episode=row, gravida=4)
    with pytest.raises(TypeError):
        save(woman, clerk, episode=row, person_id=1)


def test_one_open_line_for_each_disease(village, clerk):
    man = PersonFactory(village=village)
    save(man, clerk, kind="ncd", disease="hypertension", registered_on=date(2026, 1, 5))
    save(man, clerk, kind="ncd", disease="diabetes", registered_on=date(2026, 1, 5))
    with pytest.raises(ValidationError) as error:
        save(man, clerk, kind="ncd", disease="hypertension", registered_on=date(2026, 2, 5))
    assert codes(error) == {"ncd.open"}
    assert NcdRegistration.objects.count() == 2


def test_facts_of_a_visit(village, clerk):
    man = PersonFactory(village=village)
    book = NcdRegistrationFactory(person=man)
    visit = EncounterFactory(person=man, kind="check")
    facts = {
        "marks": {book.pk: {"target": "1", "medicine": "yes"}},
        "check": {"target_groups": ["1"], "funding": "2", "health_class": 2},
    }
    saved = save_visit_facts(encounter=visit, by=clerk, door="test", **facts)
    again = save_visit_facts(encounter=visit, by=clerk, door="test", **facts)
    assert saved.object.version == again.object.version == visit.version + 1
    assert NcdVisit.objects.get().target == "1"
    assert HealthCheck.objects.get().health_class == 2
    with pytest.raises(StaleError):
        save_visit_facts(encounter=visit, by=clerk, door="test", version=visit.version, **facts)
    save_visit_facts(encounter=visit, by=clerk, door="test", marks={book.pk: None})
    assert NcdVisit.objects.count() == 0
    stranger = NcdRegistrationFactory(person=PersonFactory(village=village))
    with pytest.raises(ValidationError) as error:
        save_visit_facts(encounter=visit, by=clerk, door="test", marks={stranger.pk: {"target": "1"}})
    assert codes(error) == {"registration.unknown"}


# --- screens
def test_screens_open_and_close_a_pregnancy(clerk_client, woman):
    url = reverse("programmes:episode_new", args=[woman.code, "thai-ky"])
    assert "Ngày đăng ký quản lý thai" in clerk_client.get(url).content.decode()
    sent = {"registered_on": "05/01/2026", "last_period_on": "10/11/2025", "gravida": "2", "children-total": "2"}
    assert clerk_client.post(url, sent).status_code == 302
    row = Pregnancy.objects.get()
    assert (row.due_on, row.gravida) == (date(2026, 8, 17), 2)
    refused = clerk_client.post(url, sent)
    assert refused.status_code == 422
    assert "Đang có một thai kỳ chưa kết thúc" in refused.content.decode()
    edit = reverse("programmes:episode", args=[woman.code, "thai-ky", row.pk])
    sent |= {
        "outcome": "birth", "ended_on": "08/03/2026", "birth_place": "station", "birth_attendant": "staff",
        "version": "1", "children-0-child_sex": "2", "children-0-weight_g": "3100", "children-0-caesarean": "no",
    }  # fmt: skip
    assert clerk_client.post(edit, sent).status_code == 302
    assert Delivery.objects.get().weight_g == 3100
    page = clerk_client.get(reverse("programmes:person", args=[woman.code])).content.decode()
    assert "Đã sinh 08/03/2026" in page
    assert 'value="3100"' in clerk_client.get(edit).content.decode()


def test_screen_of_a_visit_proposes_the_mark_of_the_blood_pressure(clerk_client, village):
    man = PersonFactory(village=village)
    book = NcdRegistrationFactory(person=man)
    visit = EncounterFactory(person=man, kind="check", bp_systolic=150, bp_diastolic=80)
    url = reverse("programmes:visit", args=[man.code, visit.pk])
    page = clerk_client.get(url).content.decode()
    assert f'name="{book.pk}-target" value="0"' in page
    assert "16 Khác" in page
    wrong = clerk_client.post(url, {f"{book.pk}-target": "0", "target_groups": "1; 77"})
    assert wrong.status_code == 422
    assert "«77»" in wrong.content.decode()
    sent = {f"{book.pk}-target": "0", f"{book.pk}-medicine": "yes", "target_groups": "5, 1", "funding": "3"}
    assert clerk_client.post(url, sent).status_code == 302
    assert HealthCheck.objects.get().target_groups == ["1", "5"]
    assert NcdVisit.objects.get().medicine == "yes"


@pytest.mark.parametrize("kind", ["pha-thai", "thai-ky", "khac"])
def test_no_pregnancy_page_for_men(clerk_client, village, kind):
    man = PersonFactory(village=village)
    assert clerk_client.get(reverse("programmes:episode_new", args=[man.code, kind])).status_code == 404


@pytest.mark.parametrize(
    ("typed", "found"), [("20/03/2026 16:30", set()), ("09/03/2026 16:30", {"accepted_at.before_exam"}),
                         ("20/03/2999 16:30", {"accepted_at.future"})],
)  # fmt: skip
def test_the_answer_of_the_receiving_system_is_typed_at_the_check(village, clerk, typed, found):
    visit = EncounterFactory(person=PersonFactory(village=village), kind="check", exam_date=date(2026, 3, 10))
    accepted = make_aware(datetime.strptime(typed, "%d/%m/%Y %H:%M"))
    values = {"target_groups": ["1"], "funding": "1", "accepted_at": accepted}
    if found:
        with pytest.raises(ValidationError) as error:
            save_visit_facts(encounter=visit, by=clerk, door="test", check=values)
        assert codes(error) == found
        return
    save_visit_facts(encounter=visit, by=clerk, door="test", check=values)
    sheet = HealthCheck.objects.get()
    assert sheet.accepted_at == accepted
    HealthCheck.objects.update(accepted_at=accepted.replace(second=42))
    save_visit_facts(encounter=visit, by=clerk, door="test", check=values)  # the screen shows no seconds
    assert HealthCheck.objects.get().accepted_at.second == 42


def test_the_screen_takes_the_moment_of_acceptance(village, clerk, login):
    visit = EncounterFactory(person=PersonFactory(village=village), kind="check", exam_date=date(2026, 3, 10))
    address = reverse("programmes:visit", args=[visit.person.code, visit.pk])
    client = login(clerk)
    page = client.get(address)
    assert "Hệ thống nhận tiếp nhận lúc" in page.content.decode()
    form = page.context["form"]
    data = {"version": visit.version, "target_groups": "1", "funding": "1", "accepted_at": "11/03/2026 08:05"}
    hidden = {name: form[name].value() for name in form.fields if name not in data and form[name].is_hidden}
    answer = client.post(address, hidden | data)
    assert answer.status_code == 302, answer.content.decode()[:800]
    assert localtime(HealthCheck.objects.get().accepted_at).strftime("%d/%m/%Y %H:%M") == "11/03/2026 08:05"
    assert "11/03/2026 08:05" in client.get(address).content.decode()
