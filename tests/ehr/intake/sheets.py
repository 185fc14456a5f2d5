"""Sheets as villages send them, as bytes."""

import csv
import io

HEADER = [
    "STT", "Mã hộ", "Họ và tên", "Quan hệ với chủ hộ", "Ngày sinh", "Giới tính", "Số CCCD", "Thôn", "Dân tộc",
    "Số điện thoại",
]  # fmt: skip
PEOPLE = [
    ["1", "H01", "Lê Văn Sáng", "Chủ hộ", "12/03/1980", "Nam", "038080900001", "Thôn Đông Hải", "Kinh", "0912000001"],
    ["2", "H01", "Nguyễn Thị Chiều", "Vợ", "05/09/1982", "Nữ", "038182900002", "Thôn Đông Hải", "Kinh", "0912000002"],
    ["3", "H01", "Lê Văn Trưa", "Con", "01/02/2010", "Nam", "038210900003", "Thôn Đông Hải", "Kinh", ""],
    ["4", "H02", "Phạm Hữu Tối", "Chủ hộ", "1955", "Nam", "038055900004", "Thôn Bắc Nam", "Kinh", "0912000004"],
]  # fmt: skip


def sheet(rows=PEOPLE, header=HEADER, title=()):
    """A .csv file: title rows, a header, rows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[line] for line in title])
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def person(number, *, household=None, name=None, **change):
    """One row of an invented person; `change` by header."""
    row = {
        "STT": str(number), "Mã hộ": household or f"H{number // 4:05d}",
        "Họ và tên": name or f"Lê Văn Thử {letters(number)}",
        "Quan hệ với chủ hộ": "Chủ hộ" if number % 4 == 0 else "Con", "Ngày sinh": f"{number % 28 + 1:02d}/03/1980",
        "Giới tính": "Nam", "Số CCCD": f"038080{number:06d}", "Thôn": "Thôn Đông Hải", "Dân tộc": "Kinh",
        "Số điện thoại": f"0912{number:06d}",
    } | change  # fmt: skip
    return [row[column] for column in HEADER]


def letters(number):
    """A number as a name: no digits."""
    return "".join("ABCDEGHIKL"[int(digit)] for digit in str(number)).title()
