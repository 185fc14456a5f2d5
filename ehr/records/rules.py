"""Rules of sections A, B and D: pure functions over the flat dictionary of field codes. No database, no clock.

Errors are impossible values; what is merely unlikely is a warning, because a village survey must be able to save what
the person said (form831.md §4). Sources: form831.md §4, regulation.md REQ-IDN and REQ-DQ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ehr.common import identifiers
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate, Precision, age_on
from ehr.common.problems import Problem

Values = Mapping[str, Any]
OLDEST = 120  # years, REQ-DQ-01
GUARDIAN_BELOW = 14  # years, REQ-DQ-02
WORKING_AGE = 18


def plain_value(value: Any) -> Any:
    """The value inside an Answer, None when there is none; other values as they are."""
    return value.value if isinstance(value, Answer) else value


def _filled(values: Values, name: str) -> bool:
    value = values.get(name)
    return bool(value) if isinstance(value, Answer) else value not in (None, "")


# --- Section A -------------------------------------------------------------------------------------------------------


def check_person(v: Values, *, today: dt.date) -> Iterator[Problem]:
    """Section A. `v`: field codes of SECTION_A and its extras; absent ones count as empty."""
    if not v.get("full_name"):
        yield Problem("full_name", "full_name.required", "Chưa nhập họ và tên.")
    elif not any(c.isalpha() for c in v["full_name"]):
        yield Problem("full_name", "full_name.letters", "Họ và tên phải có chữ cái.")
    if v.get("sex") not in ("1", "2", "3"):
        yield Problem("sex", "sex.required", "Chưa chọn giới tính (Nam/Nữ).")
    if not v.get("current_commune"):
        yield Problem("current_commune", "current_commune.required", "Chưa chọn xã/phường nơi ở hiện tại.")
    yield from _check_birth_date(v.get("birth_date"), today)
    yield from _check_identity(v, today)
    yield from _check_status(v, today)
    yield from _check_contacts(v)


def _check_birth_date(birth: PartialDate | None, today: dt.date) -> Iterator[Problem]:
    if birth is None:
        yield Problem("birth_date", "birth_date.required", "Chưa nhập ngày sinh; nếu không biết, ghi «?».")
    elif birth.date is None:
        yield Problem("birth_date", "birth_date.unknown", "Chưa biết ngày sinh của người này.", "warning")
    elif birth.date > today:
        yield Problem("birth_date", "birth_date.future", "Ngày sinh ở tương lai.")
    elif (age_on(birth.date, birth.precision, today) or 0) > OLDEST:
        yield Problem("birth_date", "birth_date.too_old", f"Tuổi trên {OLDEST}: kiểm tra lại năm sinh.", "warning")


def _check_identity(v: Values, today: dt.date) -> Iterator[Problem]:
    birth: PartialDate | None = v.get("birth_date")
    number = v.get("id_number") or ""
    if number:
        yield from check_identity_number(number, birth, v.get("sex") or "")
    elif not v.get("id_missing_reason"):
        yield Problem(
            "id_missing_reason", "id_missing_reason.required",
            "Chưa có số định danh: nên chọn lý do để đủ thông tin phần A.", "warning",
        )  # fmt: skip
    card = plain_value(v.get("health_insurance_number"))
    if card:
        yield from identifiers.check_bhyt(card)
    certificate = v.get("birth_certificate_number")
    if certificate:
        yield from identifiers.check_birth_certificate(certificate, field="birth_certificate_number")
    issued = v.get("id_issue_date")
    if issued:
        if issued > today:
            yield Problem("id_issue_date", "id_issue_date.future", "Ngày cấp ở tương lai.")
        if birth and birth.date and issued < birth.date:
            yield Problem("id_issue_date", "id_issue_date.before_birth", "Ngày cấp trước ngày sinh.")


def check_identity_number(number: str, birth: PartialDate | None, sex: str) -> Iterator[Problem]:
    """The one line "Số CMND/CCCD": 12 digits, 9 digits of an old card, or a passport."""
    kind = identifiers.classify_identity_number(number)
    if kind == "SDDCN":
        yield from identifiers.check_national_id(
            number,
            birth_date=birth.date if birth else None,
            birth_precision=birth.precision if birth else Precision.UNKNOWN,
            sex=sex,
        )
    elif not kind:
        yield Problem(
            "id_number", "id_number.format",
            "Số CMND/CCCD phải gồm 12 chữ số (CCCD), 9 chữ số (CMND cũ) hoặc là số hộ chiếu.",
        )  # fmt: skip


def check_identifier(kind: str, value: str, *, birth: PartialDate, sex: str) -> Iterator[Problem]:
    """One number of the table of identifiers, by its kind (`Identifier.Kind`). Problems name the column `value`."""
    if kind in ("SDDCN", "SDDCN_CANCELLED", "FOREIGN_ID"):
        yield from identifiers.check_national_id(
            value, birth_date=birth.date, birth_precision=birth.precision, sex=sex, field="value"
        )
    elif kind == "CMND9":
        yield from identifiers.check_cmnd(value, field="value")
    elif kind == "BHYT_CARD":
        yield from identifiers.check_bhyt(value, field="value")
    elif kind == "BIRTH_CERT_NO":
        yield from identifiers.check_birth_certificate(value, field="value")
    elif kind == "TEMP":
        yield from identifiers.check_temporary(value, field="value")


def check_period(start: dt.date | None, end: dt.date | None, *, today: dt.date) -> Iterator[Problem]:
    """A dated row: `start <= day < end`."""
    if start and start > today:
        yield Problem("valid_from", "valid_from.future", "Ngày bắt đầu ở tương lai.")
    if start and end and end < start:
        yield Problem("valid_to", "valid_to.before_start", "Ngày kết thúc trước ngày bắt đầu.")


def check_year(name: str, year: int | None, *, birth: dt.date | None, today: dt.date) -> Iterator[Problem]:
    """A year in which something was found or done."""
    if year is None:
        return
    if year > today.year:
        yield Problem(name, f"{name}.future", "Năm ở tương lai.")
    elif birth and year < birth.year:
        yield Problem(name, f"{name}.before_birth", "Năm trước năm sinh.")


def _check_status(v: Values, today: dt.date) -> Iterator[Problem]:
    birth: PartialDate | None = v.get("birth_date")
    for name, label in (("death_date", "Ngày mất"), ("moved_out_on", "Ngày chuyển đi")):
        day = v.get(name)
        if day and day > today:
            yield Problem(name, f"{name}.future", f"{label} ở tương lai.")
        if day and birth and birth.date and day < birth.date:
            yield Problem(name, f"{name}.before_birth", f"{label} trước ngày sinh.")
    if v.get("status") == "dead" and not v.get("death_date"):
        yield Problem("death_date", "death_date.status", "Người đã mất phải có ngày mất.")
    if v.get("death_date") and v.get("status") not in ("dead", "duplicate", "error"):
        yield Problem("status", "status.death_date", "Có ngày mất thì trạng thái phải là «Đã mất».")
    if v.get("status") == "moved" and not v.get("moved_out_on"):
        yield Problem("moved_out_on", "moved_out_on.status", "Người đã chuyển đi phải có ngày chuyển đi.")


def _check_contacts(v: Values) -> Iterator[Problem]:
    for name, kind in (
        ("phone_mobile", "mobile"), ("phone_landline", "landline"),
        ("caregiver_phone_mobile", "mobile"), ("caregiver_phone_landline", "landline"),
    ):  # fmt: skip
        number = plain_value(v.get(name))
        if number:
            yield from identifiers.check_phone(number, field=name, kind=kind)
    email = plain_value(v.get("email"))
    if email:
        yield from identifiers.check_email(email)


def missing_in_section_a(facts: Any) -> list[str]:
    """Labels of what section A still lacks (REQ-DQ-02); empty means complete and counts in column (6).

    `facts` has: full_name, sex, birth_date, has_identifier, id_missing_reason, ethnicity, occupation, age (None when
    unknown), commune, village, household, phone, has_guardian, has_insurance. phone and has_insurance are truthy also
    when the answer was "không có"; phone also when a parent or caregiver has one."""
    wanted = {
        "Họ và tên": facts.full_name,
        "Giới tính": facts.sex,
        "Ngày sinh": facts.birth_date,
        "Số định danh hoặc lý do chưa có": facts.has_identifier or facts.id_missing_reason,
        "Dân tộc": facts.ethnicity,
        "Nghề nghiệp": facts.occupation or (facts.age is not None and facts.age < WORKING_AGE),
        "Xã/phường": facts.commune,
        "Thôn": facts.village,
        "Hộ gia đình": facts.household,
        "Điện thoại": facts.phone,
        "Thẻ BHYT (hoặc «không có»)": facts.has_insurance,
        "Bố, mẹ hoặc người chăm sóc": facts.has_guardian or facts.age is None or facts.age >= GUARDIAN_BELOW,
    }
    return [label for label, present in wanted.items() if not present]


# --- Section B -------------------------------------------------------------------------------------------------------

PREGNANCY_COUNTS = (
    "pregnancy_count", "miscarriage_count", "abortion_count", "birth_count", "normal_delivery_count",
    "caesarean_count", "difficult_delivery_count", "term_birth_count", "preterm_birth_count",
)  # fmt: skip
OF_WOMEN = (*PREGNANCY_COUNTS, "last_pregnancy", "gynaecological_disease")
FAMILY_LINES = (
    "family_disease_cardiovascular", "family_disease_asthma", "family_disease_hypertension", "family_disease_diabetes",
    "family_disease_mental", "family_disease_epilepsy",
)  # fmt: skip
NUMBER_RANGES = {  # name: (label, impossible below, impossible above, unlikely below, unlikely above)
    "birth_weight_g": ("Cân nặng lúc đẻ (gram)", 200, 9000, 800, 5500),
    "birth_length_cm": ("Chiều dài lúc đẻ (cm)", 15, 80, 25, 60),
    "risk_alcohol_glasses_per_day": ("Số ly cốc/ngày", 0, 200, 0, 40),
    **{name: ("Số lần", 0, 40, 0, 20) for name in PREGNANCY_COUNTS},
    "living_children_count": ("Số con hiện sống", 0, 40, 0, 20),
}


_AFFECTED = tuple((name, f"{name}_person") for name in FAMILY_LINES)
_OF_FAMILY = frozenset(code for pair in _AFFECTED for code in pair)
_NOT_ASKED = (Answer.NOT_ASKED, None, "")


def check_history(v: Values, *, sex: str) -> Iterator[Problem]:
    """Section B. `sex` as of section A; only given fields are looked at."""
    given = v.keys()
    for name, (label, low, high, odd_low, odd_high) in () if given.isdisjoint(NUMBER_RANGES) else NUMBER_RANGES.items():
        if v.get(name) not in _NOT_ASKED:
            yield from _check_range(v, name, label, low, high, odd_low, odd_high)
    for name, label in (("smoking", "hút thuốc"), ("drug", "sử dụng ma túy")):
        if v.get(f"risk_{name}_quit") == "yes" and v.get(f"risk_{name}") == "2":
            yield Problem(
                f"risk_{name}_quit", f"risk_{name}.quit_but_regular",
                f"Vừa ghi đã bỏ vừa ghi {label} thường xuyên.", "warning",
            )  # fmt: skip
    if plain_value(v.get("risk_alcohol_glasses_per_day")) and v.get("risk_alcohol") != "yes":
        yield Problem(
            "risk_alcohol_glasses_per_day", "risk_alcohol.glasses",
            "Có số ly/ngày nhưng không ghi uống rượu bia.", "warning",
        )  # fmt: skip
    for name, person in () if given.isdisjoint(_OF_FAMILY) else _AFFECTED:
        if v.get(person) and v.get(name) != "yes":
            yield Problem(name, "family_disease.person_only", "Có người mắc nhưng chưa chọn «Có».", "warning")
        if v.get(name) == "yes" and not v.get(person):
            yield Problem(person, "family_disease.person_missing", "Chưa ghi người mắc.", "warning")
    yield from _check_reproduction(v, sex)


def _check_reproduction(v: Values, sex: str) -> Iterator[Problem]:
    if v.keys().isdisjoint(OF_WOMEN):
        return
    asked = [name for name in OF_WOMEN if v.get(name) not in _NOT_ASKED]
    if not asked:
        return
    counts = {name: plain_value(v.get(name)) for name in PREGNANCY_COUNTS}
    if sex == "1":
        for name in asked:
            if plain_value(v.get(name)):
                yield Problem(name, "sex.female_only", "Mục này chỉ dành cho nữ.")
        return
    ended = [counts[name] for name in ("miscarriage_count", "abortion_count", "birth_count")]
    pregnancies = counts["pregnancy_count"]
    if pregnancies is not None and sum(x or 0 for x in ended) > pregnancies:
        yield Problem(
            "pregnancy_count", "pregnancy_count.too_few",
            "Số lần sảy, phá và sinh đẻ cộng lại nhiều hơn số lần có thai.", "warning",
        )  # fmt: skip
    births = counts["birth_count"]
    by_term = [counts[name] for name in ("term_birth_count", "preterm_birth_count")]
    if births is not None and sum(x or 0 for x in by_term) > births:
        yield Problem(
            "birth_count", "birth_count.too_few", "Số lần đủ tháng và non cộng lại nhiều hơn số lần sinh đẻ.", "warning"
        )


# --- Section D -------------------------------------------------------------------------------------------------------

VITALS = {  # impossible below and above; unlikely below and above (REQ-DQ-01)
    "pulse": ("Mạch", 10, 350, 30, 220),
    "temperature": ("Nhiệt độ", 20, 46, 30, 43),
    "bp_systolic": ("HA tâm thu", 20, 350, 60, 260),
    "bp_diastolic": ("HA tâm trương", 5, 250, 30, 160),
    "respiratory_rate": ("Nhịp thở", 1, 150, 6, 80),
    "weight_kg": ("Cân nặng", Decimal("0.2"), 400, Decimal("0.5"), 250),
    "height_cm": ("Chiều cao", 15, 260, 30, 230),
    "waist_cm": ("Vòng bụng", 10, 250, 30, 180),
}


def check_encounter(
    v: Values, *, sex: str, birth: PartialDate | None, death: dt.date | None, today: dt.date
) -> Iterator[Problem]:
    """Section D, one visit. `labs` and `diagnoses` are lists of mappings with the column names of their tables."""
    yield from _check_exam_dates(v, birth, death, today)
    for name, (label, low, high, odd_low, odd_high) in VITALS.items():
        yield from _check_range(v, name, label, low, high, odd_low, odd_high)
    systolic, diastolic = v.get("bp_systolic"), v.get("bp_diastolic")
    if systolic and diastolic and systolic <= diastolic:
        yield Problem(
            "bp_systolic", "bp.order",
            f"Huyết áp tâm thu ({systolic}) phải lớn hơn tâm trương ({diastolic}).",
        )  # fmt: skip
    elif bool(systolic) != bool(diastolic):
        yield Problem("bp_systolic", "bp.one_of_two", "Huyết áp chỉ có một trong hai số.", "warning")
    if sex == "1" and v.get("organ_obgyn"):
        yield Problem("organ_obgyn", "sex.female_only", "Khám sản phụ khoa ở người nam: kiểm tra lại.", "warning")
    for lab in v.get("labs") or ():
        if not lab.get("result"):
            yield Problem("labs", "labs.result", "Có dòng xét nghiệm chưa ghi kết quả.")
    for diagnosis in v.get("diagnoses") or ():
        if not (diagnosis.get("icd10_code") or diagnosis.get("name") or diagnosis.get("conclusion")):
            yield Problem("diagnoses", "diagnoses.empty", "Có dòng chẩn đoán để trống.")


def _check_exam_dates(v: Values, birth: PartialDate | None, death: dt.date | None, today: dt.date) -> Iterator[Problem]:
    day = v.get("exam_date")
    if not day:
        yield Problem("exam_date", "exam_date.required", "Chưa nhập ngày khám.")
        return
    if day > today:
        yield Problem("exam_date", "exam_date.future", "Ngày khám ở tương lai.")
    if birth and birth.date and day < birth.date:
        yield Problem("exam_date", "exam_date.before_birth", "Ngày khám trước ngày sinh.")
    if death and day > death:
        yield Problem("exam_date", "exam_date.after_death", "Ngày khám sau ngày mất.")
    start, end = v.get("visit_start_date"), v.get("visit_end_date")
    if start and end and end < start:
        yield Problem("visit_end_date", "visit_end_date.before_start", "Ngày kết thúc trước ngày bắt đầu.")


def check_diagnosis(code: str, properties: Mapping[str, Any], *, has_children: bool, sex: str) -> Iterator[Problem]:
    """One ICD-10 code that exists, with the properties of its list."""
    only = properties.get("sex_only")
    if only and sex in ("1", "2") and only != {"1": "M", "2": "F"}[sex]:
        yield Problem("diagnoses", "icd10.sex", f"Mã {code} chỉ dùng cho {'nam' if only == 'M' else 'nữ'}.", "warning")
    if has_children:
        yield Problem("diagnoses", "icd10.parent", f"Mã {code} còn mã chi tiết hơn.", "warning")


def _check_range(
    v: Values, name: str, label: str, low: Any, high: Any, odd_low: Any, odd_high: Any
) -> Iterator[Problem]:
    value = plain_value(v.get(name))
    if value is None or value == "":
        return
    if not low <= value <= high:
        yield Problem(name, f"{name}.range", f"{label}: {value} không thể có (từ {low} đến {high}).")
    elif not odd_low <= value <= odd_high:
        yield Problem(name, f"{name}.unlikely", f"{label}: {value} rất ít gặp, kiểm tra lại.", "warning")
