"""Small numbers: hidden outside the responsible unit, and not told by what is left."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.common.problems import Problem
from reports.periods import Period
from reports.small import COVERED, LIMIT, SMALL, sees_small, suppressed
from reports.stored import as_json
from reports.tables import Column, Note, PlainRow, Table, text_of
from tests.reports import builders as make

UNIT = make.AdminUnit(scheme="new", code="00001", level="commune", full_name="Xã Thử")
COLUMNS = (
    Column("unit", "Đơn vị", "", "text", 48),
    Column("population", "Dân số", "", "int", 20),
    Column("people", "Người", "", "int", 20, people=True),
    Column("rate", "%", "", "percent", 20, of=("people", "population")),
)


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    unit: str
    population: int
    people: int
    rate: Decimal
    marks: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()


def table(*people, **more):
    rows = [Row(str(n), f"Thôn {n}", 100, count, Decimal(count)) for n, count in enumerate(people)]
    total = Row("all", "Tổng cộng", 100 * len(people), sum(people), Decimal(sum(people)))
    return Table("x", "X", "", UNIT, "Xã Thử", Period.of("month", make.TODAY), "village", COLUMNS, rows, total, **more)


def shown(found, key="people"):
    column = next(column for column in COLUMNS if column.key == key)
    return [text_of(column, row) for row in (*found.rows, found.total)]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((10, 20), ["10", "20", "30"]),
        ((0, 20), ["0", "20", "20"]),
        ((3, 20, 9), ["<5", "20", "…", "32"]),  # one alone could be told from the total: the next smallest goes too
        ((3, 2, 9), ["<5", "<5", "9", "14"]),
        ((4, 4, 9), ["<5", "<5", "…", "17"]),  # eight in two hidden rows are four and four
        ((1, 1, 9), ["<5", "<5", "…", "11"]),
        ((2, 0, 0), ["<5", "0", "0", "<5"]),
        ((3, 3, 0), ["<5", "<5", "0", "6"]),
        ((4, 4, 0), ["<5", "<5", "0", "…"]),  # nothing else to hide: the total goes
    ],
)
def test_small_figures_and_what_would_tell_them(people, expected):
    assert shown(suppressed(table(*people))) == expected


def test_rates_of_hidden_figures_are_hidden_and_entered_figures_stay():
    found = suppressed(table(3, 2, 9))
    assert shown(found, "rate") == ["…", "…", "9,00%", "14,00%"]
    assert shown(found, "population") == ["100", "100", "100", "300"]
    assert "“<5”" in found.notes[-1].text


def test_sentences_that_name_small_figures_go_too():
    problems = (Problem("0", "a", "Thôn 0: 3 người"), Problem("2", "a", "Thôn 2: 9 người"))
    found = suppressed(table(3, 2, 9, notes=(Note("Chưa tính 3 người.", small=True),), problems=problems))
    assert [note.text[:4] for note in found.notes] == ["“<5”"]
    assert [problem.field for problem in found.problems] == ["2"]


def test_hidden_figures_are_in_no_format():
    found = suppressed(table(3, 20, 9))
    said = as_json(found)
    assert said["rows"][0] == {
        "key": "0", "unit": "Thôn 0", "population": 100, "people": None, "rate": None,
        "hidden": {"people": "<5", "rate": "…"},
    }  # fmt: skip
    assert '"people": 3,' not in json.dumps(said)
    assert not any(isinstance(row, Row) and row.people in (3, 9) for row in found.rows)


def test_registers_and_tables_without_small_figures_stay_as_they_are():
    plain, register = table(10, 20), replace(table(3, 20), personal=True)
    assert suppressed(plain) is plain
    assert suppressed(register) is register


@given(st.lists(st.integers(0, 12), min_size=1, max_size=7))
def test_every_hidden_row_may_have_had_another_value(people):
    """What a reader knows: the total if shown, the shown rows, "<5" is 1 to 4, "…" is 5 or more."""
    found = suppressed(table(*people))
    *rows, total = shown(found)
    if total not in (SMALL, COVERED):
        rest = int(total) - sum(int(text) for text in rows if text not in (SMALL, COVERED))
        hidden = [text for text in rows if text in (SMALL, COVERED)]
        least = sum(1 if text == SMALL else LIMIT for text in hidden)
        most = sum(LIMIT - 1 if text == SMALL else 10**9 for text in hidden)
        assert not hidden or least < rest < most or (COVERED in hidden and least <= rest)
        assert hidden != [SMALL]
    assert not any(1 <= int(text) < LIMIT for text in (*rows, total) if text not in (SMALL, COVERED))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "level", "sees"),
    [
        ("clerk", "commune", True), ("head", "commune", True), ("centre", "commune", False),
        ("department", "province", False), ("partner", "commune", True), ("partner", "province", False),
    ],
)  # fmt: skip
def test_who_sees_small_numbers(role, level, sees):
    province = make.unit("province", "Tỉnh Thử")
    unit = province if level == "province" else make.unit("commune", "Xã Thử", province)
    assert sees_small(make.user(unit, role)) is sees
    assert sees_small(None)


def test_plain_rows_have_no_other_attributes():
    row = PlainRow("a", {"x": 1})
    assert row.x == 1
    with pytest.raises(AttributeError):
        _ = row.y
