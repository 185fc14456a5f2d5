"""Values of rows between JSON and the services."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision
from ehr.intake.values import dump, load
from stations.models import AdminUnit, Village

LOADED = {
    "full_name": "Nguyễn Văn An",
    "sex": "1",
    "birth_date": PartialDate(dt.date(1980, 3, 1), Precision.MONTH),
    "id_issue_date": dt.date(2021, 5, 1),
    "birth_length_cm": Decimal("50.5"),
    "birth_weight_g": 3200,
    "c1_bcg": dt.date(2024, 2, 2),
    "c1_polio_1": "not_given",
}


def test_json_form_and_back():
    stored = dump(LOADED)
    assert stored == {
        "full_name": "Nguyễn Văn An", "sex": "1", "birth_date": "1980-03", "id_issue_date": "2021-05-01",
        "birth_length_cm": "50.5", "birth_weight_g": 3200, "c1_bcg": "2024-02-02", "c1_polio_1": "not_given",
    }  # fmt: skip
    assert load(json.loads(json.dumps(stored))) == LOADED


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1990-03-12", PartialDate(dt.date(1990, 3, 12))), ("1990", PartialDate(dt.date(1990, 1, 1), Precision.YEAR)),
        ("?", PartialDate(None, Precision.UNKNOWN)),
    ],
)  # fmt: skip
def test_birth_dates_as_far_as_they_are_known(text, date):
    assert load({"birth_date": text}) == {"birth_date": date}
    assert dump({"birth_date": date}) == {"birth_date": text}


def test_answers_units_and_empty_values():
    given = {
        "phone_mobile": Answer.NONE, "email": Answer.UNKNOWN, "mother_name": Answer("Lê Thị Chi", "value"),
        "father_name": Answer.NOT_ASKED, "birth_length_cm": Answer(Decimal("50.5"), "value"), "religion": None,
        "permanent_commune": AdminUnit(scheme="old", code="16537"),
        "current_commune": AdminUnit(scheme="new", code="16516"), "current_village_code": Village(code="T1"),
    }  # fmt: skip
    assert dump(given) == {
        "phone_mobile": "Không có", "email": "Không biết", "mother_name": "Lê Thị Chi", "father_name": "",
        "birth_length_cm": "50.5", "religion": None, "permanent_commune": "old-16537", "current_commune": "16516",
        "current_village_code": "T1",
    }  # fmt: skip


def test_answers_in_fields_of_numbers_stay_words():
    assert load({"birth_length_cm": "Không biết", "relative_is_guardian": "yes"}) == {
        "birth_length_cm": "Không biết", "relative_is_guardian": True,
    }  # fmt: skip
    assert load({"birth_date": "", "exam_date": None}) == {"birth_date": "", "exam_date": None}


def test_what_is_no_date_is_an_error():
    with pytest.raises(ValueError, match="Invalid isoformat"):
        load({"exam_date": "12/03/2026"})
