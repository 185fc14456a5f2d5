"""Rows of sheets: village sheets, registers, lists of doses and visits, title to signature. People are invented."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.intake.columns import Column, Layout, fields_of, recognise
from ehr.intake.files import CellError, Merged, Sheet
from ehr.intake.places import Places
from ehr.intake.rows import read_rows
from ehr.intake.sections.columns import PRINTED_ROWS
from ehr.intake.values import load
from ehr.records.sections import a, b, d

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(commune, village):
    return Places(commune)


@pytest.fixture
def read(own):
    """read(rows, kind=…) → rows read."""

    def reading(rows, kind="survey", name="Trang 1", **options):
        sheet = Sheet(name, rows, **options)
        layout = recognise(sheet, kind)
        assert layout is not None
        return list(read_rows(sheet, layout, own))

    return reading


def codes(row):
    return [problem["code"] for problem in row.problems]


HEADER = [
    "STT", "Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày sinh", "Số CMND/CCCD", "Điện thoại",
    "Dân tộc", "Thôn", "Tăng huyết áp", "Hút thuốc",
]  # fmt: skip
HEAD = [1, 12, "NGUYỄN VĂN AN", "Chủ hộ", "Nam", "12/03/1980", 38080000123, 912345678, "Kinh", "Đông Hải", "x", "TX"]
WIFE = [2, None, "Trần Thị  Bình", "Vợ", "Nữ", 1982, "038182000124", None, "Mường", "Thôn Đông Hải", "không", None]


def test_a_village_sheet_from_title_to_signature(read):
    rows = read(
        [
            ["DANH SÁCH NHÂN KHẨU"],
            HEADER,
            ["A", "B", *range(1, 11)],
            HEAD,
            WIFE,
            [None, None, "Cộng", 2],
            [],
            [None, None, None, None, "Ngày 1 tháng 2 năm 2025"],
            [None, None, "Người lập"],
        ]
    )
    assert [row.problems for row in rows] == [[], []]
    assert [(row.number, row.label) for row in rows] == [(4, "Nguyễn Văn An"), (5, "Trần Thị Bình")]
    assert rows[0].values == {
        "household_code": "12", "full_name": "Nguyễn Văn An", "relation_to_head": "01", "sex": "1",
        "birth_date": "1980-03-12", "id_number": "038080000123", "phone_mobile": "0912345678", "ethnicity": "01",
        "current_village_code": "T1", "current_commune": "16516", "disease_hypertension": "yes", "risk_smoking": "2",
    }  # fmt: skip
    assert rows[1].values["household_code"] == "12"
    assert rows[1].values["birth_date"] == "1982"
    assert "risk_smoking" not in rows[1].values  # an empty cell never blanks a field
    assert {"column": "G", "field": "id_number", "was": "38080000123", "became": "038080000123",
            "why": "Thêm lại số 0 đầu mà bảng tính đã bỏ."} in rows[0].cleaned  # fmt: skip
    assert [each["field"] for each in rows[0].cleaned] == [
        "full_name", "phone_mobile", "current_village_code", "id_number",
    ]  # fmt: skip


def test_values_load_into_the_form_of_services(read):
    loaded = load(read([HEADER, HEAD])[0].values)
    assert loaded["birth_date"].date == dt.date(1980, 3, 12)
    assert loaded["full_name"] == "Nguyễn Văn An"


def test_every_problem_names_its_cell(read):
    row = read(
        [HEADER, [1, "1", "An", "hàng xóm", "X", "12/3/80", "3.8E+10", None, "Sao Hỏa", "Thôn Lạ", "xem sổ", None]]
    )[0]
    found = {problem["column"]: problem for problem in row.problems}
    assert {letter: problem["code"] for letter, problem in found.items()} == {
        "D": "relation_to_head.unknown_word", "E": "sex.unknown_word", "F": "date.short_year",
        "G": "id_number.scientific", "I": "ethnicity.unknown_word", "J": "current_village.unknown",
        "K": "disease_hypertension.tick",
    }  # fmt: skip
    assert found["F"] == {
        "column": "F", "field": "birth_date", "value": "12/3/80", "code": "date.short_year", "level": "error",
        "message": found["F"]["message"],
    }  # fmt: skip
    assert "4 chữ số" in found["F"]["message"]


# --- Household ------------------------------------------------------------------------------------------------------

SMALL = ["Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Năm sinh"]


def test_the_number_of_the_household_is_carried_down(read):
    rows = read(
        [
            SMALL,
            ["5", "An", "Chủ hộ", 1980],
            [None, "Bình", "Vợ", 1982],
            ["6", "Chi", "Chủ hộ", 1950],
            [None, "Dung", "Con", 1990],
        ]
    )
    assert [row.values["household_code"] for row in rows] == ["5", "5", "6", "6"]
    assert [row.cleaned for row in rows] == [[], [], [], []]


def test_a_merged_household_number_holds_for_all_its_rows(read):
    rows = read([SMALL, ["5", "An", "Chủ hộ", 1980], [None, "Bình", "Vợ", 1982]], merged=[Merged(1, 0, 2, 0)])
    assert [row.values["household_code"] for row in rows] == ["5", "5"]


def test_a_head_without_number_is_refused_with_the_members(read):
    rows = read(
        [
            SMALL,
            ["5", "An", "Chủ hộ", 1980],
            [None, "Bình", "Chủ hộ", 1982],
            [None, "Chi", "Con", 2001],
            ["7", "Dung", "Chủ hộ", 1950],
        ],
        name="Đông Hải",
    )
    assert [codes(row) for row in rows] == [[], ["household_code.missing"], ["household_code.missing"], []]
    assert rows[1].problems[0]["level"] == "error"
    assert rows[1].problems[0]["column"] == "A"
    assert "household_code" not in rows[1].values


def test_a_number_of_a_household_that_cannot_be_read_is_not_that_of_the_row_above(read):
    swapped = dt.datetime(2026, 2, 1)  # "1/2" to Excel
    rows = read([SMALL, ["5", "An", "Chủ hộ", 1980], [swapped, "Bình", "Chủ hộ", 1982], [None, "Chi", "Con", 2001]])
    assert [row.values.get("household_code") for row in rows] == ["5", None, None]
    assert "household_code.date" in codes(rows[1])
    assert "household_code.missing" in codes(rows[2])


def test_the_telephone_of_the_household_in_the_title_is_the_heads(read):
    rows = read(
        [["Chủ hộ: An", "Số điện thoại: 0912 345 678"], SMALL, ["5", "An", None, 1980], [None, "Bình", "Vợ", 1982]]
    )
    assert [row.values.get("phone_mobile") for row in rows] == ["0912345678", None]


def test_a_gap_in_a_column_that_repeats_the_number_is_shown(read):
    rows = read([SMALL, *([code, f"Người {n}", "Con", 1980] for n, code in enumerate(["5", "5", "5", None, "6"]))])
    assert rows[3].values["household_code"] == "5"
    assert rows[3].cleaned[0]["why"] == "Ô trống: lấy số hộ của dòng trên."


def test_a_book_with_a_title_per_household(read):
    header = ["Số TT", "Họ và tên", "Giới tính", "Ngày sinh"]
    rows = read(
        [
            ["Hộ Số: 12", None, "Thôn: Đông Hải"], ["Họ và tên chủ hộ: Nguyễn Văn An"], ["Địa chỉ hộ: Số 5"], header,
            [1, "NGUYỄN VĂN AN", "Nam", "1980"], [2, "Trần Thị Bình", "Nữ", "1982"], [],
            ["Hộ Số: 13", None, "Thôn: Bắc Nam"], ["Địa chỉ hộ: Số 6"], header, [1, "Lê Thị Chi", "Nữ", "1950"],
        ]
    )  # fmt: skip
    assert [row.values["household_code"] for row in rows] == ["12", "12", "13"]
    assert [row.values["current_village_code"] for row in rows] == ["T1", "T1", "T2"]
    assert [row.values["current_address_detail"] for row in rows] == ["Số 5", "Số 5", "Số 6"]
    assert [row.values.get("relation_to_head") for row in rows] == ["01", None, None]
    assert rows[0].cleaned[-1]["why"] == "Trùng tên với chủ hộ."


# --- Birth, sex -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "born"),
    [
        ((12, 3, 1980), "1980-03-12"),
        (("", 3, 1980), "1980-03"),
        ((None, None, 1980), "1980"),
        (("05", "06", "1950"), "1950-06-05"),
        ((0, 0, 1980), "1980"),
    ],
)
def test_a_birth_date_in_three_columns(read, parts, born):
    row = read([["Họ và tên", "Ngày", "Tháng", "Năm"], ["An", *parts]], "register")[0]
    assert row.values["birth_date"] == born
    assert not [problem for problem in row.problems if problem["level"] == "error"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((31, 2, 1980), "date.day"),
        ((5, None, 1980), "birth_date.no_month"),
        ((5, 3, None), "birth_date.no_year"),
        ((5, 13, 1980), "birth_date.month"),
    ],
)
def test_parts_that_make_no_date(read, parts, code):
    row = read([["Họ và tên", "Ngày", "Tháng", "Năm"], ["An", *parts]])[0]
    assert code in codes(row)


def test_date_and_year_beside_each_other(read):
    rows = read(
        [
            ["Họ và tên", "Ngày sinh", "Năm sinh"],
            ["An", "12/03/1980", 1980],
            ["Bình", None, 1982],
            ["Chi", "01/01/1990", 1991],
        ]
    )
    assert [row.values.get("birth_date") for row in rows[:2]] == ["1980-03-12", "1982"]
    assert "birth_date.year_differs" in codes(rows[2])


def test_male_and_female_columns_with_years(read):
    rows = read(
        [
            ["Họ và tên", "Nam", "Nữ", "Dân tộc"],
            ["An", 1980, None, "Kinh"],
            ["Bình", None, "12/03/1982", "Kinh"],
            ["Chi", "x", "x", None],
        ]
    )
    assert [(row.values.get("sex"), row.values.get("birth_date")) for row in rows[:2]] == [
        ("1", "1980"),
        ("2", "1982-03-12"),
    ]
    assert "sex.both" in codes(rows[2])


def test_a_list_with_the_column_of_women_alone(read):
    rows = read([["Họ và tên", "Năm sinh", "Nữ"], ["An", 2019, None], ["Bình", 2019, "x"]], "exam")
    assert [row.values["sex"] for row in rows] == ["1", "2"]
    assert rows[0].cleaned[0]["why"] == "Danh sách chỉ có cột Nữ: ô trống là nam."


def test_a_group_within_the_list_of_a_village_keeps_the_village(read):
    rows = read(
        [["Thôn: Bắc Nam"], SMALL, ["I. Tổ 1"], ["5", "An", "Chủ hộ", 1980], ["Tổ 2"], ["6", "Chi", "Chủ hộ", 1950]]
    )
    assert [row.values["current_village_code"] for row in rows] == ["T2", "T2"]
    assert [codes(row) for row in rows] == [[], []]


def test_a_column_where_excel_swapped_day_and_month_is_suspected(read):
    dates = [dt.datetime(1980, 3, 12), dt.datetime(1990, 1, 5), "25/03/1980", "13/07/1975", dt.datetime(1985, 4, 4)]
    rows = read([["Họ và tên", "Ngày sinh"], *([f"Người {chr(65 + n)}", day] for n, day in enumerate(dates))])
    assert ["date.maybe_swapped" in codes(row) for row in rows] == [True, True, False, False, False]
    honest = read(
        [["Họ và tên", "Ngày sinh"], ["An", dt.datetime(1980, 3, 25)], ["Bình", "13/07/1975"], ["Chi", "14/07/1975"]]
    )
    assert not any("date.maybe_swapped" in codes(row) for row in honest)


# --- Numbers --------------------------------------------------------------------------------------------------------


def test_two_columns_for_old_and_new_cards(read):
    rows = read([["Họ và tên", "CCCD", "CMND"], ["An", "038080000123", "171234567"], ["Bình", None, 171234568]])
    assert [row.values["id_number"] for row in rows] == ["038080000123", "171234568"]
    assert "id_number.two_numbers" in codes(rows[0])


def test_a_number_that_lost_its_zero_must_fit_sex_and_year(read):
    rows = read(
        [
            ["Họ và tên", "Giới tính", "Năm sinh", "CCCD"],
            ["An", "Nam", 1980, 38080000123],
            ["Bình", "Nữ", 1980, 38080000123],
        ]
    )
    assert rows[0].values["id_number"] == "038080000123"
    assert "id_number" not in rows[1].values
    assert "id_number.eleven_digits" in codes(rows[1])


def test_a_blood_group_in_one_cell_and_in_two(read):
    rows = read([["Họ và tên", "Nhóm máu", "Dân tộc"], ["An", "O+", "Kinh"]])
    assert (rows[0].values["blood_group_abo"], rows[0].values["blood_group_rh"]) == ("O", "pos")
    rows = read([["Họ và tên", "Nhóm máu ABO", "Rh"], ["An", "AB", "-"]])
    assert (rows[0].values["blood_group_abo"], rows[0].values["blood_group_rh"]) == ("AB", "neg")
    rows = read([["Họ và tên", "Nhóm máu ABO", "Rh"], ["An", "AB+", "-"]])
    assert "cell.conflict" in codes(rows[0])


# --- Places ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ([["Thôn: Bắc Nam"]], "Trang 1"),
        ([["DANH SÁCH HỘ THÔN BẮC NAM NĂM 2025"]], "Trang 1"),
        ([], "Bắc Nam"),
        ([], "Thôn Bắc Nam"),
    ],
)
def test_the_village_from_the_title_or_from_the_tab(read, title, name):
    assert read([*title, SMALL, ["5", "An", "Chủ hộ", 1980]], name=name)[0].values["current_village_code"] == "T2"


def test_a_village_of_the_title_that_there_is_not_refuses_the_rows(read):
    row = read([["Thôn: Không Có"], SMALL, ["5", "An", "Chủ hộ", 1980]])[0]
    assert codes(row) == ["current_village.unknown"]
    assert "Thôn Đông Hải" in row.problems[0]["message"]


def test_a_village_in_the_address_and_none_at_all(read):
    rows = read([["Họ và tên", "Địa chỉ"], ["An", "Số 5, thôn Đông Hải"], ["Bình", "Số 6"]])
    assert rows[0].values["current_village_code"] == "T1"
    assert codes(rows[1]) == ["current_village.missing"]
    assert rows[1].problems[0]["level"] == "warning"


def test_a_sheet_of_another_commune_is_said_once(read):
    rows = read([["Xã: Quảng Nham"], SMALL, ["5", "An", "Chủ hộ", 1980], [None, "Bình", "Vợ", 1980]], name="Đông Hải")
    assert [codes(row) for row in rows] == [["current_commune.title"], []]


def test_permanent_registration_from_columns_and_text(read, places):
    rows = read(
        [
            ["Họ và tên", "Hộ khẩu thường trú", None, None], [None, "Thôn", "Xã", "Tỉnh"],
            ["An", "Thôn 9", "Sầm Sơn", "Thanh Hóa"],
        ], name="Đông Hải",
    )  # fmt: skip
    assert rows[0].values["permanent_commune"] == places.other_commune.code
    assert rows[0].values["permanent_address_detail"] == "Thôn 9"


# --- Other kinds ----------------------------------------------------------------------------------------------------


def test_a_booklet_per_row(read):
    header = ["Họ tên trẻ", "Ngày sinh", "BCG", "Sởi 1", "Sởi 2", "Bại liệt 1", "DPT4"]
    row = read(
        [header, ["An", "01/02/2024", dt.datetime(2024, 2, 2), "12/11/2024", "chưa", "x", "2024"]], "vaccination"
    )[0]
    assert {name: value for name, value in row.values.items() if name.startswith("c1_")} == {
        "c1_bcg": "2024-02-02", "c1_measles_1": "2024-11-12", "c1_measles_2": "not_given", "c1_polio_1": "given",
    }  # fmt: skip
    assert codes(row) == ["date.partial"]
    assert load({"c1_bcg": "2024-02-02", "c1_polio_1": "given"}) == {
        "c1_bcg": dt.date(2024, 2, 2),
        "c1_polio_1": "given",
    }


def test_one_dose_per_row_with_the_day_in_the_title(read):
    rows = read(
        [
            ["Ngày tiêm: 12/03/2026"],
            ["Họ và tên", "Ngày sinh", "Vắc xin", "Mũi số", "Số lô"],
            ["An", "01/02/2014", "HPV", 1, "A12"],
        ],
        "vaccination",
    )
    assert rows[0].values == {
        "full_name": "An", "birth_date": "2014-02-01", "vaccine": "HPV", "dose_number": 1, "lot_number": "A12",
        "occurrence_date": "2026-03-12",
    }  # fmt: skip


def test_an_exam_row(read):
    header = ["Họ và tên", "CCCD", "Cao", "Cân nặng", "HA", "Mạch", "Tim mạch", "Chẩn đoán", "Mã ICD"]
    row = read(
        [
            ["Ngày khám: 05/03/2026"],
            header,
            ["An", "038080000123", "1m65", 61.5, "120/80", 80, "bt", "Tăng huyết áp", "i10"],
        ],
        "exam",
    )[0]
    assert row.values == {
        "full_name": "An", "id_number": "038080000123", "height_cm": "165.00", "weight_kg": "61.5", "bp_systolic": 120,
        "bp_diastolic": 80, "pulse": 80, "organ_cardiovascular": "Bình thường", "diagnosis_name": "Tăng huyết áp",
        "diagnosis_icd10_code": "I10", "exam_date": "2026-03-05",
    }  # fmt: skip


def test_a_row_without_a_name(read):
    assert codes(read([SMALL, ["5", None, "Chủ hộ", 1980]], name="Đông Hải")[0]) == ["full_name.required"]
    assert codes(read([["Họ và tên", "CCCD", "Mạch"], [None, "038080000123", 80]], "exam")[0]) == []


def test_error_cells_and_truth_values(read):
    row = read(
        [["Họ và tên", "Năm sinh", "Hút thuốc", "Tăng huyết áp"], ["An", CellError("#REF!"), None, True]],
        name="Đông Hải",
    )[0]
    assert codes(row) == ["cell.error"]
    assert row.problems[0]["value"] == "#REF!"
    assert row.values["disease_hypertension"] == "yes"


def test_cells_that_are_equal_but_not_the_same_are_read_for_what_they_are(read):
    rows = read(
        [
            ["Họ và tên", "Tăng huyết áp", "Hộ số"],
            ["An", 1, 1],
            ["Bình", True, True],
            ["Chi", False, 0],
            ["Dung", 0, False],
        ],
        name="Đông Hải",
    )
    assert [row.values["disease_hypertension"] for row in rows] == ["yes", "yes", "no", "no"]
    assert [row.values["household_code"] for row in rows] == ["1", "TRUE", "0", "FALSE"]


# --- Nothing is lost, nothing breaks --------------------------------------------------------------------------------

CELLS = st.one_of(
    st.text(max_size=30), st.integers(-(10**16), 10**16), st.floats(), st.booleans(),
    st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1)), st.datetimes(), st.times(), st.just(CellError("#N/A")),
    st.from_regex(r"[0-9/.\-+ eE]{1,14}", fullmatch=True),
    st.sampled_from(["x", "không", "kb", "TX", "Có", "O+", "120/80", "1m65", "Thôn 1", "?", "Đã bỏ", "mẹ", "3.8E+10"]),
    st.just("0912345678 - 0987654321"),
)  # fmt: skip
# Where an empty result says all there was to say.
SILENT = {
    "bmi", "head_name", "current_province", "sex:male", "sex:female", "birth_date:day", "birth_date:month",
    "birth_date:year", "birth_delivery_mode:vaginal", "birth_delivery_mode:caesarean",
}  # fmt: skip
STORED = {
    *a.STORES, *a.EXTRA_STORES, *b.STORES, *b.EXTRA_STORES, *d.STORES, *d.EXTRA_STORES, *PRINTED_ROWS, "vaccine",
    "vaccine_status", "vaccine_group", "dose_number", "vaccine_dose_order", "vaccine_code", "occurrence_date",
    "reaction", "next_date", "pregnancy_month", "lot_number", "lot_expiry", "staff_name", "mother_tetanus_dose_count",
}  # fmt: skip
FIELDS = sorted(
    {
        code
        for kind in ("survey", "register", "vaccination", "exam")
        for _, items in fields_of(kind)
        for code, _ in items
    }
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FIELDS), cell=CELLS, kind=st.sampled_from(["survey", "exam"]))
def test_no_cell_breaks_the_reading_and_none_is_lost_in_silence(own, name, cell, kind):
    other = "household_code" if name.startswith("full_name") else "full_name"
    columns = [Column(0, "A", "x", name), Column(1, "B", "y", other)]
    layout = Layout("Đông Hải", 1, 2, columns, last_row=2, kind=kind)
    row = next(read_rows(Sheet("Đông Hải", [["x", "y"], [cell, "Người Thử"]]), layout, own))
    load(row.values)
    assert row.values.keys() <= STORED
    said = [each for each in (*row.cleaned, *row.problems) if each["column"] == "A"]
    left = row.values.keys() - {other, "current_commune", "current_village_code", "status", "full_name"}
    if name in ("current_village_code", "full_name", "current_commune"):
        left |= row.values.keys() & {name}
    blank = isinstance(cell, str) and not any(char.isalnum() or char in "?+✓" for char in cell)
    assert left or said or blank or name in SILENT or name.startswith("full_name:"), row


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(st.one_of(st.none(), CELLS, st.sampled_from(HEADER)), max_size=8), max_size=12))
def test_any_sheet_is_recognised_or_not_but_every_row_below_the_header_is_accounted_for(rows):
    layout = recognise(Sheet("Trang", rows), "survey")
    if layout is None:
        return
    read = {n for n in range(layout.first_row, layout.last_row + 1)} - set(layout.skip)
    named = set()
    for number, why in layout.skipped:
        count = int(why.rsplit(": ", 1)[1].split(" ")[0]) if "liền nhau" in why else 1
        named |= set(range(number, number + count))
    below = {
        n
        for n, cells in enumerate(rows, 1)
        if n > layout.header_row + 2 and any(cell not in (None, "") for cell in cells)
    }
    assert below <= read | named
