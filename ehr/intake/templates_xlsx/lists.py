"""The longer drop-down lists of a template, from the code tables and the commune's villages."""

from __future__ import annotations

from collections.abc import Callable

from ehr.records.facts import codes_of
from ehr.vaccination.models import Vaccine
from ehr.vaccination.queries import printed_rows
from stations.models import AdminUnit, Village


def _names(system: str) -> Callable[[AdminUnit], list[str]]:
    def read(_: AdminUnit) -> list[str]:
        codes = sorted(codes_of(system).values(), key=lambda code: (code.position, code.code))
        return list(dict.fromkeys(code.name for code in codes))

    return read


def _villages(commune: AdminUnit) -> list[str]:
    rows = Village.objects.filter(commune=commune, valid_to=None).order_by("position", "name")
    return list(rows.values_list("name", flat=True))


def _provinces(_: AdminUnit) -> list[str]:
    rows = AdminUnit.objects.filter(scheme="new", level="province").order_by("plain_name")
    return list(rows.values_list("name", flat=True))


def _vaccines(_: AdminUnit) -> list[str]:
    """The printed rows first, because they say vaccine and dose in one, then all vaccines."""
    return [row.label for row in printed_rows().values()] + list(
        Vaccine.objects.order_by("name").values_list("name", flat=True)
    )


LISTS: dict[str, Callable[[AdminUnit], list[str]]] = {
    "Thôn": _villages,
    "Quan hệ với chủ hộ": _names("relation-831"),
    "Dân tộc": _names("ethnicity"),
    "Quốc tịch": _names("country"),
    "Tôn giáo": _names("religion"),
    "Nghề nghiệp": _names("occupation"),
    "Tỉnh, thành phố": _provinces,
    "Vắc xin": _vaccines,
}


def read_lists(names: set[str], commune: AdminUnit) -> dict[str, list[str]]:
    """The lists of these names, in the order above. At most one query each; empty ones are left out."""
    found = {name: LISTS[name](commune) for name in LISTS if name in names}
    return {name: values for name, values in found.items() if values}
