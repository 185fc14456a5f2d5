"""Rules of programmes: pure functions over the columns of a row. No database, no clock.

Errors are impossible values; what is merely unlikely is a warning. Sources: regulation.md §5, REQ-REC-07…13."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ehr.common.dates import age_on
from ehr.common.problems import Problem

Values = Mapping[str, Any]
TERM_DAYS = 280  # from the first day of the last period to the due date (Naegele)
LONGEST_DAYS = 315  # no pregnancy lasts longer than 45 weeks
FERTILE = range(10, 56)  # years; others are warned about
CLASS_FROM_YEARS = 6  # health classes begin at six years (REQ-REC-08)
PUPILS = frozenset({"10", "11"})  # DOI_TUONG: pre-school children and pupils (KSK-07)
SCHOOL_YEAR = re.compile(r"(20[0-9]{2})-(20[0-9]{2})")
DIABETES_GLUCOSE = (Decimal("1"), Decimal("60"))  # mmol/L that a meter can show
HBA1C = (Decimal("3"), Decimal("20"))


@dataclass(frozen=True, slots=True)
class Owner:
    """What the rules ask of the person a row belongs to."""

    sex: str
    birth: dt.date | None
    precision: str
    death: dt.date | None


def due_date(last_period: dt.date) -> dt.date:
    """Expected day of birth."""
    return last_period + dt.timedelta(days=TERM_DAYS)


def _check_days(values: Values, names: Sequence[tuple[str, str]], owner: Owner, today: dt.date) -> Iterator[Problem]:
    """Days of events: not in the future, within the person's life."""
    for name, label in names:
        day = values.get(name)
        if not day:
            continue
        if day > today:
            yield Problem(name, f"{name}.future", f"{label} ở tương lai.")
        elif owner.birth and day < owner.birth:
            yield Problem(name, f"{name}.before_birth", f"{label} trước ngày sinh.")
        elif owner.death and day > owner.death:
            yield Problem(name, f"{name}.after_death", f"{label} sau ngày mất.")


def _check_woman(owner: Owner, day: dt.date | None) -> Iterator[Problem]:
    if owner.sex == "1":
        yield Problem("", "sex.female_only", "Chỉ ghi cho phụ nữ; hồ sơ này ghi giới tính nam.")
    years = age_on(owner.birth, owner.precision, day) if day else None
    if years is not None and years not in FERTILE:
        yield Problem("", "age.fertile", f"Tuổi {years} ngoài tuổi sinh đẻ thường gặp: kiểm tra lại.", "warning")


def _check_range(
    values: Values, name: str, label: str, low: int, high: int, *, level: Any = "error"
) -> Iterator[Problem]:
    value = values.get(name)
    if value is not None and not low <= value <= high:
        yield Problem(name, f"{name}.range", f"{label} phải từ {low} đến {high}, đang là {value}.", level)


def check_pregnancy(v: Values, *, owner: Owner, today: dt.date) -> Iterator[Problem]:
    """One pregnancy; `v`: columns of Pregnancy."""
    registered, period, due, ended = (v.get(n) for n in ("registered_on", "last_period_on", "due_on", "ended_on"))
    yield from _check_woman(owner, registered)
    if not registered:
        yield Problem("registered_on", "registered_on.required", "Chưa nhập ngày đăng ký quản lý thai.")
    days = [("registered_on", "Ngày đăng ký"), ("last_period_on", "Ngày kinh cuối"), ("ended_on", "Ngày kết thúc")]
    yield from _check_days(v, days, owner, today)
    if period and registered and period > registered:
        yield Problem("last_period_on", "last_period_on.order", "Ngày kinh cuối sau ngày đăng ký.")
    if period and due and abs((due - due_date(period)).days) > 21:
        yield Problem("due_on", "due_on.differs", "Ngày dự sinh lệch hơn 3 tuần so với ngày kinh cuối.", "warning")
    if period and ended and ended < period:
        yield Problem("ended_on", "ended_on.order", "Ngày kết thúc trước ngày kinh cuối.")
    elif period and ended and (ended - period).days > LONGEST_DAYS:
        yield Problem("ended_on", "ended_on.long", "Thai kỳ dài quá 45 tuần: kiểm tra các ngày.", "warning")
    yield from _check_range(v, "gravida", "Lần có thai", 1, 20)
    if v.get("para") and not re.fullmatch(r"[0-9]{4}", v["para"]):
        yield Problem("para", "para.format", "PARA gồm 4 chữ số: đủ tháng, thiếu tháng, sảy hoặc phá, con sống.")
    yield from _check_end(v)


def _check_end(v: Values) -> Iterator[Problem]:
    outcome, ended = v.get("outcome"), v.get("ended_on")
    if outcome and not ended:
        yield Problem("ended_on", "ended_on.required", "Thai kỳ đã kết thúc thì phải có ngày kết thúc.")
    if ended and not outcome:
        yield Problem("outcome", "outcome.required", "Có ngày kết thúc thì chọn thai kỳ kết thúc thế nào.")
    born = outcome == "birth"
    for name, label in (("birth_place", "Nơi sinh"), ("birth_attendant", "Người đỡ đẻ")):
        if v.get(name) and not born:
            yield Problem(name, f"{name}.not_born", f"{label} chỉ ghi khi thai kỳ kết thúc bằng sinh.")
        elif born and not v.get(name):
            yield Problem(name, f"{name}.missing", f"{label}: chưa ghi nên lần sinh này vào nhóm chưa rõ.", "warning")


