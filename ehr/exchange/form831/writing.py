"""Records as form-831 XML, and what the format could not carry: told by reading back what was written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ehr.claims.values import plain_decimal
from ehr.common.dates import format_date
from ehr.common.identifiers import classify_identity_number
from ehr.common.problems import Problem
from ehr.exchange.form831 import doses, history, person, visits
from ehr.exchange.form831.layout import HEADER, RECORD, Data, to_xml
from ehr.exchange.form831.places import Units
from ehr.exchange.form831.stored import Record
from ehr.exchange.form831.words import Taker
from ehr.records.bulk.flat import flat
from ehr.records.models import Encounter
from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D
from ehr.vaccination.lines import COLUMNS as DOSE_COLUMNS

VERSION = "1.0"
#: Says that a file is ours: none of the traps of other exporters is to be feared in it.
MARK = "HSSK831"
NAME = "Hồ sơ quản lý sức khỏe cá nhân (QĐ 831/QĐ-BYT)"
_DEFAULTS = {"residence": "permanent", "status": "active", "identity_source": "manual"}
_LABELS = {item.code: item.label for section in (SECTION_A, SECTION_B, SECTION_D) for item in section.items()}
_MORE_LABELS = {
    "id_missing_reason": "Lý do chưa có số định danh", "residence": "Tình trạng cư trú",
    "resident_since": "Cư trú từ ngày", "status": "Trạng thái hồ sơ", "death_date": "Ngày mất",
    "moved_out_on": "Ngày chuyển đi", "moved_out_to": "Chuyển đến", "identity_source": "Nguồn xác minh danh tính",
    "identity_confirmed_on": "Ngày xác minh danh tính", "birth_certificate_number": "Số giấy chứng sinh",
    "station": "Trạm y tế quản lý", "note": "Ghi chú", "surveyed_on": "Ngày điều tra",
    "permanent_village_code": "Thôn (nơi đăng ký HKTT)", "current_village_code": "Thôn (nơi ở hiện tại)",
    "person_identifier": "Số định danh cá nhân",
}  # fmt: skip
_LAB_COLUMNS = ("group", "service_name", "service_code", "service_group", "result", "unit")
_LAB_LOST = ("index_code", "description", "conclusion", "resulted_at", "loinc_id")
_LOST_OF_VISITS = {
    "vision_right_corrected": "thị lực có kính (mắt phải)", "vision_left_corrected": "thị lực có kính (mắt trái)",
    "kind": "loại lượt khám", "facility": "cơ sở khám", "facility_name": "tên cơ sở khám",
    "identity_check": "cách kiểm tra danh tính",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: insurance code and name of the facility."""

    code: str = ""
    name: str = ""


@dataclass(slots=True)
class Written:
    """One record as the element HOSOSUCKHOE, and what it lacks."""

    person_id: int
    code: str
    xml: str
    lost: list[Problem] = field(default_factory=list)


def header(sender: Sender, *, on: dt.date, request_id: str) -> str:
    return to_xml(
        HEADER,
        {
            "MESSAGE_VERSION": VERSION, "SENDER_CODE": sender.code, "SENDER_NAME": sender.name,
            "TRANSACTION_TYPE": MARK, "TRANSACTION_NAME": NAME, "TRANSACTION_DATE": format_date(on),
            "TRANSACTION_ID": request_id, "REQUEST_ID": request_id, "ACTION_TYPE": "0",
        },
    )  # fmt: skip


def opening(sender: Sender, *, on: dt.date, request_id: str) -> str:
    """A file up to its first record."""
    head = header(sender, on=on, request_id=request_id)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<DATA>{head}<BODY>\n'


CLOSING = "</BODY><SECURITY><SIGNATURE></SIGNATURE></SECURITY></DATA>\n"


def write(records: Sequence[Record]) -> Iterator[Written]:
    """The records as XML. Four queries for reading them back."""
    made = [(record, _data(record)) for record in records]
    units = Units([data["THONGTINCHUNG"] for _, data in made])
    vaccines = doses.Vaccines()
    for record, data in made:
        lost = _lost(record, data, units, vaccines)
        yield Written(record.person_id, record.code, to_xml(RECORD, data) + "\n", lost)


def _data(record: Record) -> Data:
    return {
        "THONGTINCHUNG": person.write(record.a),
        "TIENSU": history.write(record.b, record.kinds),
        "TIEMCHUNG": doses.write(record.doses, record.mother),
        "DANHSACHHOSOKHAMCHUABENH": {"HOSOKHAMCHUABENH": [visits.write(values) for values in record.visits]},
    }


# --- What was not carried --------------------------------------------------------------------------------------------


