"""Visits entered at the station leave with the prices of its list: bill, package, reading back, what is missing."""

import datetime as dt
from decimal import Decimal

import pytest

from ehr.claims import services as claims
from ehr.claims.export import services
from ehr.claims.models import Claim, ClaimTask
from ehr.claims.prices.listed import NoPrice, PriceList
from ehr.claims.prices.money import Charge, amounts, card_level, totals
from ehr.claims.xml import read_claims
from ehr.codes.models import Code
from ehr.records.models import Appointment, Encounter, LabResult, Medication, Procedure
from tests.ehr.claims.export.conftest import VIETNAM
from tests.factories.claims import BillingTermsFactory, PriceItemFactory
from tests.factories.records import code

DAY = dt.date(2025, 10, 3)
AT = dt.datetime(2025, 10, 3, 8, 20, tzinfo=VIETNAM)


# --- money -----------------------------------------------------------------------------------------------------------


def test_the_fund_pays_its_share_and_the_patient_the_rest():
    found = amounts(Charge(Decimal(3), Decimal("1050.5"), Decimal(1000), Decimal(100), Decimal(50), Decimal(80)))
    assert (found["THANH_TIEN_BV"], found["THANH_TIEN_BH"]) == (Decimal("3151.50"), Decimal("1500.00"))
    assert (found["T_BHTT"], found["T_BNCCT"], found["T_BNTT"]) == (1200, 300, Decimal("1651.50"))


def test_another_source_pays_all_of_it():
    found = amounts(Charge(Decimal(2), Decimal(500), Decimal(500), level=Decimal(100), source="3"))
    assert (found["T_NGUONKHAC_NSNN"], found["T_NGUONKHAC"], found["T_BHTT"], found["T_BNTT"]) == (1000, 1000, 0, 0)


def test_without_a_card_the_patient_pays():
    found = amounts(Charge(Decimal(2), Decimal(500), Decimal(500)))
    assert (found["THANH_TIEN_BH"], found["TYLE_TT_BH"], found["T_BNTT"], found["T_BHTT"]) == (0, 0, 1000, 0)


def test_totals_are_the_sums_of_the_lines():
    drug = amounts(Charge(Decimal(30), Decimal(105), Decimal(105), level=Decimal(80)))
    supply = amounts(Charge(Decimal(1), Decimal(2000), Decimal(2000), level=Decimal(80)))
    found = totals([drug], [(True, supply)], by_service=True)
    assert (found["T_THUOC"], found["T_VTYT"], found["T_TONGCHI_BV"]) == (3150, 2000, 5150)
    assert found["T_BHTT"] == found["T_BHTT_GDV"] == Decimal("4120")
    assert totals([drug], [], by_service=False)["T_BHTT_GDV"] == 0


def test_a_card_says_its_share():
    assert [card_level(f"GD{each}380000000001") for each in "12345"] == [100, 100, 95, 80, 100]
    assert card_level("0123456789") == card_level("") or card_level("") is None


# --- the list --------------------------------------------------------------------------------------------------------


def drug(prices, name, strength="", code="", registration="", day=DAY):
    return prices.drug(name=name, strength=strength, code=code, registration=registration, day=day)


@pytest.mark.django_db
def test_a_drug_is_found_by_number_code_or_name_on_its_day(places):
    old = PriceItemFactory(facility=places.station, price=90, valid_from=dt.date(2024, 1, 1),
                           valid_to=dt.date(2025, 1, 1))  # fmt: skip
    five = PriceItemFactory(facility=places.station, code=old.code)
    ten = PriceItemFactory(facility=places.station, name="Amlodipin 10 mg", strength="10mg", registration_number="VD-2")
    prices = PriceList.of(places.station.pk)
    assert drug(prices, "amlodipin", "5 mg") == drug(prices, "AMLODIPIN 5mg") == five
    assert drug(prices, "Amlodipin 10mg") == drug(prices, "Thuốc khác", registration="VD-2") == ten
    assert drug(prices, "x", code=old.code) == five
    assert drug(prices, "Amlodipin 5mg", day=dt.date(2024, 5, 1)) == old
    with pytest.raises(NoPrice, match="không áp dụng ngày 01/05/2023"):
        drug(prices, "Amlodipin 5mg", day=dt.date(2023, 5, 1))
    with pytest.raises(NoPrice, match="không có trong bảng giá"):
        drug(prices, "Amlodipin", "20mg")


@pytest.mark.django_db
def test_two_lines_that_fit_are_named_and_none_is_taken(places):
    PriceItemFactory(facility=places.station, registration_number="VD-1")
    PriceItemFactory(facility=places.station, registration_number="VD-2")
    with pytest.raises(NoPrice, match=r"hợp với 2 dòng .*VD-1.*VD-2"):
        drug(PriceList.of(places.station.pk), "Amlodipin", "5mg")


# --- the package -----------------------------------------------------------------------------------------------------


@pytest.fixture
def listed(station):
    """The station's list: an exam with every visit, a test, a drug; and its terms."""
    service = {"facility": station, "kind": "service", "strength": "", "route_code": "", "registration_number": "",
               "bid": "", "unit": "Lần"}  # fmt: skip
    PriceItemFactory(
        **service, group="13", code="02.1896", name="Khám bệnh tại trạm y tế", price=36500, each_visit=True
    )
    PriceItemFactory(
        **service, group="1", code="23.0075.1494", name="Định lượng Glucose", price=22400, device_code="XN.1"
    )
    PriceItemFactory(facility=station, code="40.491")
    BillingTermsFactory(facility=station)
    return station


