"""Old Vietnamese encodings: every letter, whole sheets, mixed sheets, and what is left alone."""

import itertools
import unicodedata

import pytest

from ehr.intake.files import CellError, FileRefused, read_file
from ehr.intake.files.legacy import as_latin, convert, detect
from ehr.intake.files.syllables import is_syllable
from tests.ehr.intake.files import ugly

NAMES = [
    *("Nguyễn Văn Nam", "Trần Thị Hoa", "Lê Hữu Phước", "Phạm Ngọc Ánh", "Hoàng Đình Tuấn", "Huỳnh Như Ý"),
    *("Phan Thị Thùy Dương", "Vũ Đức Mạnh", "Võ Thành Đạt", "Đặng Quốc Khánh", "Bùi Thị Xuân", "Đỗ Hồng Sơn"),
    *("Hồ Thị Kỷ", "Ngô Bá Khá", "Dương Thị Mỹ Lệ", "Đinh Thế Hưng", "Mai Thị Lựu", "Trương Vĩnh Ký"),
    *("Cao Xuân Quảng", "Tạ Quang Bửu", "Kiều Thị Yến", "Quách Tỉnh", "Ninh Bình", "Thôn Đông Tiến", "Chủ hộ"),
    *("Vợ", "Cháu", "Mường", "Tày", "Không", "Làm ruộng", "Nghỉ hưu", "Tăng huyết áp", "Đái tháo đường"),
    *("Giới tính", "Ngày sinh", "Nữ", "Dân tộc", "Số điện thoại", "Khuyết tật", "Quýt", "Nguyệt", "Ngoẵng"),
]
# Pairs as old files have them, typed from memory of such files, not made by our tables.
SEEN = {
    "tcvn3": {
        "NguyÔn V¨n Nam": "Nguyễn Văn Nam",
        "TrÇn ThÞ Hoµ": "Trần Thị Hoà",
        "Ph¹m Ngäc ¸nh": "Phạm Ngọc Ánh",
        "§Æng H÷u D­¬ng": "Đặng Hữu Dương",
        "Lª §øc ThuËn": "Lê Đức Thuận",
        "Bïi ThÞ Vò": "Bùi Thị Vũ",
        "Hå Quúnh": "Hồ Quỳnh",
        "Chñ hé": "Chủ hộ",
        "Ngµy th¸ng n¨m sinh": "Ngày tháng năm sinh",
        "QuËn 1, ®­êng sè 5": "Quận 1, đường số 5",
        "CéNG HßA X· HéI CHñ NGHÜA VIÖT NAM": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    },
    "vni": {
        "Nguyeãn Vaên Nam": "Nguyễn Văn Nam",
        "Traàn Thò Hoøa": "Trần Thị Hòa",
        "Phaïm Ngoïc AÙnh": "Phạm Ngọc Ánh",
        "Ñaëng Höõu Döông": "Đặng Hữu Dương",
        "Leâ Ñöùc Thuaän": "Lê Đức Thuận",
        "Buøi Thò Vuõ": "Bùi Thị Vũ",
        "Hoà Quyønh": "Hồ Quỳnh",
        "Chuû hoä": "Chủ hộ",
        "Ngaøy thaùng naêm sinh": "Ngày tháng năm sinh",
        "CHUÛ NGHÓA VIEÄT NAM": "CHỦ NGHĨA VIỆT NAM",
        "Kyõ sö, baùc só": "Kỹ sư, bác sĩ",
        "Huyeän Myõ Tuù, aáp 3": "Huyện Mỹ Tú, ấp 3",
    },
    "utf8": {
        "Nguyá»…n VÄƒn Nam": "Nguyễn Văn Nam",
        "Tráº§n Thá»‹ HÃ²a": "Trần Thị Hòa",
        "DÃ¢n tá»™c": "Dân tộc",
    },
}
VOWELS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"


def encoders():
    from ehr.intake.files.legacy import TCVN3, VNI

    tcvn3 = {letter: code for code, letter in TCVN3.items() if not unicodedata.combining(letter)}
    vni = {}
    for code, letter in VNI.items():
        vni.setdefault(letter, code)
    return {
        "tcvn3": lambda text: "".join(tcvn3.get(letter, tcvn3.get(letter.lower(), letter)) for letter in text),
        "vni": lambda text: "".join(vni.get(letter, letter) for letter in text),
        "utf8": lambda text: as_latin(text.encode()),
    }


ENCODE = encoders()


