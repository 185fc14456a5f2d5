"""Claim files out: envelope and inner documents in the column order of the standard.

Reading back what was written gives equal claims. Text goes out as NFC, numbers with a point, times of 12 digits.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from operator import itemgetter
from typing import BinaryIO

from ehr.claims.claim import Claim, FileKind
from ehr.claims.spec import Column, Standard, Table, table
from ehr.claims.values import VIETNAM, When, canonical, digits, plain_decimal

#: What a column may be given as. A datetime must be aware; dates and times come out in Vietnam time.
Given = str | int | Decimal | dt.date | dt.datetime | When | None
#: One HOSO to write: table name → rows → column → value.
Record = Mapping[str, Sequence[Mapping[str, Given]]]

_NAMESPACES = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
_OWN_ROOTS: dict[FileKind, str] = {"checkin": "XML0", "appraisal": "XML12"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_NUMBER = re.compile(r"\d+")
#: What `escape` looks for among the letters of ASCII.
_SIGNS = bytes((*(code for code in range(32) if code not in b"\t\n"), *b"&<>"))


def write_records(
    out: BinaryIO,
    records: Iterable[Record],
    *,
    standard: Standard,
    facility: str,
    made_on: dt.date,
    count: int,
    nested: bool = False,
) -> None:
    """Writes GIAMDINHHS with `count` HOSO. `nested`: inner documents as elements instead of base64.

    Raises ValueError for a column that the standard does not have, and when `records` are not `count`."""
    made = (
        {name: [row_texts(row, standard, name) for row in rows] for name, rows in record.items()} for record in records
    )
    hosos = (hoso_xml(record, standard, nested=nested) for record in made)
    write_hosos(out, hosos, facility=facility, made_on=f"{made_on:%Y%m%d}", count=count)


def write_claims(
    out: BinaryIO,
    claims: Sequence[Claim],
    *,
    facility: str,
    made_on: str,
    kind: FileKind = "claims",
    nested: bool = False,
) -> None:
    """Writes claims that were read, with their unknown tags and unread slots. `made_on`: yyyyMMdd.

    `kind`: "checkin" and "appraisal" have a root of their own and no envelope."""
    if kind in _OWN_ROOTS:
        _write_own_root(out, claims, _OWN_ROOTS[kind])
        return
    hosos = (
        hoso_xml({name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}, claim.standard,
                 nested=nested, unread=claim.unread)
        for claim in claims
    )  # fmt: skip
    write_hosos(out, hosos, facility=facility, made_on=made_on, count=len(claims))


def write_hosos(out: BinaryIO, hosos: Iterable[str], *, facility: str, made_on: str, count: int) -> None:
    """Writes GIAMDINHHS around HOSO elements as `hoso_xml` makes them. Raises ValueError when they are not `count`."""
    out.write(
        f'<?xml version="1.0" encoding="utf-8"?>\n<GIAMDINHHS {_NAMESPACES}><THONGTINDONVI>'
        f"<MACSKCB>{escape(facility)}</MACSKCB></THONGTINDONVI><THONGTINHOSO><NGAYLAP>{escape(made_on)}</NGAYLAP>"
        f"<SOLUONGHOSO>{count}</SOLUONGHOSO><DANHSACHHOSO>\n".encode()
    )
    written = 0
    for hoso in hosos:
        out.write(hoso.encode())
        written += 1
    if written != count:
        raise ValueError(f"{count} HOSO were announced, {written} were written")
    out.write(b"</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>\n")


def _write_own_root(out: BinaryIO, claims: Iterable[Claim], name: str) -> None:
    rows = [row for claim in claims for row in claim.rows(name)]
    known = rows[0].table if rows else table(Standard.QD3176, name)
    if known is None:
        raise ValueError(f"no table {name}")
    body = "".join(_row_xml(known, row.canonical()) for row in rows)
    out.write(
        f'<?xml version="1.0" encoding="utf-8"?>\n<{known.root}><{known.list_element}>{body}</{known.list_element}>'
        f"<CHUKYDONVI/></{known.root}>\n".encode()
    )


def hoso_xml(
    tables: Mapping[str, Sequence[Mapping[str, str]]],
    standard: Standard,
    *,
    nested: bool = False,
    unread: Mapping[str, str] | None = None,
) -> str:
    """One HOSO element; tables in the order XML1 … XML15, empty ones left out."""
    parts = ["<HOSO>"]
    for name in sorted(tables, key=_table_number):
        rows = tables[name]
        # A paper has no list around it: twins have two XML7, each in a slot of its own.
        documents = [[row] for row in rows] if rows and not _known(standard, name).repeats else [rows] if rows else []
        parts += [_slot(name, document_xml(part, standard, name), nested=nested) for part in documents]
    for name, content in (unread or {}).items():
        parts.append(_slot(name, content, nested=False))
    parts.append("</HOSO>\n")
    return "".join(parts)


def _slot(name: str, document: str, *, nested: bool) -> str:
    content = document if nested else base64.b64encode(document.encode()).decode("ascii")
    return f"<FILEHOSO><LOAIHOSO>{escape(name)}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def document_xml(rows: Sequence[Mapping[str, str]], standard: Standard, name: str) -> str:
    """The inner document of a table, without declaration: `rows` are texts by column."""
    known = _known(standard, name)
    if len(rows) != 1 and not known.repeats:
        raise ValueError(f"{name} holds one row")
    body = "".join(_row_xml(known, row) for row in rows)
    if known.list_element:
        body = f"<{known.list_element}>{body}</{known.list_element}>"
    return body if known.root == known.row else f"<{known.root}>{body}</{known.root}>"


def _known(standard: Standard, name: str) -> Table:
    """A table that the standard does not have is written as the newest one writes it: it was kept so when read."""
    known = table(standard, name) or table(Standard.QD3176, name)
    if known is None:
        raise ValueError(f"no table {name}")
    return known


def _row_xml(known: Table, row: Mapping[str, str]) -> str:
    """All columns of the standard, empty ones too, then what it does not have."""
    if not all(row.values()):
        row = {name: value for name, value in row.items() if value}
    template, signs, ordered = _template(known.standard, known.name, tuple(row))
    values = ordered(row)
    text = template % values
    return text if _is_plain(text, signs) else template % tuple(map(escape, values))


@lru_cache(maxsize=4096)
def _template(
    standard: Standard, name: str, filled: tuple[str, ...]
) -> tuple[str, int, Callable[[Mapping[str, str]], tuple[str, ...]]]:
    """What rows with these columns filled have in common: their text with %s for each value, how many signs of XML it
    has, and what gives the values in its order."""
    known = _known(standard, name)
    unknown = [column for column in filled if column not in known.columns]
    parts = [f"<{column}>%s</{column}>" if column in filled else f"<{column}/>" for column in known.columns]
    parts += [f"<{column}>%s</{column}>" for column in unknown]
    template = f"<{known.row}>{''.join(parts)}</{known.row}>"
    order = [column for column in known.columns if column in filled] + unknown
    ordered = itemgetter(*order) if len(order) > 1 else lambda row: tuple([row[column] for column in order])
    return template, template.count("<") + template.count(">"), ordered


def _is_plain(text: str, signs: int) -> bool:
    """Whether `escape` would change nothing in the values: no sign of XML beside those of the tags."""
    if not text.isascii() and not (
        unicodedata.is_normalized("NFC", text) and "\ufffe" not in text and "\uffff" not in text
    ):
        return False
    try:
        data = text.encode()
    except UnicodeEncodeError:  # half a pair of surrogates
        return False
    return len(data) - len(data.translate(None, _SIGNS)) == signs


def escape(text: str) -> str:
    """Text for an element: NFC, without characters that XML cannot carry."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _NOT_XML.sub("", text)
    return text.translate(_ESCAPES)


