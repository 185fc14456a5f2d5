"""What leaves, what stays, and that reading it back gives the same visits."""

import datetime as dt
import io
import zipfile

import pytest

from ehr.audit.models import AccessLog
from ehr.claims import services as claims
from ehr.claims.export import services
from ehr.claims.export.models import ClaimExport, ExportedVisit
from ehr.claims.models import Claim
from ehr.claims.spec import Standard
from ehr.claims.xml import read_claims
from tests.ehr.claims.services.files import key, made, visit, visits
from tests.factories.records import EncounterFactory, PersonFactory

pytestmark = pytest.mark.django_db


def tables(claim):
    return {name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}


def test_claims_go_out_value_for_value(station, take, send):
    sent = visits(5)
    take(*sent)
    result, data = send()
    before = {claim.ma_lk: tables(claim) for claim in read_claims(made(*sent))}
    after = {claim.ma_lk: tables(claim) for claim in read_claims(data)}
    assert after == before
    assert (result.visits, result.go, result.held_visits, result.new) == (5, 5, 0, 5)
    assert result.standards == {Standard.QD3176.label: 5}


def test_reading_the_package_again_changes_nothing(station, take, send):
    take(*visits(3))
    _, data = send()
    (file,) = claims.receive(data=data, name="lai.xml", by=None, door="screen", wait=True)
    assert claims.result(file)["unchanged"] == 3
    assert Claim.objects.count() == 3


def test_the_corrected_version_goes_and_says_why_again(station, take, send):
    take(*visits(2))
    send()
    result, _ = send()
    assert (result.go, result.same, result.again) == (2, 2, [])
    take(visit(1, GHI_CHU="Uống thuốc đều"), made_on=dt.date(2025, 11, 2))
    result, data = send(changed_only=True)
    assert [each.ma_lk for each in read_claims(data)] == [key(1)]
    ((changed, why),) = result.again
    assert changed == key(1)
    assert "thông tin chung (XML1)" in why
    assert "XML2" not in why


def test_what_breaks_a_rule_stays_with_its_reason_and_the_rest_goes(station, take, send):
    take(visit(1), visit(2, MA_TTDV=""), visit(3))
    result, data = send()
    assert [claim.ma_lk for claim in read_claims(data)] == [key(1), key(3)] or len(list(read_claims(data))) == 2
    assert result.held_visits == 1
    assert {(each.ma_lk, each.column) for each in result.held} == {(key(2), "MA_TTDV")}


def test_nothing_that_can_go_makes_no_package(station, take, send):
    take(visit(1, MA_TTDV=""))
    result, data = send()
    assert (result.export, data) == (None, b"")
    assert not ClaimExport.objects.exists()


