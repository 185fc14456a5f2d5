"""Section C and TIEMCHUNG, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ehr.common.text import plain
from ehr.exchange.form831.layout import Data, rows, text
from ehr.exchange.form831.words import Taker, text_of
from ehr.vaccination.bulk import Dose
from ehr.vaccination.models import Immunization, Table, Vaccine
from ehr.vaccination.queries import printed_rows

STATES = {"given": "1", "not_given": "0"}
_NUMBERED = re.compile(r"^(.*?)[\s,]*(?:mũi|lần|liều)?\s*(\d{1,2})$", re.IGNORECASE)
MOTHER = "mother_tetanus_dose_count"


# --- Out -------------------------------------------------------------------------------------------------------------


def write(doses: Iterable[Immunization], mother: Any) -> Data:
    """TIEMCHUNG: the printed rows under their label, other doses under the name of the vaccine and "mũi n"."""
    return {"THONGTINMUITIEM": [_dose(dose) for dose in doses], "SOMUIUONVANMETIEM": text_of(mother)}


def _dose(dose: Immunization) -> Data:
    name = dose.form_row.label if dose.form_row else f"{dose.vaccine.name} mũi {dose.dose_number}"
    return {
        "MAVACXIN": dose.vaccine.code,
        "TENVACXIN": name,
        "LOAIVACXIN": dose.table,
        "TRANGTHAI": STATES.get(dose.status, ""),
        "NGAYTIEM": text_of(dose.occurrence_date),
        "THANGTHAI": text_of(dose.pregnancy_month),
        "PHANUNGSAUTIEM": dose.reaction,
        "NGAYHENTIEM": text_of(dose.next_date),
        "SOMUIUONVANMETIEM": str(dose.dose_number),
    }


# --- In --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Doses:
    """What a record says of section C: columns by printed row, other doses, tetanus doses of the mother."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: list[Dose] = field(default_factory=list)
    mother: int | None = None

    def __bool__(self) -> bool:
        return bool(self.rows or self.others or self.mother is not None)

    @property
    def of_women(self) -> bool:
        """Whether a dose of the table for pregnant women was given."""
        given = [code for code, columns in self.rows.items() if columns.get("occurrence_date")]
        return any(code.startswith("c3_") for code in given)


class Vaccines:
    """Vaccines by code and by name. One query."""

    def __init__(self) -> None:
        found = list(Vaccine.objects.order_by("code"))
        self._codes = {plain(row.code): row for row in found}
        self._names = {plain(row.name): row for row in found}

    def find(self, code: str, name: str) -> Vaccine | None:
        return self._codes.get(plain(code)) or self._names.get(plain(name))


def read(data: Mapping[str, Any], taker: Taker, vaccines: Vaccines) -> Doses:
    """The doses of TIEMCHUNG. What names no vaccine that we know is left out by name."""
    found = Doses(mother=taker.whole(MOTHER, "SOMUIUONVANMETIEM", text(data, "SOMUIUONVANMETIEM")))
    labels = {(row.table, plain(row.label)): code for code, row in printed_rows().items()}
    undated = 0
    for row in rows(data, "THONGTINMUITIEM"):
        table = text(row, "LOAIVACXIN").lstrip("0")
        code = labels.get((table, plain(text(row, "TENVACXIN"))))
        columns = _columns(code or "vaccine", row, taker)
        if columns.get("status") == "given" and not columns.get("occurrence_date") and not taker.trusted:
            undated += 1  # trap 3: every row that is not ticked "chưa" comes as given
            columns["status"] = "unknown"
            columns = {name: columns[name] for name in ("status", "next_date") if name in columns}
            if "next_date" not in columns:
                continue
        if not columns:
            continue
        if code is not None:
            found.rows[code] = columns
        elif other := _other(row, table, columns, taker, vaccines):
            found.others.append(other)
    if undated:
        message = f"{undated} mũi ghi «đã tiêm» mà không có ngày tiêm: coi là không rõ, không nhận."
        taker.note("vaccine_status", "undated", message)
    return found


def _columns(code: str, row: Data, taker: Taker) -> dict[str, Any]:
    found: dict[str, Any] = {
        "status": taker.choice(code, "TRANGTHAI", text(row, "TRANGTHAI"), {"1": "given", "0": "not_given"}),
        "occurrence_date": taker.date(code, "NGAYTIEM", text(row, "NGAYTIEM")),
        "pregnancy_month": taker.whole(code, "THANGTHAI", text(row, "THANGTHAI")),
        "reaction": text(row, "PHANUNGSAUTIEM"),
        "next_date": taker.date(code, "NGAYHENTIEM", text(row, "NGAYHENTIEM")),
    }
    found = {name: value for name, value in found.items() if value not in ("", None)}
    if not found.get("status"):
        if found.get("occurrence_date"):
            found["status"] = "given"
        elif found or taker.trusted:
            found["status"] = "unknown"
    return found


def _other(row: Data, table: str, columns: dict[str, Any], taker: Taker, vaccines: Vaccines) -> Dose | None:
    name = text(row, "TENVACXIN")
    parts = _NUMBERED.match(name)
    vaccine = vaccines.find(text(row, "MAVACXIN"), name) or (parts and vaccines.find("", parts[1])) or None
    order = taker.whole("vaccine_dose_order", "SOMUIUONVANMETIEM", text(row, "SOMUIUONVANMETIEM"))
    number = order or (int(parts[2]) if parts else None)
    if vaccine is None or table not in Table.values or not (number is None or 0 < number < 100):
        why = f"mũi «{name[:40]}»: không biết vắc xin, bảng hoặc số mũi."
        taker.unreadable("vaccine_code", "THONGTINMUITIEM", why)
        return None
    return Dose(vaccine, table, number, columns)
