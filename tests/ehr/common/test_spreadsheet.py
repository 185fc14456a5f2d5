from datetime import date
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from ehr.common.spreadsheet import safe_cell


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "=", "\x00=1"],
)
def test_a_formula_becomes_text(text):
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("value", ["Nguyễn Văn An", "", "-", "a=b", 12, -5, 61.5, None, date(2025, 1, 1), True])
def test_harmless_values_pass(value):
    assert safe_cell(value) == value


def test_text_that_xlsx_cannot_hold_is_cut():
    assert safe_cell("a\x00\x0bb") == "ab"
    assert len(safe_cell("a" * 40_000)) == 32_767
    assert len(safe_cell("=" * 40_000)) == 32_767


def test_a_hostile_name_stays_text_in_a_workbook():
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet().write_string(0, 0, safe_cell('=HYPERLINK("http://x")'))
    book.close()

    cell = openpyxl.load_workbook(buffer).active["A1"]

    assert (cell.data_type, cell.value) == ("s", '\'=HYPERLINK("http://x")')
