"""What communes really have: several formats, several sheets, everything in its place."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from ehr.intake.files import CellError, FileRefused, Merged, Sheet, fill_merged, read_file
from tests.ehr.intake.files import ugly

DATA = Path(__file__).parent / "data"


def only(data, name="thon.xlsx"):
    (sheet,) = read_file(data, name)
    return sheet


# ----------------------------------------------------------------------------------------------------------------- xlsx
def village():
    """Title rows, two header rows, merged cells, a hidden row, a blank column, formulas, errors, a signature."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    date = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Thôn 1")
    sheet.merge_range("A1:F1", "DANH SÁCH NHÂN KHẨU THÔN 1")
    sheet.merge_range("A3:A4", "Hộ số")
    sheet.merge_range("B3:C3", "Người")
    sheet.write_row("B4", ["Họ tên", "Ngày sinh"])
    sheet.merge_range("A5:A6", 12)
    sheet.write("B5", "Nguyễn Văn Mẫu")
    sheet.write_datetime("C5", dt.datetime(1990, 3, 12), date)
    sheet.write_number("E5", 38090000123)
    sheet.write_number("F5", 2.5)
    sheet.write("B6", "Trần Thị Thử")
    sheet.set_row(5, None, None, {"hidden": True})
    sheet.write_formula("E6", "=1/0", None, "#DIV/0!")
    sheet.write_formula("F6", "=1+1", None, 2)
    sheet.write_boolean("F7", True)
    sheet.write("F9", "Người lập")
    empty = book.add_worksheet("Trống")
    empty.set_column(0, 3, 20)
    hidden = book.add_worksheet("Thôn ẩn")
    hidden.write("B2", "có")
    hidden.hide()
    book.add_chartsheet("Biểu đồ")
    book.close()
    return out.getvalue()


def test_a_village_sheet_comes_out_cell_by_cell():
    first, hidden = read_file(village(), "thon.xlsx")
    assert first.name == "Thôn 1"
    assert first.first_row == 1
    assert [row for row in first.rows if row] == [
        ["DANH SÁCH NHÂN KHẨU THÔN 1", None, None, None, None, None],
        ["Hộ số", "Người", None, None, None, None],
        [None, "Họ tên", "Ngày sinh", None, None, None],
        [12, "Nguyễn Văn Mẫu", dt.date(1990, 3, 12), None, 38090000123, 2.5],
        [None, "Trần Thị Thử", None, None, CellError("#DIV/0!"), 2],
        [None, None, None, None, None, True],
        [None, None, None, None, None, "Người lập"],
    ]
    assert first.rows[1] == first.rows[7] == []
    assert [type(cell) for cell in first.rows[4]] == [int, str, dt.date, type(None), int, float]
    assert first.notes == []
    assert (hidden.name, hidden.hidden, first.hidden) == ("Thôn ẩn", True, False)
    assert hidden.rows == [[], [None, "có"]]


def test_merged_ranges_are_told_and_can_be_filled_down_and_right():
    first, _ = read_file(village(), "thon.xlsx")
    assert set(first.merged) == {
        Merged(0, 0, 0, 5),
        Merged(2, 0, 3, 0),
        Merged(2, 1, 2, 2),
        Merged(4, 0, 5, 0),
    }
    filled = fill_merged(first)
    assert filled[2][:3] == ["Hộ số", "Người", "Người"]
    assert filled[3][:3] == ["Hộ số", "Họ tên", "Ngày sinh"]
    assert [filled[4][0], filled[5][0]] == [12, 12]
    assert first.rows[5][0] is None  # the sheet itself stays as the file has it


def test_only_the_rows_asked_for_are_filled():
    sheet = Sheet(
        "x", [["a", None], ["b"], [None]], merged=[Merged(0, 0, 0, 1), Merged(1, 0, 2, 0), Merged(9, 9, 9, 9)]
    )
    assert fill_merged(sheet, bottom=1) == [["a", "a"], ["b"], [None]]
    assert fill_merged(sheet, top=1) == [["a", None], ["b"], ["b"]]
    assert fill_merged(sheet)[0] is not sheet.rows[0]


