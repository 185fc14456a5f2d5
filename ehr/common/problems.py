"""`Problem`: the one currency of rule results, from the pure rule function to every door."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a rule.

    `field` names the attribute, "" means the whole record. `code` is stable and tested; `message` is Vietnamese and may
    be reworded. Errors stop the write; warnings and information travel back to the caller.
    """

    field: str
    code: str
    message: str
    level: Level = "error"


class StaleError(Exception):
    """Somebody saved the record after this copy was opened. Nothing was written."""

    code = "stale"
    default_message = (
        "Người khác đã lưu thay đổi sau khi bạn mở trang này. Nội dung bạn vừa nhập vẫn được giữ bên dưới; "
        "hãy xem bản mới rồi lưu lại."
    )

    def __init__(self, message: str = default_message) -> None:
        super().__init__(message)
        self.message = message


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop the write."""
    return [problem for problem in problems if problem.level == "error"]


def warnings(problems: Iterable[Problem]) -> list[Problem]:
    """Those to show beside the saved record."""
    return [problem for problem in problems if problem.level == "warning"]


def refusal(problem: Problem) -> ValidationError:
    """To be raised for one error, as `raise_errors` does for several."""
    return ValidationError({problem.field or NON_FIELD_ERRORS: [ValidationError(problem.message, code=problem.code)]})


def raise_errors(problems: Iterable[Problem]) -> list[Problem]:
    """Raise ValidationError, grouped by field and with each code, if there is an error; else return the warnings."""
    found = list(problems)
    by_field: dict[str, list[ValidationError]] = {}
    for problem in errors(found):
        by_field.setdefault(problem.field or NON_FIELD_ERRORS, []).append(
            ValidationError(problem.message, code=problem.code)
        )
    if by_field:
        raise ValidationError(by_field)
    return warnings(found)


def problems_of(exc: ValidationError) -> list[Problem]:
    """The errors inside a ValidationError as problems, for doors that do not speak Django forms."""
    by_field = exc.error_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.error_list}
    return [
        Problem("" if field == NON_FIELD_ERRORS else field, error.code or "invalid", message)
        for field, found in by_field.items()
        for error in found
        for message in error.messages
    ]
