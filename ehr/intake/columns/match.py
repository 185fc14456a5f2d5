"""Which field each column of a header holds: spelling first, then its group, then its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ehr.common.text import plain
from ehr.intake.columns.layout import Column, header_keys
from ehr.intake.columns.vocabulary import Entry, Words, group_of, headers

RELATIVE = frozenset({"nguoi mac", "benh nhan", "ai mac", "quan he nguoi mac", "nguoi mac benh", "ghi ro nguoi mac"})
DAY = frozenset({"ngay", "ng", "ngay sinh"})
MONTH = frozenset({"thang", "th", "thang sinh"})
WITH_RELATIVE = ("family_allergy_", "family_disease_")
FAMILY = ("family_allergy", "family_disease")
# Groups that name things which other groups name too; a column under one of them is never of another.
STRICT = frozenset(
    {
        "birthreg",
        "permanent",
        "mother",
        "father",
        "caregiver",
        "birth",
        "allergy",
        *FAMILY,
        "reproductive",
        "disability",
    }
)
# Groups that a column may share with the one before without a header that says so.
NEAR = frozenset(
    {"birthdate", "caregiver", "birth", "risk", "allergy", "disease", "disability", *FAMILY, "reproductive", "blood"}
    | {"vision_plain", "vision_glasses", "general", "organs"}
)
CAREGIVER = ("caregiver_name", "caregiver_relation", "caregiver_phone_mobile", "caregiver_phone_landline")
WHY_STT = "Số thứ tự."
WHY_NO_PLACE = "Mẫu 831 không có mục này."
WHY_UNKNOWN = "Chưa nhận ra cột này: hãy chọn mục, hoặc để bỏ qua."
WHY_EMPTY = "Cột không có tiêu đề."


@dataclass
class _Draft:
    column: Column
    groups: list[str]  # keys of its group headers, the nearest first
    candidates: list[Entry] = field(default_factory=list)
    known: bool = True
    entry: Entry | None = None
    text: str = ""


def match_columns(
    columns: list[Column], paths: Sequence[Sequence[str]], kind: str, saved: Mapping[str, str] | None = None
) -> None:
    """Sets `field`, `sure` and `why` of `columns`. `paths`: per column its headers from the top group to its own.

    A spelling with one meaning decides. Of several the one of the column's group is taken, then the one of the group to
    which the column before belongs, then the first that stands alone. A field is given once. `saved` wins."""
    words = headers(kind)
    drafts = [_draft(column, path, words) for column, path in zip(columns, paths, strict=True)]
    _look_ahead(drafts)
    used: dict[str, Column] = {}
    for key, draft in zip(header_keys(columns), drafts, strict=True):
        if saved and key in saved:
            draft.column.field, draft.column.sure = saved[key], True
            draft.column.why = "" if saved[key] else "Bỏ qua theo cách ghép đã lưu."
            if saved[key]:
                used[saved[key]] = draft.column
            draft.candidates = []
    open_drafts = [
        draft
        for draft in drafts
        if not (saved and draft.column.why.startswith("Bỏ qua theo")) and not draft.column.field
    ]
    for draft in open_drafts:  # first what leaves no choice
        choices = _of_group(draft)
        fields = {entry.field for entry in choices}
        if len(fields) == 1 and (choices[0].alone or choices[0].group in draft.groups) and choices[0].field not in used:
            _take(draft, choices[0], used)
    running = ""
    before: _Draft | None = None
    for draft in drafts:
        if not draft.column.field and draft in open_drafts and draft.entry is None:
            _by_neighbour(draft, before, running, used)
        if draft.entry is not None and draft.entry.group:
            running = draft.entry.group
        elif draft.column.field and not draft.column.field.endswith("_person"):
            running = ""
        if draft.column.field:
            before = draft
    _correct(drafts)


def _draft(column: Column, path: Sequence[str], words: Words) -> _Draft:
    own, above = (path[-1], list(path[:-1])) if path else ("", [])
    groups = [key for text in reversed(above) if (key := group_of(text))]
    draft = _Draft(column, groups, text=own)
    if not own:
        column.why, column.sure = WHY_EMPTY, not column.samples
        return draft
    if above:  # "Bại liệt" over "1", "Dị ứng" over "thuốc"
        found, known = words.find(f"{above[-1]} {own}")
        if known:
            draft.candidates = found
            return draft
    draft.candidates, draft.known = words.find(own)
    return draft


def _look_ahead(drafts: list[_Draft]) -> None:
    """Groups that the columns after tell: "Ngày | Tháng | Năm" is a birth date, what "Người mắc" follows is family."""
    texts = [plain(draft.text) for draft in drafts]
    for index, draft in enumerate(drafts):
        after = texts[index + 1 :]
        if texts[index] in DAY and after[:1] and after[0] in MONTH and not draft.groups:
            for each in drafts[index : index + 3]:
                each.groups.append("birthdate")
        if after[:1] and after[0] in RELATIVE and not draft.groups:
            draft.groups += FAMILY


def _of_group(draft: _Draft) -> list[Entry]:
    """Candidates that may stand under the column's groups, the nearest group first."""
    for group in draft.groups:
        if here := [entry for entry in draft.candidates if entry.group == group]:
            return here
    if any(group in STRICT for group in draft.groups):
        return [entry for entry in draft.candidates if not entry.group and entry.section == "-"]
    return draft.candidates