def test_times_and_long_durations():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_datetime(0, 0, dt.datetime(2020, 1, 2, 3, 4), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    sheet.write_datetime(0, 1, dt.datetime(2020, 1, 2), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    sheet.write_datetime(0, 2, dt.time(7, 30), book.add_format({"num_format": "hh:mm"}))
    sheet.write_number(0, 3, 1.5, book.add_format({"num_format": "[h]:mm"}))
    sheet.write_number(0, 4, 0)
    sheet.write_number(0, 5, 1)
    sheet.write_boolean(0, 6, False)
    book.close()
    row = only(out.getvalue()).rows[0]
    assert row == [dt.datetime(2020, 1, 2, 3, 4), dt.date(2020, 1, 2), dt.time(7, 30), "1 day, 12:00:00", 0, 1, False]
    assert type(row[1]) is dt.date
    assert [type(cell) for cell in row[4:]] == [int, int, bool]


def test_errors_are_told_apart_from_empty_cells_even_alone_in_a_row():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Lỗi")
    sheet.write("B2", "có")
    sheet.write_formula("D5", "=NA()", None, "#N/A")
    sheet.write_string("A6", "#REF!")  # copied as text
    sheet.write_string("A7", "#1")
    sheet.write_formula("C9", "=X1", None, "#NAME?")
    book.close()
    rows = only(out.getvalue()).rows
    assert rows[4] == [None, None, None, CellError("#N/A")]
    assert rows[5][0] == CellError("#REF!")
    assert rows[6][0] == "#1"
    assert rows[8] == [None, None, CellError("#NAME?"), None]
    assert str(rows[8][2]) == "#NAME?"


def test_files_of_openpyxl_with_text_in_several_fonts():
    book = openpyxl.Workbook()
    book.active.title = "Tổ 5"
    book.active.append(["Họ tên", "  ", None, "Đặng\nThị Mẫu"])
    out = io.BytesIO()
    book.save(out)
    sheet = only(out.getvalue())
    assert sheet.name == "Tổ 5"
    assert sheet.rows == [["Họ tên", None, None, "Đặng\nThị Mẫu"]]


CELL = '<c r="{0}"><v>{1}</v></c>'


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1:A1", "", "B2"])
def test_the_dimension_a_sheet_claims_is_not_believed(dimension):
    rows = "".join(
        f'<row r="{row}">{CELL.format(f"A{row}", row)}{CELL.format(f"AC{row}", row)}</row>' for row in (1, 2, 40)
    )
    sheet = only(ugly.raw_xlsx(rows, dimension=dimension))
    assert len(sheet.rows) == 40
    assert sheet.rows[39] == [40, *[None] * 27, 40]


@pytest.mark.parametrize(
    "rows",
    [
        "<row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>4</v></c></row>",
        "<row r='1'><c r='A1'><v>1</v></c><c r='C1'><v>3</v></c></row><row r='3'><c r='A3'><v>4</v></c></row>",
        '<row r="1"><c s="0" r="A1"><v>1</v></c><c\n r="C1"><v>3</v></c></row><row r="3"><c r="A3"><v>4</v></c></row>',
    ],
    ids=["no references", "single quotes", "other order"],
)
def test_unusual_but_legal_xml_is_read_and_bounded(rows, settings):
    assert only(ugly.raw_xlsx(rows)).rows == [[1, None, 3], [], [4, None, None]]
    settings.INTAKE_MAX_ROWS = 2
    with pytest.raises(FileRefused, match="dòng 3"):
        read_file(ugly.raw_xlsx(rows), "x.xlsx")


def test_a_prefix_before_every_element_as_some_libraries_write():
    plain = ugly.sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>')
    prefixed = plain.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    assert only(ugly.zipped(ugly.raw_parts(prefixed))).rows == [[1, 2]]


def test_empty_rows_and_columns_far_away_are_cut_off():
    styled = "".join(f'<c r="{name}2" s="0"/>' for name in ("B", "ZZ", "XFD"))
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>' + f'<row r="2">{styled}</row>'
    rows += "".join(f'<row r="{row}" s="1"/>' for row in range(3, 5000)) + '<row r="1048576"><c r="A1048576"/></row>'
    assert only(ugly.raw_xlsx(rows)).rows == [[1]]


# ---------------------------------------------------------------------------------------------------------- xls and ods
def test_an_old_excel_file():
    """Written once by xlwt, the last library that could; invented people."""
    first, second = read_file((DATA / "village.xls").read_bytes(), "thon.xls")
    assert first.name == "Thôn Đông"
    assert first.rows[0][0] == "DANH SÁCH THÔN ĐÔNG"
    assert first.rows[3] == [1, "Nguyễn Văn Mẫu", dt.date(1990, 3, 12), 38090000123, None]
    assert first.rows[4] == [2, "Trần Thị Thử", dt.date(1985, 1, 2), "038185000456", CellError("#REF!")]
    assert first.rows[5] == [True, "Lê Ẩn", None, None, 2.5]  # a hidden row
    assert (type(first.rows[3][0]), type(first.rows[5][0])) == (int, bool)
    assert first.merged == [Merged(0, 0, 0, 4), Merged(6, 0, 7, 0)]
    assert fill_merged(first)[7][0] == "Hộ 2"
    assert second.rows == [[], [None, None, "Vũ Xa"]]
    assert first.notes == second.notes == []


def test_an_old_excel_file_with_a_formula_that_failed():
    import struct

    value = bytes([2, 0, 0x2A, 0, 0, 0, 0xFF, 0xFF])  # [MS-XLS] 2.5.133: an error, #N/A
    formula = ugly.record(6, struct.pack("<HHH", 1, 1, 0) + value + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00")
    data = ugly.compound({"Workbook": ugly.biff(ugly.number_cell(0, 0, 7) + formula)})
    assert only(data, "x.xls").rows == [[7, None], [None, CellError("#N/A")]]


def test_an_open_document():
    table = (
        '<table:table table:name="Thôn 1"><table:table-column table:number-columns-repeated="16384"/>'
        '<table:table-row><table:table-cell table:number-columns-spanned="3" table:number-rows-spanned="1" '
        'office:value-type="string"><text:p>Tiêu đề</text:p></table:table-cell>'
        '<table:covered-table-cell table:number-columns-repeated="2"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        f'<table:table-row table:visibility="collapse">{ugly.ods_text("Nguyễn")}'
        '<table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell office:value-type="float" office:value="38090000123"><text:p>3.8E+10</text:p>'
        '</table:table-cell><table:table-cell office:value-type="date" office:date-value="1990-03-12">'
        "<text:p>12/03/1990</text:p></table:table-cell>"
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        f"{ugly.ods_text('#REF!')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048572">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    sheet = only(ugly.ods(table), "thon.ods")
    assert sheet.name == "Thôn 1"
    assert sheet.rows[0][0] == "Tiêu đề"
    assert sheet.rows[1] == sheet.rows[2] == []
    row = ["Nguyễn", None, None, 38090000123, dt.date(1990, 3, 12), True, CellError("#REF!")]
    assert sheet.rows[3] == row
    assert len(sheet.rows) == 4
    assert sheet.merged == [Merged(0, 0, 0, 2)]


# ------------------------------------------------------------------------------------------------------------------ csv
RECORDS = [["Họ tên", "Ghi chú", "Số"], ["Nguyễn Văn Ẩn", "dòng 1\ndòng 2", "0381"], ["Lý Thị Tuyết", "", "1,5"]]
EXPECTED = [["Họ tên", "Ghi chú", "Số"], ["Nguyễn Văn Ẩn", "dòng 1\ndòng 2", "0381"], ["Lý Thị Tuyết", None, "1,5"]]


def written(delimiter, *, quote=True):
    lines = [delimiter.join(f'"{cell}"' if quote else cell for cell in record) for record in RECORDS]
    return "\r\n".join(lines) + "\r\n"


ENCODERS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 bom": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le without bom": lambda text: text.encode("utf-16-le"),
    "utf-16-be without bom": lambda text: text.encode("utf-16-be"),
    "windows-1258": lambda text: in_1258(text),
}


def in_1258(text):
    """Windows-1258 has the letters of Vietnamese without tone and the tones after them."""
    import unicodedata

    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tone = next((mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"), "")
        out.append(unicodedata.normalize("NFC", parts.replace(tone, "")) + tone if tone else letter)
    return "".join(out).encode("cp1258")


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding_and_with_every_delimiter(encoding, delimiter):
    sheet = only(ENCODERS[encoding](written(delimiter)), "Thôn 3.csv")
    assert sheet.rows == EXPECTED
    assert sheet.name == "Thôn 3"
    assert any("Windows-1258" in note for note in sheet.notes) == (encoding == "windows-1258")


def test_csv_keeps_leading_zeros_and_blank_lines():
    sheet = only(b"Ho ten,CCCD\n\n\nAn,038090000123\n,,,\n\n", "a.csv")
    assert sheet.rows == [["Ho ten", "CCCD"], [], [], ["An", "038090000123"]]


def test_csv_that_names_its_delimiter():
    sheet = only("sep=;\nHọ tên;Số\nAn, Bình;1\n".encode(), "a.csv")
    assert (sheet.first_row, sheet.rows) == (2, [["Họ tên", "Số"], ["An, Bình", "1"]])


def test_csv_of_one_column_and_quotes_within_a_name():
    assert only("Họ tên\nNguyễn Văn Mẫu\n".encode(), "a.csv").rows == [["Họ tên"], ["Nguyễn Văn Mẫu"]]
    assert only('Tên,Số\nTrần "Tý" Mẫu,2\n'.encode(), "a.csv").rows[1] == ['Trần "Tý" Mẫu', "2"]


def test_a_file_of_another_kind_than_its_name_is_read_when_there_is_no_doubt():
    as_csv = only(ugly.xlsx([["Họ tên"], ["An"]]), "danh sach.csv")
    assert as_csv.rows == [["Họ tên"], ["An"]]
    assert as_csv.notes == ["Tên tệp có đuôi .csv nhưng nội dung là Excel (.xlsx); đã đọc theo nội dung."]
    text = only(ENCODERS["utf-16-le"](written("\t")), "xuat.xls")
    assert text.rows == EXPECTED
    assert "nội dung là văn bản CSV" in text.notes[0]
