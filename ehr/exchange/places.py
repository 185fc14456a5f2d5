"""Places and facilities by the codes that partners know."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.timezone import localdate

from ehr.common.problems import Problem, raise_errors
from stations.models import AdminUnit, FacilityCode, Organization, Village
from stations.queries import organization_by_code

OWN_NUMBER = re.compile(r"org-([0-9]{1,18})")


def facility_of_code(code: str) -> Organization | None:
    """The facility with this code of 5 characters, 13 digits, or "org-" and our number. One query."""
    if found := OWN_NUMBER.fullmatch(code):
        return Organization.objects.filter(pk=int(found[1])).first()
    return organization_by_code(code)


def with_code(facilities: QuerySet[Organization]) -> QuerySet[Organization]:
    """Facilities with `known_code`, the code in force, in the same query."""
    codes = FacilityCode.objects.valid_on(localdate()).filter(organization=OuterRef("pk")).order_by("kind", "-pk")
    return facilities.annotate(known_code=Subquery(codes.values("code")[:1]))


def code_of_facility(facility: Organization) -> str:
    """What `facility_of_code` understands. No query for rows of `with_code`, else one."""
    if not hasattr(facility, "known_code"):
        facility = with_code(Organization.objects.filter(pk=facility.pk)).get()
    return getattr(facility, "known_code", None) or f"org-{facility.pk}"


def resolve_place(commune: str | None, village: str | None) -> dict[str, Any]:
    """Rows of the present commune and its village, for those of the two that are given. Raises ValidationError."""
    found: dict[str, Any] = {"commune": None, "village": None}
    if commune:
        found["commune"] = AdminUnit.objects.filter(scheme="new", level="commune", code=commune).first()
        if found["commune"] is None:
            _refuse("commune", "Mã xã/phường không có trong danh mục hai cấp.")
    if village:
        if found["commune"] is None:
            raise_errors([Problem("commune", "commune.required", "Mã thôn phải gửi kèm mã xã/phường.")])
        rows = Village.objects.select_related("commune").filter(commune=found["commune"], code=village)
        found["village"] = rows.first()
        if found["village"] is None:
            _refuse("village", "Mã thôn không có trong xã/phường.")
    return found


def _refuse(name: str, message: str) -> None:
    raise ValidationError({name: ValidationError(message, code=f"{name}.unknown_code")})
