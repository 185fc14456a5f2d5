"""Reading what was done at a visit beyond form 831, and what a hospital told about it, in words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localtime

from ehr.common.numbers import format_number
from ehr.records.models import (
    Appointment,
    CareDocument,
    ClinicalNote,
    Delivery,
    Encounter,
    LabResult,
    Medication,
    Procedure,
)
from ehr.records.words import word
from stations.models import FacilityCode

EMERGENCY = "2"  # MA_DOITUONG_KCB


@dataclass(slots=True)
class Care:
    """Rows of one visit."""

    medications: list[Medication]
    procedures: list[Procedure]
    notes: list[ClinicalNote]
    documents: list[CareDocument]
    appointments: list[Appointment]
    deliveries: list[Delivery]

    def __bool__(self) -> bool:
        return any((self.medications, self.procedures, self.notes, self.documents, self.appointments, self.deliveries))


def of_visit(visit: Encounter) -> Care:
    """Six queries; none when the lists were prefetched (`LISTS`)."""
    on = visit.exam_date
    care = Care(
        sorted(visit.medication_set.all(), key=_position), sorted(visit.procedure_set.all(), key=_position),
        sorted(visit.clinicalnote_set.all(), key=lambda row: (row.position, row.pk)),
        sorted(visit.caredocument_set.all(), key=_position),
        sorted(visit.appointment_set.all(), key=lambda row: (row.on, row.pk)),
        sorted(visit.delivery_set.all(), key=lambda row: (row.born_on, row.pk)),
    )  # fmt: skip
    drug: Any
    for drug in care.medications:
        drug.route = word("DUONG_DUNG", drug.route_code, on)
        drug.amount = f"{format_number(drug.quantity)} {drug.unit}".strip() if drug.quantity is not None else ""
    note: Any
    for note in care.notes:
        note.words = with_vital_words(note.progress)
    return care


_VITALS = re.compile(r"CSST\s*<([^<>]{1,200})>")
_VITAL = re.compile(r"(HA|NT|M|T)\s*(\d{1,3}(?:[.,/]\d{1,3})?)")
_VITAL_WORDS = {
    "M": ("mạch", "lần/phút"), "T": ("nhiệt độ", "°C"), "HA": ("huyết áp", "mmHg"), "NT": ("nhịp thở", "lần/phút"),
}  # fmt: skip


def with_vital_words(text: str) -> str:
    """Vital signs as Decision 4750 has them written in notes, "CSST<M75_T37_HA120/70_NT18>", in words; what is unknown
    stays as it is."""
    return _VITALS.sub(lambda found: _in_words(found[1]), text)


def _in_words(signs: str) -> str:
    said = []
    for sign in signs.split("_"):
        found = _VITAL.fullmatch(sign.strip())
        if found is None:
            said.append(sign.strip())
            continue
        name, unit = _VITAL_WORDS[found[1]]
        said.append(f"{name} {found[2].replace('.', ',')} {unit}")
    words = ", ".join(part for part in said if part)
    return words[:1].upper() + words[1:]


LISTS = ("medication_set", "procedure_set", "clinicalnote_set", "caredocument_set", "appointment_set", "delivery_set")


def _position(row: Any) -> tuple[int, int]:
    return row.position, row.pk


@dataclass(slots=True)
class ResultGroup:
    """Results of one service: its name ("" when each result names itself), and the rows."""

    name: str
    rows: list[LabResult]


def results_by_service(labs: Iterable[LabResult], procedures: Sequence[Procedure]) -> list[ResultGroup]:
    """Results under the service that was ordered, in their order."""
    names = {row.code: row.name for row in procedures if row.code}
    found: list[ResultGroup] = []
    for row in labs:
        name = names.get(row.service_code, "")
        name = "" if name == row.service_name else name
        if not found or found[-1].name != name:
            found.append(ResultGroup(name, []))
        found[-1].rows.append(row)
    return found


def without_results(procedures: Sequence[Procedure], labs: Iterable[LabResult]) -> list[Procedure]:
    """Services that no result stands for: a test that was done is read with its result."""
    told_of = {row.service_code for row in labs if row.service_code}
    return [row for row in procedures if row.code not in told_of]


def facility_names(codes: Iterable[str]) -> dict[str, str]:
    """Facilities by claims code. One query; none without codes."""
    wanted = {part.strip() for code in codes for part in code.split(";") if part.strip()}
    if not wanted:
        return {}
    rows = FacilityCode.objects.filter(kind=FacilityCode.Kind.CLAIMS, code__in=wanted).order_by("valid_from", "pk")
    return dict(rows.values_list("code", "organization__name"))


def told(visit: Encounter, names: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """What the claim told about the visit as a whole: (label, words), only what there is. `names`: facilities by claims
    code; without them one query at most."""
    on = visit.visit_end_date or visit.exam_date
    if names is None:
        names = facility_names((visit.referred_from, visit.referred_to))
    return [(label, text) for label, text in _told(visit, on, names) if text]


def _told(visit: Encounter, on: dt.date, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "Hình thức", word("MA_LOAI_KCB", visit.care_class, on)
    yield "Vào lúc", _minute(visit.started_at)
    yield "Vào nội trú lúc", _minute(visit.admitted_at)
    yield "Ra lúc", _minute(visit.ended_at)
    yield "Đối tượng đến khám", word("MA_DOITUONG_KCB", visit.payment_code, on)
    yield "Tuyến khám", word("MA_LYDO_VVIEN", visit.admission_route, on)
    yield "Khoa", visit.department_code
    yield "Kết quả điều trị", word("KET_QUA_DTRI", visit.outcome_code, on)
    yield "Tình trạng ra viện", word("MA_LOAI_RV", visit.discharge_code, on)
    yield "Nguyên nhân tai nạn", word("MA_TAI_NAN", visit.injury_code, on)
    yield "Chuyển từ", _facilities(visit.referred_from, names)
    yield "Chuyển đến", _facilities(visit.referred_to, names)
    yield "Số giấy chuyển, giấy hẹn", visit.referral_number
    yield "Số hồ sơ bệnh án", visit.record_number
    yield "Mã bệnh nhân tại cơ sở", visit.patient_number
    yield "Địa chỉ khai khi khám", visit.patient_address


def _minute(value: dt.datetime | None) -> str:
    return f"{localtime(value):%H:%M %d/%m/%Y}" if value else ""


def _facilities(codes: str, names: dict[str, str]) -> str:
    parts = [part.strip() for part in codes.split(";") if part.strip()]
    return "; ".join(f"{names[part]} ({part})" if part in names else part for part in parts)


def place_of(row: Any) -> str:
    """The facility of a visit, paper or appointment by name."""
    return row.facility.name if row.facility else row.facility_name
