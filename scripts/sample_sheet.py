"""A village sheet as communes send it, with the flaws that real ones have; for pictures and browser tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

HEADERS = (
    "STT", "Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày, tháng, năm sinh", "Số CMND/CCCD",
    "Số điện thoại", "Trình độ học vấn", "Hút thuốc", "Tăng huyết áp", "Đái tháo đường", "Dị ứng thuốc", "Ghi chú",
)  # fmt: skip
FIRST_ROW = 6  # of the people, as the spreadsheet program shows it


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has a record: as the sheet names them."""

    name: str
    sex: str  # "Nam", "Nữ"
    birth: str
    household: str = ""
    number: str = ""


def rows(known: Sequence[Known]) -> list[tuple[Any, ...]]:
    """Without the first column. The first of `known` comes with the number, the others by name and year of birth in
    another household: alike, but not surely the same."""
    found: list[tuple[Any, ...]] = []
    for place, one in enumerate(known):
        sure = place == 0 and one.number
        household, birth, number = (one.household, one.birth, one.number) if sure else (f"8{place}", one.birth[-4:], "")
        answers = ("TX", "x", "", "Penicillin") if place == 0 else ("Không", "", "", "")
        found.append((household, one.name.upper(), "", one.sex, birth, number, "", "12/12", *answers, ""))
    return [
        *found,
        ("901", "NGUYỄN VĂN  THỬ", "Chủ hộ", "Nam", "12/3/1975", 38075900101, "+84 912 000 831", "9/12", "Có", "x", "",
         "", ""),
        ("", "Lê Thị Mẫu", "Vợ", "Nữ", "1978", 38178900102, 912000832, "12/12", "Không", "", "x", "không", ""),
        ("", "Nguyễn Thị Nghiệm", "Con đẻ", "Nữ", "05-09-2004", "038304900103", "0912.000.833", "", "0", "", "", "",
         "đi làm xa"),
        ("", "Nguyễn Văn Giả", "Con đẻ", "Nam", "31/02/2010", "", "", "", "", "", "", "", ""),
        ("902", "Trần Văn Bịa", "Chủ hộ", "Nam", "1950", "012345678", "", "7/10", "Đã bỏ", "x", "x", "", ""),
        ("", "Hoàng Thị Bịa", "Vợ", "Nữ", "20/11/2091", "", "", "", "", "", "", "", ""),
        ("", "Trần Thị Ví Dụ", "Con đẻ", "Nữ", "7/1982", "3818290010", "12 345", "", "", "", "", "", ""),
        ("903", "Đỗ Đình Không Thật", "Chủ hộ", "Nam", "?", "", "", "", "Không", "", "", "Aspirin", ""),
    ]  # fmt: skip


def survey(known: Sequence[Known] = (), *, village: str = "Thôn Đông Hải", commune: str = "Xã Quảng Đại") -> bytes:
    """The workbook as .xlsx: title rows above a header, names of households on their first row, numbers that lost
    their zero, dates of all kinds, a total and signatures below."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    bold = book.add_format({"bold": True, "align": "center"})
    sheet = book.add_worksheet(village[:31])
    sheet.merge_range(0, 0, 0, len(HEADERS) - 1, f"ỦY BAN NHÂN DÂN {commune.upper()}", bold)
    sheet.merge_range(1, 0, 1, len(HEADERS) - 1, f"PHIẾU ĐIỀU TRA SỨC KHỎE {village.upper()}", bold)
    sheet.write(2, 0, f"Thôn: {village.removeprefix('Thôn ')}    Xã: {commune}")
    for column, header in enumerate(HEADERS):
        sheet.write(4, column, header, bold)
    people = rows(known)
    for place, row in enumerate(people):
        for column, value in enumerate((place + 1, *row)):
            if value != "":
                sheet.write(FIRST_ROW - 1 + place, column, value)
    last = FIRST_ROW - 1 + len(people)
    sheet.write(last, 1, f"Cộng: {len(people)} người")
    sheet.write(last + 2, 2, "NGƯỜI LẬP BIỂU")
    sheet.write(last + 2, 8, "TRẠM TRƯỞNG")
    cover = book.add_worksheet("Ghi chú")
    cover.write(0, 0, "Danh sách do tổ điều tra thôn lập, gửi trạm trước ngày 25.")
    book.close()
    return target.getvalue()