@pytest.fixture
def typed(entered, listed):
    """The visit as clerks type it: a drug by its name, a test with its result, an appointment."""
    entered.person.occupation = Code.objects.get(system__key="occupation", code="00000")
    entered.person.save()
    Medication.objects.create(encounter=entered, name="Amlodipin", strength="5mg", unit="viên", quantity=30,
                              dosage="1 viên/lần * 1 lần/ngày * 30 ngày", prescribed_at=AT)  # fmt: skip
    Procedure.objects.create(encounter=entered, group="1", code="23.0075.1494", name="Glucose", quantity=1,
                             ordered_at=AT, performed_at=AT, performer_code="900002/TS-CCHN")  # fmt: skip
    LabResult.objects.create(
        encounter=entered, group=code("lab-group", "other"), service_code="23.0075.1494", service_name="Glucose",
        result="5.4", unit="mmol/L", resulted_at=AT + dt.timedelta(minutes=20),
    )  # fmt: skip
    Appointment.objects.create(person=entered.person, encounter=entered, on=dt.date(2025, 11, 3), number="H01")
    return entered


@pytest.mark.django_db
def test_a_visit_typed_here_leaves_with_the_prices_of_its_day(typed, send):
    result, data = send()
    assert [(each.table, each.column, each.message) for each in result.held] == []
    (claim,) = read_claims(data)
    main, (medicine,), (exam, test) = claim.main.raw, claim.rows("XML2"), claim.rows("XML3")
    assert list(claim.tables) == ["XML1", "XML2", "XML3", "XML4", "XML14"]
    assert (main["T_THUOC"], main["T_TONGCHI_BV"], main["T_BHTT"], main["T_BNTT"]) == ("3150", "62050", "62050", "0")
    assert (main["MA_TTDV"], main["MA_DOITUONG_KCB"], main["MA_KHOA"]) == ("900009/TS-CCHN", "1.2", "K01")
    assert (medicine.raw["MA_THUOC"], medicine.raw["DON_GIA"], medicine.raw["THANH_TIEN_BH"]) == (
        "40.491",
        "105",
        "3150",
    )
    assert (medicine.raw["SO_DANG_KY"], medicine.raw["MUC_HUONG"]) == ("VD-99001-21", "100")
    assert (exam.raw["MA_DICH_VU"], exam.raw["MA_NHOM"], exam.raw["NGAY_YL"]) == ("02.1896", "13", "202510030805")
    assert (test.raw["MA_DICH_VU"], test.raw["DON_GIA_BH"], test.raw["MA_MAY"]) == ("23.0075.1494", "22400", "XN.1")
    assert claim.rows("XML4")[0].raw["MA_BS_DOC_KQ"] == "900002/TS-CCHN"
    typed.refresh_from_db()
    assert typed.visit_link_code == claim.ma_lk == f"99001HSSK{typed.pk:010d}"


@pytest.mark.django_db
def test_reading_the_package_back_is_the_same_visit(typed, send):
    _, data = send()
    (file,) = claims.receive(data=data, name="lai.xml", by=None, door="screen", wait=True)
    assert claims.result(file)["rejected"] == 0
    assert list(Encounter.objects.filter(person=typed.person)) == [typed]
    assert Claim.objects.get().encounter == typed
    # That hypertension is chronic is proposed of any visit; nothing of the visit itself differs.
    assert set(ClaimTask.objects.values_list("kind", flat=True)) <= {"chronic"}
    again, data_again = send()
    assert (again.visits, again.same) == (1, 1)
    assert [each.ma_lk for each in read_claims(data_again)] == [f"99001HSSK{typed.pk:010d}"]
    typed.medication_set.update(quantity=28)
    assert "thuốc (XML2)" in send()[0].again[0][1]


@pytest.mark.django_db
def test_a_visit_that_lacks_something_stays_with_its_reason_and_good_ones_leave(typed, send, station):
    from tests.factories.records import DiagnosisFactory, EncounterFactory

    other = EncounterFactory(person=typed.person, facility=station, exam_date=dt.date(2025, 10, 9))
    DiagnosisFactory(encounter=other)
    Medication.objects.create(encounter=other, name="Thuốc lạ", quantity=3)
    result, data = send()
    assert [each.ma_lk for each in read_claims(data)] == [f"99001HSSK{typed.pk:010d}"]
    reasons = {(each.table, each.line, each.column): each.message for each in result.held}
    assert {each.encounter_id for each in result.held} == {other.pk}
    assert reasons["XML2", 1, "MA_THUOC"] == "Thuốc «Thuốc lạ» không có trong bảng giá của cơ sở ngày 09/10/2025."
    assert ("XML1", 1, "NGAY_VAO") in reasons
    assert not {column for _, _, column in reasons} & {"DON_GIA", "MUC_HUONG", "T_BHTT"}, "follow from the price"


@pytest.mark.django_db
def test_another_unit_than_that_of_the_list_is_asked_about(typed, period):
    typed.medication_set.update(unit="vỉ")
    (held,) = services.preview(period()).held
    assert (held.table, held.column) == ("XML2", "DON_VI_TINH")
    assert "«vỉ»" in held.message and "«Viên»" in held.message


@pytest.mark.django_db
def test_prices_of_another_day_do_not_count(typed, period):
    from ehr.claims.prices.models import BillingTerms, PriceItem

    PriceItem.objects.update(valid_from=dt.date(2025, 10, 4))
    assert {each.column for each in services.preview(period()).held} >= {"MA_THUOC", "MA_DICH_VU"}
    BillingTerms.objects.update(valid_from=dt.date(2025, 10, 4))
    assert "MA_TTDV" in {each.column for each in services.preview(period()).held}