def check_registration(v: Values, *, owner: Owner, today: dt.date) -> Iterator[Problem]:
    """One line of a book of chronic diseases; `v`: columns of NcdRegistration."""
    if not v.get("disease"):
        yield Problem("disease", "disease.required", "Chưa chọn bệnh (sổ).")
    registered, left, status = v.get("registered_on"), v.get("left_on"), v.get("status")
    if not registered:
        yield Problem("registered_on", "registered_on.required", "Chưa nhập ngày vào sổ.")
    days = [("detected_on", "Ngày phát hiện"), ("registered_on", "Ngày vào sổ")]
    yield from _check_days(v, days, owner, today)
    if left and left > today:
        yield Problem("left_on", "left_on.future", "Ngày ra khỏi sổ ở tương lai.")
    if registered and left and left < registered:
        yield Problem("left_on", "left_on.order", "Ngày ra khỏi sổ trước ngày vào sổ.")
    if status != "managed" and not left:
        yield Problem("left_on", "left_on.required", "Người không còn được quản lý thì phải có ngày ra khỏi sổ.")
    if status == "managed" and left:
        yield Problem("status", "status.left", "Có ngày ra khỏi sổ thì chọn tình trạng khác «Đang quản lý».")
    if status == "dead" and owner.death is None:
        yield Problem("status", "status.alive", "Hồ sơ hành chính chưa ghi người này đã mất.", "warning")
    if v.get("disease") == "other" and not v.get("icd10_code"):
        yield Problem("icd10_code", "icd10_code.missing", "Sổ 04 cần mã ICD-10 của bệnh.", "warning")


def check_contraception(v: Values, *, owner: Owner, today: dt.date) -> Iterator[Problem]:
    """One method of contraception; `v`: columns of Contraception."""
    if not v.get("method"):
        yield Problem("method", "method.required", "Chưa chọn biện pháp tránh thai.")
    if not v.get("started_on"):
        yield Problem("started_on", "started_on.required", "Chưa nhập ngày thực hiện.")
    yield from _check_days(v, [("started_on", "Ngày thực hiện"), ("ended_on", "Ngày thôi dùng")], owner, today)
    if v.get("started_on") and v.get("ended_on") and v["ended_on"] < v["started_on"]:
        yield Problem("ended_on", "ended_on.order", "Ngày thôi dùng trước ngày thực hiện.")
    wrong = {"tubal": "1", "vasectomy": "2", "iud": "1"}.get(v.get("method") or "")
    if wrong and wrong == owner.sex:
        yield Problem("method", "method.sex", "Biện pháp này không hợp với giới tính của hồ sơ.")
    yield from _check_range(v, "living_children", "Số con hiện có", 0, 20)


def check_abortion(v: Values, *, owner: Owner, today: dt.date) -> Iterator[Problem]:
    """One abortion; `v`: columns of Abortion."""
    yield from _check_woman(owner, v.get("done_on"))
    if not v.get("done_on"):
        yield Problem("done_on", "done_on.required", "Chưa nhập ngày thực hiện.")
    yield from _check_days(v, [("done_on", "Ngày thực hiện")], owner, today)
    if v.get("done_on") and v.get("follow_up_on") and v["follow_up_on"] < v["done_on"]:
        yield Problem("follow_up_on", "follow_up_on.order", "Ngày khám lại trước ngày thực hiện.")
    yield from _check_range(v, "gestation_weeks", "Tuổi thai (tuần)", 1, 28)
    yield from _check_range(v, "living_children", "Số con hiện có", 0, 20)


def check_reaction(v: Values, *, given_on: dt.date | None, now: dt.datetime) -> Iterator[Problem]:
    """One reaction to a dose; `given_on`: day of the dose."""
    occurred, reported = v.get("occurred_at"), v.get("reported_at")
    if not v.get("severity"):
        yield Problem("severity", "severity.required", "Chưa chọn mức độ phản ứng.")
    if not occurred:
        yield Problem("occurred_at", "occurred_at.required", "Chưa nhập giờ xảy ra phản ứng.")
        return
    if occurred > now:
        yield Problem("occurred_at", "occurred_at.future", "Giờ xảy ra ở tương lai.")
    if given_on and occurred.date() < given_on:
        yield Problem("occurred_at", "occurred_at.before_dose", "Phản ứng xảy ra trước ngày tiêm.")
    if reported and reported < occurred:
        yield Problem("reported_at", "reported_at.order", "Giờ báo cáo trước giờ xảy ra phản ứng.")
    if v.get("severity") == "severe" and (reported or now) - occurred > dt.timedelta(hours=24):
        yield Problem("reported_at", "reported_at.late", "Phản ứng nặng phải báo cáo trong 24 giờ.", "warning")


