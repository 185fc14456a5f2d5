"""Rules of section C: pure functions over the lines of the three tables. Source: form831.md §4 rules 3–6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ehr.common.problems import Problem


def check_doses(
    lines: Sequence[Mapping[str, Any]], *, sex: str, birth: dt.date | None, death: dt.date | None, today: dt.date
) -> Iterator[Problem]:
    """All lines of section C of one person. A line has: key (field of the form, for messages), label, table, vaccine
    (any hashable), dose_number, status, occurrence_date, pregnancy_month, reaction, next_date."""
    for line in lines:
        yield from _check_line(line, sex, birth, death, today)
    yield from _check_order(lines)


def _check_line(
    line: Mapping[str, Any], sex: str, birth: dt.date | None, death: dt.date | None, today: dt.date
) -> Iterator[Problem]:
    key, label = line["key"], line["label"]
    given, day, appointment = line.get("status") == "given", line.get("occurrence_date"), line.get("next_date")
    if line.get("status") not in ("given", "not_given", "unknown"):
        yield Problem(key, "status.required", f"{label}: chưa chọn đã tiêm hay chưa.")
    if not given and (day or line.get("reaction") or line.get("pregnancy_month")):
        yield Problem(key, "status.not_given", f"{label}: mũi chưa tiêm không có ngày tiêm, tháng thai, phản ứng.")
    if given and not day:
        yield Problem(key, "occurrence_date.missing", f"{label}: đã tiêm nhưng chưa ghi ngày.", "warning")
    if day:
        if day > today:
            yield Problem(key, "occurrence_date.future", f"{label}: ngày tiêm ở tương lai.")
        if birth and day < birth:
            yield Problem(key, "occurrence_date.before_birth", f"{label}: ngày tiêm trước ngày sinh.")
        if death and day > death:
            yield Problem(key, "occurrence_date.after_death", f"{label}: ngày tiêm sau ngày mất.")
        if appointment and appointment < day:
            yield Problem(key, "next_date.before_dose", f"{label}: ngày hẹn trước ngày tiêm.", "warning")
    month = line.get("pregnancy_month")
    if month is not None and not 1 <= month <= 10:
        yield Problem(key, "pregnancy_month.range", f"{label}: tháng thai từ 1 đến 10.")
    if line.get("table") == "3" and sex == "1" and line.get("status") == "given":
        yield Problem(key, "sex.female_only", f"{label}: bảng uốn ván phụ nữ có thai chỉ dành cho nữ.")


def _check_order(lines: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Doses of one vaccine come in date order, two of them never on one day."""
    by_vaccine: dict[Any, list[Mapping[str, Any]]] = {}
    for line in lines:
        if line.get("status") == "given" and line.get("occurrence_date"):
            by_vaccine.setdefault((line.get("table"), line.get("vaccine")), []).append(line)
    for doses in by_vaccine.values():
        doses.sort(key=lambda line: line.get("dose_number") or 0)
        for earlier, later in pairwise(doses):
            key, label, before = later["key"], later["label"], earlier["label"]
            if later["occurrence_date"] == earlier["occurrence_date"]:
                yield Problem(key, "occurrence_date.same_day", f"{label}: cùng ngày với {before}.", "warning")
            elif later["occurrence_date"] < earlier["occurrence_date"]:
                yield Problem(key, "occurrence_date.order", f"{label}: trước ngày của {before}.", "warning")


MOST_MOTHER_DOSES = (20, 7)  # impossible above, unlikely above


def check_mother_doses(answer: Any) -> Iterator[Problem]:
    """The footer of the first table: tetanus doses that the mother had. An Answer with a whole number, or None."""
    count = answer.value if answer is not None else None
    impossible, unlikely = MOST_MOTHER_DOSES
    if count is None:
        return
    if not 0 <= count <= impossible:
        yield Problem(
            "mother_tetanus_dose_count", "mother_tetanus_dose_count.range",
            f"Số mũi uốn ván mẹ đã tiêm: {count} không thể có (từ 0 đến {impossible}).",
        )  # fmt: skip
    elif count > unlikely:
        yield Problem(
            "mother_tetanus_dose_count", "mother_tetanus_dose_count.unlikely",
            f"Số mũi uốn ván mẹ đã tiêm: {count} rất ít gặp, kiểm tra lại.", "warning",
        )  # fmt: skip
