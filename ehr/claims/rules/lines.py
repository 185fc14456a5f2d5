"""What the rules of XML2 and XML3 share: groups, bidding data, the stay, shares, departments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from ehr.claims.claim import Row
from ehr.claims.rules.facts import Facts, Hit, empty, label, minute

HUNDRED = Decimal(100)
#: K01 … K60, K99, with sub-codes.
DEPARTMENT = re.compile(r"K\d{2}(?:\.\d+)?", re.ASCII)


def group(row: Row) -> str:
    """MA_NHOM without leading zero."""
    return row.text("MA_NHOM").lstrip("0")


def in_groups(facts: Facts, *groups: str) -> list[Row]:
    """Lines of XML3 of these groups."""
    if facts.groups.isdisjoint(groups):
        return []
    return [row for row in facts.rows("XML3") if group(row) in groups]


def bid(table: str, row: Row) -> Iterator[Hit]:
    """TT_THAU: decision; package Gn; group Nn; year."""
    text = row.text("TT_THAU")
    if not text:
        return
    parts = [part.strip() for part in text.split(";")]
    good = (
        len(parts) >= 4
        and re.fullmatch(r"G\d+", parts[1])
        and re.fullmatch(r"N\d+", parts[2])
        and re.fullmatch(r"20\d\d", parts[3])
    )
    if not good:
        message = f"Thông tin thầu “{text[:60]}” không đúng dạng số quyết định;gói (G1);nhóm (N1);năm."
        yield Hit(table, row, "TT_THAU", message)


def within_stay(facts: Facts, table: str, row: Row, column: str) -> Iterable[Hit]:
    """A time before arrival or after discharge."""
    at = row.moment(column)
    if at and facts.arrived and at < facts.arrived:
        return [Hit(table, row, column, f"{column} lúc {minute(at)}, trước khi vào lúc {minute(facts.arrived)}.")]
    if at and facts.left and at > facts.left:
        return [Hit(table, row, column, f"{column} lúc {minute(at)}, sau khi ra lúc {minute(facts.left)}.")]
    return ()


def percent(table: str, row: Row, column: str) -> Iterator[Hit]:
    """A share outside 0 … 100."""
    share = row.number(column)
    if share is not None and not 0 <= share <= HUNDRED:
        yield Hit(table, row, column, f"{label(row, column)} là {share:f}, cần từ 0 đến 100.")


def department(facts: Facts, table: str, row: Row) -> Iterator[Hit]:
    """MA_KHOA empty or not a department code."""
    codes = row.items("MA_KHOA")
    if not codes:
        yield from empty(table, row, "MA_KHOA")
    for code in codes:
        if not facts.in_list("MA_KHOA", code) or not DEPARTMENT.fullmatch(code):
            yield Hit(table, row, "MA_KHOA", f"Mã khoa {code[:20]} không có trong danh mục khoa.")


def cents(amount: Decimal) -> Decimal:
    """Half-up to two places."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
