"""Code lists, units, villages, vaccines, coverage through REST."""

from datetime import date

import pytest
from django.utils.timezone import localdate

from ehr.exchange import registry
from tests.ehr.exchange.conftest import problems
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db


def results(rest, path):
    response = rest.get(path)
    assert response.status_code == 200, response.content.decode()
    return response.json()["results"]


def test_code_systems_and_their_codes(rest):
    assert {"icd10", "ethnicity", "loinc"} <= {row["key"] for row in results(rest, "codes/")}
    kinh = results(rest, "codes/ethnicity/")[0]
    assert (kinh["code"], kinh["name"]) == ("01", "Kinh")
    assert kinh["release"]
    assert rest.get("codes/nothing/").status_code == 404


def test_codes_are_found_by_code_and_name_without_tones(rest):
    assert results(rest, "codes/icd10/?q=I10")[0]["code"] == "I10"
    assert "I10" in {row["code"] for row in results(rest, "codes/icd10/?q=tang huyet ap")}
    assert results(rest, "codes/icd10/?q=xyzxyz") == []


def test_codes_as_they_were_on_a_day(rest):
    from ehr.codes.models import Code

    Code.objects.filter(system__key="religion", code="1").update(valid_from=date(2020, 1, 1))
    assert "1" not in {row["code"] for row in results(rest, "codes/religion/?valid_on=2019-12-31")}
    assert "1" in {row["code"] for row in results(rest, "codes/religion/?valid_on=2020-01-01")}
    assert problems(rest.get("codes/religion/?valid_on=2020")) == {"valid_on": "date.format"}


def test_codes_come_in_pages(rest, django_assert_num_queries):
    with django_assert_num_queries(4):  # key, assignments, list, codes
        body = rest.get("codes/icd10/?page_size=200").json()
    assert len(body["results"]) == 200
    assert body["next"]


def test_units_of_both_schemes(rest, places):
    assert len(results(rest, "units/?level=province&page_size=200")) == 34
    old = results(rest, "units/?scheme=old&level=commune&parent=382&page_size=200")
    assert "16537" in {row["code"] for row in old}
    assert {row["parent"] for row in old} == {"382"}
    found = results(rest, "units/?q=nam sam son")
    assert found[0]["code"] == "16516"
    assert found[0]["parent"] == "38"
    assert rest.get("units/?parent=99").status_code == 404
    assert problems(rest.get("units/?level=village")) == {"level": "invalid_choice"}


def test_villages_of_a_commune(rest, places):
    rows = results(rest, "villages/?commune=16516")
    assert [(row["code"], row["name"], row["commune"], row["old_commune"]) for row in rows] == [
        ("T1", "Thôn Đông Hải", "16516", "16537"), ("T2", "Thôn Bắc Nam", "16516", "16537"),
    ]  # fmt: skip


def test_vaccines(rest, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert "IPV" in {row["code"] for row in results(rest, "vaccines/")}


def test_coverage_has_the_rows_of_the_report(rest, places):
    PersonFactory.create_batch(2, village=places.villages[0], section_a_complete_on=date(2026, 1, 1))
    month = f"{localdate():%Y-%m}"
    body = rest.get(f"coverage/?unit=16516&month={month}").json()
    assert set(body) == {"report", "unit", "period", "columns", "rows", "total"}
    assert (body["report"], body["unit"]["code"], body["period"]) == (
        "coverage",
        "16516",
        {"month": month, "by": "village"},
    )
    assert [row["unit"] for row in body["rows"]][:2] == ["Thôn Đông Hải", "Thôn Bắc Nam"]
    assert body["total"]["managed"] == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"unit": "required"}), ("unit=99999", {"unit": "unit.unknown_code"}),
        ("unit=16516&month=13", {"month": "month"}),
        ("unit=16516&month=2999-01", {"month": "month"}), ("unit=16516&by=district", {"by": "by.level"}),
        ("unit=16516&by=x", {"by": "invalid_choice"}), ("unit=16516&year=2026", {"year": "unknown_parameter"}),
    ],
)  # fmt: skip
def test_coverage_refuses_by_name(rest, query, found):
    response = rest.get(f"coverage/?{query}")
    assert response.status_code == 400
    assert problems(response) == found


def test_coverage_of_another_place_does_not_exist(rest, far_rest, places):
    assert rest.get("coverage/?unit=38").status_code == 404
    assert far_rest.get("coverage/?unit=16516").status_code == 404


def test_a_report_that_nobody_offers_does_not_exist(rest, monkeypatch):
    monkeypatch.setattr(registry, "_answerers", {})
    assert rest.get("coverage/?unit=16516").status_code == 404
