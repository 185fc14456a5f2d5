"""Section D through REST."""

from datetime import date

import pytest

from ehr.audit.models import AccessLog
from ehr.exchange.serializers.visits import VisitRead
from ehr.records.models import Encounter
from tests.ehr.exchange.conftest import problems
from tests.factories.records import DiagnosisFactory, EncounterFactory, LabResultFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(village):
    made = PersonFactory(village=village)
    made.refresh_from_db()
    return made


def everything_of_d(places):
    """A value for each field of section D, made from its own description."""
    numbers = {
        "pulse": 80, "temperature": 36.8, "bp_systolic": 120, "bp_diastolic": 80, "respiratory_rate": 18,
        "weight_kg": 61.25, "height_cm": 165.5, "waist_cm": 80,
    }  # fmt: skip
    values = {}
    for name, field in VisitRead().fields.items():
        kind = type(field).__name__
        if field.read_only or kind == "ListSerializer":
            continue
        if kind in ("WholeField", "NumberField"):
            values[name] = numbers[name]
        elif kind == "ChoiceField":
            values[name] = next(iter(field.choices))
        elif kind == "DayField":
            values[name] = "2026-02-10"
        elif kind == "FacilityField":
            values[name] = f"org-{places.station.pk}"
        else:
            values[name] = f"Chữ {len(values)}"
    return values | {
        "present_illness": "Dòng một\nDòng hai",
        "labs": [
            {"group": "haematology", "service_code": "S1", "service_group": "1", "service_name": "Hồng cầu",
             "loinc": "789-8", "result": "4,5", "unit": "T/L"},
            {"group": "abdominal_ultrasound", "service_code": None, "service_group": "2", "service_name": None,
             "loinc": None, "result": "Bình thường", "unit": None},
        ],
        "diagnoses": [{"icd10_code": "I10", "name": "Tăng huyết áp", "conclusion": "Ổn định"},
                      {"icd10_code": None, "name": "Theo dõi", "conclusion": None}],
    }  # fmt: skip


def create(rest, person, values):
    response = rest.post(f"people/{person.code}/visits/", values)
    assert response.status_code == 201, response.content.decode()
    return response.json()


def differences(sent, body):
    """Fields that came back other than they were sent; lines of lists by what was sent of them."""
    found = {}
    for name, value in sent.items():
        back = body[name]
        if isinstance(value, list):
            back = [{key: line[key] for key in asked} for asked, line in zip(value, back, strict=True)]
        if back != value:
            found[name] = (value, back)
    return found


def test_every_field_of_section_d_round_trips(rest, places, person):
    sent = everything_of_d(places)
    made = create(rest, person, sent)
    body = rest.get(f"visits/{made['id']}/").json()
    assert differences(sent, body) == {}
    assert body["bmi"] == 22.4
    assert body["person"] == person.code
    assert body["diagnoses"][0]["icd10_version"]


def test_a_partial_update_leaves_other_fields_and_lists(rest, places, person):
    sent = everything_of_d(places)
    made = create(rest, person, sent)
    body = rest.patch(f"visits/{made['id']}/", {"version": 1, "pulse": 90, "organ_ent": None}).json()
    made["problems"] = body["problems"]
    assert {name for name in made if made[name] != body[name]} == {"pulse", "organ_ent", "version", "updated_at"}
    assert (body["pulse"], body["organ_ent"]) == (90, None)
    labs = rest.patch(f"visits/{made['id']}/", {"version": 2, "labs": []}).json()
    assert labs["labs"] == []
    assert differences({"diagnoses": sent["diagnoses"]}, labs) == {}


def test_stale_visits_are_refused(rest, person):
    made = create(rest, person, {"exam_date": "2026-02-10"})
    assert rest.patch(f"visits/{made['id']}/", {"version": 1, "pulse": 90}).status_code == 200
    second = rest.patch(f"visits/{made['id']}/", {"version": 1, "pulse": 91})
    assert (second.status_code, problems(second)) == (409, {"version": "stale"})
    cancel = rest.post(f"visits/{made['id']}/cancel/", {"version": 1, "reason": "Nhầm người"})
    assert cancel.status_code == 409


