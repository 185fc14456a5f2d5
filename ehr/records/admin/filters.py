"""Filters of people's lists: only places that the user may see are offered."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from stations.models import AdminUnit, Village
from stations.scope import scope_of

MOST_OFFERED = 200


class CommuneFilter(admin.SimpleListFilter):
    """Communes of the user's places; `path` leads from the row to the person or household."""

    title = "Xã, phường"
    parameter_name = "xa"
    path = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        scope = scope_of(request.user)
        units = AdminUnit.objects.filter(
            Q(pk__in=scope.communes) | Q(parent__in=scope.provinces) | Q(villages__in=scope.villages),
            scheme="new", level="commune",
        )  # fmt: skip
        found = units.distinct().order_by("plain_name").values_list("code", "full_name")[: MOST_OFFERED + 1]
        return list(found) if len(found) <= MOST_OFFERED else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        code = self.value()
        condition = {f"{self.path}commune__code": code, f"{self.path}commune__scheme": "new"}
        return queryset.filter(**condition) if code else queryset


class VillageFilter(admin.SimpleListFilter):
    """Villages of the user's places, or of the commune chosen above when there are too many."""

    title = "Thôn"
    parameter_name = "thon"
    path = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        scope = scope_of(request.user)
        villages = Village.objects.filter(scope.places())
        commune = request.GET.get("xa")
        if commune:
            villages = villages.filter(commune__code=commune, commune__scheme="new")
        found = list(villages.order_by("commune", "position").values_list("pk", "name")[: MOST_OFFERED + 1])
        return [(str(pk), name) for pk, name in found] if len(found) <= MOST_OFFERED else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        key = self.value() or ""
        return queryset.filter(**{f"{self.path}village": key}) if key.isdigit() else queryset


class CommuneOfPerson(CommuneFilter):
    """For rows with a foreign key `person`."""

    path = "person__"


class VillageOfPerson(VillageFilter):
    """For rows with a foreign key `person`."""

    path = "person__"


class CommuneOfEncounter(CommuneFilter):
    """For rows of a visit."""

    path = "encounter__person__"


class SexOfPerson(admin.SimpleListFilter):
    """For rows with a foreign key `person`."""

    title = "Giới tính"
    parameter_name = "gioi"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Nam"), ("2", "Nữ")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(person__sex=self.value()) if self.value() else queryset
