"""Lines for COPY … FROM STDIN in the text format, built by hand: an adapter per value costs more than the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

#: No text that is kept has a control character, so this one says NULL, and a line without the characters that COPY
#: reads specially needs no look at its single values.
NULL = "\x02"
_OPTIONS = r"(NULL E'\x02')"


def line(texts: Sequence[str]) -> str:
    """One row; NULL stands for nothing."""
    text = "\t".join(texts)
    if "\\" in text or "\n" in text or "\r" in text or text.count("\t") != len(texts) - 1:
        text = "\t".join(map(escaped, texts))
    return text


def escaped(value: str) -> str:
    """A text as the text format of COPY wants it."""
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if "\n" in value:
        value = value.replace("\n", "\\n")
    if "\t" in value:
        value = value.replace("\t", "\\t")
    return value.replace("\r", "\\r") if "\r" in value else value


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Inserts rows made by `line`. One statement. Raises Django's database errors, as other statements do."""
    names = ", ".join(f'"{column}"' for column in columns)
    data = "\n".join(lines)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN {_OPTIONS}') as copy,  # type: ignore[attr-defined]
    ):
        copy.write(f"{data}\n".encode() if data else b"")