@pytest.mark.parametrize(
    ("encoding", "seen", "meant"),
    [(encoding, seen, meant) for encoding, pairs in SEEN.items() for seen, meant in pairs.items()],
)
def test_texts_as_old_files_have_them(encoding, seen, meant):
    assert convert(seen, encoding) == meant
    assert detect([seen]) == encoding


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_every_letter_of_the_alphabet_with_every_tone(encoding):
    for letter in VOWELS:
        assert convert(f"b{ENCODE[encoding](letter)}", encoding) == f"b{letter}"
        assert convert(f"BB{ENCODE[encoding](letter.upper())}", encoding) == f"BB{letter.upper()}"


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "utf8"])
def test_names_survive_the_way_there_and_back_in_both_cases(encoding):
    for name in NAMES:
        assert convert(ENCODE[encoding](name), encoding) == name
        if " " in name:
            assert convert(ENCODE[encoding](name.upper()), encoding) == name.upper()


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "utf8"])
@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_each_encoding_is_told_from_the_others_by_few_texts(encoding, count):
    assert detect(map(ENCODE[encoding], NAMES[:count])) == encoding
    assert detect(map(ENCODE[encoding], (name.upper() for name in NAMES[:count]))) == encoding


def test_unicode_with_foreign_and_ethnic_names_stays_as_it_is():
    others = ["José Müller", "Zoë", "H'Ñêu Niê", "Y Blŭ Êban", "Kpă H'Mlô", "37°C", "5 m²", "10µg/l", "½ viên", "“Hà”"]
    assert detect([*NAMES, *others]) == ""
    assert detect(["Hoà", "Tân", "Lê", "Bé", "Cô"]) == ""
    assert detect([]) == detect(["abc", "12"]) == ""


def test_syllables():
    yes = [
        "Nguyễn",
        "HUỲNH",
        "nghiêng",
        "quýt",
        "giếng",
        "khuỷu",
        "ương",
        "Đ",
        "Ý",
        "quoạng",
        "thuở",
        "Đắk",
        "xoong",
        "gì",
    ]
    no = ["NguyÔn", "Müller", "Krông", "xyz", "nguyeãn", "ngh", "ách1", "aâ", "tac", "tàc", "têt", "ĐĐ"]
    assert [word for word in yes if not is_syllable(word)] == []
    assert [word for word in no if is_syllable(word)] == []


# --------------------------------------------------------------------------------------------------------- whole sheets
HEADER = ["Họ và tên", "Quan hệ với chủ hộ", "Dân tộc"]
PEOPLE = [[name, "Chủ hộ" if row % 3 else "Cháu nội", "Mường"] for row, name in enumerate(NAMES[:20])]


def encoded(rows, encoding):
    return [[ENCODE[encoding](cell) for cell in row] for row in rows]


def only(data, name="thon.xlsx"):
    (sheet,) = read_file(data, name)
    return sheet


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("tcvn3", "TCVN3 (ABC, phông .VnTime)"), ("vni", "VNI-Windows"), ("utf8", "UTF-8 bị đọc nhầm")],
)
def test_a_whole_sheet_is_converted_and_says_so(encoding, told):
    sheet = only(ugly.xlsx(encoded([HEADER, *PEOPLE], encoding)))
    assert sheet.rows == [HEADER, *PEOPLE]
    (note,) = sheet.notes
    assert note.startswith("Đã chuyển 63 ô từ bảng mã " + told)


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_old_encodings_in_csv_bytes(encoding):
    text = "\n".join(";".join(row) for row in encoded([HEADER, *PEOPLE], encoding))
    data = text.encode("latin-1", "replace")
    assert b"?" not in data
    assert only(data, "thon.csv").rows == [HEADER, *PEOPLE]


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_a_unicode_header_and_column_beside_an_old_font(encoding):
    rows = [HEADER]
    for name, relation, people in PEOPLE:
        rows.append([ENCODE[encoding](name), ENCODE[encoding](relation), people])  # the last column in Unicode
    rows.append(["Lý Bé", "", ""])
    expected = [HEADER, *PEOPLE]
    sheet = only(ugly.xlsx(rows))
    assert sheet.rows[: len(expected)] == expected
    assert "Đã chuyển 40 ô" in sheet.notes[0] or "Đã chuyển 41 ô" in sheet.notes[0]


def test_texts_that_could_be_either_follow_their_neighbours():
    upper = [[ENCODE["tcvn3"](name)] for name in NAMES[:6]]
    rows = [*upper, ["N÷"], ["Nguyễn Văn Mẫu"], ["Ghi chó"], *[[name] for name in NAMES[6:12]]]
    sheet = only(ugly.xlsx(rows))
    assert sheet.rows[6] == ["Nữ"]
    assert sheet.rows[8] == ["Ghi chó"]  # among Unicode it is what it says