def test_a_visit_entered_in_error_is_cancelled_with_a_reason(rest, person):
    made = create(rest, person, {"exam_date": "2026-02-10"})
    nothing = rest.post(f"visits/{made['id']}/cancel/", {"version": 1, "reason": "  "})
    assert nothing.status_code == 400
    assert Encounter.objects.get().status == "finished"
    body = rest.post(f"visits/{made['id']}/cancel/", {"version": 1, "reason": "Nhầm người"}).json()
    assert (body["status"], body["status_reason"]) == ("error", "Nhầm người")
    assert Encounter.objects.count() == 1


def test_rules_and_shapes_of_section_d_name_the_field(rest, person):
    response = rest.post(
        f"people/{person.code}/visits/",
        {
            "exam_date": "2026-02-10",
            "bp_systolic": 80,
            "bp_diastolic": 90,
            "pulse": 400,
            "diagnoses": [{"icd10_code": "ZZZ9"}],
        },
    )
    assert response.status_code == 400
    assert problems(response) == {"bp_systolic": "bp.order", "pulse": "pulse.range", "diagnoses": "icd10.unknown"}
    shape = {"exam_date": "10/02/2026", "bmi": 22, "labs": [{"result": 5}, "x"], "diagnoses": {}, "height_cm": 65.55}
    response = rest.post(f"people/{person.code}/visits/", shape)
    assert problems(response) == {
        "exam_date": "date.format", "bmi": "read_only", "labs.0.result": "invalid", "labs.1": "invalid",
        "diagnoses": "not_a_list", "height_cm": "max_decimal_places",
    }  # fmt: skip
    codes = {"exam_date": "2026-02-10", "labs": [{"result": "1", "loinc": "0-0"}]}
    assert problems(rest.post(f"people/{person.code}/visits/", codes)) == {"labs": "loinc.unknown"}
    assert not Encounter.objects.exists()


def test_a_taken_visit_code_is_named(rest, places, person):
    values = {"exam_date": "2026-02-10", "visit_link_code": "LK1", "facility": f"org-{places.station.pk}"}
    create(rest, person, values)
    second = rest.post(f"people/{person.code}/visits/", values)
    assert second.status_code == 400
    assert "visit_link_code.taken" in problems(second).values()


def test_the_list_of_visits_is_filtered_and_paged(rest, person):
    visits = [EncounterFactory(person=person, exam_date=date(2026, month, 1)) for month in (1, 2, 3)]
    EncounterFactory(person=person, exam_date=date(2026, 4, 1), status="error", status_reason="Nhầm")
    EncounterFactory()

    def days(query):
        return [row["exam_date"] for row in rest.get(f"people/{person.code}/visits/?{query}").json()["results"]]

    assert days("exam_from=2026-02-01&exam_to=2026-03-01") == ["2026-02-01", "2026-03-01"]
    assert days("status=error") == ["2026-04-01"]
    first = rest.get(f"people/{person.code}/visits/?page_size=2").json()
    assert [row["id"] for row in first["results"]] == [visits[0].pk, visits[1].pk]
    assert first["next"]


@pytest.mark.parametrize("number", [1, 10])
def test_a_list_of_visits_takes_the_same_statements_however_many(
    rest, places, person, number, django_assert_num_queries
):
    for _ in range(number):
        visit = EncounterFactory(person=person, facility=places.station)
        DiagnosisFactory(encounter=visit)
        LabResultFactory(encounter=visit)
    rest.get("me/")
    with django_assert_num_queries(15):  # key, assignments, person, log, visits, nine lists, facilities
        assert len(rest.get(f"people/{person.code}/visits/").json()["results"]) == number


def test_visits_of_another_commune_do_not_exist(rest, far_rest, person):
    pk = create(rest, person, {"exam_date": "2026-02-10"})["id"]
    assert far_rest.get(f"visits/{pk}/").status_code == 404
    assert far_rest.patch(f"visits/{pk}/", {"version": 1, "pulse": 80}).status_code == 404
    assert far_rest.post(f"visits/{pk}/cancel/", {"version": 1, "reason": "x"}).status_code == 404
    assert rest.get("visits/999999999999999999/").status_code == 404
    assert rest.get("visits/9999999999999999999999/").status_code == 404


def test_reading_visits_is_logged(rest, person):
    visit = EncounterFactory(person=person)
    rest.get(f"visits/{visit.pk}/")
    rest.get(f"people/{person.code}/visits/")
    rows = AccessLog.objects.order_by("pk").values_list("person_id", "action", "object", "door")
    assert list(rows) == [(person.pk, "view", "D", "rest")] * 2
