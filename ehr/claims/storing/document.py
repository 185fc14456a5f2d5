"""A claim as one document: what a version keeps, its digest, and what differs between two of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.claims.models import ClaimVersion
from ehr.claims.spec import Kind, Standard, Table, table
from ehr.claims.values import canonical, clean
from ehr.common import sealed

Content = dict[str, Any]  # {table: [{column: text}, …], UNREAD: {slot: text}}
Difference = dict[str, Any]  # {table, line, column, before, after}

UNREAD = "unread"  # slots that no standard knows, as they came
#: Counts within one send and is another one in the next: no change of the claim (README of the specification, 3).
_COUNTER = "STT"
_COUNTED = re.compile(rf'"{_COUNTER}":"[^"]*",?')
_LONGEST = 500
#: What JSON escapes, and the quotes.
_ESCAPED = bytes((*range(32), *b'"\\'))
#: What tells one row of a table from another, most telling first; "" is any row of the table.
_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "XML2": (("MA_THUOC", "NGAY_YL"), ("MA_THUOC",), ("TEN_THUOC",)),
    "XML3": (("MA_DICH_VU", "MA_VAT_TU", "NGAY_YL"), ("MA_DICH_VU", "MA_VAT_TU"), ("TEN_DICH_VU",)),
    "XML4": (("MA_DICH_VU", "MA_CHI_SO", "NGAY_KQ"), ("MA_DICH_VU", "MA_CHI_SO", "TEN_CHI_SO")),
    "XML5": (("THOI_DIEM_DBLS", "NGUOI_THUC_HIEN"), ("THOI_DIEM_DBLS",), ("DIEN_BIEN_LS",)),
    "XML9": (("SO",), ("NGAY_SINH_CON",)),
}
#: Columns by which people know a row.
_NAMES = ("TEN_THUOC", "TEN_DICH_VU", "TEN_VAT_TU", "TEN_CHI_SO", "MA_DICH_VU", "DIEN_BIEN_LS", "HO_TEN_CON")


@dataclass(frozen=True, slots=True)
class Document:
    """`text`: the content as JSON; `digest`: SHA-256 over the values, whatever their order, spelling or counters."""

    text: str
    digest: str

    @property
    def content(self) -> Content:
        """Made anew each time it is asked for: only what another version is compared to needs it."""
        found: Content = json.loads(self.text)
        return found


def document(claim: Claim) -> Document:
    """The document of a claim that was read."""
    # In the order of the standard, unknown tags behind, so that equal values are equal texts.
    parts = [f'"{name}":[{",".join(map(_row_text, claim.tables[name]))}]' for name in _tables(claim)]
    if claim.unread:
        parts.append(f'"{UNREAD}":{as_json({name: clean(claim.unread[name]) for name in sorted(claim.unread)})}')
    text = f"{{{','.join(parts)}}}"
    hashed = hashlib.sha256(claim.standard.encode())
    hashed.update(_COUNTED.sub("", text).encode())
    return Document(text, hashed.hexdigest())


def _tables(claim: Claim) -> list[str]:
    names = [name for name, rows in claim.tables.items() if rows]
    return names if len(names) < 2 else sorted(names, key=lambda name: (len(name), name))


def _row_text(row: Row) -> str:
    """The canonical values of a row as JSON: of most rows the values need no change and nothing is to be escaped, so
    that they only have to be put into the text that all rows with these columns have in common."""
    values = row.values
    shape = _shape(row.table.standard, row.table.name, row.filled) if row.table and values else None
    if shape is None:
        return as_json(_ordered(row))
    texts = list(values.values())
    for at, kind, size in shape.typed:
        text = texts[at]
        # Digits are: of a date or time as many as the standard says (whether it is one or not), of a number without a
        # zero in front.
        if not (text.isdigit() and text.isascii() and (len(text) == size if size else text[0] != "0")):
            texts[at] = canonical(text, kind)
    found = shape.text % (tuple(texts) if shape.order is None else tuple([texts[at] for at in shape.order]))
    return found if is_plain(found.encode(), len(texts)) else as_json(_ordered(row))


def is_plain(data: bytes, pairs: int) -> bool:
    """Whether this JSON, into which texts were put as they are, is right: nothing in it is to be escaped, and it has no
    other quotes than those around so many names and values."""
    return len(data) - len(data.translate(None, _ESCAPED)) == 4 * pairs


def _ordered(row: Row) -> dict[str, str]:
    values = row.canonical()
    order = _columns(row.table.standard, row.table.name) if row.table else {}
    found = {name: values[name] for name in order if name in values}
    if len(found) != len(values):
        found |= {name: values[name] for name in sorted(values) if name not in found}
    return found


@cache
def _columns(standard: Standard, name: str) -> dict[str, int]:
    """Columns in the order of the standard, with their places."""
    known = table(standard, name)
    return {column: at for at, column in enumerate(known.columns)} if known else {}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What rows with the same columns have in common. `text`: their JSON with %s for each value; `order`: the places of
    their values in it, None when they stand in the order of the standard; `typed`: (place, kind, digits of a date or
    time) of the values that are not text."""

    text: str
    order: tuple[int, ...] | None
    typed: tuple[tuple[int, Kind, int], ...]