def test_sheets_of_one_file_are_judged_one_by_one():
    old = encoded([HEADER, *PEOPLE], "vni")
    first, second = read_file(ugly.book({"Cũ": old, "Mới": [HEADER, *PEOPLE]}), "a.xlsx")
    assert first.rows == second.rows == [HEADER, *PEOPLE]
    assert (len(first.notes), second.notes) == (1, [])


def test_decomposed_text_is_composed():
    rows = [[unicodedata.normalize("NFD", cell) for cell in row] for row in [HEADER, *PEOPLE]]
    sheet = only(ugly.xlsx(rows))
    assert sheet.rows == [HEADER, *PEOPLE]
    assert sheet.notes == ["Chữ có dấu tổ hợp (kiểu máy Mac) đã được chuyển về dạng dựng sẵn."]
    text = "\n".join(",".join(row) for row in rows)
    assert only(text.encode(), "a.csv").rows == [HEADER, *PEOPLE]


def test_text_misread_twice():
    twice = [[as_latin(ENCODE["utf8"](cell).encode()) for cell in row] for row in PEOPLE]
    assert only(ugly.xlsx(twice)).rows == PEOPLE


def test_the_icelandic_letter_that_looks_like_d():
    rows = [["Ðặng Thị Mẫu", "Ðà Nẵng"], ["Nguyễn Ðình Thử", "Hà Nội"]]
    sheet = only(ugly.xlsx(rows))
    assert sheet.rows == [["Đặng Thị Mẫu", "Đà Nẵng"], ["Nguyễn Đình Thử", "Hà Nội"]]
    assert sheet.notes == ["Đã thay chữ Ð (eth) bằng chữ Đ ở 3 ô."]


# -------------------------------------------------------------------------------------------------------------- refused
def refusal(rows, name="thon.xlsx"):
    with pytest.raises(FileRefused) as caught:
        read_file(rows if isinstance(rows, bytes) else ugly.xlsx(rows), name)
    assert caught.value.code == "file.encoding"
    return caught.value.message


def scrambled(text):
    return "".join(chr(0xA1 + (ord(letter) * 7) % 90) if ord(letter) > 127 else letter for letter in text)


def test_two_old_encodings_in_one_sheet():
    rows = [row for pair in zip(encoded(PEOPLE, "tcvn3"), encoded(PEOPLE, "vni"), strict=True) for row in pair]
    assert "không chắc là bảng mã nào" in refusal(rows)


def test_broken_text_of_no_known_encoding():
    message = refusal([["STT", "Ten"], *[[1, scrambled(name)] for name in NAMES]])
    assert "“Thôn 1”" in message
    assert "đầu tiên ở ô B2" in message
    assert not any(scrambled(name) in message for name in NAMES)  # no personal data in messages


@pytest.mark.parametrize("lost", ["?", "\ufffd"])
def test_letters_that_are_gone(lost):
    rows = [["".join(lost if ord(c) > 255 else c for c in name)] for name in NAMES]
    assert "mất dấu" in refusal(rows)


def test_csv_bytes_that_are_no_encoding_at_all():
    data = "\n".join("1;" + scrambled(name) for name in NAMES).encode("latin-1")
    assert "UniKey" in refusal(data, "a.csv")


def test_questions_are_not_lost_letters():
    rows = [[name] for name in NAMES[:10]] + [["đau đầu?"], ["Có?không"], ["ho?sốt?"], ["? Vợ"], ["http://a.vn/x?yz"]]
    sheet = only(ugly.xlsx(rows))
    assert (sheet.rows, sheet.notes) == (rows, [])


def test_few_broken_cells_become_errors_of_their_cells():
    rows = [[name] for name, _ in itertools.product(NAMES, range(3))]
    rows = [[f"{name} {index}"] for index, (name,) in enumerate(rows)] + [
        ["Nguy?n V?n"],
        ["Tr\ufffdn"],
        ["http://a.vn/x?y"],
    ]
    sheet = only(ugly.xlsx(rows))
    assert sheet.rows[-3:] == [[CellError("Nguy?n V?n")], [CellError("Tr\ufffdn")], ["http://a.vn/x?y"]]
    assert sheet.notes == ["2 ô có chữ bị lỗi phông hoặc mất dấu, không đọc được."]