def _take(draft: _Draft, entry: Entry, used: dict[str, Column]) -> None:
    draft.entry = entry
    column = draft.column
    if entry.section == "-":
        column.field, column.sure = "", True
        column.why = WHY_STT if entry.field == "stt" else WHY_NO_PLACE
        return
    column.field, column.sure, column.why = entry.field, draft.known, ""
    if not draft.known:
        column.why = "Tiêu đề gần giống: hãy kiểm tra."
    used[entry.field] = column


def _by_neighbour(draft: _Draft, before: _Draft | None, running: str, used: dict[str, Column]) -> None:
    column = draft.column
    if not draft.text:
        return
    previous = before.column.field if before else ""
    if plain(draft.text) in RELATIVE:
        if previous.startswith(WITH_RELATIVE) and not previous.endswith("_person"):
            column.field, column.sure = f"{previous}_person", True
            used[column.field] = column
        else:
            column.why, column.sure = "Cột «Người mắc» không đứng sau một bệnh hay dị ứng của gia đình.", False
        return
    choices = _of_group(draft)
    free = [entry for entry in choices if entry.field not in used]
    near = "caregiver" if previous in CAREGIVER else "birthdate" if previous.startswith("birth_date") else running
    if near not in NEAR:
        near = ""
    chosen = (
        next((entry for entry in free if entry.group in draft.groups and entry.group), None)
        or next((entry for entry in free if entry.group == near and near), None)
        or next((entry for entry in free if entry.alone), None)
    )
    if chosen:
        _take(draft, chosen, used)
        if near and chosen.group == near and chosen.group not in draft.groups and len(free) > 1:
            beside = near == "caregiver" and previous == "caregiver_name" and chosen.field == "caregiver_relation"
            column.sure = column.sure and (beside or near in ("birthdate", "birth", "risk", "allergy", "disease"))
        return
    column.sure = False
    taken = next((used[entry.field] for entry in choices if entry.field in used), None)
    if taken:
        column.why = f"Trùng với cột {taken.letter} ({taken.header})."
    else:
        column.why = WHY_UNKNOWN


def _correct(drafts: list[_Draft]) -> None:
    """What only the whole row tells: "Nam" without "Nữ" after day and month is the year; "Tên" beside "Họ đệm"."""
    fields = {draft.column.field: draft for draft in drafts if draft.column.field}
    male = fields.get("sex:male")
    if male and "sex:female" not in fields:
        if {"birth_date:day", "birth_date:month"} & fields.keys() and "birth_date:year" not in fields:
            male.column.field = "birth_date:year"
        else:
            male.column.sure = False
    if "birth_date" in fields and "birth_date:month" in fields and "birth_date:day" not in fields:
        fields["birth_date"].column.field = "birth_date:day"
    if "full_name:family" in fields and "full_name" in fields:
        name = fields["full_name"].column
        if plain(name.header.rpartition("›")[2]) == "ten":
            name.field = "full_name:given"
    elif "full_name" in fields:
        _name_over_two(drafts, fields["full_name"].column)


def _name_over_two(drafts: list[_Draft], name: Column) -> None:
    """ "Họ và tên" over two columns, as school lists have it: family name and middle name, then the given name."""
    after = next((draft.column for draft in drafts if draft.column.index == name.index + 1), None)
    if after is None or after.field or not after.samples:
        return
    words = [len(sample.split()) for sample in after.samples if not any(map(str.isdigit, sample))]
    capital = all(sample[:1].isupper() for sample in after.samples)
    if (
        capital
        and len(words) == len(after.samples)
        and max(words) <= 2
        and (after.header == name.header or not after.header)
    ):
        name.field, after.field = "full_name:family", "full_name:given"
        name.sure = after.sure = after.header == name.header
        after.why = "" if after.sure else "Cột không tiêu đề đứng sau họ và tên: được hiểu là tên."
