"""Rules of section A that need other rows or a right; those of one person alone stand in rules.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet, Value

from ehr.common import identifiers
from ehr.common.problems import Problem
from ehr.common.text import plain
from ehr.records.models import Identifier, Person
from ehr.records.services.common import require_right
from stations.models import AdminUnit, User, Village


def check_places(v: Mapping[str, Any]) -> list[Problem]:
    commune, village = v.get("current_commune"), v.get("current_village_code")
    if isinstance(commune, AdminUnit) and isinstance(village, Village) and village.commune_id != commune.pk:
        return [
            Problem("current_village_code", "current_village_code.commune", "Thôn này không thuộc xã/phường đã chọn.")
        ]
    return []


def check_others(person: Person, given: Mapping[str, Any], v: Mapping[str, Any]) -> list[Problem]:
    """Rules that need other rows: a number in use, a probable second record of the same person."""
    problems, number, birth = [], given.get("id_number"), v["birth_date"]
    asked: list[QuerySet[Any, Any]] = []  # answered by one statement
    if number and identifiers.classify_identity_number(number) == "SDDCN":
        taken = Identifier.objects.filter(value=number, kind__in=("SDDCN", "FOREIGN_ID"), valid_to=None)
        asked.append(taken.exclude(person=person.pk).order_by().values_list(Value("taken"))[:1])
    if person.pk is None and birth.date:
        twins = Person.objects.active().filter(
            plain_name=plain(v["full_name"]), birth_date=birth.date, sex=v["sex"], commune=v["current_commune"]
        )
        asked.append(twins.order_by().values_list(Value("twin"))[:1])
    found = {row[0] for row in asked[0].union(*asked[1:], all=True)} if asked else set()
    if "taken" in found:
        problems.append(Problem("id_number", "id_number.taken", "Số định danh đang dùng ở hồ sơ khác."))
    merged = Person.Status.DUPLICATE
    if "status" in given and (given["status"] == merged) != (person.status == merged):
        message = "Hồ sơ trùng được gộp và tách ở chức năng hồ sơ trùng, không đổi trạng thái trực tiếp."
        problems.append(Problem("status", "status.duplicate", message))
    if "twin" in found:
        message = "Trong xã đã có hồ sơ cùng họ tên, ngày sinh và giới tính: kiểm tra hồ sơ trùng."
        problems.append(Problem("full_name", "person.possible_duplicate", message, "warning"))
    return problems


def check_withdrawal(
    person: Person, before: Mapping[str, Any], given: Mapping[str, Any], by: User | None
) -> list[Problem]:
    """ "Nhập nhầm" takes the place of deleting: a right of its own, and never for a record in use (REQ-REC-14)."""
    if given.get("status") != Person.Status.ERROR or before.get("status") == Person.Status.ERROR:
        return []
    require_right(by, "record.delete")
    # Doses belong to an app above this one; the relation is there when the app is.
    used = ("encounter_set", "immunization_set")
    if person.pk and any(hasattr(person, name) and getattr(person, name).exists() for name in used):
        message = "Hồ sơ đã có lượt khám hoặc mũi tiêm nên không đánh dấu nhập nhầm được; hãy hủy các mục đó trước."
        return [Problem("status", "status.in_use", message)]
    return []


def clash_problem(clash: IntegrityError) -> Problem:
    """The constraint that another request won, as the same problem that the check gives."""
    name = getattr(getattr(clash.__cause__, "diag", None), "constraint_name", "") or ""
    if name == "identifier_national_unique":
        return Problem("id_number", "id_number.taken", "Số định danh đang dùng ở hồ sơ khác.")
    if name in ("membership_one_current", "membership_one_head", "household_code_unique"):
        return Problem("household_code", f"{name}.clash", "Hộ gia đình vừa được người khác thay đổi, hãy lưu lại.")
    raise clash
