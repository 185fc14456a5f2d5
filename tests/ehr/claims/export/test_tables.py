"""Visits entered here as tables: in the standard of their day, and the same when read back."""

import datetime as dt
from decimal import Decimal

import pytest

from ehr.claims.export.standards import standard_on
from ehr.claims.export.tables import claim_of
from ehr.claims.export.visits import visits
from ehr.claims.spec import Standard
from ehr.claims.xml import read_claims
from ehr.claims.xml.write import hoso_xml, write_hosos
from ehr.records.models import Appointment, CareDocument, ClinicalNote, Delivery, LabResult, Medication, Procedure
from tests.ehr.claims.export.conftest import VIETNAM
from tests.factories.records import code

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "standard"),
    [
        (dt.date(2024, 6, 30), None), (dt.date(2024, 7, 1), Standard.QD4750), (dt.date(2024, 12, 31), Standard.QD4750),
        (dt.date(2025, 1, 1), Standard.QD3176),
    ],
)  # fmt: skip
def test_the_day_decides_about_the_standard(day, standard):
    assert standard_on(day) == standard


def full(encounter):
    """Everything that a visit of the record may have."""
    at = dt.datetime(2025, 10, 3, 8, 30, tzinfo=VIETNAM)
    person, facility = encounter.person, encounter.facility
    Medication.objects.create(
        encounter=encounter, drug_code="40.491", name="Amlodipin 5mg", strength="5mg", unit="Viên", route_code="1.01",
        quantity=Decimal("30.000"), dosage="1 viên/lần * 1 lần/ngày * 30 ngày", instruction="Uống sáng",
        registration_number="VD-1", prescribed_at=at, dispensed_at=at,
    )  # fmt: skip
    Procedure.objects.create(encounter=encounter, group="1", code="23.0075.1494", name="Glucose", quantity=1,
                             ordered_at=at, performed_at=at, performer_code="900002/TS-CCHN")  # fmt: skip
    LabResult.objects.create(
        encounter=encounter, group=code("lab-group", "other"), service_code="23.0075.1494", service_name="Glucose",
        index_code="GLU", result="5.4", unit="mmol/L", resulted_at=at,
    )  # fmt: skip
    ClinicalNote.objects.create(encounter=encounter, progress="Tỉnh", written_at=at, author_code="900001/TS-CCHN")
    CareDocument.objects.create(
        person=person, encounter=encounter, facility=facility, kind="summary", issued_on=encounter.exam_date,
        sections=[["Quá trình bệnh lý", "Ổn định"], ["Tóm tắt kết quả cận lâm sàng", "Bình thường"]],
    )  # fmt: skip
    CareDocument.objects.create(
        person=person, encounter=encounter, facility=facility, kind="referral", number="CT01/HS01",
        to_facility="99002 Bệnh viện thử", issued_on=encounter.exam_date,
        sections=[["Dấu hiệu lâm sàng", "Đau ngực"], ["Hướng điều trị", "Chuyển tuyến trên"]],
    )  # fmt: skip
    Appointment.objects.create(person=person, encounter=encounter, on=dt.date(2025, 11, 3), number="H01")
    Delivery.objects.create(
        person=person, encounter=encounter, born_on=encounter.exam_date, born_at=at, child_sex="2", child_name="Lê Bé",
        weight_g=3100, caesarean="no", under_32_weeks="no", certificate_number="CS01/Q1", children_born=1, parity=1,
    )  # fmt: skip
    encounter.care_class, encounter.discharge_code, encounter.referred_to = "06", "2", "99002"
    encounter.save()


def read_back(claim, facility="99001"):
    import io

    out = io.BytesIO()
    hoso = hoso_xml({name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}, claim.standard)
    write_hosos(out, [hoso], facility=facility, made_on="20251101", count=1)
    (found,) = read_claims(out.getvalue())
    return found


@pytest.mark.parametrize("standard", [Standard.QD3176, Standard.QD4750])
def test_all_tables_of_a_visit_read_back_equal(entered, standard):
    full(entered)
    (visit,) = visits([entered.pk])
    claim, _ = claim_of(visit, facility="99001", standard=standard, index=1)
    assert list(claim.tables) == ["XML1", "XML2", "XML3", "XML4", "XML5", "XML8", "XML9", "XML13", "XML14"]
    found = read_back(claim)
    assert {name: [row.canonical() for row in rows] for name, rows in found.tables.items()} == {
        name: [row.canonical() for row in rows] for name, rows in claim.tables.items()
    }


def test_values_are_those_of_the_record(entered):
    full(entered)
    (visit,) = visits([entered.pk])
    claim, _ = claim_of(visit, facility="99001", standard=Standard.QD3176, index=1)
    main, drug, referral = claim.main.raw, claim.rows("XML2")[0].raw, claim.rows("XML13")[0].raw
    assert (main["MA_THE_BHYT"], main["GT_THE_TU"], main["GT_THE_DEN"], main["MA_DKBD"]) == (
        "GD4380000000001", "20250101", "20251231", "99001",
    )  # fmt: skip
    assert (main["NGAY_VAO"], main["NGAY_RA"], main["SO_NGAY_DTRI"]) == ("202510030805", "202510030900", "1")
    assert (main["MAXA_CU_TRU"], main["MATINH_CU_TRU"], main["CAN_NANG"]) == ("16516", "38", "61.5")
    assert (main["MA_BENH_CHINH"], main["THANG_QT"], main["NAM_QT"]) == ("I10", "10", "2025")
    assert (drug["SO_LUONG"], drug["DUONG_DUNG"], drug.get("DON_GIA")) == ("30", "1.01", None)
    assert (referral["MA_CSKCB_DEN"], referral["SO_CHUYENTUYEN"], referral["SO_HOSO"]) == ("99002", "CT01", "HS01")
    assert claim.rows("XML14")[0].raw["NGAY_HEN_KL"] == "20251103"
    assert claim.rows("XML9")[0].raw["CAN_NANG_CON"] == "3100"


def test_a_card_that_was_replaced_since_still_pays_for_the_visit_of_its_time(entered):
    old = entered.person.identifier_set.get(kind="BHYT_CARD")
    old.valid_to = dt.date(2026, 1, 1)
    old.save()
    entered.person.identifier_set.create(kind="BHYT_CARD", value="GD4380000000002", coverage_from=dt.date(2026, 1, 1))
    (visit,) = visits([entered.pk])
    claim, _ = claim_of(visit, facility="99001", standard=Standard.QD3176, index=1)
    assert claim.main.raw["MA_THE_BHYT"] == "GD4380000000001"


def test_a_visit_before_july_2025_lives_in_the_units_of_its_day(entered, places):
    entered.ended_at = dt.datetime(2025, 5, 5, 9, tzinfo=VIETNAM)
    entered.save()
    (visit,) = visits([entered.pk])
    main = claim_of(visit, facility="99001", standard=Standard.QD3176, index=1)[0].main.raw
    assert (main["MAXA_CU_TRU"], main["MAHUYEN_CU_TRU"]) == ("16537", "382")
