"""What a claim says of a visit that the station entered itself: nothing is added before somebody says so."""

import pytest

from ehr.claims.models import ClaimTask
from ehr.claims.record.tasks import accept, keep
from ehr.records.models import Diagnosis, Medication
from ehr.records.services import save_history
from stations.models import FacilityCode
from tests.ehr.claims.builders import changed, made
from tests.factories.records import DiagnosisFactory, EncounterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim():
    drugs = [{"TEN_THUOC": "Amlodipin 5mg", "MA_THUOC": "40.1"}, {"TEN_THUOC": "Metformin 500mg", "MA_THUOC": "40.2"}]
    return changed(made(), XML1={"MA_BENH_CHINH": "J00", "MA_BENH_KT": "I10"}, XML2=drugs)


@pytest.fixture
def own(places, person, claim):
    FacilityCode.objects.create(organization=places.station, kind="claims", code="99001")
    visit = EncounterFactory(person=person, facility=places.station, exam_date=claim.main.date("NGAY_VAO"))
    DiagnosisFactory(encounter=visit, icd10_code="J00", name="Viêm mũi họng cấp")
    Medication.objects.create(encounter=visit, name="AMLODIPIN (Kavasdin 5)")
    return visit


def the(field):
    return ClaimTask.objects.get(field=field, state="open")


def test_what_only_the_claim_says_is_told_and_added_when_accepted(bench, claim, person, own):
    bench.keep(claim, person)
    drugs, diseases = the("medications"), the("diagnoses")
    assert drugs.recorded == "AMLODIPIN (Kavasdin 5)"
    assert drugs.claimed.startswith(f"Lượt khám {own.exam_date:%d/%m/%Y}, thuốc: Metformin 500mg")
    assert "Amlodipin" not in drugs.claimed
    assert "I10" in diseases.claimed
    assert (Medication.objects.filter(encounter=own).count(), Diagnosis.objects.filter(encounter=own).count()) == (1, 1)

    said = accept(drugs, bench.user)
    keep(diseases, bench.user)

    assert "Đã thêm 1 dòng" in said
    names = list(Medication.objects.filter(encounter=own).order_by("position").values_list("name", flat=True))
    assert names == ["AMLODIPIN (Kavasdin 5)", "Metformin 500mg"]
    assert Diagnosis.objects.filter(encounter=own).count() == 1
    added = Medication.pgh_event_model.objects.latest("pgh_id").pgh_context
    assert (added["user"], added["door"]) == (bench.user.pk, "screen")
    before = own.version
    own.refresh_from_db()
    assert own.version > before

    bench.keep(claim, person)
    assert not ClaimTask.objects.filter(field__in=("medications", "diagnoses"), state="open").exists()


def test_the_same_lists_are_no_conflict(bench, claim, person, own):
    DiagnosisFactory(encounter=own, icd10_code="I10")
    Medication.objects.create(encounter=own, name="metformin", position=1)
    bench.keep(claim, person)
    assert not ClaimTask.objects.filter(field__in=("medications", "diagnoses")).exists()


def test_names_that_begin_alike_are_two_drugs(bench, person, own, claim):
    Medication.objects.filter(encounter=own).delete()
    Medication.objects.create(encounter=own, name="Vitamin B1 100mg")
    drugs = [{"TEN_THUOC": "VITAMIN C 500mg", "MA_THUOC": ""}, {"TEN_THUOC": "Vitamin B1", "MA_THUOC": ""}]
    bench.keep(changed(claim, XML2=drugs), person)
    told = the("medications").claimed
    assert "VITAMIN C" in told
    assert "B1" not in told


def test_a_disease_that_was_denied_shows_what_the_record_says(bench, claim, person):
    save_history(person=person, values={"disease_hypertension": "no"}, by=bench.user, door="screen")
    bench.keep(claim, person)
    task = the("disease_hypertension")
    assert (task.kind, task.recorded) == ("chronic", "Không")
