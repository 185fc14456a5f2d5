"""Files that must not be taken: each gets a code and one sentence, quickly, and nothing is written."""

import struct
import zipfile

import pytest

from ehr.intake.files import FileRefused, read_file
from tests.ehr.intake.files import ugly

CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'


def refusal(data, name="thon.xlsx"):
    with pytest.raises(FileRefused) as caught:
        read_file(data, name)
    assert caught.value.message == str(caught.value)
    assert caught.value.message[0].isupper()
    assert caught.value.message.endswith(".")
    return caught.value.code, caught.value.message


# ----------------------------------------------------------------------------------------------------------- not sheets
HTML = b"<html><head><meta charset=utf-8></head><body><table><tr><td>Ho ten</td></tr></table></body></html>"
XML_2003 = (
    b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
)
OTHERS = {
    "pdf": (b"%PDF-1.7\n\0\0", "tệp PDF"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "ảnh JPEG"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", "ảnh PNG"),
    "rar": (b"Rar!\x1a\x07\0", "tệp nén RAR"),
    "program": (b"MZ\x90\0\x03\0\0\0", "tệp chương trình"),
    "html": (HTML, "trang web (HTML)"),
    "html with bom": (b"\xef\xbb\xbf\r\n<TABLE><tr><td>1</td></tr></TABLE>", "trang web (HTML)"),
    "html in utf-16": ("<html><table>".encode("utf-16"), "trang web (HTML)"),
    "html with doctype": (b"<!DOCTYPE html><html>", "trang web (HTML)"),
    "mhtml": (b"MIME-Version: 1.0\nContent-Type: multipart/related", "MHTML"),
    "xml 2003": (XML_2003, "XML 2003"),
    "old excel": (b"\x09\x04\x06\0\0\0\x10\0\0\0", "đời rất cũ"),
    "word": (ugly.zipped({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}), "tệp Word"),
    "old word": (ugly.compound({"WordDocument": b"x"}), "tệp Word"),
    "outlook": (ugly.compound({"__properties_version1.0": b"x"}), "tệp của chương trình khác"),
    "slides": (ugly.zipped({"ppt/presentation.xml": "<p/>"}), "tệp PowerPoint"),
    "xlsb": (ugly.zipped({"xl/workbook.bin": b"\x83\x01\0"}), ".xlsb"),
    "zip": (ugly.zipped({"anh.jpg": b"\xff\xd8"}), "tệp nén ZIP"),
    "zipped sheet": (ugly.zipped({"thon1.xlsx": b"PK", "thon2.xlsx": b"PK"}), "giải nén"),
    "odt": (ugly.ods("", mimetype="application/vnd.oasis.opendocument.text"), "OpenDocument"),
    "json": (b'{"persons": [{"name": "A", "sex": "1"}]}', "tệp JSON"),
    "letter": ("Kính gửi Trạm Y tế xã\n\nĐề nghị gửi danh sách.\n".encode(), "tệp văn bản"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files_are_named(kind):
    data, what = OTHERS[kind]
    code, message = refusal(data, "danh sach.xls")
    assert code == "file.type"
    assert what in message


@pytest.mark.parametrize("kind", ["html", "xml 2003", "mhtml", "xlsb", "old excel"])
def test_tables_that_excel_would_open_come_with_the_way_out(kind):
    assert "mở bằng Excel và lưu lại dạng .xlsx" in refusal(OTHERS[kind][0], "xuat.xls")[1]


@pytest.mark.parametrize("data", [b"", b"   \r\n", b"\xef\xbb\xbf", b"\0" * 5000, b"\xff\xfe"])
def test_empty_files(data):
    assert refusal(data) == ("file.empty", "Tệp trống, không có nội dung nào.")


@pytest.mark.parametrize(
    "data",
    [ugly.xlsx([]), ugly.xlsx([["", "  "], [None]]), ugly.ods('<table:table table:name="A"/>'), b",,,\n,,\n"],
    ids=["no cell", "blank cells", "ods", "csv"],
)
def test_sheets_without_anything_in_them(data):
    assert refusal(data, "trong.csv") == ("file.empty", "Tệp không có ô nào có nội dung.")


# ------------------------------------------------------------------------------------------------- macros and passwords
MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
MACROS = {
    "type": ugly.zipped(ugly.raw_parts(ugly.sheet_xml(CELL), types=MACRO_TYPE)),
    "project": ugly.zipped(ugly.raw_parts(ugly.sheet_xml(CELL)) | {"xl/vbaProject.bin": b"\0"}),
    "xls": ugly.compound({"Workbook": ugly.biff(ugly.number_cell(0, 0, 1)), "_VBA_PROJECT_CUR": b"x"}),
    "macro sheet": ugly.compound(
        {"Workbook": ugly.biff(b"", before=ugly.record(0x85, struct.pack("<IBBBB", 0, 0, 1, 1, 0) + b"M"))}
    ),
    "ods": ugly.ods('<table:table table:name="A"/>', extra={"Basic/Standard/Module1.xml": "<m/>"}),
}
LOCKED = {
    "xlsx": ugly.compound({"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": b"secret"}),
    "xls": ugly.compound({"Workbook": ugly.biff(ugly.number_cell(0, 0, 1), before=ugly.record(0x2F, bytes(54)))}),
    "ods": ugly.ods("", extra={"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
}


@pytest.mark.parametrize("kind", MACROS)
def test_macros_are_refused_whatever_the_name_says(kind):
    code, message = refusal(MACROS[kind])
    assert code == "file.macro"
    assert "có macro" in message
    assert ".xlsx" in message


@pytest.mark.parametrize("kind", LOCKED)
def test_passwords(kind):
    code, message = refusal(LOCKED[kind])
    assert code == "file.encrypted"
    assert "bỏ mật khẩu" in message


def test_a_zip_with_a_password():
    data = bytearray(ugly.xlsx([["a"]]))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(signature) + offset] |= 1
    assert refusal(bytes(data))[0] == "file.encrypted"


# --------------------------------------------------------------------------------------------------------- declarations
ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BILLION = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
@pytest.mark.parametrize("declaration", [ENTITY, BILLION, ENTITY.lower()])
def test_entities_and_document_types(part, declaration):
    parts = ugly.raw_parts(ugly.sheet_xml(CELL))
    parts[part] = parts[part].replace("?>\n", f"?>\n<!-- bảng -->{declaration}", 1)
    code, message = refusal(ugly.zipped(parts))
    assert code == "file.doctype"
    assert "DOCTYPE" in message


def test_entities_in_an_open_document_and_in_plain_xml():
    assert refusal(ugly.ods("", prolog=ugly.HEAD + ENTITY), "a.ods")[0] == "file.doctype"
    assert refusal((ugly.HEAD + ENTITY + "<x/>").encode(), "a.xls")[0] == "file.doctype"


def test_a_declaration_behind_a_long_comment_or_in_utf_16_is_not_overlooked():
    parts = ugly.raw_parts(ugly.sheet_xml(CELL))
    long = parts["xl/worksheets/sheet1.xml"].replace("?>\n", "?>\n<!--" + "x" * 70_000 + "-->" + ENTITY, 1)
    assert refusal(ugly.zipped(parts | {"xl/worksheets/sheet1.xml": long}))[0] == "file.damaged"
    wide = parts["xl/worksheets/sheet1.xml"].replace("UTF-8", "UTF-16").encode("utf-16")
    assert refusal(ugly.zipped(parts | {"xl/worksheets/sheet1.xml": wide}))[0] == "file.damaged"


# ---------------------------------------------------------------------------------------------------------------- sizes
def test_zip_bombs_are_refused_by_their_directory():
    code, message = refusal(ugly.bomb(300 << 20))
    assert (code, "200 lần" in message) == ("file.bomb", True)
    code, message = refusal(ugly.bomb(500 << 20))
    assert (code, "400 MB" in message) == ("file.unzipped", True)


def test_a_zip_bomb_that_hides_its_size_stops_where_it_lies():
    hidden = ugly.lying_zip(ugly.bomb(120 << 20), "xl/worksheets/sheet1.xml", 5000)
    assert refusal(hidden)[0] == "file.damaged"


def test_a_zip_bomb_in_a_part_nobody_needs():
    parts = ugly.raw_parts(ugly.sheet_xml(CELL)) | {"xl/media/image1.png": b"\0" * (30 << 20)}
    assert refusal(ugly.zipped(parts))[0] == "file.bomb"


def test_parts_of_equal_name_are_refused():
    parts = ugly.raw_parts(ugly.sheet_xml(CELL))
    data = ugly.zipped(parts | {"xl/Workbook.xml": parts["xl/workbook.xml"]})
    assert refusal(data)[0] == "file.damaged"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "cột thứ 16.384"),
        ('<row r="1048576"><c r="B1048576"><v>1</v></c></row>', "dòng 1.048.576"),
        ('<row r="2"><c r="B400001"><v>1</v></c></row>', "dòng 400.001"),  # the row says otherwise
        ('<row r="2"><c r="KO2"><v>1</v></c></row>', "cột thứ 301"),
        ('<row r="2"><c s="1" r="ABC2"><v>1</v></c></row>', "cột thứ 731"),
        ('<row r="2"><x:c r="ABC2"><v>1</v></x:c></row>', "cột thứ 731"),
        ('<row r="2"><c r="ZZ2" s="1"></c><c r="KO2" t="inlineStr"><is><t>x</t></is></c></row>', "cột thứ 301"),
        ("<row>" + "<c/>" * 300 + "<c><v>1</v></c></row>", "cột thứ 301"),
    ],
)
def test_one_value_far_away_does_not_make_a_huge_sheet(rows, found):
    code, message = refusal(ugly.raw_xlsx(CELL + rows))
    assert code == "file.size"
    assert found in message


def test_a_value_far_away_in_the_middle_of_other_cells_is_found():
    rows = [f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 60_000)]
    rows[30_000] = '<row r="30001"><c r="A30001"><v>1</v></c><c r="XFD30001"><v>1</v></c></row>'
    assert "cột thứ 16.384" in refusal(ugly.raw_xlsx("".join(rows)))[1]


