"""One rule, one home: a row written in bulk leaves the same rows and the same problems as the single saves."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision
from ehr.common.problems import problems_of
from ehr.records import bulk
from ehr.records.models import (
    Address,
    Allergy,
    Condition,
    Disability,
    FamilyHistory,
    HealthHistory,
    Household,
    Identifier,
    Membership,
    Person,
    Relative,
    Surgery,
)
from ehr.records.services import save_history, save_person
from ehr.records.services.fields import OF_A
from tests.factories.records import national_id

TODAY = dt.date(2026, 3, 1)
TABLES = (
    Identifier,
    Address,
    Relative,
    Membership,
    HealthHistory,
    Allergy,
    Condition,
    Disability,
    Surgery,
    FamilyHistory,
)
LEFT_OUT = {"id", "code", "created_at", "updated_at", "person_id", "household_id"}
BASE = {
    "full_name": "Lê Văn Thử",
    "sex": "1",
    "birth_date": PartialDate(dt.date(1980, 3, 12)),
    "current_commune": "16516",
}
MOTHER = {**BASE, "full_name": "Nguyễn Thị Mẹ", "sex": "2"}
YEAR_ONLY = PartialDate(dt.date(1975, 1, 1), Precision.YEAR)

NEW = [
    {},
    {"birth_date": YEAR_ONLY},
    {"birth_date": PartialDate(None, Precision.UNKNOWN)},
    {"full_name": "  nguyễn   văn  an "},
    {"full_name": "Tra\u0302\u0300n Thị B"},
    {"id_number": national_id(1)},
    {"id_number": "123 456 789", "id_issue_date": dt.date(2001, 5, 6), "id_issue_place": "Công an tỉnh"},
    {"id_number": "B1234567"},
    {"person_identifier": national_id(2)},
    {"id_number": national_id(3), "person_identifier": national_id(3)},
    {"id_number": national_id(4), "person_identifier": national_id(5)},
    {"id_missing_reason": "1"},
    {"health_insurance_number": "GD4380000000001", "social_insurance_code": "3800000001"},
    {"health_insurance_number": "không", "social_insurance_code": "không biết"},
    {"health_insurance_number": "1234"},
    {"phone_mobile": "+84 912 345 678", "phone_landline": "không", "email": "a@b.vn"},
    {"phone_mobile": "kb", "email": Answer.NONE},
    {"mother_name": Answer("Lê\tThị\nM", "value"), "note": "a\tb\\N\r\nc", "current_address_detail": "\\x02 \x02\x00|"},
    {"risk_exposure": "bụi\\\nkhói\ttrắng", "disease_cancer": "K\tphổi\\n"},
    {"ethnicity": "01", "nationality": "VN", "religion": "", "occupation": "1"},
    {"ethnicity": "no such code"},
    {"current_commune": "99999"},
    {"current_village_code": "T1"},
    {"current_village_code": "T2", "household_code": "H1", "relation_to_head": "01"},
    {"current_village_code": "T1", "household_code": "H2", "current_address_detail": "Số 5",
    "household_toilet_type": "flush"},
    {"current_village_code": "T9"},
    {"permanent_commune": "16516", "permanent_address_detail": "Thôn cũ", "permanent_village_code": "T1"},
    {"permanent_commune": "old-16537", "permanent_district": "382"},
    {"permanent_province": "38", "birth_registration_province": "38", "current_district": "382"},
    {"mother_name": "Lê Thị M", "father_name": "không", "caregiver_name": "Lê Thị M",
    "caregiver_phone_mobile": "0912 345 678"},
    {"caregiver_relation": "mẹ", "relative_relation_code": "08", "relative_is_guardian": True,
    "relative_identifier": ""},
    {"blood_group_abo": "AB", "blood_group_rh": "pos", "residence": "temporary", "note": "dòng một\n\n\n\ndòng hai"},
    {"blood_group_abo": "Z"},
    {"current_address_detail": "x" * 201},
    {"status": "moved", "moved_out_on": dt.date(2026, 1, 1), "moved_out_to": "Hà Nội"},
    {"status": "dead"},
    {"status": "dead", "death_date": dt.date(2026, 1, 1)},
    {"sex": ""},
    {"sex": "9"},
    {"full_name": ""},
    {"birth_date": PartialDate(dt.date(2030, 1, 1))},
    {"resident_since": dt.date(2020, 1, 1), "population_member_code": "12-34", "vneid_account": "kb"},
    {"birth_certificate_number": "12345.GCS.00001.25"},
    {"birth_certificate_number": "nonsense"},
    {"disease_hypertension": "yes", "disease_asthma": "no", "disease_diabetes": "unknown"},
    {"disease_cancer": "K dạ dày\nK phổi", "disease_other": "không"},
    {"allergy_drug": "Penicillin", "allergy_food": "tôm\ncua", "allergy_other": "không biết"},
    {"disability_hearing": "điếc tai trái", "disability_other": "không"},
    {"surgery_history": "Mổ ruột thừa 2010\nMổ mắt"},
    {"surgery_history": "không"},
    {"surgery_history": "x" * 301},
    {"family_disease_asthma": "yes", "family_disease_asthma_person": "mẹ", "family_allergy_drug": "Penicillin"},
    {"family_disease_cancer_person": "bố", "family_disease_hypertension_person": "bà nội"},
    {"family_disease_asthma_person": "x" * 151},
    {"birth_weight_g": "3100", "birth_length_cm": Decimal("50.5"), "birth_delivery_mode": "0", "birth_preterm": "no"},
    {"birth_weight_g": "90000"},
    {"birth_length_cm": "48.55"},
    {"birth_weight_g": "1.5"},
    {"birth_weight_g": "nhẹ"},
    {"risk_smoking": "2", "risk_smoking_quit": "yes", "risk_alcohol": "yes", "risk_alcohol_glasses_per_day": "2,5"},
    {"risk_exposure": "không", "risk_exposure_duration": "10 năm", "other_issues": "dòng một\ndòng hai"},
    {"risk_smoking": "9"},
    {"pregnancy_count": "2"},
    {"sex": "2", "pregnancy_count": "2", "birth_count": "0", "miscarriage_count": "không",
    "contraception_method": "vòng"},
    {"household_toilet_type": "flush"},
    {"household_toilet_type": "hole"},
    {"surveyed_on": dt.date(2026, 1, 5), "gynaecological_disease": "", "last_pregnancy": ""},
    {"id_number": "12345", "full_name": "", "current_commune": ""},
]  # fmt: skip


def rows_of(model, **where):
    rows = []
    for row in model.objects.filter(**where).order_by("pk"):
        columns = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        rows.append({name: value for name, value in columns.items() if name not in LEFT_OUT})
    return sorted(rows, key=repr)


def snapshot():
    """All rows of all people, by the order in which they were made, without keys and stamps."""
    people = []
    for person in Person.objects.order_by("pk"):
        found = {model.__name__: rows_of(model, person=person) for model in TABLES}
        found["Person"] = rows_of(Person, pk=person.pk)
        found["Household"] = rows_of(Household, memberships__person=person)
        people.append(found)
    return people, len(Household.objects.all())


def one_by_one(rows, by=None):
    """Codes of the problems of each row, and what is stored at the end."""
    codes = []
    for values, person in rows:
        a = {code: value for code, value in values.items() if code in OF_A}
        b = {code: value for code, value in values.items() if code not in OF_A}
        try:
            with transaction.atomic():
                found = []
                if a or person is None:
                    saved = save_person(values=a, by=by, door="excel", person=person, today=TODAY)
                    found, person = saved.warnings, saved.object
                if b:
                    person = Person.objects.get(pk=person.pk)
                    found = found + save_history(person=person, values=b, by=by, door="excel").warnings
            codes.append(("stored", sorted(each.code for each in found)))
        except ValidationError as refused:
            codes.append(("refused", sorted({each.code for each in problems_of(refused)})))
    check_constraints()
    return codes, snapshot()


def in_bulk(rows, by=None):
    given = [bulk.BulkRow(at, values, person and person.pk) for at, (values, person) in enumerate(rows)]
    seen = bulk.check(given, by=by, today=TODAY)
    outcomes = bulk.write(given, by=by, door="excel", batch=1, today=TODAY)
    assert [(each.key, each.fate, each.problems) for each in seen] == [
        (each.key, each.fate, each.problems) for each in outcomes
    ]
    codes = []
    for each in outcomes:
        level = "error" if each.fate == "refused" else "warning"
        found = [problem.code for problem in each.problems if problem.level == level]
        codes.append(("refused", sorted(set(found))) if each.fate == "refused" else ("stored", sorted(found)))
    check_constraints()
    return codes, snapshot()


def check_constraints():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def both(rows, by=None):
    """The two ways, each from the same start."""
    results = []
    for way in (one_by_one, in_bulk):
        with transaction.atomic():
            results.append(way(rows, by))
            transaction.set_rollback(True)
    return results


def test_a_new_person_is_the_same(places, users):
    different = []
    for change in NEW:
        single, many = both([({**BASE, **change}, None)], by=users.clerk)
        if many != single:
            different.append((change, single, many))
    assert not different


def test_all_new_people_at_once_are_the_same(places, users):
    rows = [({**BASE, "full_name": f"Lê Văn Thử {at}", **change}, None) for at, change in enumerate(NEW)]
    single, many = both(rows, by=users.clerk)
    assert many == single


FULL = {
    **BASE, "id_number": national_id(1), "id_issue_date": dt.date(2021, 5, 6), "id_issue_place": "Cục C06",
    "health_insurance_number": "GD4380000000001", "phone_mobile": "0912345678", "email": "không", "ethnicity": "01",
    "occupation": "1", "current_village_code": "T1", "household_code": "H1", "relation_to_head": "01",
    "current_address_detail": "Số 5", "permanent_commune": "16516", "mother_name": "Lê Thị M",
    "caregiver_name": "không",
    "disease_hypertension": "yes", "disease_cancer": "K dạ dày\nK phổi", "allergy_drug": "Penicillin",
    "surgery_history": "Mổ ruột thừa 2010\nMổ mắt", "family_disease_asthma": "yes",
    "family_disease_asthma_person": "mẹ",
    "birth_weight_g": "3100", "risk_smoking": "1", "risk_exposure": "không", "household_toilet_type": "flush",
    "note": "ghi chú",
}  # fmt: skip
UPDATES = [
    {},
    {"full_name": "Lê Văn Thử"},
    FULL,
    {"full_name": "Lê Văn Khác", "sex": "2"},
    {"birth_date": YEAR_ONLY},
    {"id_number": national_id(2)},
    {"id_number": ""},
    {"id_number": national_id(2), "id_issue_date": dt.date(2022, 1, 1)},
    {"id_issue_date": dt.date(2022, 1, 1), "id_issue_place": ""},
    {"health_insurance_number": "không"},
    {"health_insurance_number": ""},
    {"phone_mobile": "không biết", "email": "x@y.vn"},
    {"ethnicity": "", "occupation": "2"},
    {"current_village_code": "T2"},
    {"current_village_code": "T2", "resident_since": dt.date(2026, 2, 1)},
    {"current_village_code": "T2", "household_code": "H7", "relation_to_head": "17"},
    {"household_code": "H7"},
    {"relation_to_head": "17"},
    {"relation_to_head": ""},
    {"household_code": ""},
    {"current_commune": "16531"},
    {"permanent_commune": "", "permanent_address_detail": "Nhà cũ"},
    {"mother_name": "", "father_name": "Lê Văn B", "caregiver_name": "Lê Thị M"},
    {"note": "", "status": "dead", "death_date": dt.date(2026, 1, 1)},
    {"status": "duplicate"},
    {"status": "error"},
    {"disease_hypertension": "no"},
    {"disease_hypertension": ""},
    {"disease_cancer": "K phổi"},
    {"disease_cancer": "không"},
    {"allergy_drug": "Penicillin\nAspirin", "allergy_food": "tôm"},
    {"surgery_history": "Mổ mắt\nMổ khớp 2020"},
    {"surgery_history": "không"},
    {"surgery_history": ""},
    {"family_disease_asthma_person": "bố"},
    {"family_disease_asthma": "no", "family_disease_asthma_person": ""},
    {"birth_weight_g": "", "risk_smoking": "", "risk_exposure": "bụi"},
    {"household_toilet_type": "bucket"},
    {"household_toilet_type": ""},
    {"surveyed_on": dt.date(2026, 2, 2)},
    {"risk_smoking": "9"},
    {"sex": "", "full_name": ""},
    {"pregnancy_count": "1"},
]


def _stored(values, **more):
    row = bulk.BulkRow(1, {**values, **more})
    (made,) = bulk.write([row], by=None, door="excel", batch=0, today=dt.date(2026, 2, 1))
    assert made.fate == "new", made.problems
    return Person.objects.get(pk=made.person_id)


@pytest.mark.parametrize("start", [FULL, BASE], ids=["full", "least"])
def test_a_changed_person_is_the_same(start, places, users):
    person, different = _stored(start), []
    for change in UPDATES:
        single, many = both([(change, person)], by=users.head)
        if many != single:
            different.append((change, single, many))
    assert not different


def test_many_changes_at_once_are_the_same(places, users):
    people = [
        _stored(FULL, full_name=f"Lê Văn {at}", id_number=national_id(100 + at), household_code=f"H{at}")
        for at in range(len(UPDATES))
    ]
    changes = [{k: v for k, v in each.items() if k not in ("id_number", "household_code")} for each in UPDATES]
    single, many = both(list(zip(changes, people, strict=True)), by=users.head)
    assert many == single


HOUSE = {"current_village_code": "T1", "household_code": "H1"}


def test_one_household_of_several_rows_with_heads_and_toilets(places, users):
    head = _stored(FULL)
    rows = [
        (
            {**BASE, **HOUSE, "full_name": "Lê Thị Hai", "relation_to_head": "01", "household_toilet_type": "bucket"},
            None,
        ),
        ({**BASE, **HOUSE, "full_name": "Lê Thị Ba", "relation_to_head": "17"}, None),
        ({**BASE, **HOUSE, "full_name": "Lê Thị Tư", "relation_to_head": "01", "household_toilet_type": "none"}, None),
        ({"phone_mobile": "0987654321", "relation_to_head": "17"}, head),
        ({**BASE, **HOUSE, "household_code": "H2", "full_name": "Lê Thị Năm", "relation_to_head": "01"}, None),
        ({**BASE, **HOUSE, "household_code": "H2", "full_name": "Lê Thị Sáu", "relation_to_head": "01"}, None),
        ({**BASE, **HOUSE, "household_code": "H3", "full_name": "", "relation_to_head": "01"}, None),
    ]
    single, many = both(rows, by=users.clerk)
    assert many == single


def test_rows_of_one_person_are_applied_one_after_the_other(places, users):
    person = _stored(FULL)
    rows = [
        ({"phone_mobile": "0911111111"}, person),
        ({"risk_smoking": "2"}, person),
        ({"phone_mobile": "0922222222"}, person),
    ]
    given = [bulk.BulkRow(at, values, person.pk) for at, (values, _) in enumerate(rows)]
    outcomes = bulk.write(given, by=users.clerk, door="excel", batch=1, today=TODAY)
    assert [each.key for each in outcomes] == [0, 1, 2]
    person.refresh_from_db()
    assert (person.phone_mobile, person.version) == ("0922222222", 3)


def test_the_same_rows_a_second_time_change_nothing(places, users):
    rows = [bulk.BulkRow(at, {**BASE, "full_name": f"Lê Văn Thử {at}", **change}) for at, change in enumerate(NEW)]
    first = bulk.write(rows, by=users.clerk, door="excel", batch=1, today=TODAY)
    stored = snapshot()
    again = [
        bulk.BulkRow(row.key, row.values, made.person_id)
        for row, made in zip(rows, first, strict=True)
        if made.fate == "new"
    ]
    outcomes = bulk.write(again, by=users.clerk, door="excel", batch=2, today=TODAY)
    assert {each.fate for each in outcomes} == {"unchanged"}, [each for each in outcomes if each.fate != "unchanged"]
    assert len(again) > 40
    assert snapshot() == stored
