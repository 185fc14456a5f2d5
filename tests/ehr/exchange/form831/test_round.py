"""Out and in again: what comes back is what went out, and what did not come back was named."""

import pytest

from ehr.common.answers import Answer
from ehr.exchange.form831 import services
from ehr.exchange.form831.stored import records
from ehr.records.models import Encounter, Person
from ehr.vaccination.models import Immunization
from tests.ehr.exchange.form831.people import full_person

pytestmark = pytest.mark.django_db


def out(person, by):
    return services.person_xml(person, by=by, door="screen")


def into(data, commune, by=None):
    return services.receive_bytes("a.xml", data, commune=commune, by=by, door="command")


def again(data, commune, by):
    """What a database without this person makes of the file: its record."""
    Immunization.objects.all().delete()
    found = into(data, commune, by)
    assert [each["fate"] for each in found.people] == ["new"], found.people
    assert [each for each in found.people[0]["problems"] if each["level"] == "error"] == []
    return Person.objects.order_by("-pk").first()


def plain_values(values):
    return {code: facts_text(value) for code, value in values.items()}


def facts_text(value):
    if isinstance(value, Answer):
        return value.value if value.state == "value" else value.state
    return getattr(value, "pk", value)


def everything(person):
    (record,) = records([(person.pk, person.code)])
    visits = [
        {**{code: value for code, value in visit.items() if code not in ("labs", "diagnoses")},
         "labs": [(row.group.code, row.service_name, row.service_code, row.result, row.unit) for row in visit["labs"]],
         "diagnoses": [(row.icd10_code, row.name, row.conclusion) for row in visit["diagnoses"]]}
        for visit in record.visits
    ]  # fmt: skip
    doses = [
        (dose.table, dose.form_row_id, dose.vaccine_id, dose.dose_number, dose.status, dose.occurrence_date,
         dose.pregnancy_month, dose.reaction, dose.next_date)
        for dose in record.doses
    ]  # fmt: skip
    return plain_values(record.a), plain_values(record.b), visits, doses, record.mother


def move_away(person):
    """The person is gone as if never entered: no number, name or household leads to this record."""
    person.identifier_set.all().delete()
    person.membership_set.all().delete()
    person.encounter_set.all().delete()
    Person.objects.filter(pk=person.pk).update(status="error")


def test_a_record_with_every_field_comes_back_equal(places, users):
    person = full_person()
    before = everything(person)
    data, lost = out(person, users.clerk)
    assert [problem.field for problem in lost] == []
    move_away(person)
    found = again(data, places.commune, users.clerk)
    assert found.pk != person.pk
    assert everything(found) == before


def test_out_in_out_gives_the_same_bytes(places, users):
    person = full_person()
    data, _ = out(person, users.clerk)
    move_away(person)
    found = again(data, places.commune, users.clerk)
    assert out(found, users.clerk)[0] == data


def test_the_same_file_again_changes_nothing(places, users):
    person = full_person()
    data, _ = out(person, users.clerk)
    before = everything(person), Person.objects.get(pk=person.pk).version
    for _ in range(2):
        found = into(data, places.commune, users.clerk)
        assert [each["fate"] for each in found.people] == ["unchanged"], found.people
    assert (everything(person), Person.objects.get(pk=person.pk).version) == before
    assert Person.objects.count() == 1
    assert Encounter.objects.count() == 1
