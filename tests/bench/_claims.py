"""Invented claim files of any size: people, cards, phones and facilities of ranges that are not assigned (CCCD 099…,
province 99, phone 0000…, facility 99001). Amounts add up; the same seed gives the same file."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ehr.claims.spec import Standard
from ehr.claims.xml.write import Record, write_records

FACILITY = "99001"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SURNAMES = _words("Nguyễn Trần Lê Phạm Hoàng Vàng Giàng Lý Nông Đặng Bùi Đinh Huỳnh Dương")
_MIDDLES = ("Văn", "Thị", "Minh", "Ngọc", "Hữu", "Thị Thu", "Đức", "Phương")
_GIVEN = _words("An Bình Châu Dũng Giang Hà Khánh Lan Mai Nga Phượng Quang Sơn Tài Uyên Việt Xuân Yến")
_PLACES = ("Thôn 1", "Bản Nà Pàn", "Xóm Mới", "Khu 3", "Tổ dân phố 5")
#: ICD-10, words, reason for coming, drug code, drug, unit, route, amount each time, times a day, days, price.
_ILLNESSES: tuple[tuple[Any, ...], ...] = (
    ("J00", "Viêm mũi họng cấp [cảm thường]", "ho, đau họng", "40.48", "Paracetamol 500mg", "Viên", 1, 3, 5, 310),
    ("A09", "Viêm dạ dày - ruột và đại tràng", "đi ngoài phân lỏng", "40.1000", "Oresol 20,5g", "Gói", 1, 3, 2, 1050),
    ("I10", "Bệnh lý tăng huyết áp", "khám định kỳ tăng huyết áp", "40.491", "Amlodipin 5mg", "Viên", 1, 1, 30, 105),
    ("E11.9", "Đái tháo đường týp 2", "khám định kỳ", "40.807", "Metformin 850mg", "Viên", 1, 2, 30, 480),
    ("K29.7", "Viêm dạ dày, không đặc hiệu", "đau thượng vị", "40.678", "Omeprazol 20mg", "Viên", 1, 1, 14, 620),
)  # fmt: skip
_SOURCES = dict.fromkeys(
    ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL", "T_NGUONKHAC", "T_BNTT", "T_BNCCT"),
    0,
)


def records(number: int, seed: str = "1", *, since: dt.date = dt.date(2025, 8, 1)) -> Iterator[Record]:
    """Visits to a station in the form of `write_records`, standard 3176: every one with drugs and an exam, some with a
    test, its result and a follow-up."""
    chance = random.Random(seed)
    for at in range(1, number + 1):
        yield record(chance, at, since)


def record(chance: random.Random, at: int, since: dt.date) -> dict[str, list[dict[str, Any]]]:
    code, words, reason, drug_code, drug, unit, each, times, days, price = chance.choice(_ILLNESSES)
    key = f"{FACILITY}{at:011d}"
    arrived = dt.datetime.combine(
        since + dt.timedelta(days=chance.randrange(60)), dt.time(8), dt.timezone(dt.timedelta(hours=7))
    )
    arrived += dt.timedelta(minutes=chance.randrange(360))
    ordered, left = arrived + dt.timedelta(minutes=12), arrived + dt.timedelta(minutes=55)
    doctor = f"{900000 + at % 97}/TS-CCHN"
    tested = chance.random() < 0.5
    quantity, spoon = each * times * days, unit.lower()
    medicine = Decimal(quantity * price)
    services = [_service(key, 1, "02.1896", "Khám bệnh tại trạm y tế", "13", 36500, doctor, code, ordered, ordered)]
    if tested:
        services.append(
            _service(
                key,
                2,
                "23.0075.1494",
                "Định lượng Glucose [Máu]",
                "1",
                22400,
                doctor,
                code,
                ordered,
                ordered + dt.timedelta(minutes=40),
            )
        )
    total = medicine + sum(Decimal(line["THANH_TIEN_BV"]) for line in services)
    made: dict[str, list[dict[str, Any]]] = {
        "XML1": [_visit(chance, key, at, code, words, reason, arrived, left, medicine, total)],
        "XML2": [
            {
                "MA_LK": key, "STT": 1, "MA_THUOC": drug_code, "MA_NHOM": 4, "TEN_THUOC": drug, "DON_VI_TINH": unit,
                "HAM_LUONG": drug.split()[-1], "DUONG_DUNG": "1.01", "DANG_BAO_CHE": "Viên nén",
                "LIEU_DUNG": f"{each} {spoon}/lần * {times} lần/ngày * {days} ngày [{each * times} {spoon}/ngày]",
                "CACH_DUNG": "Uống sau ăn", "SO_DANG_KY": f"VD-990{at % 90:02d}-21", "TT_THAU": "730/QĐ-SYT;G1;N3;2024",
                "PHAM_VI": 1, "TYLE_TT_BH": 100, "SO_LUONG": quantity, "DON_GIA": Decimal(price),
                "THANH_TIEN_BV": medicine,
                "THANH_TIEN_BH": medicine, "MUC_HUONG": 100, **_SOURCES, "T_BHTT": medicine, "MA_KHOA": "K01",
                "MA_BAC_SI": doctor, "NGAY_YL": ordered, "NGAY_TH_YL": ordered + dt.timedelta(minutes=15), "MA_PTTT": 1,
                "NGUON_CTRA": 1,
            }
        ],
        "XML3": services,
    }  # fmt: skip
    if tested:
        made["XML4"] = [
            {
                "MA_LK": key, "STT": 1, "MA_DICH_VU": "23.0075.1494", "MA_CHI_SO": "GLU", "TEN_CHI_SO": "Glucose",
                "GIA_TRI": f"{chance.uniform(4, 12):.1f}", "DON_VI_DO": "mmol/L",
                "NGAY_KQ": ordered + dt.timedelta(minutes=40), "MA_BS_DOC_KQ": doctor,
            }
        ]  # fmt: skip
    return made


def _service(key: str, line: int, code: str, name: str, group: str, price: int, doctor: str, illness: str,
             ordered: dt.datetime, result: dt.datetime) -> dict[str, Any]:  # fmt: skip
    tested = group == "1"
    return {
        "MA_LK": key, "STT": line, "MA_DICH_VU": code, "MA_NHOM": int(group), "TEN_DICH_VU": name, "DON_VI_TINH": "Lần",
        "PHAM_VI": 1, "SO_LUONG": 1, "DON_GIA_BV": price, "DON_GIA_BH": price, "TYLE_TT_DV": 100, "TYLE_TT_BH": 100,
        "THANH_TIEN_BV": price, "THANH_TIEN_BH": price, "MUC_HUONG": 100, **_SOURCES, "T_BHTT": price, "MA_KHOA": "K01",
        "MA_BAC_SI": doctor, "NGUOI_THUC_HIEN": "913717/TS-CCHN" if tested else None, "MA_BENH": illness,
        "NGAY_YL": ordered, "NGAY_TH_YL": ordered, "NGAY_KQ": result, "MA_PTTT": 1,
        "MA_MAY": "SH.1.436552" if tested else None,
    }  # fmt: skip


def _visit(chance: random.Random, key: str, at: int, code: str, words: str, reason: str, arrived: dt.datetime,
           left: dt.datetime, medicine: Decimal, total: Decimal) -> dict[str, Any]:  # fmt: skip
    born = dt.date(1940, 1, 1) + dt.timedelta(days=chance.randrange(29000))
    year = arrived.year
    return {
        "MA_LK": key, "STT": at, "MA_BN": f"BN{at:08d}",
        "HO_TEN": f"{chance.choice(_SURNAMES)} {chance.choice(_MIDDLES)} {chance.choice(_GIVEN)}",
        "SO_CCCD": f"099{at:09d}", "NGAY_SINH": born, "GIOI_TINH": chance.choice((1, 2)), "MA_QUOCTICH": "000",
        "MA_DANTOC": chance.choice(("01", "02", "07", "08")), "MA_NGHE_NGHIEP": "00000",
        "DIA_CHI": f"{chance.choice(_PLACES)}, Phường Sài Gòn, Thành phố Hồ Chí Minh", "MATINH_CU_TRU": "79",
        "MAXA_CU_TRU": "26740", "DIEN_THOAI": f"0000{at % 1000000:06d}", "MA_THE_BHYT": f"GD4999{at:09d}",
        "MA_DKBD": FACILITY, "GT_THE_TU": f"{year}0101", "GT_THE_DEN": f"{year}1231", "LY_DO_VV": reason,
        "CHAN_DOAN_VAO": words, "CHAN_DOAN_RV": f"{code} - {words}", "MA_BENH_CHINH": code, "MA_DOITUONG_KCB": "1.2",
        "NGAY_VAO": arrived, "NGAY_RA": left, "SO_NGAY_DTRI": 0, "PP_DIEU_TRI": "Dùng thuốc theo đơn",
        "KET_QUA_DTRI": 2,
        "MA_LOAI_RV": 1, "GHI_CHU": "Khám lại khi có dấu hiệu bất thường", "NGAY_TTOAN": left, "T_THUOC": medicine,
        "T_VTYT": 0, "T_TONGCHI_BV": total, "T_TONGCHI_BH": total, "T_BNTT": 0, "T_BNCCT": 0, "T_BHTT": total,
        "T_NGUONKHAC": 0, "T_BHTT_GDV": total, "NAM_QT": year, "THANG_QT": f"{arrived:%m}", "MA_LOAI_KCB": "01",
        "MA_KHOA": "K01", "MA_CSKCB": FACILITY, "CAN_NANG": Decimal(chance.randrange(4000, 8000)) / 100,
        "MA_HSBA": f"HS{at:06d}", "MA_TTDV": "9900000001",
    }  # fmt: skip


def write_file(path: Path, number: int, seed: str = "1", *, nested: bool = False) -> None:
    """A file of `number` visits, standard 3176."""
    with path.open("wb") as out:
        write_records(
            out, records(number, seed), standard=Standard.QD3176, facility=FACILITY, made_on=dt.date(2025, 11, 1),
            count=number, nested=nested,
        )  # fmt: skip