@lru_cache(maxsize=4096)
def _shape(standard: Standard, name: str, columns: tuple[str, ...]) -> _Shape | None:
    """None when the standard does not have one of the columns."""
    known, places = table(standard, name), _columns(standard, name)
    if known is None or not places.keys() >= set(columns):
        return None
    order = sorted(range(len(columns)), key=lambda at: places[columns[at]])
    sizes = {"day": 8, "minute": 12}
    typed = [(at, kind) for at, column in enumerate(columns) if (kind := known.typed.get(column))]
    return _Shape(
        "{" + ",".join(f'"{columns[at]}":"%s"' for at in order) + "}",
        None if order == list(range(len(columns))) else tuple(order),
        tuple((at, kind, sizes.get(kind, 0)) for at, kind in typed),
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_json(value: Any) -> str:
    """Compact JSON with Vietnamese letters as they are."""
    return "[]" if value == [] else _ENCODER.encode(value)


def claim_of(version: ClaimVersion) -> Claim:
    """The claim as this version says, for whatever needs it again. Unseals a restricted one."""
    return claim_with(version.index, version.standard, opened(version)[0])


def claim_with(index: int, written: str, content: Content) -> Claim:
    """The claim with this content. `written`: its standard."""
    standard = Standard(written)
    claim = Claim(index, standard)
    for name, rows in content.items():
        if name == UNREAD:
            claim.unread = dict(rows)
        else:
            known = table(standard, name)
            claim.tables[name] = [_stored(known, line, raw) for line, raw in enumerate(rows, 1)]
    claim.slots = list(content)
    return claim


def _stored(known: Table | None, line: int, raw: dict[str, str]) -> Row:
    """A row as it was kept: its values were cleaned then."""
    row = Row(known, line, raw)
    if all(raw.values()):
        row.values = raw
    return row


def opened(version: ClaimVersion) -> tuple[Content, list[Difference]]:
    """Content and differences of a version, unsealed where they are sealed: only for whoever may see restricted
    claims, and for the machine itself."""
    if version.sealed is None:
        return version.content or {}, version.differences
    plain = json.loads(sealed.unseal(bytes(version.sealed), context=version_context(version.claim_id, version.number)))
    return plain["content"], plain["differences"]


def seal(claim_id: int, number: int, content: str, differences: Sequence[Difference]) -> bytes:
    """Content (JSON) and differences of version `number` as `opened` reads them."""
    plain = f'{{"content":{content},"differences":{as_json(list(differences))}}}'
    return sealed.seal(plain.encode(), context=version_context(claim_id, number))


def version_context(claim_id: int, number: int) -> str:
    """What a version is sealed with: it opens in its own place only."""
    return f"claims.version:{claim_id}:{number}"


# --- Differences -----------------------------------------------------------------------------------------------------


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed: one entry for each value, one with column "" for each row that came or went. Rows are paired by
    their values first, then by what tells them apart; `line` is that of the newer version, of the older for a row that
    went."""
    found: list[Difference] = []
    for name in sorted({*before, *after} - {UNREAD}, key=lambda table: (len(table), table)):
        found += _of_table(name, before.get(name, []), after.get(name, []))
    for name in sorted({*before.get(UNREAD, {}), *after.get(UNREAD, {})}):
        found += _values(name, 0, {"": before.get(UNREAD, {}).get(name, "")}, {"": after.get(UNREAD, {}).get(name, "")})
    return found


def _of_table(name: str, before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> list[Difference]:
    old, new = list(enumerate(before, 1)), list(enumerate(after, 1))
    pairs: list[tuple[Any, Any]] = []
    for key in (_whole, *(_by(columns) for columns in _KEYS.get(name, ())), *(() if name in _KEYS else (_any,))):
        _pair(old, new, key, pairs)
    changed = [entry for (_, was), (line, now) in pairs for entry in _values(name, line, was, now)]
    went = [_row(name, line, before=_named(row)) for line, row in old]
    came = [_row(name, line, after=_named(row)) for line, row in new]
    return sorted(changed + came, key=lambda entry: entry["line"]) + went


def _pair(
    old: list[Any], new: list[Any], key: Callable[[Mapping[str, str]], Any], pairs: list[tuple[Any, Any]]
) -> None:
    """Moves rows with equal keys from both lists into `pairs`."""
    waiting: dict[Any, list[Any]] = {}
    for each in reversed(old):
        if (found := key(each[1])) is not None:
            waiting.setdefault(found, []).append(each)
    done = [(same.pop(), each) for each in new if (same := waiting.get(key(each[1])))]
    pairs += done
    paired = {id(each) for pair in done for each in pair}
    for rows in (old, new):
        rows[:] = [each for each in rows if id(each) not in paired]


def _whole(row: Mapping[str, str]) -> Any:
    return tuple(sorted(item for item in row.items() if item[0] != _COUNTER))


def _by(columns: tuple[str, ...]) -> Callable[[Mapping[str, str]], Any]:
    def key(row: Mapping[str, str]) -> Any:
        values = tuple(row.get(column, "") for column in columns)
        return values if any(values) else None

    return key


def _any(row: Mapping[str, str]) -> Any:
    return ""


def _values(name: str, line: int, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for column in dict.fromkeys([*after, *before]):
        was, now = before.get(column, ""), after.get(column, "")
        if was != now and column != _COUNTER:
            yield {"table": name, "line": line, "column": column, "before": was[:_LONGEST], "after": now[:_LONGEST]}


def _named(row: Mapping[str, str]) -> str:
    return next((row[column][:_LONGEST] for column in _NAMES if row.get(column)), "")


def _row(name: str, line: int, *, before: str = "", after: str = "") -> Difference:
    return {"table": name, "line": line, "column": "", "before": before, "after": after}