def _lost(record: Record, data: Data, units: Units, vaccines: doses.Vaccines) -> list[Problem]:
    taker = Taker(trusted=True)
    a = person.read(data["THONGTINCHUNG"], taker, units)
    if classify_identity_number(a.get("id_number") or "") == "SDDCN":
        a["person_identifier"] = a["id_number"]
    a["current_province"] = record.a.get("current_province")  # follows the commune
    b = history.read(data["TIENSU"], taker)
    codes = [code for code, value in record.a.items() if _differs(code, value, a.get(code))]
    codes += [code for code, value in record.b.items() if _differs(code, value, b.get(code))]
    lost = [_problem(code) for code in codes]
    if record.other_numbers:
        lost.append(_problem("id_number", f"{record.other_numbers} số giấy tờ khác"))
    lost += _lost_details(record)
    lost += _lost_doses(record, doses.read(data["TIEMCHUNG"], taker, vaccines))
    for values, written in zip(record.visits, data["DANHSACHHOSOKHAMCHUABENH"]["HOSOKHAMCHUABENH"], strict=True):
        lost += _lost_visit(values, visits.read(written, taker))
    lost += [_problem("visits", f"{count} dòng {word} của lượt khám") for word, count in record.care.items()]
    return list({(each.field, each.message): each for each in lost}.values())


def _differs(code: str, stored: Any, found: Any) -> bool:
    return _canonical(code, stored) != _canonical(code, found)


def _canonical(code: str, value: Any) -> str:
    """A value in the words that a row carries, so that 3100, "3100" and Answer(3100) are one."""
    value = flat(code, value)
    if value is None or value is False:
        return "no" if value is False else ""
    if value is True:
        return "yes"
    if isinstance(value, int | Decimal):
        return plain_decimal(Decimal(value))
    if value == _DEFAULTS.get(code):
        return ""
    words = {"Không": "không", "Không biết": "không biết"}
    return words.get(str(value), str(value))


def _problem(code: str, what: str = "") -> Problem:
    label = what or _LABELS.get(code) or _MORE_LABELS.get(code, code)
    return Problem(code, "form831.not_carried", f"Mẫu XML 831 không mang được: {label}.", "info")


def _lost_details(record: Record) -> list[Problem]:
    """What a ticked disease says beside its box is written, but no reader has a place for it."""
    found = []
    for (table, kind), rows in record.kinds.items():
        boxed = table in ("condition", "family_disease") and int(kind) < 13
        if boxed and any(row.detail for row in rows):
            found.append(_problem("disease_detail", "mô tả bên cạnh bệnh đã đánh dấu"))
    return found


def _lost_doses(record: Record, found: doses.Doses) -> list[Problem]:
    read = {code: dict(columns) for code, columns in found.rows.items()}
    others = {(dose.vaccine.pk, dose.table, dose.number): dict(dose.columns) for dose in found.others}
    lost = []
    for dose in record.doses:
        key = dose.vaccine_id, dose.table, dose.dose_number
        columns = read.get(dose.form_row.code, {}) if dose.form_row else others.get(key, {})
        for name in DOSE_COLUMNS:
            stored = getattr(dose, name)
            if (stored or "") != (columns.get(name) or ""):
                label = str(dose._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
                lost.append(_problem("vaccinations", f"{label.lower()} của mũi tiêm"))
    if record.mother.state in ("none", "unknown"):
        lost.append(_problem("mother_tetanus_dose_count", "câu trả lời về số mũi uốn ván của mẹ"))
    return lost


def _lost_visit(values: Mapping[str, Any], found: Mapping[str, Any]) -> list[Problem]:
    lost = []
    for code, label in _LOST_OF_VISITS.items():
        if values.get(code) not in (None, "", Encounter.Kind.VISIT):
            lost.append(_problem(code, f"{label} của lượt khám"))
    for code in visits.KEPT - {"bmi"}:
        if _differs(code, values.get(code), found.get(code)):
            lost.append(_problem(code, f"{_LABELS.get(code, code)} của lượt khám"))
    for row, line in zip(values["labs"], found.get("labs", []), strict=False):
        for name in _LAB_COLUMNS:
            stored = row.group.code if name == "group" else getattr(row, name)
            if stored != line[name]:
                lost.append(_problem("labs", f"{_LAB_WORDS[name]} của kết quả cận lâm sàng"))
        lost += [
            _problem("labs", f"{_LAB_WORDS[name]} của kết quả cận lâm sàng")
            for name in _LAB_LOST
            if getattr(row, name) not in (None, "")
        ]
    if len(values["labs"]) != len(found.get("labs", [])):
        lost.append(_problem("labs", "kết quả cận lâm sàng để trống"))
    return lost


_LAB_WORDS = {
    "group": "nhóm", "service_name": "tên", "service_code": "mã dịch vụ", "service_group": "nhóm dịch vụ",
    "result": "kết quả", "unit": "đơn vị", "index_code": "mã chỉ số", "description": "mô tả", "conclusion": "kết luận",
    "resulted_at": "thời điểm có kết quả", "loinc_id": "mã LOINC",
}  # fmt: skip
