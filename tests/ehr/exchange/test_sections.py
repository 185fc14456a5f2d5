"""Sections B and C through REST."""

import pytest

from ehr.audit.models import AccessLog
from ehr.common.sections import load_form831
from ehr.exchange.serializers.history import HistoryRead
from ehr.exchange.serializers.person import PersonRead
from ehr.exchange.serializers.vaccinations import ROWS, Dose, VaccinationsRead
from ehr.exchange.serializers.visits import DiagnosisLine, Lab, VisitRead
from ehr.records.models import Surgery
from ehr.vaccination.models import Immunization
from tests.ehr.exchange.conftest import problems
from tests.factories.records import ChildFactory, HouseholdFactory, MembershipFactory, WomanFactory

pytestmark = pytest.mark.django_db
NONE, UNKNOWN = {"value": None, "state": "none"}, {"value": None, "state": "unknown"}


@pytest.fixture
def woman(village):
    person = WomanFactory(village=village)
    MembershipFactory(person=person, household=HouseholdFactory(village=village, toilet_type=""))
    person.refresh_from_db()
    return person


@pytest.fixture
def child(village):
    person = ChildFactory(village=village)
    person.refresh_from_db()
    return person


def everything_of_b():
    """A value for each field of section B, made from its own description."""
    values = {}
    for name, field in HistoryRead().fields.items():
        inner = getattr(field, "inner", field)
        kind = type(inner).__name__
        if field.read_only:
            continue
        if kind == "ChoiceField":
            values[name] = next(choice for choice in inner.choices if choice != "unknown")
        elif kind == "WholeField":
            values[name] = 3200 if name == "birth_weight_g" else 1
        elif kind == "NumberField":
            values[name] = 48.5 if name == "birth_length_cm" else 2
        elif kind == "DayField":
            values[name] = "2026-01-15"
        else:
            values[name] = f"Chữ {len(values)}"
    return values | {"surgery_history": "Mổ đẻ (2015)\nRuột thừa (2020)", "allergy_drug": "Penicillin\nAspirin"}


def test_every_field_of_section_b_round_trips(rest, woman):
    values = everything_of_b()
    response = rest.patch(f"people/{woman.code}/history/", {"version": 0, **values})
    assert response.status_code == 200, response.content.decode()
    body = rest.get(f"people/{woman.code}/history/").json()
    assert {name: (value, body[name]) for name, value in values.items() if body[name] != value} == {}
    assert body["version"] == 1
    assert Surgery.objects.get(person=woman, year=2015).body_part == "Mổ đẻ"


def test_the_three_empty_answers_stay_apart_in_section_b(rest, woman):
    sent = {"allergy_food": NONE, "allergy_other": UNKNOWN, "birth_weight_g": UNKNOWN, "surgery_history": NONE}
    body = rest.patch(f"people/{woman.code}/history/", {"version": 0, **sent}).json()
    assert {name: body[name] for name in sent} == sent
    assert body["allergy_chemical"] is None
    again = rest.patch(f"people/{woman.code}/history/", {"version": 1, "allergy_food": None}).json()
    assert again["allergy_food"] is None
    assert again["allergy_other"] == UNKNOWN


def test_section_b_nobody_asked_is_all_null(rest, woman):
    body = rest.get(f"people/{woman.code}/history/").json()
    empty = {name: value for name, value in body.items() if name not in ("version", "problems")}
    assert body["version"] == 0
    assert set(empty.values()) == {None}


@pytest.mark.parametrize("path", ["history/", "vaccinations/"])
def test_stale_versions_of_a_section_are_refused(rest, woman, path):
    address = f"people/{woman.code}/{path}"
    change = {"risk_smoking": "0"} if path == "history/" else {"mother_tetanus_dose_count": 2}
    assert rest.patch(address, {"version": 0, **change}).status_code == 200
    second = rest.patch(address, {"version": 0, **change})
    assert (second.status_code, problems(second)) == (409, {"version": "stale"})


