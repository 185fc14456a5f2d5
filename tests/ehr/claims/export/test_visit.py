"""A clerk types a visit and what its claim asks, and the package has it."""

import datetime as dt
import json

import pytest
from django.urls import reverse

from ehr.claims.prices.models import BillingTerms
from ehr.claims.record.papers import deliveries, documents
from ehr.claims.xml import read_claims
from ehr.records.models import CareDocument, Delivery, Encounter, Medication, Person
from tests.ehr.claims.export.test_prices import listed  # noqa: F401 - a fixture
from tests.factories.records import DiagnosisFactory, EncounterFactory

pytestmark = pytest.mark.django_db
GIVEN = {
    "started_at": "8:05", "ordered_at": "8h20", "ended_at": "03/10/2025 9:00", "doctor_code": "900001/TS-CCHN",
    "care_class": "01", "payment_code": "1.2", "outcome_code": "2", "discharge_code": "1", "department_code": "K01",
    "record_number": "HS01", "diagnosis_in": "Tăng huyết áp", "next_on": "03/11/2025", "next_number": "H01",
    "services-total": "2", "services-0-quantity": "1", "services-0-performer": "900002/TS-CCHN",
    "services-0-performed_at": "8:25", "services-0-resulted_at": "8:40",
    "coverage_from": "01/01/2025", "coverage_to": "31/12/2025", "primary_facility": "99001",
}  # fmt: skip


@pytest.fixture
def plain_visit(entered, listed):  # noqa: F811
    """Of the same person: only what the form 831 has, and a drug."""
    person = entered.person
    entered.delete()
    person.identifier_set.filter(kind="BHYT_CARD").update(coverage_from=None, coverage_to=None, primary_facility="")
    BillingTerms.objects.update(occupation_code="00000")
    visit = EncounterFactory(person=person, facility=listed, exam_date=dt.date(2025, 10, 3), weight_kg=61)
    DiagnosisFactory(encounter=visit)
    Medication.objects.create(encounter=visit, name="Amlodipin 5mg", quantity=30, dosage="1 viên * 1 lần * 30 ngày")
    return visit


def test_a_typed_visit_leaves_after_the_page_of_its_claim(plain_visit, login, users, send):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[plain_visit.person.code, plain_visit.pk])
    page = client.get(url).content.decode()
    assert "Còn thiếu để xuất được" in page and "23.0075.1494 – Định lượng Glucose" in page
    assert send()[0].go == 0
    item = page.split(">23.0075.1494 –")[0].rpartition('value="')[2].split('"')[0]
    answer = client.post(url, GIVEN | {"services-0-item": item, "version": str(plain_visit.version)}, follow=True)
    assert "xuất được theo mọi quy tắc" in answer.content.decode()
    _, data = send()
    (claim,) = read_claims(data)
    main = claim.main.raw
    assert (main["GT_THE_DEN"], main["MA_DKBD"], main["MA_NGHE_NGHIEP"]) == ("20251231", "99001", "00000")
    assert (main["NGAY_VAO"], main["NGAY_RA"], main["T_BHTT"]) == ("202510030805", "202510030900", "62050")
    assert claim.rows("XML2")[0].raw["NGAY_YL"] == "202510030820"
    assert claim.rows("XML3")[1].raw["NGUOI_THUC_HIEN"] == "900002/TS-CCHN"
    assert claim.rows("XML14")[0].raw["NGAY_HEN_KL"] == "20251103"


def test_a_referral_typed_here_leaves_with_its_paper(plain_visit, login, users, send):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[plain_visit.person.code, plain_visit.pk])
    words = {f"paper_referral_{at}": f"Lời {at}" for at in range(1, 7)}
    sent = GIVEN | words | {
        "discharge_code": "2", "referred_to": "99002", "paper_referral_number": "CT01", "paper_referral_0": "1",
        "version": str(plain_visit.version),
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302
    result, data = send()
    assert [(each.column, each.message) for each in result.held] == []
    (claim,) = read_claims(data)
    paper = claim.rows("XML13")[0].raw
    assert [paper[name] for name in ("MA_CSKCB_DEN", "SO_CHUYENTUYEN", "MA_LYDO_CT")] == ["99002", "CT01", "1"]
    assert (paper["DAU_HIEU_LS"], paper["PHUONGTIEN_VC"]) == ("Lời 1", "Lời 6")
    page = client.get(url).content.decode()
    assert "Lời 3" in page and "CT01" in page


def test_a_second_save_of_a_stale_page_is_refused_and_a_repeated_one_changes_nothing(plain_visit, login, users):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[plain_visit.person.code, plain_visit.pk])
    key = "7b7c6c0e-8d2b-4f9f-9d60-0f7d7f3c0001"
    sent = GIVEN | {"version": str(plain_visit.version), "submission": key}
    assert client.post(url, sent).status_code == client.post(url, sent).status_code == 302
    plain_visit.refresh_from_db()
    assert plain_visit.appointment_set.count() == 1
    assert client.post(url, sent | {"submission": "", "care_class": "07"}).status_code == 409
    assert Encounter.objects.get().care_class == "01"


