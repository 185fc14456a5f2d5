"""Rules of section A that need other rows or a right; those of one person alone stand in rules.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError

from ehr.common.prepared import Prepared
from ehr.common.problems import Problem
from ehr.records.models import Identifier, Person
from stations.models import AdminUnit, Village

if TYPE_CHECKING:
    from ehr.records.services.section_a_plan import SectionA

TAKEN = Problem("id_number", "id_number.taken", "Số định danh đang dùng ở hồ sơ khác.")
TWIN = Problem(
    "full_name",
    "person.possible_duplicate",
    "Trong xã đã có hồ sơ cùng họ tên, ngày sinh và giới tính: kiểm tra hồ sơ trùng.",
    "warning",
)


def check_places(v: Mapping[str, Any]) -> list[Problem]:
    commune, village = v.get("current_commune"), v.get("current_village_code")
    if isinstance(commune, AdminUnit) and isinstance(village, Village) and village.commune_id != commune.pk:
        return [
            Problem("current_village_code", "current_village_code.commune", "Thôn này không thuộc xã/phường đã chọn.")
        ]
    return []


_NUMBER_IN_USE = Prepared(
    lambda number: Identifier.objects.filter(value=number, kind__in=("SDDCN", "FOREIGN_ID"), valid_to=None).order_by(),
    str,
)
_TWINS = Prepared(
    lambda name, born, sex, commune: (
        Person.objects.active().filter(plain_name=name, birth_date=born, sex=sex, commune=commune).order_by()[:1]
    ),
    str, dt.date, str, int,
)  # fmt: skip


def ask_others(section: SectionA) -> set[str]:
    """What the records of others say: "taken" for a number in use, "twin" for a probable second record. A query for
    each; a number that stays needs none."""
    person, found = section.stored.person, set()
    if section.number and "id_number" in section.changed:
        rows = _NUMBER_IN_USE.all(section.number)
        if any(person is None or row.person_id != person.pk for row in rows):
            found.add("taken")
    if section.twin and _TWINS.first(*section.twin):
        found.add("twin")
    return found


def check_others(section: SectionA, *, taken: bool, twin: bool) -> list[Problem]:
    """Rules that need other rows: a number in use, a probable second record of the same person."""
    problems, given = [], section.given
    status = section.stored.person.status if section.stored.person else Person.Status.ACTIVE
    if taken:
        problems.append(TAKEN)
    merged = Person.Status.DUPLICATE
    if "status" in given and (given["status"] == merged) != (status == merged):
        message = "Không ghi hoặc bỏ trực tiếp được trạng thái «Đã gộp vào hồ sơ khác»."
        problems.append(Problem("status", "status.duplicate", message))
    if twin:
        problems.append(TWIN)
    return problems


def withdraws(section: SectionA) -> bool:
    """Whether this save marks a record as entered in error, which needs a right of its own."""
    return section.given.get("status") == Person.Status.ERROR != section.before.get("status")


def check_withdrawal(section: SectionA, *, in_use: bool) -> list[Problem]:
    """ "Nhập nhầm" takes the place of deleting, and never that of a record in use (REQ-REC-14)."""
    if not in_use:
        return []
    message = "Hồ sơ đã có lượt khám hoặc mũi tiêm nên không đánh dấu nhập nhầm được; hãy hủy các mục đó trước."
    return [Problem("status", "status.in_use", message)]


_USED = ("encounter_set", "immunization_set")  # doses belong to an app above this one


def in_use(keys: Collection[int]) -> set[int]:
    """People with a visit or a dose, of those with these keys. One query for each of both."""
    used = (rel for rel in Person._meta.related_objects if rel.get_accessor_name() in _USED)
    return {
        key
        for rel in used
        for key in rel.related_model._base_manager.filter(person__in=keys).order_by().values_list("person", flat=True)
    }


def clash_problem(clash: IntegrityError) -> Problem:
    """The constraint that another request won, as the same problem that the check gives."""
    name = getattr(getattr(clash.__cause__, "diag", None), "constraint_name", "") or ""
    if name == "identifier_national_unique":
        return TAKEN
    if name in ("membership_one_current", "membership_one_head", "household_code_unique"):
        return Problem("household_code", f"{name}.clash", "Hộ gia đình vừa được người khác thay đổi, hãy lưu lại.")
    raise clash
