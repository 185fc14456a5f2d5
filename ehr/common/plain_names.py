"""The stored search form of names: one function for services, admin, imports and fixtures."""

from typing import Any

from ehr.common.text import plain


def plain_name_of(row: Any) -> str:
    """Search form of a named row: its full name (with "xã", "tỉnh"…) where it has one, else its name."""
    return plain(getattr(row, "full_name", "") or row.name)


def fill_plain_name(row: Any) -> None:
    """Sets `plain_name` from the name; rows without such a column stay as they are."""
    if hasattr(row, "plain_name"):
        row.plain_name = plain_name_of(row)[: row._meta.get_field("plain_name").max_length]
