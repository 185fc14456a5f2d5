"""Rows of sheets: a village sheet from title to signature."""

import pytest

from ehr.intake.columns import recognise
from ehr.intake.files import Sheet
from ehr.intake.places import Places
from ehr.intake.rows import read_rows


@pytest.fixture
def read(commune, village):
    """read(rows, kind=…) → (layout, rows read)."""
    own = Places(commune)

    def reading(rows, kind="survey", name="Trang 1", **options):
        sheet = Sheet(name, rows, **options)
        layout = recognise(sheet, kind)
        assert layout is not None
        return layout, list(read_rows(sheet, layout, own))

    return reading


HEADER = [
    "STT", "Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày sinh", "Số CMND/CCCD", "Điện thoại", "Dân tộc",
    "Thôn", "Tăng huyết áp", "Hút thuốc",
]  # fmt: skip


def test_a_village_sheet_with_title_household_carried_down_and_signature(read):
    layout, rows = read(
        [
            ["DANH SÁCH NHÂN KHẨU"],
            HEADER,
            ["A", "B", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            [
                1,
                12,
                "NGUYỄN VĂN AN",
                "Chủ hộ",
                "Nam",
                "12/03/1980",
                38080000123,
                912345678,
                "Kinh",
                "Đông Hải",
                "x",
                "TX",
            ],
            [
                2,
                None,
                "Trần Thị  Bình",
                "Vợ",
                "Nữ",
                1982,
                "038182000124",
                None,
                "Mường",
                "Thôn Đông Hải",
                "không",
                "Không",
            ],
            [None, None, "Cộng", 2],
            [],
            [None, None, None, None, "Ngày 1 tháng 2 năm 2025"],
            [None, None, "Người lập"],
        ]
    )
    assert [row.problems for row in rows] == [[], []]
    assert rows[0].number == 4
    assert rows[0].values == {
        "household_code": "12", "full_name": "Nguyễn Văn An", "relation_to_head": "01", "sex": "1",
        "birth_date": "1980-03-12", "id_number": "038080000123", "phone_mobile": "0912345678", "ethnicity": "01",
        "current_village_code": "T1", "current_commune": "16516", "disease_hypertension": "yes", "risk_smoking": "2",
    }  # fmt: skip
    assert rows[1].values["household_code"] == "12"
    assert rows[1].values["birth_date"] == "1982"
    assert [each["field"] for each in rows[0].cleaned] == [
        "full_name",
        "phone_mobile",
        "current_village_code",
        "id_number",
    ]
    assert [why for _, why in layout.skipped][:2] == ["Dòng ký hiệu cột (A, B, 1, 2…).", "Dòng tổng cộng."]