# --- facts of a visit ------------------------------------------------------------------------------------------------


def check_mark(v: Values, *, label: str) -> Iterator[Problem]:
    """What a visit says about one registered disease."""
    if (v.get("target") or "") not in ("0", "1", "2"):
        yield Problem("target", "target.unknown", f"{label}: đạt mục tiêu là 0 chưa đạt, 1 đạt, 2 chưa đánh giá.")
    for name, text, (low, high) in (
        ("glucose_mmol_l", "đường huyết (mmol/L)", DIABETES_GLUCOSE),
        ("hba1c_percent", "HbA1c (%)", HBA1C),
    ):
        value = v.get(name)
        if value is not None and not low <= value <= high:
            message = f"{label}, {text}: phải từ {low} đến {high}, đang là {value}."
            yield Problem(name, f"{name}.range", message)


def target_of(
    disease: str,
    *,
    pressure: tuple[int | None, int | None] = (None, None),
    glucose: Decimal | None = None,
    hba1c: Decimal | None = None,
    pressure_below: Sequence[float] = (),
    glucose_within: Sequence[float] = (),
    hba1c_below: float | None = None,
) -> str:
    """Proposed mark: "1" reached, "0" missed, "2" not assessed. The clinician's own mark wins (REQ-NCD-03).

    `pressure`: systolic and diastolic in mmHg, reached below both of `pressure_below`. Diabetes goes by HbA1c (percent)
    where it was measured, else by fasting glucose (mmol/L) within both bounds."""
    if disease == "hypertension" and all(pressure) and len(pressure_below) == 2:
        reached = all(value < limit for value, limit in zip(pressure, pressure_below, strict=True))  # type: ignore[operator]
    elif disease == "diabetes" and hba1c is not None and hba1c_below is not None:
        reached = float(hba1c) < hba1c_below
    elif disease == "diabetes" and glucose is not None and len(glucose_within) == 2:
        reached = glucose_within[0] <= float(glucose) <= glucose_within[1]
    else:
        return "2"
    return "1" if reached else "0"


def check_health_check(
    v: Values, *, owner: Owner, on: dt.date, targets: Collection[str], funding: Collection[str],
    others: Sequence[tuple[dt.date, str, Collection[str]]] = (), accepted_on: dt.date | None = None,
    today: dt.date | None = None,
) -> Iterator[Problem]:  # fmt: skip
    """A periodic check on day `on`. `targets`, `funding`: codes of the lists. `others`: day, facility and target groups
    of the person's other checks of the year (REQ-REC-13). `accepted_on`: the day another system took the form."""
    chosen = v.get("target_groups") or []
    unknown = sorted(set(chosen) - set(targets))
    if unknown:
        message = f"Đối tượng khám không có mã {', '.join(unknown)}."
        yield Problem("target_groups", "target_groups.unknown_code", message)
    if not chosen:
        yield Problem("target_groups", "target_groups.missing", "Phiếu khám chưa ghi đối tượng.", "warning")
    if v.get("funding") and v["funding"] not in funding:
        yield Problem("funding", "funding.unknown_code", f"Nguồn chi trả không có mã {v['funding']}.")
    elif not v.get("funding"):
        yield Problem("funding", "funding.missing", "Phiếu khám chưa ghi nguồn chi trả.", "warning")
    yield from _check_class(v, owner, on)
    if accepted_on and accepted_on < on:
        message = f"Hệ thống nhận không thể tiếp nhận trước ngày khám {on:%d/%m/%Y}."
        yield Problem("accepted_at", "accepted_at.before_exam", message)
    elif accepted_on and today and accepted_on > today:
        yield Problem("accepted_at", "accepted_at.future", "Lúc tiếp nhận ở tương lai.")
    yield from _check_school_year(v, chosen)
    for day, place, groups in others:
        if set(groups) != set(chosen):
            where = f" tại {place}" if place else ""
            message = f"Trong năm người này đã khám ngày {day:%d/%m/%Y}{where} theo đối tượng khác."
            yield Problem("target_groups", "target_groups.twice", message, "warning")


def _check_class(v: Values, owner: Owner, on: dt.date) -> Iterator[Problem]:
    yield from _check_range(v, "health_class", "Phân loại sức khỏe", 1, 5)
    years = age_on(owner.birth, owner.precision, on)
    if v.get("health_class") and years is not None and years < CLASS_FROM_YEARS:
        yield Problem("health_class", "health_class.age", "Trẻ dưới 6 tuổi không phân loại sức khỏe I–V.")


def _check_school_year(v: Values, chosen: Collection[str]) -> Iterator[Problem]:
    year = v.get("school_year") or ""
    found = SCHOOL_YEAR.fullmatch(year)
    if year and not (found and int(found[2]) == int(found[1]) + 1):
        yield Problem("school_year", "school_year.format", f"Năm học viết như 2026-2027, đang là «{year[:20]}».")
    elif not year and PUPILS & set(chosen):
        yield Problem("school_year", "school_year.missing", "Học sinh, trẻ mầm non: chưa ghi năm học.", "warning")
