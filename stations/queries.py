"""Reading places and organisations."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils.timezone import localdate

from ehr.common.text import plain
from stations.models import AdminUnit, FacilityCode, Organization, Village

TWO_TIERS_SINCE = date(2025, 7, 1)
UNIT_TYPES = ("tinh", "thanh pho", "quan", "huyen", "thi xa", "xa", "phuong", "thi tran", "dac khu")


def scheme_on(day: date) -> str:
    """Which list of units holds on the day: "old" until 30/06/2025, "new" since."""
    return "new" if day >= TWO_TIERS_SINCE else "old"


def current_unit(code: str) -> AdminUnit | None:
    """The province (2 digits) or commune (5 digits) of the two-tier list with this code. One query."""
    return AdminUnit.objects.filter(scheme="new", code=code).select_related("parent").first()


def old_unit(code: str) -> AdminUnit | None:
    """The province (2), district (3) or commune (5 digits) of the three-tier list with this code. One query."""
    return AdminUnit.objects.filter(scheme="old", code=code).select_related("parent__parent").first()


def unit_by_code(code: str) -> AdminUnit | None:
    """A unit known by its code alone: three digits are an old district, everything else means the two-tier list, and
    the old list only where that has no such code. One query."""
    units = AdminUnit.objects.filter(code=code).select_related("parent")
    return units.order_by("scheme").first()  # "new" before "old"


def children(unit: AdminUnit) -> QuerySet[AdminUnit]:
    """Units directly below, in the order of their names; of an old unit those of its last day."""
    below = AdminUnit.objects.filter(parent=unit)
    if unit.scheme == "old":
        below = below.filter(valid_to=unit.valid_to)
    return below.order_by("plain_name", "code")


def communes_of(unit: AdminUnit) -> QuerySet[AdminUnit]:
    """All communes of a province, old district or (itself) commune, of the same list."""
    inside = Q(pk=unit.pk) | Q(parent=unit) | Q(parent__parent=unit)
    return AdminUnit.objects.filter(inside, level="commune").order_by("plain_name", "code")


def villages_of(unit: AdminUnit) -> QuerySet[Village]:
    """Villages of any unit: by their present commune for new units, by their old commune for old ones (REQ-ADM-05)."""
    paths = {
        ("new", "commune"): "commune",
        ("new", "province"): "commune__parent",
        ("old", "commune"): "old_commune",
        ("old", "district"): "old_commune__parent",
        ("old", "province"): "old_commune__parent__parent",
    }
    villages = Village.objects.filter(**{paths[unit.scheme, unit.level]: unit})
    return villages.select_related("commune", "old_commune")


def successor(unit: AdminUnit) -> AdminUnit | None:
    """Where most of an old commune went; not where one household lives. None when nobody knows. One query."""
    return AdminUnit.objects.filter(predecessions__old=unit, predecessions__is_default=True).first()


def successors(unit: AdminUnit) -> QuerySet[AdminUnit]:
    """Every new unit that took a part of the old one, the default first; `part` is "whole" or "partial"."""
    return (
        AdminUnit.objects.filter(predecessions__old=unit)
        .annotate(part=F("predecessions__part"))
        .order_by("-predecessions__is_default", "code")
    )


def predecessors(unit: AdminUnit) -> QuerySet[AdminUnit]:
    """Old units that the new one was made of, those of 30/06/2025 first."""
    return AdminUnit.objects.filter(successions__new=unit).order_by("-valid_to", "code").distinct()


def full_name_on(unit: AdminUnit, day: date) -> str:
    """The name the unit bore on the day (REQ-ADM-06). One query."""
    name: str | None = unit.names.valid_on(day).values_list("full_name", flat=True).first()
    return name or unit.full_name


def organization_by_code(code: str, on: date | None = None) -> Organization | None:
    """The facility that bore this code, of 5 characters or 13 digits, on the day (today). One query."""
    codes = FacilityCode.objects.valid_on(on or localdate()).filter(code=code.strip().upper())
    found = codes.select_related("organization__unit").order_by("-valid_from").first()
    return found.organization if found else None


def find_units(
    text: str, *, scheme: str = "new", level: str = "", parent: AdminUnit | None = None, limit: int = 20
) -> list[AdminUnit]:
    """Units by code, or by all words of `text` in any tone: best first. One query; parents come along."""
    words = plain(text).split()
    if not words:
        return []
    units = AdminUnit.objects.filter(scheme=scheme).select_related("parent__parent")
    if level:
        units = units.filter(level=level)
    if parent:
        units = units.filter(Q(parent=parent) | Q(parent__parent=parent))
    if len(words) == 1 and words[0].isdigit():
        return list(units.filter(code__startswith=words[0]).order_by("code")[:limit])
    for word in words:
        units = units.filter(plain_name__contains=word)
    typed = " ".join(words)
    rank = Case(
        When(plain_name=typed, then=Value(0)),
        When(plain_name__in=[f"{kind} {typed}" for kind in UNIT_TYPES], then=Value(1)),
        When(plain_name__startswith=typed, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(units.annotate(rank=rank).order_by("rank", "-level", "plain_name", "code")[:limit])
