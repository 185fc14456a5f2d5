"""Keys of the code lists and of the vaccination schedule that the generator writes."""

from __future__ import annotations

import re
from collections.abc import Set

from ehr.codes.models import Code
from ehr.config.demo.context import Dose
from ehr.vaccination.models import FormRow, ScheduleDose, Vaccine

SMALL_LISTS = (
    "relation-831",
    "ethnicity",
    "country",
    "religion",
    "occupation",
    "id-missing-reason",
    "own-disease",
    "allergy-kind",
    "disability-kind",
    "organ-system",
    "lab-group",
)
DAYS = {"D": 1, "W": 7, "M": 30.4375, "Y": 365.25}
EXTRA = ("IPV", "ROTA1")  # given today, without a line on the form
SERVICE = (("FLU", 1, 200), ("TYPHOID_VI", 1, 740), ("HPV", 1, 11 * 366), ("PCV", 1, 75), ("MUMPS", 1, 380))


class ReferenceMissing(LookupError):
    """A list is not loaded yet."""


def codes_needed(wanted: Set[str]) -> tuple[dict[str, dict[str, int]], dict[str, str], str]:
    """List → code → key, for the small lists and for the `wanted` codes of ICD-10 and LOINC; names and version of the
    ICD-10 list. Raises ReferenceMissing."""
    codes: dict[str, dict[str, int]] = {}
    for key in SMALL_LISTS:
        codes[key] = dict(
            Code.objects.filter(system__key=key).order_by("release__valid_from", "pk").values_list("code", "pk")
        )
    names, version = {}, ""
    for key in ("icd10", "loinc"):
        rows = Code.objects.filter(system__key=key, code__in=wanted).order_by("release__valid_from", "pk")
        codes[key] = {}
        for pk, code, name, release in rows.values_list("pk", "code", "name", "release__version"):
            codes[key][code] = pk
            if key == "icd10":
                names[code], version = name, release
    found = codes["icd10"].keys() | codes["loinc"].keys()
    empty = [key for key, rows in codes.items() if not rows]
    missing = sorted(wanted - found - {""})
    if empty or missing:
        raise ReferenceMissing(
            f"Chưa nạp danh mục ({', '.join(empty or missing)}): hãy chạy manage.py load_reference trước."
        )
    return codes, names, version


def _days(duration: str) -> int:
    """P2M → 61, P12M14D → 379; 0 for none."""
    return round(sum(int(number) * DAYS[unit] for number, unit in re.findall(r"(\d+)([DWMY])", duration)))


def doses() -> tuple[tuple[Dose, ...], tuple[Dose, ...], tuple[Dose, ...]]:
    """Doses of children by age, some outside the programme, tetanus of pregnant women."""
    rows = {(row.vaccine.code, row.dose_number): row for row in FormRow.objects.select_related("vaccine")}
    schedule = ScheduleDose.objects.filter(program="EPI", target="child").select_related("vaccine")
    due = {(dose.vaccine.code, dose.dose_number): _days(dose.recommended_age) for dose in schedule}
    vaccines = dict(Vaccine.objects.values_list("code", "pk"))
    child = []
    for (code, number), days in sorted(due.items(), key=lambda item: (item[1], item[0])):
        row = rows.get((code, number))
        if (row and row.table == "1") or code in EXTRA:
            child.append(Dose("1", row.pk if row else None, vaccines[code], number, days))
    service = [
        Dose("2", rows[code, n].pk, rows[code, n].vaccine_id, n, days) for code, n, days in SERVICE if (code, n) in rows
    ]
    tetanus = [Dose("3", row.pk, row.vaccine_id, row.dose_number, 0) for row in rows.values() if row.table == "3"]
    if len(child) < 14 or not service or len(tetanus) < 2:
        raise ReferenceMissing("Chưa nạp lịch tiêm chủng: hãy chạy manage.py load_reference trước.")
    return tuple(child), tuple(service), tuple(sorted(tetanus, key=lambda dose: dose.number))