def test_times_out_of_order_and_no_times_are_named(plain_visit, login, users):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[plain_visit.person.code, plain_visit.pk])
    page = client.post(url, GIVEN | {"ended_at": "7:00", "ordered_at": "sáng"})
    assert page.status_code == 422
    assert "Viết giờ:phút" in page.content.decode()
    page = client.post(url, GIVEN | {"ended_at": "7:00"}).content.decode()
    assert "Ra trước khi vào" in page


# --- Births ----------------------------------------------------------------------------------------------------------

CHILD = {
    "births-total": "2", "births-0-born_at": "8:30", "births-0-child_name": "Nguyễn Thị Mầm", "births-0-child_sex": "2",
    "births-0-weight_g": "3150", "births-0-gestation_weeks": "31", "births-0-child_state": "Khỏe, khóc ngay",
    "births-0-children_born": "1", "births-0-parity": "2", "births-0-living_children": "2",
    "births-0-caesarean": "no", "births-0-under_32_weeks": "yes", "births-0-place": "Trạm y tế",
    "births-0-attendant": "NHS Lò Thị Hoa", "births-0-father": "Nguyễn Văn Cha",
    "births-0-temporary_card": "TE1389900000001", "births-0-number": "12345.GCS.00001.25", "births-0-book": "Q01",
    "births-0-issued_on": "03/10/2025", "births-0-writer": "YS Vàng A Sử", "births-0-note": "Sinh con dưới 32 tuần",
}  # fmt: skip


@pytest.fixture
def mother(plain_visit):
    person = plain_visit.person
    Person.objects.filter(pk=person.pk).update(sex="2")
    person.identifier_set.filter(kind="SDDCN").update(issued_on=dt.date(2022, 5, 1), issued_by="Cục Cảnh sát")
    return plain_visit


def test_a_birth_typed_here_leaves_as_a_complete_paper_and_reads_back_the_same(mother, login, users, send):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[mother.person.code, mother.pk])
    assert "Giấy chứng sinh: trẻ thứ 1" in client.get(url).content.decode()
    sent = GIVEN | CHILD | {"version": str(mother.version)}
    page = client.post(url, sent, follow=True).content.decode()
    assert "xuất được theo mọi quy tắc" in page
    assert "12345.GCS.00001.25" in page

    result, data = send()

    assert [(each.column, each.message) for each in result.held] == []
    (claim,) = read_claims(data)
    (row,) = claim.rows("XML9")
    empty = {name for name in row.raw if not row.text(name)}
    assert empty <= {"MAHUYEN_CU_TRU", "DU_PHONG"}
    assert (row.raw["NGAY_SINH_CON"], row.raw["CAN_NANG_CON"], row.raw["SO"]) == (
        "202510030830", "3150", "12345.GCS.00001.25"
    )  # fmt: skip
    assert claim.main.raw["CAN_NANG_CON"] == "3150"
    (read,) = deliveries(claim, {})
    stored = Delivery.objects.get(encounter=mother)
    same = {name: value for name, value in read.items() if name != "gestation_weeks"}  # no column of XML9
    assert {name: getattr(stored, name) for name in same} == same
    headings = dict(pair for each in documents(claim, {}, on=None) for pair in json.loads(each["sections"]))
    own = dict(CareDocument.objects.get(encounter=mother, kind="birth").sections)
    for heading in ("Cha", "Thẻ BHYT tạm của con", "Người ghi phiếu", "Ghi chú", "Con", "Nơi sinh"):
        assert headings[heading] == own[heading]


def test_a_birth_of_the_pregnancy_book_is_taken_over_and_not_doubled(mother, login, users):
    delivery = Delivery.objects.create(person=mother.person, born_on=mother.exam_date, child_sex="2", weight_g=3150)
    client, url = login(users.clerk), reverse("claims_export:visit", args=[mother.person.code, mother.pk])
    assert 'value="3150"' in client.get(url).content.decode()
    sent = GIVEN | CHILD | {"births-0-key": str(delivery.pk), "version": str(mother.version)}
    assert client.post(url, sent).status_code == 302
    (stored,) = Delivery.objects.all()
    assert (stored.pk, stored.encounter, stored.parity) == (delivery.pk, mother, 2)
    mother.refresh_from_db()

    emptied = {"births-total": "2", "births-0-key": str(delivery.pk), "version": str(mother.version)}
    assert client.post(url, GIVEN | emptied).status_code == 302

    assert not Delivery.objects.exists()
    assert not CareDocument.objects.filter(kind="birth").exists()


def test_a_birth_needs_its_time_and_a_mother(mother, login, users):
    client, url = login(users.clerk), reverse("claims_export:visit", args=[mother.person.code, mother.pk])
    page = client.post(url, GIVEN | CHILD | {"births-0-born_at": "", "version": str(mother.version)})
    assert page.status_code == 422
    assert "Chưa ghi trẻ sinh lúc nào." in page.content.decode()
    Person.objects.filter(pk=mother.person.pk).update(sex="1")
    assert "Giấy chứng sinh" not in client.get(url).content.decode()
    assert client.post(url, GIVEN | CHILD | {"version": str(mother.version)}).status_code == 302
    assert not Delivery.objects.exists()
