"""What claims ask people to look at: nothing is overwritten, decided once, gone with its claim."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.timezone import localdate

from ehr.claims.models import Claim, ClaimTask
from ehr.claims.record import take_out
from ehr.claims.record.notices import allergens
from ehr.claims.record.tasks import accept, keep
from ehr.records import facts
from stations.models import FacilityCode
from tests.ehr.claims.builders import changed, made
from tests.factories.records import AllergyFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim():
    """A man of 40 with the facts of the claim."""
    found = made()
    found.main.raw |= {"HO_TEN": "NGUYỄN VĂN BÌNH", "GIOI_TINH": "1", "NGAY_SINH": "198003120000"}
    return found


@pytest.fixture
def man(places):
    return PersonFactory(village=places.villages[0], full_name="Nguyễn Văn Bình", birth_date=dt.date(1980, 3, 12))


def tasks(kind=None):
    found = ClaimTask.objects.filter(state="open")
    return list((found.filter(kind=kind) if kind else found).values_list("kind", "field", "recorded", "claimed"))


def test_what_agrees_is_no_task(bench, claim, man):
    claim.main.raw |= {
        "MA_BENH_CHINH": "J00",
        "MA_BENH_KT": "",
        "HO_TEN": "nguyen van binh",
        "NGAY_SINH": "198000000000",
    }

    bench.put((claim, man))

    assert tasks() == []


def test_differences_are_told_and_accepted_one_by_one(bench, claim, man):
    man.blood_group_abo = "A"
    man.save()
    claim.main.raw |= {"GIOI_TINH": "2", "NGAY_SINH": "198104010000", "NHOM_MAU": "B", "HO_TEN": "Nguyễn Văn Bính Khác"}
    bench.put((claim, man))
    found = {row[1]: row[2:] for row in tasks("conflict")}
    assert found["sex"] == ("Nam", "Nữ")
    assert found["birth_date"] == ("12/03/1980", "01/04/1981")
    assert found["blood_group_abo"] == ("A", "B")
    assert found["full_name"][0] == "Nguyễn Văn Bình"
    man.refresh_from_db()
    assert (man.sex, man.blood_group_abo) == ("1", "A")

    accept(ClaimTask.objects.get(field="birth_date"), bench.user)
    accept(ClaimTask.objects.get(field="blood_group_abo"), bench.user)
    keep(ClaimTask.objects.get(field="sex"), bench.user)

    man.refresh_from_db()
    assert (man.birth_date, man.blood_group_abo, man.sex) == (dt.date(1981, 4, 1), "B", "1")
    assert ClaimTask.objects.get(field="sex").state == "kept"
    with pytest.raises(ValidationError):
        accept(ClaimTask.objects.get(field="sex"), bench.user)


def test_a_death_is_confirmed_by_a_person(bench, claim, man):
    claim.main.raw |= {"KET_QUA_DTRI": "5", "MA_BENH_CHINH": "J00"}
    bench.put((claim, man))
    man.refresh_from_db()
    assert man.status == "active"

    accept(ClaimTask.objects.get(kind="death"), bench.user)

    man.refresh_from_db()
    assert (man.status, man.death_date) == ("dead", claim.main.date("NGAY_RA"))


def test_a_visit_after_the_recorded_death_is_to_be_looked_at(bench, claim, man):
    came = claim.main.date("NGAY_VAO")
    type(man).objects.filter(pk=man.pk).update(status="dead", death_date=came - dt.timedelta(days=30))
    bench.put((claim, man))
    task = ClaimTask.objects.get(kind="conflict", field="death_date")
    assert task.claimed == f"Có lượt khám ngày {came:%d/%m/%Y}"

    accept(task, bench.user)

    man.refresh_from_db()
    assert (man.status, man.death_date) == ("active", None)


def test_a_lifelong_disease_is_proposed_once(bench, claim, man):
    claim.main.raw |= {"MA_BENH_CHINH": "I10", "MA_BENH_KT": "C50;I11.9"}
    bench.put((claim, man))
    again = made(seed="z")
    again.main.raw |= claim.main.raw | {"MA_LK": "OTHER"}
    bench.put((again, man))
    assert {row[1] for row in tasks("chronic")} == {"disease_hypertension", "disease_cancer"}
    assert len(tasks("chronic")) == 2

    for task in ClaimTask.objects.filter(kind="chronic"):
        accept(task, bench.user)

    values = facts.section_b(man)
    assert values["disease_hypertension"] == "yes"
    assert values["disease_cancer"].value == "Ung thư"
    bench.put((claim, man))
    assert tasks("chronic") == []


def test_a_drug_despite_an_allergy_is_told(bench, claim, man):
    AllergyFactory(person=man, detail="Dị ứng Penicillin")
    claim.tables["XML2"][0].raw["TEN_THUOC"] = "Amoxicilin 500mg"

    bench.put((claim, man))

    assert tasks("allergy") == [("allergy", "allergy_drug", "Dị ứng Penicillin", "Amoxicilin 500mg")]


def test_allergens_know_families():
    assert "amoxicil" in allergens("kháng sinh nhóm penicillin")
    assert allergens("Paracetamol") == ("paracetamol", "acetaminophen", "efferalgan", "panadol")
    assert allergens("thuốc không rõ") == ()


def test_discharge_and_referral_ask_for_a_visit_only_when_recent(bench, places, claim, man):
    FacilityCode.objects.create(organization=places.station, kind="claims", code="38123")
    on = f"{localdate() - dt.timedelta(days=3):%Y%m%d}1000"
    claim.main.raw |= {"MA_LOAI_KCB": "03", "MA_BENH_CHINH": "I10", "NGAY_RA": on, "NGAY_VAO": on, "MA_LOAI_RV": "2"}
    from ehr.claims.claim import Row
    from ehr.claims.spec import table

    paper = {"MA_CSKCB": "99001", "MA_CSKCB_DEN": "38123", "HUONG_DIEU_TRI": "Theo dõi huyết áp", "MA_LK": claim.ma_lk}
    claim.tables["XML13"] = [Row(table(claim.standard, "XML13"), 1, paper)]
    bench.put((claim, man))
    assert "bệnh mạn tính" in tasks("home_visit")[0][3]
    assert "Trạm Y tế Nam thử nghiệm (38123)" in tasks("referral")[0][3]

    long_ago = changed(claim, XML1={"NGAY_RA": "202401011000", "NGAY_VAO": "202401011000"})
    bench.put((long_ago, man))

    assert tasks("home_visit") == tasks("referral") == []


def test_tasks_go_with_their_claim(bench, claim, man):
    claim.main.raw |= {"MA_BENH_CHINH": "I10"}
    bench.put((claim, man))

    take_out(list(Claim.objects.values_list("pk", flat=True)), by=bench.user, reason="tệp hoàn tác")

    assert tasks() == []
    assert set(ClaimTask.objects.values_list("state", flat=True)) == {"gone"}


def test_only_who_may_change_the_person_decides(bench, users, claim, man):
    claim.main.raw |= {"MA_BENH_CHINH": "I10"}
    bench.put((claim, man))

    for user in (users.far, users.centre, users.nobody):
        with pytest.raises(PermissionDenied):
            keep(ClaimTask.objects.first(), user)
