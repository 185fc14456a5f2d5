"""Whatever stands in a field, the answer is a refusal by name or a stored value, never a failure of the server."""

import pytest

from ehr.exchange.serializers.history import HistoryPatch
from ehr.exchange.serializers.households import HouseholdPatch
from ehr.exchange.serializers.person import PersonPatch
from ehr.exchange.serializers.visits import VisitPatch
from tests.factories.records import EncounterFactory, HouseholdFactory, MembershipFactory, WomanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
VALUES = ("x" * 1000, "9" * 15, 10**20, "duplicate")  # thirty more were tried once, all without a failure


@pytest.fixture
def addresses(places):
    person = WomanFactory(village=places.villages[0])
    household = HouseholdFactory(village=places.villages[0])
    MembershipFactory(person=person, household=household)
    person.refresh_from_db()
    visit = EncounterFactory(person=person)
    return {
        "person": f"people/{person.code}/",
        "history": f"people/{person.code}/history/",
        "visit": f"visits/{visit.pk}/",
        "household": f"households/{household.pk}/",
    }


@pytest.mark.parametrize(
    ("name", "shape"),
    [("person", PersonPatch), ("history", HistoryPatch), ("visit", VisitPatch), ("household", HouseholdPatch)],
)
def test_no_value_in_any_field_breaks_the_server(rest, addresses, settings, name, shape):
    settings.REST_REQUESTS_PER_MINUTE = 1_000_000
    address, failures = addresses[name], []
    version = rest.get(address).json()["version"]
    for field in sorted(shape().fields.keys() - {"version"}):
        for value in VALUES:
            response = rest.patch(address, {"version": version, field: value})
            if response.status_code == 200:
                version = response.json()["version"]
            elif response.status_code != 400:
                failures.append((field, value, response.status_code))
    assert failures == []
