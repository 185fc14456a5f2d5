"""The same person twice in one file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehr.intake.matching.staged import StagedRow, bits

#: What says who a person is, and stands on every sheet about this person.
IDENTIFYING = frozenset(
    ["full_name", "birth_date", "sex", "id_number", "household_code", "current_village_code", "current_commune"]
)
_WHO = bits(IDENTIFYING)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row about the person of an earlier row. `adds`: it stands on another sheet and says other things (part B beside
    part A), so it is written after the first; otherwise it is refused. `why`: Vietnamese, names the first row."""

    first: int
    adds: bool
    why: str


def repeats(rows: Iterable[StagedRow]) -> dict[int, Repeat]:
    """Rows about a person who stands on an earlier row: the same number, or the same name with tones in the same
    household, with nothing against it. Same-name twins differ in tones, fathers and sons in birth, cousins in
    household."""
    numbers: dict[str, StagedRow] = {}
    names: dict[tuple[str, str], list[StagedRow]] = {}
    found: dict[int, Repeat] = {}
    said: dict[int, int] = {}  # codes that the rows of one person have said so far, by its first position
    for row in rows:
        same_number = numbers.get(row.number) if row.number else None
        named = names.setdefault((row.exact, row.household), []) if row.exact and row.household else []
        first = same_number or next((other for other in named if _may_be(row, other)), None)
        if first is None:
            if row.number:
                numbers[row.number] = row
            named.append(row)
            said[row.position] = row.codes & ~_WHO
            continue
        found[row.position] = repeat = _repeat(row, first, said[first.position], by_number=same_number is not None)
        if repeat.adds:
            said[first.position] |= row.codes & ~_WHO
    return found


def _may_be(row: StagedRow, other: StagedRow) -> bool:
    """Nothing that both say speaks against one person."""
    return (
        (not row.birth or not other.birth or row.birth.meets(other.birth))
        and (not row.sex or not other.sex or row.sex == other.sex)
        and (not row.village or not other.village or row.village == other.village)
        and (not row.number or not other.number or row.number == other.number)
    )


def _repeat(row: StagedRow, first: StagedRow, said: int, *, by_number: bool) -> Repeat:
    where = f"dòng {first.row}" + (f" trang «{first.sheet}»" if first.sheet != row.sheet else "")
    new = row.codes & ~_WHO
    same_person = row.exact == first.exact and (not row.birth or not first.birth or row.birth.meets(first.birth))
    if first.sheet != row.sheet and same_person and new and not new & said:
        return Repeat(first.position, True, f"Bổ sung cho {where}")
    if row.digest == first.digest:
        return Repeat(first.position, False, f"Dòng này giống hệt {where}: chỉ giữ một dòng.")
    what = "Cùng số giấy tờ" if by_number else "Cùng họ tên, ngày sinh và hộ"
    return Repeat(first.position, False, f"{what} với {where}: mỗi người chỉ một dòng, hãy sửa hoặc bỏ một dòng.")
