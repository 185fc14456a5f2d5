"""Where the table stands: titles, header rows, marks, page breaks, totals, signatures, books of households."""

import datetime as dt

import pytest

from ehr.intake.columns import Layout, letter, recognise
from ehr.intake.files import Merged, Sheet

HEADER = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Quan hệ với chủ hộ", "Số CMND/CCCD"]


def person(number, name="Trần Thị Bình", relation="Con"):
    return [number, name, "12/03/1980", "Nữ", relation, "038180000123"]


def layout_of(rows, kind="survey", **options):
    return recognise(Sheet("Trang", rows, **options), kind)


def why(layout):
    return dict(layout.skipped)


def persons(layout):
    """Numbers of the rows that are read."""
    return [n for n in range(layout.first_row, layout.last_row + 1) if n not in layout.skip]


def test_title_rows_above_the_header():
    layout = layout_of(
        [
            ["UBND XÃ TÂN MAI", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            ["THÔN HÒA ĐÔNG", None, None, "Độc lập - Tự do - Hạnh phúc"],
            [],
            ["DANH SÁCH NHÂN KHẨU NĂM 2025"],
            ["Tỉnh: Thanh Hóa", None, "Ngày điều tra: 05/03/2026"],
            HEADER,
            person(1),
        ]
    )
    assert (layout.header_row, layout.first_row, layout.last_row) == (6, 7, 7)
    assert layout.title == {
        "current_commune": "TÂN MAI", "current_village": "THÔN HÒA ĐÔNG", "current_province": "Thanh Hóa",
        "surveyed_on": "05/03/2026",
    }  # fmt: skip


def test_the_family_form_of_social_insurance():
    """TK1-TS: labels with their places in parentheses, the values beside or behind them, a row of marks."""
    layout = layout_of(
        [
            ["PHỤ LỤC THÀNH VIÊN HỘ GIA ĐÌNH"],
            ["Họ và tên chủ hộ:", "Nguyễn Văn An", None, "Số điện thoại (nếu có): 0912 345 678"],
            ["Địa chỉ: Thôn (bản, tổ dân phố): Đông Hải", None, "Xã (phường, thị trấn): Nam Sầm Sơn"],
            [None, "Tỉnh: Thanh Hóa"],
            [
                "Stt", "Họ và tên", "Mã số BHXH", "Ngày, tháng, năm sinh", "Giới tính", "Nơi cấp giấy khai sinh",
                "Mối quan hệ với chủ hộ", "Số CMND/ Thẻ căn cước/ Hộ chiếu", "Ghi chú",
            ],
            ["A", "B", "1", "2", "3", "4", "5", "6", "7"],
            [1, "Nguyễn Văn An", "0123456789", "12/03/1980", "Nam", "Thanh Hóa", "Chủ hộ", "038080000123", None],
        ]
    )  # fmt: skip
    assert layout.title["head_name"] == "Nguyễn Văn An"
    assert layout.title["current_village"] == "Đông Hải"
    assert layout.title["current_commune"] == "Nam Sầm Sơn"
    assert layout.title["phone_mobile"] == "0912 345 678"
    assert why(layout) == {6: "Dòng ký hiệu cột (A, B, 1, 2…)."}
    assert [column.field for column in layout.columns][1:4] == ["full_name", "social_insurance_code", "birth_date"]


def book(households):
    """Sổ A0: every household with its own title and header."""
    rows = []
    for code, people in households:
        rows += [[f"Hộ Số: {code}", None, "Thôn: Đông Hải"], [f"Địa chỉ hộ: Số {code} ngõ 2"]]
        rows += [["Số TT", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày sinh"]]
        rows += [[n, f"Người {code}{n}", "Chủ hộ" if n == 1 else "Con", "Nam", "1980"] for n in range(1, people + 1)]
        rows += [[]]
    return rows


def test_a_book_of_households_each_with_its_title_and_header():
    layout = layout_of(book([("12", 2), ("100.1", 1), ("100.2", 3)]))
    assert persons(layout) == [4, 5, 10, 15, 16, 17]
    assert layout.title["household_code"] == "12"
    found = {block.first_row: block.title for block in layout.blocks}
    assert {row: title["household_code"] for row, title in found.items()} == {9: "100.1", 14: "100.2"}
    assert found[14]["current_address_detail"] == "Số 100.2 ngõ 2"
    assert layout.blocks[0].title["current_village"] == "Thôn Đông Hải"
    assert set(why(layout).values()) == {
        "Dòng trống.",
        "Dòng tên danh sách, thôn hoặc hộ, không phải người.",
        "Dòng tiêu đề lặp lại.",
    }


def test_headers_repeated_at_page_breaks_with_their_marks():
    layout = layout_of(
        [HEADER, ["A", "B", 1, 2, 3, 4], person(1), HEADER, ["A", "B", 1, 2, 3, 4], person(2), person(3)]
    )
    assert persons(layout) == [3, 6, 7]
    assert why(layout) == {
        2: "Dòng ký hiệu cột (A, B, 1, 2…).", 4: "Dòng tiêu đề lặp lại.", 5: "Dòng ký hiệu cột (A, B, 1, 2…).",
    }  # fmt: skip


def test_villages_as_rows_within_the_list():
    layout = layout_of([HEADER, ["I. Thôn Đông Hải"], person(1), ["II. THÔN BẮC NAM"], person(2)])
    assert persons(layout) == [3, 5]
    assert [(block.first_row, block.title) for block in layout.blocks] == [
        (3, {"current_village": "Thôn Đông Hải"}), (5, {"current_village": "THÔN BẮC NAM"}),
    ]  # fmt: skip


def test_totals_and_signatures_are_named():
    layout = layout_of(
        [
            HEADER, person(1), person(2),
            ["Cộng", None, None, 2], ["Tổng số: 2 nhân khẩu, 1 hộ"], [],
            [None, None, None, "Tân Mai, ngày 05 tháng 03 năm 2026"],
            [None, "Người lập biểu", None, "TRƯỞNG THÔN"], [None, "(ký, ghi rõ họ tên)"], [],
            [None, "Nguyễn Văn An", None, "Trần Văn Bình"],
        ]
    )  # fmt: skip
    assert persons(layout) == [2, 3]
    assert layout.last_row == 3
    assert why(layout)[4] == why(layout)[5] == "Dòng tổng cộng."
    assert {why(layout)[n] for n in (7, 8, 9, 11)} == {"Phần ký tên, ghi chú cuối bảng."}


def test_people_whose_names_look_like_totals_or_places_are_people():
    names = ["Tống Văn Cộng", "Tổng Thị Số", "Bản Văn Khu", "Thôn Văn Ba", "Công Thị Ấp"]
    rows = [HEADER, *(person(number, name) for number, name in enumerate(names, 1))]
    assert persons(layout_of(rows)) == [2, 3, 4, 5, 6]
    only_names = [["STT", "Họ và tên", "Năm sinh"], *([number, name, 1980] for number, name in enumerate(names, 1))]
    assert persons(layout_of(only_names)) == [2, 3, 4, 5, 6]


def test_numbered_lines_without_people_and_blank_rows_count_once():
    layout = layout_of([HEADER, person(1), [], [], person(2), *([n, None, None] for n in range(3, 50))])
    assert persons(layout) == [2, 5]
    assert why(layout) == {
        3: "Dòng trống: 2 dòng liền nhau.", 6: "Chỉ có số thứ tự, không có người: 47 dòng liền nhau.",
    }  # fmt: skip


def test_a_row_without_a_name_is_a_persons_row_all_the_same():
    assert persons(layout_of([HEADER, person(1), [2, None, "01/01/1990", "Nam", "Con", None], person(3)])) == [2, 3, 4]


def test_a_second_table_of_another_kind_is_said():
    other = ["TT", "Họ và tên", "Chức vụ", "Địa chỉ", "Số điện thoại", "Ghi chú"]
    layout = layout_of([HEADER, person(1), person(2), [], other, [1, "Lê Văn Tổ", "Tổ trưởng", None, None, None]])
    assert persons(layout) == [2, 3]
    assert why(layout)[5].startswith("Bảng khác")
    assert why(layout)[6].startswith("Bảng khác")


def test_blank_columns_and_columns_without_heading():
    layout = layout_of([["STT", None, "Họ và tên", None, "Ngày sinh"], [1, None, "Trần Bình", "gì đó", "1980"]])
    assert [(column.letter, column.field) for column in layout.columns] == [
        ("A", ""), ("C", "full_name"), ("D", ""), ("E", "birth_date"),
    ]  # fmt: skip
    assert layout.columns[2].sure is False
    assert layout.columns[2].samples == ["gì đó"]


def test_three_header_rows():
    rows = [
        ["STT", "Họ và tên", "Tiền sử gia đình", None, None, None],
        [None, None, "Dị ứng gia đình", None, "Bệnh gia đình", None],
        [None, None, "Thuốc", "Người mắc", "Hen suyễn", "Người mắc"],
        [1, "Trần Bình", None, None, "x", "mẹ"],
    ]
    merged = [Merged(0, 0, 2, 0), Merged(0, 1, 2, 1), Merged(0, 2, 0, 5), Merged(1, 2, 1, 3), Merged(1, 4, 1, 5)]
    layout = layout_of(rows, merged=merged)
    assert [column.field for column in layout.columns][2:] == [
        "family_allergy_drug", "family_allergy_drug_person", "family_disease_asthma", "family_disease_asthma_person",
    ]  # fmt: skip
    assert layout.first_row == 4


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["Hướng dẫn"], ["Điền vào trang bên."]],
        [["Họ và tên người lập", "Nguyễn Văn An"]],
        [["Danh mục"], ["Kinh"], ["Mường"]],
        [["Thôn", "Số hộ", "Số khẩu"], ["Đông Hải", 120, 480]],
        [["VÍ DỤ: NGƯỜI BỊA, KHÔNG NHẬP TRANG NÀY"], HEADER, person(1)],
    ],
)
def test_sheets_without_a_table_of_people(rows):
    assert layout_of(rows) is None


