"""A visit that came with a claim, as people read it: page, list, timeline, print, REST; nobody edits it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ehr.records.models import Encounter
from ehr.records.services import cancel_encounter, save_encounter
from tests.ehr.claims.builders import made, sample
from tests.factories.records import WomanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(bench, person):
    claim = made()
    claim.main.raw["NGAY_TAI_KHAM"] = "20251001"
    (key,) = bench.put((claim, person)).values()
    return Encounter.objects.get(pk=key)


def text_of(client, name, *arguments):
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_speaks_words(clerk_client, person, visit):
    page = text_of(clerk_client, "records:encounter", person.code, visit.pk)

    drug = visit.medication_set.first()
    for words in (drug.name, drug.instruction, "Uống", "Khám bệnh", "Đỡ", "01/10/2025", "mmol/L", "thang8.xml"):
        assert words in page, words
    assert reverse("records:encounter_edit", args=[person.code, visit.pk]) not in page
    assert reverse("records:encounter_cancel", args=[person.code, visit.pk]) in page


def test_lists_name_the_source_and_the_drugs(clerk_client, person, visit):
    assert "Theo hồ sơ BHYT" in text_of(clerk_client, "records:encounters", person.code)
    timeline = text_of(clerk_client, "records:timeline", person.code)
    assert visit.medication_set.first().name in timeline
    assert "Hẹn khám lại" in timeline


def test_a_birth_is_read_in_words(bench, places, clerk_client):
    claim = next(claim for claim in sample("s05") if claim.rows("XML9"))
    mother = WomanFactory(village=places.villages[0])
    (key,) = bench.put((claim, mother)).values()

    page = text_of(clerk_client, "records:encounter", mother.code, key)

    assert "Sinh con" in page and "Giấy chứng sinh" in page
    assert "Sinh con" in text_of(clerk_client, "records:timeline", mother.code)


@pytest.mark.parametrize("number", [1, 4])
def test_statements_do_not_grow_with_lines(bench, person, clerk_client, django_assert_max_num_queries, number):
    claim = made()
    for table in ("XML2", "XML3", "XML4"):
        claim.tables[table] = claim.tables[table] * number
    (key,) = bench.put((claim, person)).values()
    url = reverse("records:encounter", args=[person.code, key])
    clerk_client.get(url)
    with django_assert_max_num_queries(17):
        clerk_client.get(url)
    with django_assert_max_num_queries(17):
        clerk_client.get(reverse("records:timeline", args=[person.code]))


def test_nobody_edits_it_and_a_wrong_one_is_cancelled(users, person, visit, clerk_client):
    assert clerk_client.get(reverse("records:encounter_edit", args=[person.code, visit.pk])).status_code == 404
    with pytest.raises(ValidationError) as refused:
        save_encounter(person=person, values={"pulse": 80}, by=users.clerk, door="screen", encounter=visit)
    assert "BHYT" in str(refused.value)

    cancel_encounter(encounter=visit, reason="Không phải người này", by=users.clerk, door="screen")

    assert Encounter.objects.get().status == "error"


def test_the_printed_record_has_it(person, visit, head_client):
    from django.template.loader import render_to_string

    from reports.prints.record import record_context

    page = render_to_string("prints/record.html", record_context(person))

    assert visit.medication_set.first().name in page and "theo hồ sơ BHYT" in page
