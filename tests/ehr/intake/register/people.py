"""Invented residents of two villages, for the register and for lists."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.timezone import localdate

HEADERS = (
    "STT", "Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày sinh", "Số CMND/CCCD", "Thôn", "Họ tên mẹ",
    "Ghi chú",
)  # fmt: skip
RELATIONS = {"Chủ hộ": "01", "Vợ": "17", "Con đẻ": "08", "Cháu": "12"}


@dataclass
class Resident:
    """One person, in the register, in the list, or both."""

    name: str
    born: str = "12/03/1980"
    sex: str = "Nam"
    household: str = "1"
    village: str = "Thôn Đông Hải"
    relation: str = "Chủ hộ"
    number: str = ""
    mother: str = ""
    note: str = ""

    def but(self, **change):
        return Resident(**{**self.__dict__, **change})

    def cells(self, index):
        return [
            index, self.household, self.name, self.relation, self.sex, self.born, self.number, self.village,
            self.mother, self.note,
        ]  # fmt: skip


def ago(days):
    return f"{localdate() - timedelta(days=days):%d/%m/%Y}"


HAI = Resident("Nguyễn Văn Hải", number="038080000101")
LAN = Resident("Lê Thị Lan", born="05/06/1996", sex="Nữ", relation="Vợ", number="038196000102")
CON = Resident("Nguyễn Văn Nam", born="01/09/2015", relation="Con đẻ", number="038215000103")
BA = Resident("Trần Thị Ba", born="1950", sex="Nữ", household="2", number="038150000104")
TU = Resident("Phạm Văn Tư", born="20/11/1985", household="3", village="Thôn Bắc Nam", number="012345678")
HOA = Resident(
    "Đỗ Thị Hoa", born="02/02/1990", sex="Nữ", household="3", village="Thôn Bắc Nam", relation="Vợ",
    number="038190000106",
)  # fmt: skip
EVERYBODY = (HAI, LAN, CON, BA, TU, HOA)