def test_a_table_that_starts_lower_and_further_right():
    rows = [[]] * 30 + [[None, None, *HEADER], [None, None, *person(1)]]
    layout = layout_of(rows, first_row=5)
    assert (layout.header_row, layout.first_row) == (35, 36)
    assert layout.columns[1].letter == "D"


def test_dates_and_samples_read_as_shown():
    layout = layout_of([HEADER, [1, "An", dt.datetime(1980, 3, 12), "Nam", "Con", 38080000123]])
    assert layout.columns[2].samples == ["12/03/1980"]
    assert layout.columns[5].samples == ["38080000123"]


@pytest.mark.parametrize(
    ("marks", "skipped"),
    [
        (["A", "B", 1, 2, 3, 4], True), (["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"], True),
        ([1, 2, "3.1", "3.2", 4, 5], True),
        (["A", "B", "1", "2", "3=1+2", "4"], True), ([1, None, 1980, None, None, None], False),
        ([5, "A", 1, 1, 1, 1], False),
    ],
)  # fmt: skip
def test_rows_of_column_marks(marks, skipped):
    layout = layout_of([HEADER, marks, person(1)])
    assert (2 in why(layout)) == skipped


def test_a_layout_goes_through_json_unchanged():
    layout = layout_of(book([("12", 2), ("13", 1)]))
    assert Layout.from_json(layout.to_json()) == layout


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_of_columns(index, name):
    assert letter(index) == name