def test_rules_of_section_b_speak_in_the_same_codes(rest, village):
    from tests.factories.records import PersonFactory

    man = PersonFactory(village=village)
    man.refresh_from_db()
    sent = {"version": 0, "pregnancy_count": 2, "birth_weight_g": 50, "risk_alcohol_glasses_per_day": 5}
    response = rest.patch(f"people/{man.code}/history/", sent)
    assert response.status_code == 400
    assert problems(response) == {"pregnancy_count": "sex.female_only", "birth_weight_g": "birth_weight_g.range"}
    warned = rest.patch(f"people/{man.code}/history/", {"version": 0, "risk_alcohol_glasses_per_day": 5})
    assert problems(warned) == {"risk_alcohol_glasses_per_day": "risk_alcohol.glasses"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"birth_weight_g": "3200"}, "invalid"), ({"birth_weight_g": 3200.5}, "invalid"),
        ({"birth_weight_g": True}, "invalid"),
        ({"birth_length_cm": 48.55}, "max_decimal_places"), ({"birth_length_cm": "48,5"}, "invalid"),
        ({"birth_length_cm": 1e300}, "max_digits"), ({"risk_smoking": "3"}, "invalid_choice"),
        ({"disease_asthma": True}, "invalid_choice"), ({"allergy_drug": "x" * 20_001}, "max_length"),
        ({"pregnancy_count": -1}, "min_value"), ({"pregnancy_count": 40_000}, "max_value"),
        ({"surgery_history": "x" * 301}, "max_length"), ({"risk_exposure_duration": "x" * 101}, "max_length"),
    ],
)  # fmt: skip
def test_wrong_types_in_section_b_name_the_field(rest, woman, change, code):
    response = rest.patch(f"people/{woman.code}/history/", {"version": 0, **change})
    assert response.status_code == 400, response.content.decode()
    assert problems(response) == {next(iter(change)): code}


def test_section_c_round_trips_by_printed_row(rest, child, places):
    rows = {
        "c1_bcg": {
            "status": "given", "occurrence_date": "2025-06-02", "reaction": "Sốt nhẹ", "next_date": "2025-07-02",
            "lot_number": "L1", "lot_expiry": "2026-01-01", "facility": f"org-{places.station.pk}",
            "facility_name": None, "staff_name": "Người Tiêm", "pregnancy_month": None,
        },
        "c1_hepb_birth": {"status": "not_given", "next_date": "2025-06-20"},
        "c1_polio_1": {"status": "unknown"},
    }  # fmt: skip
    extra = [{"table": "2", "vaccine": "IPV", "dose_number": 1, "status": "given", "occurrence_date": "2025-10-10"}]
    sent = {"version": 0, "mother_tetanus_dose_count": 2, "rows": rows, "extra": extra}
    response = rest.patch(f"people/{child.code}/vaccinations/", sent)
    assert response.status_code == 200, response.content.decode()
    body = rest.get(f"people/{child.code}/vaccinations/").json()
    for code, row in rows.items():
        assert {name: body["rows"][code][name] for name in row} == row
    assert body["rows"]["c1_measles_1"] is None
    assert {name: body["extra"][0][name] for name in extra[0]} == extra[0]
    assert body["mother_tetanus_dose_count"] == 2
    assert body["version"] == 1


def test_a_partial_update_of_section_c_leaves_the_other_rows_and_columns(rest, child):
    address = f"people/{child.code}/vaccinations/"
    first = {
        "c1_bcg": {"status": "given", "occurrence_date": "2025-06-02", "reaction": "Sốt"},
        "c1_hepb_birth": {"status": "unknown"},
    }
    rest.patch(address, {"version": 0, "rows": first, "mother_tetanus_dose_count": NONE})
    body = rest.patch(address, {"version": 1, "rows": {"c1_bcg": {"reaction": None}, "c1_hepb_birth": None}}).json()
    assert body["rows"]["c1_bcg"]["occurrence_date"] == "2025-06-02"
    assert body["rows"]["c1_bcg"]["reaction"] is None
    assert body["rows"]["c1_hepb_birth"] is None
    assert body["mother_tetanus_dose_count"] == NONE
    cleared = rest.patch(address, {"version": 2, "mother_tetanus_dose_count": None}).json()
    assert cleared["mother_tetanus_dose_count"] is None


