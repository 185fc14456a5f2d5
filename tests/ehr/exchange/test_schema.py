"""The description of REST v1 and its viewer."""

import re
from pathlib import Path

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from ehr.exchange.schema import description

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "rest.md"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    return description()


def test_the_description_is_made_without_warnings_and_is_valid_openapi(capsys):
    description.cache_clear()
    with GENERATOR_STATS.silence():
        made = description()
        assert not GENERATOR_STATS, (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)
    validate_schema(made)


def test_every_address_is_described_in_vietnamese_with_its_errors(document):
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(document["paths"]) == 44
    for operation in operations:
        assert {"400", "401", "404", "429"} <= set(operation["responses"])
        assert operation["summary"]
        assert operation["security"]
    writes = [document["paths"]["/api/v1/people/{code}/"]["patch"], document["paths"]["/api/v1/people/"]["post"]]
    for write in writes:
        assert "409" in write["responses"]
        assert "Idempotency-Key" in {parameter["name"] for parameter in write["parameters"]}


def test_fields_carry_types_lengths_and_choices_of_the_form(document):
    person = document["components"]["schemas"]["PersonCreateRequest"]["properties"]
    assert person["full_name"]["maxLength"] == 100
    assert person["sex"]["enum"][:2] == ["1", "2"]
    assert person["phone_mobile"]["oneOf"][1] == {"$ref": "#/components/schemas/NoValue"}
    assert document["components"]["schemas"]["PersonPatchRequest"]["required"] == ["version"]


def test_examples_in_the_description_are_accepted(rest, places, document):
    examples = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
            examples[method, path] = [example["value"] for example in found.values()]
    base = "/api/v1/people/"
    made = rest.post("people/", examples["post", base][0])
    assert made.status_code == 201, made.content.decode()
    code = made.json()["code"]
    for method, path, body in [
        ("PATCH", f"people/{code}/", {**examples["patch", base + "{code}/"][0], "version": 1}),
        ("PATCH", f"people/{code}/history/", examples["patch", base + "{code}/history/"][0]),
        ("PATCH", f"people/{code}/vaccinations/", {"version": 0, "rows": {}}),
        ("POST", f"people/{code}/visits/", examples["post", base + "{code}/visits/"][0]),
        *(("POST", "people/search/", body) for body in examples["post", base + "search/"]),
        ("POST", "households/", examples["post", "/api/v1/households/"][0]),
    ]:
        response = rest.send(method, path, body)
        assert response.status_code in (200, 201), (path, response.content.decode())


def test_commands_of_the_guide_are_accepted(rest, places, new_person):
    code = rest.post("people/", {**new_person, "id_number": None, "full_name": "Phạm Thị Mẫu", "household_code": None})
    code = code.json()["code"]
    commands = re.findall(r"curl -X (\w+) \$HOST(\S+).*?-d '(.*?)'\n", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(commands) == 4
    for method, address, body in commands:
        response = rest.send(method, address.replace("HS00000000101", code), body.encode())
        assert response.status_code in (200, 201), (address, response.content.decode())


def test_the_description_and_the_viewer_are_open_and_served_by_ourselves(nobody_rest):
    schema = nobody_rest.get("schema/")
    assert schema.status_code == 200
    assert schema.json()["info"]["title"]
    page = nobody_rest.get("docs/", Accept="text/html")
    html = page.content.decode()
    assert page.status_code == 200
    assert "/static/drf_spectacular_sidecar/" in html
    assert "http://" not in html.replace("http://testserver", "")
    assert "https://" not in html
    script = nobody_rest.get("docs/?script=")
    assert "javascript" in script.headers["Content-Type"]