def test_each_package_is_kept_with_its_fingerprint(station, take, send, users):
    import hashlib

    take(*visits(4))
    result, data = send(users.clerk)
    kept = ClaimExport.objects.get()
    assert kept == result.export
    assert (kept.sha256, kept.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (kept.visits, kept.held, kept.by, kept.facility) == (4, 0, users.clerk, station)
    assert ExportedVisit.objects.filter(export=kept).count() == 4


def test_days_outside_the_period_stay(station, take, period):
    take(*visits(6))
    days = sorted({claim.main.date("NGAY_RA") for claim in read_claims(made(*visits(6)))})
    one = services.preview(services.period_of("99001", days[0], days[0], by=None))
    rest = services.preview(services.period_of("99001", days[0] + dt.timedelta(days=1), days[-1], by=None))
    assert one.visits + rest.visits == 6
    assert one.visits >= 1


def test_one_file_for_each_visit(station, take, send):
    take(*visits(3))
    _, data = send(one_per_visit=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [list(read_claims(archive.read(name))) for name in archive.namelist()]
    assert sorted(claim.ma_lk for (claim,) in found) == [key(1), key(2), key(3)]


def test_nested_documents_read_back_equal(station, take, send):
    take(*visits(2))
    _, data = send(nested=True)
    assert b"<TONG_HOP>" in data
    assert {claim.ma_lk: tables(claim) for claim in read_claims(data)} == {
        claim.ma_lk: tables(claim) for claim in read_claims(made(*visits(2)))
    }


# --- Restricted ------------------------------------------------------------------------------------------------------


def test_restricted_claims_stay_unless_asked_for_with_the_right(station, take, send, users, period):
    take(visit(1), visit(2, MA_BENH_CHINH="B20", CHAN_DOAN_RV="B20 - HIV"))
    assert Claim.objects.exclude(restricted=[]).count() == 1
    result, data = send()
    assert [claim.ma_lk for claim in read_claims(data)] == [key(1)]
    assert result.restricted == 1
    with pytest.raises(services.PermissionDenied):
        period(users.clerk, restricted=True)
    result, data = send(restricted=True)
    assert result.visits == 2
    assert ClaimExport.objects.filter(restricted=True).exists() == any(
        claim.ma_lk == key(2) for claim in read_claims(data)
    )


def test_visits_entered_here_with_restricted_diagnoses_stay(entered, send):
    entered.diagnosis_set.update(icd10_code="B20", name="Bệnh do HIV")
    result, _ = send()
    assert (result.visits, result.held) == (0, [])


# --- Visits entered here ---------------------------------------------------------------------------------------------


def test_a_visit_entered_here_stays_until_its_prices_are_known(entered, send):
    result, _ = send()
    missing = {each.column for each in result.held}
    assert (result.go, result.held_visits) == (0, 1)
    assert "MA_TTDV" in missing
    assert any("chưa khai thông tin thanh toán" in each.message for each in result.held)
    assert not missing & {"HO_TEN", "MA_THE_BHYT", "GT_THE_TU", "NGAY_VAO", "MA_BENH_CHINH", "MAXA_CU_TRU"}


def test_the_key_of_a_visit_stays_the_same(entered, period):
    keys = {each.ma_lk for _ in range(2) for each in services.preview(period()).held}
    assert keys == {f"99001HSSK{entered.pk:010d}"}


def test_a_visit_that_was_cancelled_after_it_went_out_is_named(station, send, entered, period):
    export = ClaimExport.objects.create(
        facility=station, facility_code="99001", first=entered.exam_date, last=entered.exam_date, door="command",
        sha256="0" * 64, size=1, visits=1, held=0,
    )  # fmt: skip
    ExportedVisit.objects.create(export=export, encounter=entered, facility_code="99001", ma_lk="LK1")
    entered.status, entered.status_reason = "error", "Nhầm"
    entered.save()
    assert services.preview(period()).cancelled == ["LK1"]


@pytest.mark.parametrize("count", [2, 12])
def test_queries_do_not_grow_with_visits(station, period, count, django_assert_max_num_queries):
    for _ in range(count):
        EncounterFactory(person=PersonFactory(), facility=station, exam_date=dt.date(2025, 10, 3))
    services.preview(period())  # code lists are read once a minute
    with django_assert_max_num_queries(30):
        assert services.preview(period()).visits == count


# --- Places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["far", "nobody", "admin"])
def test_other_people_have_no_such_facility(station, users, period, name):
    with pytest.raises(services.PermissionDenied):
        period(getattr(users, name))
    assert services.facilities_of(getattr(users, name)) == []


def test_exports_are_logged_for_each_person(station, entered, take, send, users):
    person = entered.person
    take(visit(1, SO_CCCD=person.identifier_set.get(kind="SDDCN").value, HO_TEN=person.full_name,
               NGAY_SINH=person.birth_date, GIOI_TINH=person.sex))  # fmt: skip
    claim = Claim.objects.get()
    claim.person = person
    claim.save()
    send(users.clerk)
    assert AccessLog.objects.filter(person_id=person.pk, action="export", user=users.clerk).exists()