def test_extra_doses_are_replaced_as_a_list(rest, child):
    address = f"people/{child.code}/vaccinations/"
    doses = [{"table": "2", "vaccine": "IPV", "dose_number": number, "status": "unknown"} for number in (1, 2)]
    kept = rest.patch(address, {"version": 0, "extra": doses}).json()["extra"][1]
    body = rest.patch(
        address,
        {"version": 1, "extra": [{"id": kept["id"], "vaccine": "IPV", "dose_number": 2, "status": "not_given"}]},
    )
    assert [(dose["id"], dose["status"]) for dose in body.json()["extra"]] == [(kept["id"], "not_given")]
    assert Immunization.objects.filter(person=child).count() == 1


def test_errors_of_section_c_name_the_row(rest, child):
    sent = {"rows": {"c1_bcg": {"status": "given", "occurrence_date": "2020-01-01"}}}
    response = rest.patch(f"people/{child.code}/vaccinations/", {"version": 0, **sent})
    assert response.status_code == 400
    assert problems(response) == {"rows.c1_bcg": "occurrence_date.before_birth"}
    shape = {"rows": {"c1_bcg": {"status": "yes", "date": "x"}, "c9_x": {}}, "extra": [{"vaccine": 1}, None]}
    response = rest.patch(f"people/{child.code}/vaccinations/", {"version": 0, **shape})
    assert problems(response) == {
        "rows.c1_bcg.status": "invalid_choice", "rows.c1_bcg.date": "unknown_field", "rows.c9_x": "unknown_field",
        "extra.0.vaccine": "invalid", "extra.1": "null",
    }  # fmt: skip
    assert not Immunization.objects.exists()


@pytest.mark.parametrize("path", ["history/", "vaccinations/"])
def test_reading_a_section_is_logged(rest, woman, path):
    rest.get(f"people/{woman.code}/{path}")
    rows = AccessLog.objects.values_list("person_id", "action", "object", "door")
    assert list(rows) == [(woman.pk, "view", "B" if path == "history/" else "C", "rest")]


def test_sections_take_a_fixed_number_of_statements(rest, woman, django_assert_max_num_queries):
    rest.patch(f"people/{woman.code}/history/", {"version": 0, **everything_of_b()})
    with django_assert_max_num_queries(13):
        rest.get(f"people/{woman.code}/history/")
    with django_assert_max_num_queries(6):
        rest.get(f"people/{woman.code}/vaccinations/")


#: Fields of the form that REST keeps in a list, each with the name of its column there.
IN_LISTS = {
    "diagnosis_icd10_code": "icd10_code", "diagnosis_name": "name", "conclusion": "conclusion",
    "lab_haematology": "result", "lab_blood_chemistry": "result", "lab_urine_chemistry": "result",
    "lab_abdominal_ultrasound": "result", "service_code": "service_code", "service_group": "service_group",
    "service_name": "service_name", "vaccine_code": "vaccine", "vaccine_group": "table", "vaccine_status": "status",
    "vaccine_dose_order": "dose_number", "vaccine": "vaccine", "not_vaccinated": "status",
    "vaccinated_date": "occurrence_date", "reaction": "reaction", "next_date": "next_date",
    "pregnancy_month": "pregnancy_month",
}  # fmt: skip


def test_every_field_of_the_form_has_a_place_in_rest():
    names = {row.code for row in ROWS}
    for shape in (PersonRead, HistoryRead, VaccinationsRead, VisitRead, Lab, DiagnosisLine, Dose):
        names |= set(shape().fields)
    extra = set(VaccinationsRead().fields["extra"].child.fields)
    missing = []
    for section in load_form831():
        for code in section.names:
            column = code[3:].removeprefix("col_") if code[2:7] == "_col_" else code
            if code not in names and IN_LISTS.get(column) not in names | extra:
                missing.append(code)
    assert missing == []
