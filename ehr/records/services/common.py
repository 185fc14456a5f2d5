"""What the services share: results, optimistic locking, answers, resolving codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models

from ehr.codes.models import Code
from ehr.common.answers import Answer
from ehr.common.prepared import Prepared
from ehr.common.problems import Problem, StaleError
from ehr.common.text import answer
from ehr.records.facts import codes_of, put_places
from ehr.records.models import Person
from ehr.records.services.fields import empty_of
from stations.models import AdminUnit, User
from stations.scope import scope_of

Row = TypeVar("Row", bound=models.Model)
LONGEST_WORD = 60  # no spelling of "không có", "không biết" is as long
_STATES = {"": Answer.NOT_ASKED, "none": Answer.NONE, "unknown": Answer.UNKNOWN}
_state = lru_cache(maxsize=4096)(answer)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a service stored, and the warnings to show beside it."""

    object: Any
    warnings: list[Problem] = field(default_factory=list)


def require_right(by: User | None, right: str) -> None:
    """Raises PermissionDenied when the user's roles lack `right`. `by=None` is the system itself."""
    if by is not None and not scope_of(by).can(right):
        raise PermissionDenied


def require_person(by: User | None, person: Person) -> None:
    """Raises PermissionDenied for a person outside the user's places. `person` as read from the database."""
    require_right(by, "record.change")
    if by is not None and person.pk and not (scope_of(by).can("record.view") and scope_of(by).includes(person)):
        raise PermissionDenied


def require_place(
    by: User | None, *, commune_id: int, village_id: int | None, province_id: int, station_id: int | None = None
) -> None:
    """Raises ValidationError when a person or household would be put outside the user's places."""
    if by is None:
        return
    scope = scope_of(by)
    if not (
        province_id in scope.provinces
        or commune_id in scope.communes
        or village_id in scope.villages
        or station_id in scope.stations
    ):
        raise ValidationError(
            {"current_commune": ValidationError("Nơi ở này ngoài địa bàn bạn được giao.", code="current_commune.scope")}
        )


def lock(queryset: models.QuerySet[Row], pk: int, version: int | None) -> Row:
    """The row, locked until the end of the transaction. Raises StaleError when `version` is not the stored one."""
    row = queryset.select_for_update(of=("self",)).get(pk=pk)
    if version is not None and row.version != version:  # type: ignore[attr-defined]
        raise StaleError
    return row


_LOCKED = Prepared(lambda key: Person.objects.filter(pk=key).select_for_update().order_by(), int)


def lock_person(pk: int, version: int | None) -> Person:
    """`lock` for a person, with village, commune and province from memory."""
    person = _LOCKED.first(pk)
    if person is None:
        raise Person.DoesNotExist
    if version is not None and person.version != version:
        raise StaleError
    put_places(person, "village", "commune", "province")
    return person


def as_answer(value: Any) -> Answer:
    """A door may hand over an Answer, or plain text or a number as typed: "không", "kb", "", 61."""
    if isinstance(value, Answer):
        return value
    if value is None or value == "":
        return Answer.NOT_ASKED
    if isinstance(value, str):
        state = "value" if len(value) > LONGEST_WORD else _state(value)
        return Answer(value, "value") if state == "value" else _STATES[state]
    if isinstance(value, int | Decimal):
        return Answer(value, "value")
    raise TypeError(f"not an answer: {type(value).__name__}")


def apply_answer(row: Any, name: str, value: Any, *, attribute: str = "") -> None:
    """Sets the column (or only the answer lists, with `attribute` empty columns) and keeps the three states apart."""
    given = as_answer(value)
    row.answered_none = sorted({*row.answered_none} - {name} | ({name} if given.state == "none" else set()))
    row.answered_unknown = sorted({*row.answered_unknown} - {name} | ({name} if given.state == "unknown" else set()))
    if attribute:
        setattr(row, attribute, empty_value(row, attribute) if given.state != "value" else given.value)


def resolve_codes(values: Mapping[str, Any], systems: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Replaces code texts by their rows. Returns the values and a problem for each code that the list lacks."""
    resolved, problems = dict(values), []
    for name, system in systems.items():
        value = values.get(name)
        if value in (None, ""):
            if name in values:
                resolved[name] = None
        elif isinstance(value, str):
            resolved[name] = codes_of(system).get(value)
            if resolved[name] is None:
                problems.append(Problem(name, f"{name}.unknown_code", f"Mã «{value[:30]}» không có trong danh mục."))
        elif not isinstance(value, Code):
            problems.append(Problem(name, f"{name}.unknown_code", "Giá trị không thuộc danh mục."))
    return resolved, problems


def empty_value(row: models.Model, column: str) -> Any:
    """What an empty answer stores: NULL where the column allows it, else its default, else an empty text."""
    return empty_of(cast("models.Field[Any, Any]", row._meta.get_field(column)))


def province_of(unit: AdminUnit) -> AdminUnit:
    """The province above a commune or district. Raises ValueError for a unit that hangs in the air."""
    above: AdminUnit | None = unit
    while above is not None:
        if above.level == AdminUnit.Level.PROVINCE:
            return above
        above = above.parent
    raise ValueError(f"unit without a province: {unit.pk}")