def row_texts(row: Mapping[str, Given], standard: Standard, name: str) -> dict[str, str]:
    """A row with its values as its columns write them. Raises ValueError for a column that the standard lacks."""
    known = table(standard, name)
    if known is None:
        raise ValueError(f"{standard} has no table {name}")
    unknown = [column for column in row if column not in known.columns]
    if unknown:
        raise ValueError(f"{standard} {name} has no column {', '.join(unknown)}")
    return {column: as_text(value, known.columns[column]) for column, value in row.items()}


def as_text(value: Given, column: Column) -> str:
    """A value as the column writes it: numbers half-up to its decimals, times in Vietnam time, "" for None."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value if column.many else canonical(value, column.kind)
    if isinstance(value, When):
        return digits(value, minute=column.kind == "minute")
    if isinstance(value, dt.datetime):
        local = value.astimezone(VIETNAM)
        return f"{local:%Y%m%d%H%M}" if column.kind == "minute" else f"{local:%Y%m%d}"
    if isinstance(value, dt.date):
        return f"{value:%Y%m%d}0000" if column.kind == "minute" else f"{value:%Y%m%d}"
    number = Decimal(value)
    if column.decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-column.decimals), ROUND_HALF_UP)
    return plain_decimal(number)


@lru_cache(maxsize=64)
def _table_number(name: str) -> int:
    found = _NUMBER.search(name)
    return int(found[0]) if found else 99
