"""An invented village survey as large as one likes: parts A and B of people in households, as values and as cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

# Heading: field. The columns of the survey that villages fill in (docs of the questionnaire), 45 of them.
COLUMNS = {
    "STT": "", "Hộ số": "household_code", "Họ và tên": "full_name", "Quan hệ với chủ hộ": "relation_to_head",
    "Giới tính": "sex", "Ngày sinh": "birth_date", "Số CMND/CCCD": "id_number", "Ngày cấp": "id_issue_date",
    "Nơi cấp": "id_issue_place", "Số thẻ BHYT": "health_insurance_number",
    "Tỉnh/TP đăng ký khai sinh": "birth_registration_province", "Dân tộc": "ethnicity", "Quốc tịch": "nationality",
    "Tôn giáo": "religion", "Nghề nghiệp": "occupation", "Nhóm máu ABO": "blood_group_abo", "Rh": "blood_group_rh",
    "Thôn": "current_village_code", "Địa chỉ": "current_address_detail",
    "HKTT (thôn, xã, tỉnh)": "permanent_address_detail", "Điện thoại": "phone_mobile", "Email": "email",
    "Họ tên mẹ": "mother_name", "Họ tên bố": "father_name", "Người chăm sóc chính": "caregiver_name",
    "Quan hệ NCSC": "caregiver_relation", "Điện thoại NCSC": "caregiver_phone_mobile",
    "Tình trạng cư trú": "residence", "Ghi chú": "note", "Hút thuốc": "risk_smoking", "Rượu bia": "risk_alcohol",
    "Thể lực": "risk_physical_activity", "Loại hố xí": "household_toilet_type", "Dị ứng: Thuốc": "allergy_drug",
    "Dị ứng: Thực phẩm": "allergy_food", "Tăng huyết áp": "disease_hypertension",
    "Đái tháo đường": "disease_diabetes", "Hen suyễn": "disease_asthma", "Tim mạch": "disease_cardiovascular",
    "Phổi mạn tính": "disease_chronic_lung", "Ung thư (loại)": "disease_cancer", "Bệnh khác": "disease_other",
    "Khuyết tật khác": "disability_other", "Phẫu thuật (bộ phận, năm)": "surgery_history",
    "Tiền sử gia đình: Khác": "family_disease_other",
}  # fmt: skip
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLE = {"1": ("Văn", "Đức", "Hữu", "Quang", "Minh"), "2": ("Thị", "Ngọc", "Thu", "Thanh", "Kim")}
GIVEN = {
    "1": ("An", "Bình", "Cường", "Dũng", "Hải", "Hùng", "Khánh", "Long", "Nam", "Phúc", "Quân", "Sơn", "Thắng", "Tú"),
    "2": ("Anh", "Chi", "Dung", "Hà", "Hạnh", "Hoa", "Hương", "Lan", "Linh", "Mai", "Nga", "Oanh", "Thảo", "Yến"),
}
DISEASES = (
    "disease_hypertension", "disease_diabetes", "disease_asthma", "disease_cardiovascular", "disease_chronic_lung",
)  # fmt: skip
WORDS = {
    "sex": {"1": "Nam", "2": "Nữ"},
    "relation_to_head": {"01": "Chủ hộ", "17": "Vợ", "08": "Con"},
    "ethnicity": {"01": "Kinh", "02": "Tày", "03": "Thái"},
    "nationality": {"VN": "Việt Nam"},
    "birth_registration_province": {"38": "Thanh Hóa"},
    "blood_group_rh": {"pos": "+"},
    "residence": {"permanent": "Thường trú", "temporary": "Tạm trú"},
    "risk_smoking": {"0": "Không", "1": "Có", "2": "Thường xuyên"},
    "risk_physical_activity": {"0": "Không", "1": "Có", "2": "Thường xuyên"},
    "risk_alcohol": {"no": "Không", "yes": "Có"},
    "household_toilet_type": {"flush": "Xả nước", "double_vault": "Hai ngăn"},
} | {name: {"yes": "x", "no": "0"} for name in DISEASES}


def people(number: int, *, villages: list[str], occupations: list[str], seed: str = "1") -> Iterator[dict[str, Any]]:
    """Values of `number` people, head first in each household; fields that nobody filled in are absent."""
    rng, made, household = Random(seed), 0, 0
    while made < number:
        household += 1
        village, answered = rng.choice(villages), rng.random() < 0.35
        surname, toilet = rng.choice(SURNAMES), rng.choice(("flush", "flush", "double_vault"))
        address, telephone = f"Số {rng.randint(1, 400)}, ngõ {rng.randint(1, 30)}", f"09{rng.randint(10**7, 10**8 - 1)}"
        size = min(rng.choice((1, 2, 3, 4, 4, 5, 6)), number - made)
        for place in range(size):
            relation = ("01", "17", "08", "08", "08", "08")[place]
            sex = "2" if relation == "17" else rng.choice("12")
            year = rng.randint(1940, 1990) if place < 2 else rng.randint(1991, 2025)
            values = _values(rng, made, surname, sex, year, answered)
            values |= {
                "household_code": f"H{household:05d}", "relation_to_head": relation, "current_village_code": village,
                "current_address_detail": address, "household_toilet_type": toilet,
            }  # fmt: skip
            if place < 2:
                values |= {"occupation": rng.choice(occupations), "phone_mobile": telephone}
            else:
                values |= {
                    "mother_name": f"{rng.choice(SURNAMES)} Thị {rng.choice(GIVEN['2'])}",
                    "father_name": f"{surname} Văn {rng.choice(GIVEN['1'])}", "caregiver_name": f"{surname} Thị Hà",
                    "caregiver_relation": "mẹ", "caregiver_phone_mobile": telephone,
                }  # fmt: skip
            made += 1
            yield values


def _values(rng: Random, number: int, surname: str, sex: str, year: int, answered: bool) -> dict[str, Any]:
    day = dt.date(year, rng.randint(1, 12), rng.randint(1, 28))
    century = (year // 100 - 19) * 2 + (sex == "2")
    values: dict[str, Any] = {
        "full_name": f"{surname} {rng.choice(MIDDLE[sex])} {rng.choice(GIVEN[sex])}", "sex": sex,
        "birth_date": f"{year}" if rng.random() < 0.08 else day.isoformat(),
        "birth_registration_province": "38", "ethnicity": rng.choice(("01", "01", "01", "02", "03")),
        "nationality": "VN", "residence": "permanent" if rng.random() < 0.93 else "temporary",
        "health_insurance_number": f"GD438{number % 10:d}{number:09d}" if rng.random() < 0.9 else "không",
    }  # fmt: skip
    if rng.random() < 0.92:
        values |= {"id_number": f"038{century}{year % 100:02d}{number % 1_000_000:06d}"}
        if year < 2010:
            values |= {"id_issue_date": "2021-08-10", "id_issue_place": "Cục Cảnh sát QLHC về TTXH"}
    if rng.random() < 0.2:
        values |= {"blood_group_abo": rng.choice(("A", "B", "AB", "O")), "blood_group_rh": "pos"}
    if rng.random() < 0.3:
        values["permanent_address_detail"] = f"Thôn {rng.randint(1, 9)}, xã cũ"
    values |= {"risk_smoking": rng.choice("0012"), "risk_alcohol": rng.choice(("yes", "no"))}
    for name in DISEASES:
        if rng.random() < 0.05:
            values[name] = "yes"
        elif answered:
            values[name] = "no"
    for name, share, text in (
        ("risk_physical_activity", 0.5, "1"), ("allergy_drug", 0.05, "Penicillin"), ("allergy_food", 0.04, "tôm, cua"),
        ("disease_cancer", 0.01, "K dạ dày"), ("disease_other", 0.06, "Thoái hóa khớp"),
        ("disability_other", 0.02, "Yếu nửa người"), ("surgery_history", 0.06, "Mổ ruột thừa 2010"),
        ("family_disease_other", 0.05, "Mẹ tăng huyết áp"), ("note", 0.05, "Đi làm xa"), ("email", 0.03, "thu@vidu.vn"),
    ):  # fmt: skip
        if rng.random() < share:
            values[name] = text
    return values


def cells(number: int, values: dict[str, Any], names: dict[str, dict[str, str]]) -> list[Any]:
    """One line of the sheet: words as an officer writes them. `names`: words of further coded fields."""
    words = WORDS | names
    line: list[Any] = [number]
    for field in list(COLUMNS.values())[1:]:
        value = values.get(field, "")
        line.append(
            _date(value) if field in ("birth_date", "id_issue_date") else words.get(field, {}).get(value, value)
        )
    return line


def _date(value: str) -> str:
    return "/".join(reversed(value.split("-")))
