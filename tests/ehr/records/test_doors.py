"""One rule, one home: whichever door a row comes through, it is refused with the same codes, and nothing is written."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from ehr.records.models import Identifier, Person
from tests import doors
from tests.factories.records import IdentifierFactory, PersonFactory, WomanFactory

TAKEN, FREE = "038080000831", "038080000832"
TOMORROW = (localdate() + timedelta(days=1)).strftime("%d/%m/%Y")


@pytest.fixture(params=["screen", "admin", "rest"])
def door(request, users, login):
    if request.param == "rest":
        doors.partner_key(users.partner)
        return doors.RestDoor("rest", login(None))
    kind = doors.ScreenDoor if request.param == "screen" else doors.AdminDoor
    return kind(request.param, login(users.clerk))


def wrong(codes):
    """The error codes that are expected; none means that the row is stored."""
    return set(codes.split())


PEOPLE = [
    ("good", {}, ""),
    ("good, with everything a number can be", {"id_number": FREE, "phone_mobile": "0912345678"}, ""),
    ("empty name", {"full_name": ""}, "full_name.required"),
    ("a name without letters", {"full_name": "123"}, "full_name.letters"),
    ("no sex", {"sex": ""}, "sex.required"),
    ("no birth date", {"birth_date": ""}, "birth_date.required"),
    ("born tomorrow", {"birth_date": TOMORROW}, "birth_date.future"),
    ("five digits", {"id_number": "12345"}, "id_number.format"),
    ("a number in use", {"id_number": TAKEN}, "id_number.taken"),
    (
        "card issued before birth",
        {"id_number": "038080000832", "id_issue_date": "01/01/1970"},
        "id_issue_date.before_birth",
    ),
    ("no commune", {"current_commune": ""}, "current_commune.required"),
    ("a unit that does not exist", {"current_commune": "99999"}, "current_commune.unknown_code"),
    ("a commune of others", {"current_commune": "16531"}, "current_commune.scope"),
    ("health insurance of four digits", {"health_insurance_number": "1234"}, "bhyt.format"),
    ("two faults at once", {"full_name": "", "id_number": "12345"}, "full_name.required id_number.format"),
]


@pytest.mark.parametrize(("change", "codes"), [case[1:] for case in PEOPLE], ids=[case[0] for case in PEOPLE])
def test_a_person_meets_the_same_rules_at_every_door(door, change, codes, places):
    IdentifierFactory(value=TAKEN, person__village=places.villages[0])
    before = Person.objects.count()

    assert door.person(**change) == wrong(codes)
    assert Person.objects.count() == before + (not codes)
    if "id_number" in change and not codes:
        assert Identifier.objects.filter(value=change["id_number"], kind="SDDCN").exists()


HISTORIES = [
    ("a woman's pregnancies", "2", {"pregnancy_count": "2", "birth_count": "2"}, ""),
    ("a man's pregnancies", "1", {"pregnancy_count": "2"}, "sex.female_only"),
    ("a newborn of 90 kg", "1", {"birth_weight_g": "90000"}, "birth_weight_g.range"),
]


@pytest.mark.parametrize(("sex", "values", "codes"), [c[1:] for c in HISTORIES], ids=[c[0] for c in HISTORIES])
def test_section_b_meets_the_same_rules_at_every_door(door, sex, values, codes, places):
    person = (WomanFactory if sex == "2" else PersonFactory)(village=places.villages[0])

    assert door.history(_with_code(person), **values) == wrong(codes)

    history = getattr(Person.objects.get(pk=person.pk), "health_history", None)
    assert (history is not None) == (not codes)


VISITS = [
    ("good", {"bp_systolic": "120", "bp_diastolic": "80", "weight_kg": "61,5"}, ""),
    ("no date", {"exam_date": ""}, "exam_date.required"),
    ("tomorrow", {"exam_date": TOMORROW}, "exam_date.future"),
    ("before birth", {"exam_date": "01/01/1970"}, "exam_date.before_birth"),
    ("blood pressure upside down", {"bp_systolic": "80", "bp_diastolic": "120"}, "bp.order"),
    ("a pulse of 999", {"pulse": "999"}, "pulse.range"),
    ("temperature 60", {"temperature": "60"}, "temperature.range"),
    (
        "ends before it begins",
        {"visit_start_date": "10/02/2026", "visit_end_date": "09/02/2026"},
        "visit_end_date.before_start",
    ),
]


@pytest.mark.parametrize(("change", "codes"), [case[1:] for case in VISITS], ids=[case[0] for case in VISITS])
def test_a_visit_meets_the_same_rules_at_every_door(door, change, codes, places):
    person = _with_code(PersonFactory(village=places.villages[0], birth_date=date(1980, 3, 12)))

    assert door.visit(person, **change) == wrong(codes)
    assert doors.stored()[1] == (0 if codes else 1)


DOSES = [
    ("good", "1", "c1_bcg", {"status": "given", "occurrence_date": "02/06/2025"}, ""),
    ("only a date", "1", "c1_bcg", {"occurrence_date": "02/06/2025"}, ""),
    (
        "before birth",
        "1",
        "c1_bcg",
        {"status": "given", "occurrence_date": "01/06/2024"},
        "occurrence_date.before_birth",
    ),
    ("tomorrow", "1", "c1_bcg", {"status": "given", "occurrence_date": TOMORROW}, "occurrence_date.future"),
    ("month 11 of a pregnancy", "2", "c3_uv1", {"status": "given", "pregnancy_month": "11"}, "pregnancy_month.range"),
]


@pytest.mark.parametrize(("sex", "row", "columns", "codes"), [c[1:] for c in DOSES], ids=[c[0] for c in DOSES])
def test_a_dose_meets_the_same_rules_at_every_door(door, sex, row, columns, codes, places):
    from ehr.vaccination.models import FormRow

    if row.startswith("c3"):
        row = FormRow.objects.filter(table="3").order_by("position").values_list("code", flat=True)[0]
    person = _with_code(PersonFactory(village=places.villages[0], birth_date=date(2025, 6, 1), sex=sex))

    assert door.dose(person, row, **columns) == wrong(codes)
    assert doors.stored()[2] == (0 if codes else 1)


def _with_code(person):
    """The record code is made by the database."""
    return Person.objects.get(pk=person.pk)