def test_rows_are_held_against_the_width_that_is_found_later(settings):
    settings.INTAKE_MAX_CELLS = 200_000
    rows = [f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 60_000)]
    rows.append('<row r="60000"><c r="E60000"><v>1</v></c></row>')
    code, message = refusal(ugly.raw_xlsx("".join(rows)))
    assert (code, "200.000 ô" in message) == ("file.size", True)


def test_cells_of_all_sheets_count_together(settings):
    settings.INTAKE_MAX_CELLS = 100
    assert len(read_file(ugly.book({"A": [["x"] * 50], "B": [["x"] * 50]}), "a.xlsx")) == 2
    assert refusal(ugly.book({"A": [["x"] * 50], "B": [["x"] * 50], "C": [["x"]]}))[0] == "file.size"


def test_one_long_text_in_many_cells(settings):
    settings.INTAKE_MAX_UNZIPPED_MB = 20
    text = "x" * 30_000
    shared = f'<sst xmlns="{ugly.MAIN}"><si><t>{text}</t></si><si><t>b</t></si></sst>'
    few = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{int(row > 3)}</v></c></row>' for row in range(1, 5001))
    assert len(read_file(ugly.raw_xlsx(few, shared=shared), "a.xlsx")[0].rows) == 5000
    many = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 5001))
    code, message = refusal(ugly.raw_xlsx(many, shared=shared))
    assert (code, "20 MB chữ" in message) == ("file.size", True)


