import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from ehr.common.problems import Problem, StaleError, errors, problems_of, raise_errors, warnings

ERROR = Problem("birth_date", "birth_date.future", "Ngày sinh ở tương lai.")
WARNING = Problem("id_number", "national_id.sex", "Giới tính khác.", "warning")
INFO = Problem("id_number", "national_id.place", "Ngoài nước.", "info")
WHOLE = Problem("", "person.empty", "Chưa có thông tin nào.")


def test_errors_and_warnings_are_told_apart():
    problems = [ERROR, WARNING, INFO]

    assert errors(problems) == [ERROR]
    assert warnings(problems) == [WARNING]


def test_without_an_error_the_warnings_come_back():
    assert raise_errors(iter([WARNING, INFO])) == [WARNING]


def test_errors_are_raised_by_field_with_their_codes():
    with pytest.raises(ValidationError) as raised:
        raise_errors(iter([ERROR, WARNING, WHOLE]))

    assert {field: [e.code for e in found] for field, found in raised.value.error_dict.items()} == {
        "birth_date": ["birth_date.future"],
        NON_FIELD_ERRORS: ["person.empty"],
    }


def test_a_validation_error_comes_back_as_the_same_problems():
    with pytest.raises(ValidationError) as raised:
        raise_errors([ERROR, WHOLE])

    assert problems_of(raised.value) == [ERROR, WHOLE]


def test_a_plain_validation_error_belongs_to_the_whole_record():
    found = problems_of(ValidationError("Tối đa %(limit)d.", code="", params={"limit": 3}))

    assert found == [Problem("", "invalid", "Tối đa 3.")]


def test_stale_error_speaks_vietnamese():
    assert StaleError.code == "stale"
    assert "Người khác đã lưu" in str(StaleError())
