"""Claims become visits with their lists, papers and births; again they change nothing; corrected, only what differs."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.claims.models import Claim
from ehr.claims.record import put, take_out
from ehr.claims.spec import Standard
from ehr.records.models import (
    Appointment,
    CareDocument,
    Delivery,
    Diagnosis,
    Encounter,
    Identifier,
    LabResult,
    Medication,
    Person,
    Procedure,
)
from stations.models import FacilityCode
from tests.ehr.claims.builders import NAMES, made, sample
from tests.factories.records import EncounterFactory, PersonFactory, WomanFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_goes_into_the_record(bench, places, name):
    claims = [claim for claim in sample(name.split("-")[0]) if claim.set_aside is None]
    people = [WomanFactory(village=places.villages[0]) for _ in claims]

    bench.put(*zip(claims, people, strict=True))

    for claim, person in zip(claims, people, strict=True):
        visit = Encounter.objects.get(person=person)
        assert visit.visit_link_code == claim.ma_lk
        assert visit.status == ("finished" if claim.rows("XML1") else "open")
        assert Medication.objects.filter(encounter=visit).count() == len(claim.rows("XML2"))
        assert "Tệp thang8.xml" in visit.source_note


def test_the_same_claim_again_changes_nothing(bench, person):
    claim = made()
    file = bench.file()
    bench.put((claim, person), file=file)
    before = list(Encounter.objects.values())

    bench.put((claim, person), file=file)

    assert list(Encounter.objects.values()) == before
    assert Medication.objects.count() == len(claim.rows("XML2"))
    assert Medication.pgh_event_model.objects.count() == Medication.objects.count()


def test_a_correction_writes_only_what_differs(bench, person):
    claim = made()
    (key,) = bench.put((claim, person)).values()
    corrected = made()
    corrected.tables["XML1"][0].raw["CHAN_DOAN_RV"] = "Chẩn đoán đã sửa"
    corrected.tables["XML4"][0].raw["GIA_TRI"] = "<5"
    corrected.tables["XML2"] = []

    assert bench.put((corrected, person)) == {claim.ma_lk: key}

    visit = Encounter.objects.get()
    assert visit.version == 2
    assert Diagnosis.objects.order_by("position").first().conclusion == "Chẩn đoán đã sửa"
    result = LabResult.objects.get()
    assert (result.result, result.value) == ("<5", None)
    assert not Medication.objects.exists()
    gone = Medication.pgh_event_model.objects.filter(pgh_label="delete")
    assert gone.count() == len(claim.rows("XML2"))
    assert "claim_file" in gone.first().pgh_context
    assert Procedure.pgh_event_model.objects.filter(pgh_label="update").count() == 0


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("5.6", "5.6", ""), ("5,6 mmol/L", "5.6", "mmol/L"), ("7.2 %", "7.2", "%"), ("âm tính", None, ""),
        ("<5", None, ""), (">= 200", None, ""), ("3-5", None, ""), ("1+", None, ""), ("4,500", None, ""),
        ("120/80", None, ""), ("1.025", "1.025", ""), ("-2.1", "-2.1", ""), ("10.000", "10.000", ""),
    ],
)  # fmt: skip
def test_only_sure_numbers_are_numbers(bench, person, text, value, unit):
    claim = made()
    row = claim.tables["XML4"][0].raw
    row |= {"GIA_TRI": text, "DON_VI_DO": "", "MO_TA": text, "KET_LUAN": text}

    bench.put((claim, person))

    result = LabResult.objects.get()
    assert (result.result, result.unit) == (text, unit)
    assert result.value == (Decimal(value) if value else None)
    assert (result.description, result.conclusion) == ("", ""), "a copy of the value is no second result"


def test_imaging_is_told_once(bench, person):
    claim = made()
    claim.tables["XML3"][1].raw |= {"MA_NHOM": "2", "MA_DICH_VU": "18.0015.0001", "TEN_DICH_VU": "Siêu âm ổ bụng"}
    claim.tables["XML4"][0].raw |= {
        "MA_DICH_VU": "18.0015.0001", "TEN_CHI_SO": "", "GIA_TRI": "", "MO_TA": "Gan không to",
        "KET_LUAN": "Bình thường",
    }  # fmt: skip

    bench.put((claim, person))

    result = LabResult.objects.select_related("group").get()
    assert (result.service_name, result.result) == ("Siêu âm ổ bụng", "Bình thường")
    assert (result.description, result.conclusion) == ("Gan không to", "")
    assert (result.group.code, result.service_group) == ("abdominal_ultrasound", "2")


def test_the_list_in_force_at_discharge_gives_the_disease(bench, person):
    claim = made()
    code = claim.main.text("MA_BENH_CHINH")

    bench.put((claim, person))

    first = Diagnosis.objects.order_by("position").first()
    assert first.icd10.code == first.icd10_code == code
    assert first.icd10_version == first.icd10.release.version
    assert first.conclusion == claim.main.text("CHAN_DOAN_RV")


def test_a_facility_of_the_list_is_found_and_two_unknown_ones_may_use_one_code(bench, places, person):
    FacilityCode.objects.create(organization=places.station, kind="claims", code="99001")
    other = made()
    for row in other.all_rows():
        if "MA_CSKCB" in row.raw:
            row.raw["MA_CSKCB"] = "99002"
    third = made()
    for row in third.all_rows():
        if "MA_CSKCB" in row.raw:
            row.raw["MA_CSKCB"] = "99003"

    bench.put((made(), person), (other, person), (third, person))

    found = dict(Encounter.objects.values_list("facility_name", "facility"))
    assert found == {
        "": places.station.pk, "Cơ sở khám, chữa bệnh mã 99002": None, "Cơ sở khám, chữa bệnh mã 99003": None,
    }  # fmt: skip


def test_a_visit_that_the_station_entered_is_not_doubled(bench, places, person):
    FacilityCode.objects.create(organization=places.station, kind="claims", code="99001")
    claim = made()
    visit = EncounterFactory(
        person=person, facility=places.station, exam_date=claim.main.date("NGAY_VAO"), visit_reason="Lý do ở trạm",
        weight_kg=None,
    )  # fmt: skip

    assert bench.put((claim, person)) == {claim.ma_lk: visit.pk}

    visit.refresh_from_db()
    assert (visit.source, visit.visit_reason) == ("station", "Lý do ở trạm")
    assert visit.weight_kg == claim.main.number("CAN_NANG")
    assert visit.medication_set.count() == len(claim.rows("XML2"))
    assert Encounter.objects.count() == 1


def test_a_visit_that_a_person_cancelled_stays_cancelled(bench, person):
    claim = made()
    bench.put((claim, person))
    Encounter.objects.update(status="error", status_reason="Không phải người này")

    bench.put((made(Standard.QD4750), person))

    assert Encounter.objects.get().status == "error"


def test_a_check_in_opens_a_visit_that_the_claim_finishes(bench, person):
    (checkin,) = sample("s11")[:1]
    bench.put((checkin, person))
    assert Encounter.objects.get().status == "open"
    claim = made()
    for row in claim.all_rows():
        row.raw["MA_LK"] = checkin.ma_lk

    bench.put((claim, person))
    bench.put((checkin, person))

    visit = Encounter.objects.get()
    assert visit.status == "finished"
    assert visit.advice == claim.main.text("GHI_CHU")


def test_appointments_are_made_once_and_met(bench, person):
    claim = made()
    claim.main.raw["NGAY_TAI_KHAM"] = "20251001;20251101"
    bench.put((claim, person))
    assert list(Appointment.objects.values_list("on", flat=True)) == [date(2025, 10, 1), date(2025, 11, 1)]
    Appointment.objects.filter(on=date(2025, 10, 1)).update(number="HK 7")
    later = made(seed="u")
    for row in later.all_rows():
        row.raw["MA_LK"] = "LATER"
    later.main.raw["GIAY_CHUYEN_TUYEN"] = "HK 7"

    bench.put((later, person))

    assert set(Appointment.objects.values_list("on", "state")) >= {
        (date(2025, 10, 1), "met"),
        (date(2025, 11, 1), "open"),
    }


def test_a_birth_makes_the_child_and_links_it(bench, places):
    claim = next(claim for claim in sample("s05") if claim.rows("XML9"))
    mother = WomanFactory(village=places.villages[0])

    bench.put((claim, mother))
    bench.put((claim, mother))

    for row, delivery in zip(claim.rows("XML9"), Delivery.objects.order_by("pk"), strict=True):
        assert delivery.person == mother
        assert delivery.child.mother == mother
        assert delivery.child.birth_date == row.date("NGAY_SINH_CON") == delivery.born_on
        assert delivery.child.sex == row.text("GIOI_TINH_CON")
    assert CareDocument.objects.filter(kind="birth").count() == len(claim.rows("XML9"))


def test_taking_out_leaves_the_visit_as_entered_in_error(bench, places):
    claim = next(claim for claim in sample("s05") if claim.rows("XML9"))
    mother = WomanFactory(village=places.villages[0])
    bench.put((claim, mother))
    child = Delivery.objects.first().child

    take_out(list(Claim.objects.values_list("pk", flat=True)), by=bench.user, reason="tệp hoàn tác")

    visit = Encounter.objects.get()
    assert (visit.status, visit.status_reason) == ("error", "Hồ sơ BHYT: tệp hoàn tác")
    assert not Delivery.objects.exists()
    child.refresh_from_db()
    assert child.status == "error"
    bench.put((claim, mother))
    visit.refresh_from_db()
    assert visit.status == "finished"
    assert Delivery.objects.count() == len(claim.rows("XML9"))


def test_facts_fill_only_what_is_empty(bench, places):
    claim = made()
    person = PersonFactory(village=places.villages[0], ethnicity=None, phone_mobile="0912000111")
    claim.main.raw |= {"MA_DANTOC": "2", "DIEN_THOAI": "0912999888", "NHOM_MAU": "O+"}

    bench.put((claim, person))

    person.refresh_from_db()
    assert person.ethnicity.code == "02"
    assert (person.phone_mobile, person.blood_group_abo, person.blood_group_rh) == ("0912000111", "O", "pos")
    card = Identifier.objects.get(person=person, kind="BHYT_CARD")
    assert card.value == claim.main.text("MA_THE_BHYT")
    assert (card.coverage_from, card.coverage_to) == (claim.main.date("GT_THE_TU"), claim.main.date("GT_THE_DEN"))
    assert card.primary_facility == "99001"
    assert Person.pgh_event_model.objects.filter(pgh_obj_id=person.pk, pgh_context__claim_file__isnull=False).exists()


def test_statements_do_not_grow_with_claims(bench, places):
    def queries(number, seed):
        claims = [made(seed=f"{seed}{at}") for at in range(number)]
        for at, claim in enumerate(claims):
            for row in claim.all_rows():
                row.raw["MA_LK"] = f"{seed}-{at}"
        people = [PersonFactory(village=places.villages[0]) for _ in claims]
        file = bench.file()
        pairs = [bench.stored(*pair, file) for pair in zip(claims, people, strict=True)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            put(pairs, by=bench.user)
        return len(captured)

    few = queries(3, "a")
    assert queries(12, "b") == few
