"""Cells of every export: text that a spreadsheet would run as a formula is defused."""

import re
from typing import Any

_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")  # full-width signs start a formula in East Asian editions
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PLAIN_SIGNS = {"-", "+"}  # our own "no value" marks; alone they cannot be a formula
MAX_CELL = 32_767


def safe_cell(value: Any) -> Any:
    """The value for a cell: dangerous text gets an apostrophe in front, numbers and dates pass through.

    Also drops characters that XLSX cannot hold and cuts at the 32,767 characters of a cell. Write text with
    XlsxWriter's `write_string`; the apostrophe protects those who save the sheet as CSV and open it again.
    """
    if not isinstance(value, str):
        return value
    text = _NOT_IN_XML.sub("", value)
    if _FORMULA.match(text) and text.strip() not in _PLAIN_SIGNS:
        text = "'" + text
    return text[:MAX_CELL]