def test_one_long_text_in_many_cells_of_an_old_file(settings):
    settings.INTAKE_MAX_UNZIPPED_MB = 1
    cells = b"".join(ugly.record(0xFD, struct.pack("<HHHI", row, 0, 0, 0)) for row in range(500))
    data = ugly.compound({"Workbook": ugly.biff(cells, strings=["x" * 4000])})
    assert refusal(data)[0] == "file.size"
    settings.INTAKE_MAX_UNZIPPED_MB = 3
    assert len(read_file(data, "a.xls")[0].rows) == 500


TABLE = '<table:table table:name="A"><table:table-row{0}>{1}</table:table-row></table:table>'


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (TABLE.format("", ugly.ods_text("x", ' table:number-columns-repeated="16384"')), "cột thứ 16.384"),
        (TABLE.format(' table:number-rows-repeated="1048576"', ugly.ods_text("x")), "dòng 1.048.576"),
        (TABLE.format(' table:number-rows-repeated="200000"', ugly.ods_text("x" * 9) * 60), "12.000.000 ô"),
        (
            TABLE.format(' table:number-rows-repeated="399999"', "<table:table-cell/>").replace(
                "</table:table>",
                '<table:table-row><table:table-cell table:number-columns-repeated="99"/>'
                + ugly.ods_text("x")
                + "</table:table-row></table:table>",
            ),
            "40.000.000 ô",
        ),
    ],
)
def test_repeated_cells_of_an_open_document(table, found):
    code, message = refusal(ugly.ods(table), "a.ods")
    assert code == "file.size"
    assert found in message


