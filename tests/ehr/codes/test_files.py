"""Reading a release of codes: each fault is named by row and column."""

import pytest

from ehr.codes.files import CodesFileError, read_codes

HEADER = "code,name,name_en,parent_code,position,valid_from,valid_to,sex_only\n"


def problems(content):
    with pytest.raises(CodesFileError) as error:
        read_codes(content if isinstance(content, bytes) else content.encode())
    return [(problem.field, problem.code, problem.message) for problem in error.value.problems]


def test_a_row_becomes_a_code_with_properties():
    text = "\ufeff" + HEADER + 'A00,"  Bệnh  tả ",Cholera,,,,,\nA00.1,"Bệnh tả, eltor",,A00,7,01/07/2026,2027-01-01,F\n'
    first, second = read_codes(text.encode())
    assert (first.code, first.name, first.name_en, first.position, first.properties) == (
        "A00",
        "Bệnh tả",
        "Cholera",
        0,
        {},
    )
    assert (second.parent_code, second.position, second.properties) == ("A00", 7, {"sex_only": "F"})
    assert (f"{second.valid_from:%Y-%m-%d}", f"{second.valid_to:%Y-%m-%d}") == ("2026-07-01", "2027-01-01")


def test_names_are_stored_in_nfc():
    [row] = read_codes("code,name\n1,Tiê\u0301ng".encode())
    assert row.name == "Tiếng"


@pytest.mark.parametrize(
    ("line", "field", "code", "text"),
    [
        (",Tên,,,,,,", "code", "cell.empty", "Dòng 3, cột «code»: để trống."),
        ("B01,,,,,,,", "name", "cell.empty", "Dòng 3, cột «name»: để trống."),
        (f"{'B' * 31},Tên,,,,,,", "code", "cell.long", "Dòng 3, cột «code»: dài 31 ký tự, tối đa 30."),
        (f"B01,{'x' * 501},,,,,,", "name", "cell.long", "Dòng 3, cột «name»: dài 501 ký tự, tối đa 500."),
        ("B01,Tên,,,mười,,,", "position", "cell.number", "Dòng 3, cột «position»: «mười» không phải số nguyên."),
        ("B01,Tên,,,-1,,,", "position", "cell.number", "«-1» không phải số nguyên."),
        (
            "B01,Tên,,,,31/02/2026,,",
            "valid_from",
            "cell.date",
            "Dòng 3, cột «valid_from»: «31/02/2026» không phải ngày",
        ),
        ("B01,Tên,,,,01/07/2026,01/07/2026,", "valid_to", "period.empty", "phải sau ngày bắt đầu hiệu lực"),
        ("B01,Tên", "", "row.width", "Dòng 3: có 2 ô, tiêu đề có 8 cột."),
        ("A00,Tên,,,,,,", "code", "code.twice", "Dòng 3, cột «code»: mã «A00» đã có ở dòng 2."),
        ("B01,Tên,,Z99,,,,", "parent_code", "parent.unknown", "Dòng 3, cột «parent_code»: mã cha «Z99» không có"),
        ("B01,Tên,,B01,,,,", "parent_code", "parent.unknown", "mã cha «B01»"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(line, field, code, text):
    [(found_field, found_code, message)] = problems(f"{HEADER}A00,Bệnh tả,,,,,,\n{line}\n")
    assert (found_field, found_code) == (field, code)
    assert text in message


def test_all_faults_are_told_at_once_up_to_fifty():
    found = problems(HEADER + ",,,,,,,x\n" * 60)
    assert len(found) == 51
    assert found[0][2] == "Dòng 2, cột «code»: để trống."
    assert found[-1][2] == "… và 70 lỗi nữa."


def test_line_numbers_count_lines_inside_quotes_and_blank_lines():
    found = problems('code,name\n1,"hai\ndòng"\n\n2,\n')
    assert found == [("name", "cell.empty", "Dòng 5, cột «name»: để trống.")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("mã,name\n1,x\n", "column.missing"),
        ("code,name,name\n1,x,y\n", "column.twice"),
        ("code,name,Ghi chú\n1,x,y\n", "column.name"),
        ("code,name\n", "file.empty"),
        ("", "column.missing"),
        ('code,name\n1,"x\n', "file.csv"),
        ("code,name\n1,Bệnh tả\n".encode("utf-16"), "file.encoding"),
        (b"code,name\n1,Ti\xea\xecng\n", "file.encoding"),
    ],
)
def test_a_file_that_is_no_code_list_is_refused(content, code):
    assert problems(content)[0][1] == code
