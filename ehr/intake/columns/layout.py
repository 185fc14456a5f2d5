"""What was found in a sheet: its columns, the title above them, the rows that hold no person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from dataclasses import field as of
from typing import Any

from ehr.common.text import plain


@dataclass(slots=True)
class Column:
    """One column. `field`: a field code of form 831 or a part of one ("sex:male", "birth_date:year", see headers.csv),
    "" for a column that is ignored; `why` says why it is. `sure`: False asks the officer to look. `header`: as on the
    sheet, group header first ("3b. Bệnh tật › Tăng huyết áp")."""

    index: int
    letter: str
    header: str
    field: str = ""
    sure: bool = True
    samples: list[str] = of(default_factory=list)
    why: str = ""


@dataclass(slots=True)
class Block:
    """Rows `first_row` to `last_row`, counted as the spreadsheet program shows them, under one title: a household in a
    book where each has its own, or a village within a list."""

    first_row: int
    last_row: int
    title: dict[str, str] = of(default_factory=dict)


@dataclass(slots=True)
class Layout:
    """How a sheet is read. Rows are counted as the spreadsheet program shows them.

    `title`: what stands above the table and holds for all rows: household_code, head_name, current_address_detail,
    current_village, village_in_text (perhaps one), current_commune, current_district, current_province, phone_mobile,
    exam_date, surveyed_on, occurrence_date, as text.
    `blocks`: parts with a title of their own, which wins. `skipped`: (row, why) of rows without a person; blank
    rows next to each other count once. `notes`: what was done to the whole sheet."""

    sheet: str
    header_row: int
    first_row: int
    columns: list[Column]
    title: dict[str, str] = of(default_factory=dict)
    skipped: list[tuple[int, str]] = of(default_factory=list)
    last_row: int = 0
    blocks: list[Block] = of(default_factory=list)
    notes: list[str] = of(default_factory=list)
    kind: str = "survey"
    skip: list[int] = of(default_factory=list)  # every row between first_row and last_row that holds no person
    header_rows: int = 0  # how many rows the header has, 0 when nobody knows

    @property
    def looked_over(self) -> bool:
        """False while only the place of the header (and perhaps its columns) is known: the rows are then looked at when
        the file is read."""
        return self.last_row > 0

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Layout:
        """Raises TypeError or KeyError for anything that `to_json` did not make."""
        known = {
            **data,
            "columns": [Column(**column) for column in data["columns"]],
            "skipped": [(int(number), str(why)) for number, why in data.get("skipped", ())],
            "blocks": [Block(**block) for block in data.get("blocks", ())],
        }
        return cls(**known)

    def mapping(self) -> dict[str, str]:
        """{plain header: field code}, "" for an ignored column: what SavedMapping keeps and `recognise` takes back."""
        return {key: column.field for key, column in zip(header_keys(self.columns), self.columns, strict=True)}


def header_keys(columns: list[Column]) -> list[str]:
    """One key per column: its header without tones; a header that comes again is numbered ("khac", "khac #2")."""
    seen: dict[str, int] = {}
    keys = []
    for column in columns:
        key = plain(column.header) or f"column {column.letter.lower()}"
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else f"{key} #{seen[key]}")
    return keys