@pytest.mark.parametrize(
    ("place", "found"),
    [((65535, 255), "16.777.216 ô"), ((65535, 300), "cột thứ 301")],
)
def test_a_value_far_away_in_an_old_file(place, found):
    data = ugly.compound({"Workbook": ugly.biff(ugly.number_cell(0, 0, 1) + ugly.number_cell(*place, 1))})
    code, message = refusal(data, "a.xls")
    assert code == "file.size"
    assert found in message


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("INTAKE_MAX_ROWS", 2, "file.size"),
        ("INTAKE_MAX_COLUMNS", 2, "file.size"),
        ("INTAKE_MAX_CELLS", 8, "file.size"),
        ("INTAKE_MAX_MB", 0, "file.too_large"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv", "xls"])
def test_every_limit_is_a_setting_for_every_kind(kind, name, value, code, settings):
    files = {
        "xlsx": ugly.xlsx([[1, 2, 3]] * 3),
        "ods": ugly.ods(TABLE.format(' table:number-rows-repeated="3"', ugly.ods_text("x") * 3)),
        "csv": b"a,b,c\n" * 3,
        "xls": ugly.compound({"Workbook": ugly.biff(b"".join(ugly.number_cell(i // 3, i % 3, 1) for i in range(9)))}),
    }
    assert len(read_file(files[kind], f"a.{kind}")[0].rows) == 3
    setattr(settings, name, value)
    assert refusal(files[kind], f"a.{kind}")[0] == code


def test_too_many_sheets(settings):
    settings.INTAKE_MAX_SHEETS = 2
    code, message = refusal(ugly.book({"A": [[1]], "B": [[1]], "C": [[1]]}))
    assert (code, "3 trang tính" in message) == ("file.sheets", True)


def test_merged_ranges_over_the_whole_sheet_again_and_again():
    merged = '<mergeCells count="500">' + '<mergeCell ref="A1:XFD1048576"/>' * 500 + "</mergeCells>"
    rows = "".join(f'<row r="{row}"><c r="B{row}"><v>1</v></c></row>' for row in range(1, 300))
    assert refusal(ugly.raw_xlsx(rows, after=merged))[0] == "file.damaged"
    once = read_file(ugly.raw_xlsx(rows, after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "a.xlsx")
    assert once[0].merged == [(0, 0, 298, 1)]


# -------------------------------------------------------------------------------------------------------------- damaged
WHOLE = {
    "xlsx": ugly.xlsx([[f"Nguyễn Văn Mẫu {row}", row, "x" * (row % 50)] for row in range(2000)]),
    "ods": ugly.ods(TABLE.format("", "".join(ugly.ods_text(f"Mẫu {i * i}") for i in range(250)))),
    "xls": ugly.compound({"Workbook": ugly.biff(b"".join(ugly.number_cell(row, 0, row) for row in range(3000)))}),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.98])
def test_truncated_files(kind, part):
    data = WHOLE[kind]
    assert read_file(data, f"a.{kind}")[0].rows
    code, message = refusal(data[: int(len(data) * part)], f"a.{kind}")
    assert code == "file.damaged"
    assert "tải lên chưa hết" in message


@pytest.mark.parametrize("part", [0.2, 0.4, 0.6, 0.8])
def test_a_damaged_byte_in_a_zip(part):
    data = bytearray(WHOLE["xlsx"])
    start = data.find(b"xl/worksheets/sheet1.xml")
    size = zipfile.ZipFile(__import__("io").BytesIO(bytes(data))).getinfo("xl/worksheets/sheet1.xml").compress_size
    data[start + 24 + int(size * part)] ^= 0x55
    assert refusal(bytes(data))[0] == "file.damaged"


@pytest.mark.parametrize(
    "change",
    [
        {"xl/workbook.xml": "<workbook><sheets>"},
        {"xl/_rels/workbook.xml.rels": "not xml"},
        {"xl/worksheets/sheet1.xml": ugly.sheet_xml("<row><c r='A1'><v>1</v>")},
        {"xl/worksheets/sheet1.xml": ugly.sheet_xml('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')},
        {"xl/worksheets/sheet1.xml": ""},
    ],
)
def test_broken_parts(change):
    assert refusal(ugly.zipped(ugly.raw_parts(ugly.sheet_xml(CELL)) | change))[0] in ("file.damaged", "file.empty")


def test_an_old_file_whose_sectors_run_in_circles():
    data = bytearray(WHOLE["xls"])
    table = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
    struct.pack_into("<I", data, table + 8, 0)
    assert refusal(bytes(data), "a.xls")[0] == "file.damaged"


def test_claims_that_would_make_the_reader_reserve_all_memory():
    shared = f'<sst xmlns="{ugly.MAIN}" count="9" uniqueCount="99999999999"><si><t>a</t></si></sst>'
    assert refusal(ugly.raw_xlsx(CELL, shared=shared))[0] == "file.damaged"
    many_spaces = ugly.ods(TABLE.format("", ugly.ods_text('a<text:s text:c="999999999"/>b')))
    assert refusal(many_spaces, "a.ods")[0] == "file.damaged"
    for corners in ((0, 0xFFFFFFFF, 0, 1), (0, 2, 0, 0xFFFF), (5, 2, 0, 1)):
        dimensions = ugly.record(0x0200, struct.pack("<2I3H", *corners, 0))
        book = ugly.compound({"Workbook": ugly.biff(dimensions + ugly.number_cell(0, 0, 1))})
        assert refusal(book, "a.xls")[0] == "file.damaged"
    strings = ugly.biff(ugly.number_cell(0, 0, 1), before=ugly.record(0xFC, struct.pack("<II", 9, 0x7FFFFFFF)))
    assert refusal(ugly.compound({"Workbook": strings}), "a.xls")[0] == "file.damaged"
    label = ugly.record(0x0204, struct.pack("<HHHH", 0, 0, 0, 0xFFFF) + b"\0abc")
    assert refusal(ugly.compound({"Workbook": ugly.biff(label)}), "a.xls")[0] == "file.damaged"


@pytest.mark.parametrize(
    ("offset", "value"), [(44, 0xFFFFFF), (48, 0xFFFFF0), (64, 0xFFFF), (68, 0x10), (76, 0xFFFFFF)]
)
def test_sectors_of_an_old_file_that_are_not_there(offset, value):
    data = bytearray(WHOLE["xls"])
    struct.pack_into("<I", data, offset, value)
    assert refusal(bytes(data), "a.xls")[0] == "file.damaged"


def test_an_open_document_that_is_cut_within_its_xml_does_not_hang():
    cut = '<office:document-content xmlns:office="o" xmlns:table="t"><office:body><office:spreadsheet><table:table>'
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ugly.HEAD + cut}
    assert refusal(ugly.zipped(parts), "a.ods")[0] == "file.damaged"


def test_csv_with_a_quote_that_is_never_closed():
    code, message = refusal('Họ tên,Ghi chú\nAn,"mở\nBình,x\nCường,y\n'.encode(), "a.csv")
    assert code == "file.damaged"
    assert "dòng 2" in message
    long = ('a,"' + "dòng\n" * 60_000).encode()
    assert refusal(long, "a.csv")[0] == "file.damaged"


def test_csv_that_ends_within_a_letter():
    assert refusal("Họ tên,Số\nNguyễ".encode()[:-1], "a.csv")[0] == "file.damaged"
    assert refusal(b"\xff\xfe" + "Họ,b\n".encode("utf-16-le") + b"\x41", "a.csv")[0] == "file.damaged"


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for data, _ in OTHERS.values():
        refusal(data, "a.xls")
    refusal(ugly.bomb(120 << 20))
    assert list(tmp_path.iterdir()) == []
