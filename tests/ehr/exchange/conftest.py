"""A partner with a key of the own commune, and a client that speaks JSON with it."""

import json
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from ehr.exchange.keys import issue_key
from ehr.exchange.models import Partner
from tests.factories.users import AssignmentFactory, UserFactory


class Rest:
    """A client of REST v1: dictionaries in, responses with `.json()` out. `problems(response)` gives {field: code}."""

    def __init__(self, token):
        self.token = token
        self.client = Client()

    def send(self, method, path, body=None, **headers):
        address = path if path.startswith("/") else f"/api/v1/{path}"
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, address, data, content_type="application/json", headers=headers)

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body, **headers):
        return self.send("POST", path, body, **headers)

    def patch(self, path, body, **headers):
        return self.send("PATCH", path, body, **headers)


def problems(response):
    """{field: code} of the errors and warnings in an answer; of several at one field the first."""
    found = {}
    for problem in response.json()["problems"]:
        found.setdefault(problem["field"], problem["code"])
    return found


def partner_of(user, **key):
    """A key of this user as a partner system."""
    partner, _ = Partner.objects.get_or_create(user=user, defaults={"name": f"Hệ thống thử {user.pk}"})
    return issue_key(partner=partner, label="Thử", **key)


@pytest.fixture(autouse=True)
def _empty_counters():
    """Throttling counts in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def rest(users):
    """A partner of the own commune."""
    return Rest(partner_of(users.partner)[1])


@pytest.fixture
def far_rest(places):
    """A partner of the far commune."""
    user = UserFactory(username="doitacxa")
    AssignmentFactory(user=user, role="partner", unit=places.far_commune, valid_from=date(2025, 1, 1))
    return Rest(partner_of(user)[1])


@pytest.fixture
def nobody_rest():
    """A client without a key."""
    return Rest("")


@pytest.fixture
def new_person():
    """What a partner sends for a new person."""
    return {
        "full_name": "Lê Văn Thử",
        "sex": "1",
        "birth_date": "1980-03-12",
        "ethnicity": "01",
        "nationality": "VN",
        "occupation": None,
        "id_number": "038080900001",
        "health_insurance_number": {"value": None, "state": "none"},
        "phone_mobile": "0912000001",
        "email": {"value": None, "state": "unknown"},
        "current_commune": "16516",
        "current_village_code": "T1",
        "household_code": "H0001",
        "relation_to_head": "01",
        "mother_name": "Nguyễn Thị Mẹ",
    }
