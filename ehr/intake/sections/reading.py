"""Values of a sheet of section C or D in the words of the services. Lenient: what a cell reader left as text is read
here, so that a sheet typed as text works as well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ehr.common.answers import Answer
from ehr.common.dates import DateError, PartialDate, Precision, parse_date
from ehr.common.numbers import NumberError, parse_decimal
from ehr.common.problems import Problem
from ehr.common.text import nfc
from ehr.records.models import Person
from stations.models import User
from stations.scope import scope_of

if TYPE_CHECKING:
    from ehr.records.bulk import BulkRow

PERSON_UNKNOWN = Problem(
    "full_name", "person.unknown",
    "Chưa có hồ sơ của người này trong xã (tìm theo số định danh, rồi họ tên, ngày sinh, giới, thôn). Kiểm tra lại "
    "các ô "
    "này, hoặc nhập phần A của người đó trước.",
)  # fmt: skip


def people_of(rows: Iterable[BulkRow], by: User | None) -> dict[int, Person]:
    """The matched people that `by` may write to, by key. One query. `by=None` is the system itself."""
    keys = {row.person_id for row in rows if row.person_id is not None}
    people = Person.objects.filter(pk__in=keys) if by is None else Person.objects.visible_to(by).filter(pk__in=keys)
    if by is not None and not scope_of(by).can("record.change"):
        return {}
    return {person.pk: person for person in people}


class Reader:
    """Reads fields of one row; what cannot be read is a problem of its field, and counts as absent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: _plain(value) for name, value in values.items()}
        self.problems: list[Problem] = []

    def has(self, *names: str) -> bool:
        """Whether one of the cells was filled in."""
        return any(self.values.get(name) not in (None, "") for name in names)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else nfc(str(value))

    def day(self, name: str) -> dt.date | None:
        """A full date; a cell with only a year or a month is refused."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        if isinstance(value, PartialDate):
            if value.date is not None and value.precision is Precision.DAY:
                return value.date
            value = value.text()
        try:
            return parse_date(str(value))
        except DateError as exc:
            self.problems.append(Problem(name, exc.code, exc.message))
            return None

    def number(self, name: str) -> Decimal | None:
        value = self.values.get(name)
        if value is None or value == "" or isinstance(value, bool):
            return None
        if isinstance(value, int | Decimal):
            return Decimal(value)
        try:
            return parse_decimal(str(value))
        except NumberError as exc:
            self.problems.append(Problem(name, exc.code, exc.message))
            return None

    def whole(self, name: str) -> int | None:
        value = self.number(name)
        if value is None:
            return None
        if value != int(value) or abs(value) > 32_767:
            self.problems.append(Problem(name, "number.whole", f"Phải là số nguyên, đang là {value}."))
            return None
        return int(value)


def _plain(value: Any) -> Any:
    """The value inside an Answer; "không có" and "không biết" as the words of a cell."""
    if isinstance(value, Answer):
        return {"none": "không", "unknown": "kb", "": None}.get(value.state, value.value)
    return value


def refused(problems: Sequence[Problem]) -> bool:
    """Whether one of them stops the row."""
    return any(problem.level == "error" for problem in problems)
