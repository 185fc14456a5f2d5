"""For every rule of rules.csv: what to change in an invented claim to keep it, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ehr.claims.claim import Envelope
from ehr.claims.spec import Standard


@dataclass(frozen=True)
class Case:
    """`keeps` makes a claim that keeps the rule, `breaks` one that does not, with a finding in `column`; both as
    `builders.changed` takes them. `outside`: fields of `Known`."""

    breaks: dict[str, Any]
    column: str
    keeps: dict[str, Any] = field(default_factory=dict)
    outside: dict[str, Any] = field(default_factory=dict)
    standard: Standard = Standard.QD3176


CARDS = {"MA_THE_BHYT": "GD4999900000001;GD4999900000002", "MA_DKBD": "99001;99001", "GT_THE_TU": "20250101;20250801"}
CARDS |= {"GT_THE_DEN": "20250731;20251231"}
WARD = {"MA_LOAI_KCB": "03", "NGAY_VAO": "202509010800", "NGAY_VAO_NOI_TRU": "202509010830", "NGAY_RA": "202509041500"}
WARD |= {"LY_DO_VNT": "sốt cao", "PP_DIEU_TRI": "nội khoa", "SO_NGAY_DTRI": "4"}
BED = {
    "MA_NHOM": "15",
    "MA_DICH_VU": "K01.1906",
    "MA_GIUONG": "H001",
    "NGAY_YL": "202509010830",
    "NGAY_KQ": "202509041400",
}
BED |= {"SO_LUONG": "3", "MA_KHOA": "K01"}
SURGERY = {"MA_NHOM": "8", "PP_VO_CAM": "1", "SO_LUONG": "1", "NGUOI_THUC_HIEN": "1/TS", "NGAY_KQ": ""}
SUPPLY = {
    "MA_NHOM": "10",
    "MA_VAT_TU": "N01.01",
    "TEN_VAT_TU": "Bơm tiêm",
    "TT_THAU": "1/QĐ-SYT;G1;N1;2025",
    "MA_MAY": "",
}
XML7 = {"PP_DIEUTRI": "x", "MA_BS": "1", "MA_TTDV": "1"}
LEAVE7 = XML7 | {"SO_NGAY_NGHI": "3", "NGOAITRU_TUNGAY": "20251201", "NGOAITRU_DENNGAY": "20251203"}
XML8 = {"PP_DIEUTRI": "x", "TOMTAT_KQ": "trong giới hạn", "KET_QUA_DTRI": "1", "MA_TTDV": "1"}
MOTHER = {
    "HO_TEN_NND": "Vàng Thị Hương",
    "NGAYSINH_NND": "19970518",
    "SO_CCCD_NND": "099197568141",
    "NGAYCAP_CCCD_NND": "20210601",
}
MOTHER |= {
    "NOICAP_CCCD_NND": "Cục",
    "NOI_CU_TRU_NND": "Xóm Mới",
    "MA_DANTOC_NND": "01",
    "MA_QUOCTICH": "000",
    "MATINH_CU_TRU": "48",
}
MOTHER |= {"MAXA_CU_TRU": "20194", "MA_THE_TAM": "TE1999986103418", "HO_TEN_CON": "Nông Bảo An", "MA_TTDV": "1"}
MOTHER |= {"MA_BHXH_NND": "9980599641", "MA_THE_NND": "BT2999980599641", "GHI_CHU": "Không"}
XML10 = {"SO_CT": "1", "SO_SERI": "1", "SO_NGAY": "10", "DON_VI": "x", "CHAN_DOAN_RV": "x", "MA_TTDV": "1"}
XML10 |= {"TU_NGAY": "20250901", "DEN_NGAY": "20250910"}
XML11 = {
    "SO_CT": "1",
    "SO_SERI": "1",
    "SO_KCB": "1",
    "CHAN_DOAN_RV": "x",
    "PP_DIEUTRI": "x",
    "MA_TTDV": "1",
    "MA_BS": "1",
}
XML11 |= {
    "NGAY_CT": "20250901",
    "MA_BHXH": "9980599641",
    "MA_THE_BHYT": "GD4999900000001",
    "SO_NGAY_NGHI": "3",
    "MAU_SO": "CT07",
}
XML11 |= {"TU_NGAY": "20250801", "DEN_NGAY": "20251231"}
XML13 = {
    "SO_HOSO": "1",
    "SO_CHUYENTUYEN": "1",
    "GIAY_CHUYEN_TUYEN": "1",
    "MA_CSKCB_DI": "99001",
    "MA_CSKCB_DEN": "99002",
}
XML13 |= {
    "DAU_HIEU_LS": "x",
    "CHAN_DOAN_RV": "x",
    "QT_BENHLY": "x",
    "HUONG_DIEU_TRI": "x",
    "PHUONGTIEN_VC": "x",
    "MA_BAC_SI": "1",
}
XML13 |= {"MA_TTDV": "1", "MA_LOAI_RV": "2", "MA_LYDO_CT": "1"}
REFERRED = {"XML1": {"MA_LOAI_RV": "2"}, "XML13": XML13}
OLD13 = {key: value for key, value in XML13.items() if not key.startswith("MA_CSKCB_")} | {
    "MA_NOI_DI": "99001",
    "MA_NOI_DEN": "99002",
}
XML14 = {
    "SO_GIAYHEN_KL": "1",
    "MA_CSKCB": "99001",
    "CHAN_DOAN_RV": "x",
    "MA_BENH_CHINH": "I10",
    "MA_DOITUONG_KCB": "1.2",
}
XML14 |= {"MA_BAC_SI": "1", "MA_TTDV": "1", "NGAY_CT": "20250901", "NGAY_HEN_KL": "20261001"}
XML5 = {"DIEN_BIEN_LS": "Tỉnh, tiếp xúc tốt", "NGUOI_THUC_HIEN": "1"}
CHECKIN = {
    "HO_TEN": "Nông Văn An",
    "NGAY_SINH": "198001010000",
    "GIOI_TINH": "1",
    "MA_DOITUONG_KCB": "1.2",
    "MA_LOAI_KCB": "01",
}
CHECKIN |= {
    "NGAY_VAO": "202509010800",
    "MA_CSKCB": "99001",
    "MA_DICH_VU": "02.1896",
    "NGAY_VAO_NOI_TRU": "202509010900",
}
TB = {"MA_BN": "1", "NGAYBD_DTRI_LAO": "20250101", "NGAYKT_DTRI_LAO": "20250701"}
LISTS = {
    "DVHC_XA": {"26740"},
    "DVHC_TINH": {"79"},
    "MA_CSKCB": {"99001", "99002"},
    "ICD-10": {"J00", "A09", "I10", "E11.9", "K29.7"},
}
LISTS |= {"ICD-YHCT": {"U58.321"}, "MA_KHOA": {"K01"}}
OUTSIDE = {"lists": LISTS}
STAFF = {"staff": {"1/TS"}}

#: Rule → claims that keep and break it.
CASES = {
    "CLM-ENV-03": [
        Case({"XML1": {"MA_CSKCB": "99002"}}, "MA_CSKCB", outside={"envelope": Envelope("claims", "x", "99001")}),
    ],
    "CLM-ENV-11": [
        Case({"XML1": {"HO_TEN": "x" * 2551}}, "HO_TEN"),
        Case({"XML1": {"MA_DANTOC": "0" * 256}}, "MA_DANTOC"),
    ],
    "CLM-ANY-01": [
        Case({"XML2": {"DON_VI_TINH": " "}}, "DON_VI_TINH"),
        Case({"XML3": {"PHAM_VI": ""}}, "PHAM_VI"),
    ],
    "CLM-ANY-02": [
        Case({"XML1": {"MA_KHUVUC": "K1 K1"}}, "MA_KHUVUC"),
        Case({"XML2": {"DON_VI_TINH": "v" * 51}}, "DON_VI_TINH"),
    ],
    "CLM-ANY-03": [
        Case({"XML1": {"T_THUOC": "1.000.000"}}, "T_THUOC"),
        Case({"XML1": {"CAN_NANG": "57,4"}}, "CAN_NANG"),
    ],
    "CLM-ANY-04": [
        Case({"XML1": {"NGAY_TTOAN": "202513010000"}}, "NGAY_TTOAN"),
        Case({"XML1": {"NGAY_TTOAN": "202500000000"}}, "NGAY_TTOAN", keeps={"XML1": {"NGAY_SINH": "194000000000"}}),
        Case({"XML1": {"NAM_NAM_LIEN_TUC": "2015010112"}}, "NAM_NAM_LIEN_TUC"),
        Case({"XML1": {"NGAY_MIEN_CCT": "01/01/2025"}}, "NGAY_MIEN_CCT", keeps={"XML1": {"NGAY_MIEN_CCT": "20250101"}}),
    ],
    "CLM-ANY-05": [
        Case({"XML1": {"NGAY_TTOAN": "203001010800"}}, "NGAY_TTOAN", keeps={"XML1": {"NGAY_TAI_KHAM": "20301010"}}),
        Case({"XML1": {"NGAY_TTOAN": "202611240800"}}, "NGAY_TTOAN"),
    ],
    "CLM-ANY-06": [
        Case({"XML2": {"SO_LUONG": "-1"}}, "SO_LUONG"),
        Case({"XML1": {"T_BHTT": "-5.5"}}, "T_BHTT"),
    ],
    "CLM-ANY-07": [
        Case({"XML1": {"THE_LA": "1"}}, "THE_LA"),
    ],
    "CLM-ANY-08": [
        Case({"XML1": {"KET_QUA_DTRI": "9"}}, "KET_QUA_DTRI"),
        Case({"XML1": {"MA_LOAI_KCB": "12"}}, "MA_LOAI_KCB"),
        Case(
            {"XML2": {"DUONG_DUNG": "9.98"}},
            "DUONG_DUNG",
            keeps={"XML2": {"DUONG_DUNG": "9.99"}},
            outside={"lists": {"DUONG_DUNG": {"9.99"}}},
        ),
    ],
    "CLM-T0-01": [
        Case({"XML0": {"HO_TEN": ""}}, "HO_TEN", keeps={"XML0": CHECKIN}),
    ],
    "CLM-T0-02": [
        Case({"XML0": {"MA_DICH_VU": ""}}, "MA_DICH_VU", keeps={"XML0": CHECKIN}),
    ],
    "CLM-T0-03": [
        Case({"XML0": {"NGAY_VAO_NOI_TRU": "202509010700"}}, "NGAY_VAO_NOI_TRU", keeps={"XML0": CHECKIN}),
    ],
    "CLM-T1-01": [
        Case({"XML1": {"HO_TEN": ""}}, "HO_TEN"),
        Case({"XML1": {"DIA_CHI": " "}}, "DIA_CHI"),
    ],
    "CLM-T1-02": [
        Case({"XML1": {"SO_CCCD": "12345"}}, "SO_CCCD", keeps={"XML1": {"SO_CCCD": "C1234567"}}),
        Case(
            {"XML1": {"NGAY_SINH": "198001010000"}},
            "SO_CCCD",
            keeps={"XML1": {"SO_CCCD": "", "NGAY_SINH": "202508010000", "NGAY_VAO": "202508050800"}},
        ),
    ],
    "CLM-T1-03": [
        Case({"XML1": {"MAXA_CU_TRU": ""}}, "MAXA_CU_TRU"),
        Case({"XML1": {"MAXA_CU_TRU": "00001"}}, "MAXA_CU_TRU", outside=OUTSIDE),
    ],
    "CLM-T1-04": [
        Case({"XML1": {"MAHUYEN_CU_TRU": "760"}}, "MAHUYEN_CU_TRU"),
        Case({"XML1": {"MAHUYEN_CU_TRU": ""}}, "MAHUYEN_CU_TRU", standard=Standard.QD4750),
    ],
    "CLM-T1-05": [
        Case({"XML1": {"MA_DANTOC": "99"}}, "MA_DANTOC"),
        Case({"XML1": {"MA_DANTOC": "1"}}, "MA_DANTOC"),
        Case({"XML1": {"MA_NGHE_NGHIEP": "99999"}}, "MA_NGHE_NGHIEP", outside={"lists": {"MA_NGHE_NGHIEP": {"00000"}}}),
        Case({"XML1": {"MA_NGHE_NGHIEP": "nông"}}, "MA_NGHE_NGHIEP"),
        Case({"XML1": {"MA_QUOCTICH": "VN"}}, "MA_QUOCTICH"),
    ],
    "CLM-T1-06": [
        Case({"XML1": {"MA_DKBD": "99001"}}, "MA_DKBD", keeps={"XML1": CARDS}),
    ],
    "CLM-T1-07": [
        Case({"XML1": {"GT_THE_TU": ""}}, "GT_THE_TU"),
    ],
    "CLM-T1-08": [
        Case({"XML1": {"GT_THE_DEN": "20250731;20250701"}}, "GT_THE_DEN", keeps={"XML1": CARDS}),
        Case({"XML1": {"GT_THE_TU": "20260101"}}, "GT_THE_TU", keeps={"XML1": {"GT_THE_DEN": ""}}),
    ],
    "CLM-T1-09": [
        Case({"XML1": {"MA_NOI_DI": "11111"}}, "MA_NOI_DI", keeps={"XML1": {"MA_NOI_DI": "99002"}}, outside=OUTSIDE),
        Case({"XML1": {"MA_NOI_DI": "BV tỉnh"}}, "MA_NOI_DI", keeps={"XML1": {"MA_NOI_DI": "99002"}}),
    ],
    "CLM-T1-10": [
        Case(
            {"XML1": {"GIAY_CHUYEN_TUYEN": ""}},
            "GIAY_CHUYEN_TUYEN",
            keeps={"XML1": {"MA_NOI_DI": "99002", "GIAY_CHUYEN_TUYEN": "1"}},
        ),
    ],
    "CLM-T1-11": [
        Case({"XML1": {"LY_DO_VV": ""}}, "LY_DO_VV"),
    ],
    "CLM-T1-12": [
        Case({"XML1": {"MA_BENH_CHINH": "I10;E11.9"}}, "MA_BENH_CHINH"),
        Case({"XML1": {"MA_BENH_CHINH": "U58.321"}}, "MA_BENH_CHINH"),
        Case({"XML1": {"MA_BENH_CHINH": "I99.9"}}, "MA_BENH_CHINH", outside=OUTSIDE),
        Case({"XML1": {"MA_BENH_CHINH": "cao HA"}}, "MA_BENH_CHINH"),
    ],
    "CLM-T1-13": [
        Case(
            {"XML1": {"MA_BENH_KT": "I10;Q99.99"}},
            "MA_BENH_KT",
            keeps={"XML1": {"MA_BENH_KT": "I10; A09;"}},
            outside=OUTSIDE,
        ),
        Case({"XML1": {"MA_BENH_KT": ";".join(f"A{at}" for at in range(10, 23))}}, "MA_BENH_KT"),
    ],
    "CLM-T1-14": [
        Case({"XML1": {"MA_BENH_YHCT": "I10"}}, "MA_BENH_YHCT", keeps={"XML1": {"MA_BENH_YHCT": "U58.321"}}),
    ],
    "CLM-T1-15": [
        Case({"XML1": {"MA_BENH_CHINH": "R53"}}, "MA_BENH_CHINH"),
    ],
    "CLM-T1-16": [
        Case({"XML1": {"MA_DOITUONG_KCB": ""}}, "MA_DOITUONG_KCB"),
        Case({"XML1": {"MA_DOITUONG_KCB": "1.10"}}, "MA_DOITUONG_KCB"),
        Case(
            {"XML1": {"MA_DKBD": "99001"}},
            "MA_DOITUONG_KCB",
            keeps={"XML1": {"MA_DKBD": "99002", "MA_DOITUONG_KCB": "3.3"}},
        ),
    ],
    "CLM-T1-18": [
        Case({"XML1": {"NGAY_RA": ""}}, "NGAY_RA"),
        Case({"XML1": {"NGAY_RA": "202501010000"}}, "NGAY_RA"),
        Case({"XML1": {"NGAY_SINH": "202601010000"}}, "NGAY_SINH"),
    ],
    "CLM-T1-19": [
        Case({"XML1": {"NGAY_VAO_NOI_TRU": "202509010700"}}, "NGAY_VAO_NOI_TRU", keeps={"XML1": WARD}),
        Case({"XML1": {"NGAY_VAO_NOI_TRU": ""}}, "NGAY_VAO_NOI_TRU", keeps={"XML1": WARD}),
    ],
    "CLM-T1-20": [
        Case({"XML1": {"LY_DO_VNT": ""}}, "LY_DO_VNT", keeps={"XML1": WARD}),
        Case({"XML1": {"MA_LY_DO_VNT": "123456"}}, "MA_LY_DO_VNT"),
    ],
    "CLM-T1-21": [
        Case({"XML1": {"NGAY_RA": "202511300000"}}, "NGAY_RA"),
    ],
    "CLM-T1-22": [
        Case({"XML1": {"SO_NGAY_DTRI": "1"}}, "SO_NGAY_DTRI"),
        Case({"XML1": {"SO_NGAY_DTRI": "3"}}, "SO_NGAY_DTRI", keeps={"XML1": WARD}),
    ],
    "CLM-T1-23": [
        Case({"XML1": {"MA_HSBA": ""}}, "MA_HSBA"),
    ],
    "CLM-T1-24": [
        Case({"XML1": {"MA_TTDV": ""}}, "MA_TTDV"),
        Case({"XML1": {"MA_TTDV": "2/TS"}}, "MA_TTDV", keeps={"XML1": {"MA_TTDV": "1/TS.HD.99001"}}, outside=STAFF),
    ],
    "CLM-T1-25": [
        Case({"XML1": {"CAN_NANG": "201"}}, "CAN_NANG"),
        Case({"XML1": {"CAN_NANG": ""}}, "CAN_NANG"),
        Case({"XML1": {"CAN_NANG": "nặng"}}, "CAN_NANG"),
    ],
    "CLM-T1-26": [
        Case({"XML1": {"MA_KHUVUC": "K4"}}, "MA_KHUVUC", keeps={"XML1": {"MA_KHUVUC": "K3"}}),
    ],
    "CLM-T1-27": [
        Case(
            {"XML1": {"NGAY_TAI_KHAM": "20251201;20250101"}},
            "NGAY_TAI_KHAM",
            keeps={"XML1": {"NGAY_TAI_KHAM": "20251201;20251215"}},
        ),
    ],
    "CLM-T2-01": [
        Case({"XML2": {"SO_DANG_KY": ""}}, "SO_DANG_KY"),
        Case(
            {"XML2": {"MA_THUOC": ""}},
            "MA_THUOC",
            keeps={"XML2": {"MA_THUOC": "40.17", "HAM_LUONG": "", "SO_DANG_KY": ""}},
        ),
        Case({"XML2": {"MA_NHOM": "4"}}, "TT_THAU", keeps={"XML2": {"MA_NHOM": "7", "TT_THAU": ""}}),
    ],
    "CLM-T2-04": [
        Case({"XML2": {"TT_THAU": "730/QĐ-SYT;1;3;2024"}}, "TT_THAU"),
    ],
    "CLM-T2-05": [
        Case({"XML2": {"TYLE_TT_BH": "101"}}, "TYLE_TT_BH"),
    ],
    "CLM-T2-06": [
        Case({"XML2": {"NGAY_YL": "202501010000"}}, "NGAY_YL"),
        Case({"XML2": {"NGAY_YL": "202512310000"}}, "NGAY_YL"),
    ],
    "CLM-T2-07": [
        Case({"XML2": {"MA_BAC_SI": ""}}, "MA_BAC_SI"),
        Case({"XML2": {"MA_BAC_SI": "1/TS;3/TS"}}, "MA_BAC_SI", keeps={"XML2": {"MA_BAC_SI": "1/TS"}}, outside=STAFF),
    ],
    "CLM-T2-08": [
        Case({"XML2": {"MA_KHOA": ""}}, "MA_KHOA"),
        Case({"XML2": {"MA_KHOA": "K99"}}, "MA_KHOA", outside=OUTSIDE),
        Case({"XML2": {"MA_KHOA": "Nội"}}, "MA_KHOA"),
    ],
    "CLM-T2-09": [
        Case(
            {"XML1": {"MA_THE_BHYT": "GD4999900000001"}},
            "PHAM_VI",
            keeps={"XML1": {"MA_THE_BHYT": "QN5999900000001"}, "XML2": {"PHAM_VI": "3"}},
        ),
    ],
    "CLM-T2-10": [
        Case(
            {"XML2": {"SO_LUONG": "6"}},
            "LIEU_DUNG",
            keeps={
                "XML2": {
                    "LIEU_DUNG": "1/2 viên/lần * 2 lần/ngày * 5 ngày [1 viên/ngày]",
                    "SO_LUONG": "5",
                    "DON_VI_TINH": "Viên",
                }
            },
        ),
        Case({"XML2": {"LIEU_DUNG": "ngày uống hai lần"}}, "LIEU_DUNG"),
        Case({"XML2": {"DON_VI_TINH": "Ống"}}, "LIEU_DUNG"),
    ],
    "CLM-T2-11": [
        Case({"XML2": {"LIEU_DUNG": "1 viên/lần * 1 lần/ngày * 31 ngày"}}, "SO_LUONG"),
        Case(
            {"XML1": {"MA_BENH_CHINH": "J00"}},
            "SO_LUONG",
            keeps={"XML1": {"MA_BENH_CHINH": "I10"}, "XML2": {"LIEU_DUNG": "1*1*90"}},
            outside={"long_prescriptions": {"I10"}},
        ),
    ],
    "CLM-T2-12": [
        Case({"XML2": {"THANH_TIEN_BV": "1"}}, "THANH_TIEN_BV"),
    ],
    "CLM-T2-13": [
        Case({"XML2": {"THANH_TIEN_BH": "1"}}, "THANH_TIEN_BH"),
    ],
    "CLM-T2-14": [
        Case({"XML2": {"T_BHTT": "1"}}, "T_BHTT"),
        Case(
            {"XML2": {"T_BNCCT": "160"}},
            "T_BNCCT",
            keeps={
                "XML2": {
                    "THANH_TIEN_BV": "1000",
                    "THANH_TIEN_BH": "800",
                    "MUC_HUONG": "80",
                    "T_NGUONKHAC": "250",
                    "T_BNTT": "0",
                    "T_BNCCT": "110",
                    "T_BHTT": "640",
                }
            },
        ),
    ],
    "CLM-T2-15": [
        Case(
            {"XML2": {"T_NGUONKHAC": "4"}}, "T_NGUONKHAC", keeps={"XML2": {"T_NGUONKHAC_CL": "5", "T_NGUONKHAC": "5"}}
        ),
    ],
    "CLM-T3-01": [
        Case({"XML3": {"MA_DICH_VU": ""}}, "MA_DICH_VU"),
    ],
    "CLM-T3-03": [
        Case({"XML3": {"TEN_VAT_TU": ""}}, "TEN_VAT_TU", keeps={"XML3": [SUPPLY]}),
        Case({"XML3": {"TT_THAU": "gói 1"}}, "TT_THAU", keeps={"XML3": [SUPPLY]}),
    ],
    "CLM-T3-04": [
        Case(
            {"XML3": [SURGERY | {"NGAY_YL": "202509010900", "NGAY_TH_YL": ""}, SUPPLY | {"NGAY_YL": "202509020905"}]},
            "NGAY_YL",
            keeps={"XML3": [SURGERY | {"NGAY_YL": "202509010900"}, SUPPLY | {"NGAY_YL": "202509010905"}]},
        ),
    ],
    "CLM-T3-05": [
        Case(
            {"XML3": {"NGUOI_THUC_HIEN": ""}},
            "NGUOI_THUC_HIEN",
            keeps={"XML3": [{"MA_NHOM": "1", "NGUOI_THUC_HIEN": "1/TS"}]},
        ),
        Case(
            {"XML3": {"NGUOI_THUC_HIEN": "9"}},
            "NGUOI_THUC_HIEN",
            keeps={"XML3": [{"NGUOI_THUC_HIEN": "1/TS"}]},
            outside=STAFF,
        ),
    ],
    "CLM-T3-06": [
        Case({"XML3": {"MA_MAY": ""}}, "MA_MAY", keeps={"XML3": [{"MA_NHOM": "2", "MA_MAY": "XQ.1.1"}]}),
    ],
    "CLM-T3-07": [
        Case({"XML3": {"PP_VO_CAM": "5"}}, "PP_VO_CAM", keeps={"XML3": [SURGERY]}),
    ],
    "CLM-T3-08": [
        Case({"XML3": {"SO_LUONG": "2"}}, "SO_LUONG", keeps={"XML3": [SURGERY]}),
    ],
    "CLM-T3-09": [
        Case({"XML3": {"MA_GIUONG": ""}}, "MA_GIUONG", keeps={"XML1": WARD, "XML3": [BED]}),
        Case({"XML3": {"MA_GIUONG": "G12"}}, "MA_GIUONG", keeps={"XML1": WARD, "XML3": [BED]}),
        Case({"XML3": [BED, BED]}, "MA_GIUONG", keeps={"XML1": WARD, "XML3": [BED, BED | {"MA_GIUONG": "H002"}]}),
    ],
    "CLM-T3-10": [
        Case({"XML1": {"MA_LOAI_KCB": "01"}}, "MA_NHOM", keeps={"XML1": WARD, "XML3": [BED]}),
        Case({"XML3": {"NGAY_KQ": "202509012000"}}, "SO_LUONG", keeps={"XML1": WARD, "XML3": [BED]}),
    ],
    "CLM-T3-11": [
        Case({"XML3": {"MA_KHOA": ""}}, "MA_KHOA"),
        Case({"XML3": {"MA_KHOA": "K02"}}, "MA_KHOA", keeps={"XML1": WARD, "XML3": [BED]}),
    ],
    "CLM-T3-12": [
        Case({"XML3": {"NGAY_KQ": "202601010000"}}, "NGAY_KQ"),
        Case({"XML3": {"NGAY_TH_YL": "202501010000"}}, "NGAY_TH_YL"),
    ],
    "CLM-T3-13": [
        Case(
            {"XML3": {"NGAY_KQ": "202509010902"}},
            "NGAY_KQ",
            keeps={"XML3": [{"MA_NHOM": "1", "NGAY_TH_YL": "202509010900", "NGAY_KQ": "202509010903"}]},
        ),
    ],
    "CLM-T3-14": [
        Case(
            {"XML3": {"NGUOI_THUC_HIEN": "1"}},
            "NGUOI_THUC_HIEN",
            keeps={"XML3": [{"MA_NHOM": "1", "MA_BAC_SI": "1", "NGUOI_THUC_HIEN": "2"}]},
        ),
    ],
    "CLM-T3-15": [
        Case({"XML3": {"MA_BAC_SI": ""}}, "MA_BAC_SI"),
    ],
    "CLM-T3-16": [
        Case({"XML3": {"MA_BENH": "J00;sốt"}}, "MA_BENH"),
        Case({"XML3": {"MA_BENH_YHCT": "I10"}}, "MA_BENH_YHCT", keeps={"XML3": [{"MA_BENH_YHCT": "U58.321"}]}),
    ],
    "CLM-T3-17": [
        Case({"XML3": {"TYLE_TT_DV": "150"}}, "TYLE_TT_DV"),
    ],
    "CLM-T3-18": [
        Case({"XML3": {"T_TRANTT": "1"}}, "T_TRANTT", keeps={"XML3": [{"T_TRANTT": "50000"}]}),
    ],
    "CLM-T3-19": [
        Case({"XML3": [SURGERY, SURGERY]}, "MA_DICH_VU", keeps={"XML3": [SURGERY, SURGERY | {"VI_TRI_TH_DVKT": "2"}]}),
    ],
    "CLM-T3-20": [
        Case({"XML3": {"THANH_TIEN_BV": "36501"}}, "THANH_TIEN_BV"),
        Case(
            {"XML3": {"THANH_TIEN_BH": "36500"}},
            "THANH_TIEN_BH",
            keeps={"XML3": [{"TYLE_TT_DV": "50", "THANH_TIEN_BV": "18250", "THANH_TIEN_BH": "18250"}]},
        ),
        Case(
            {"XML3": {"THANH_TIEN_BH": "1"}},
            "THANH_TIEN_BH",
            keeps={"XML3": [{"TYLE_TT_DV": "50", "THANH_TIEN_BV": "36500", "THANH_TIEN_BH": "36500"}]},
            standard=Standard.QD4750,
        ),
    ],
    "CLM-T4-01": [
        Case({"XML4": {"MA_DICH_VU": "99.99"}}, "MA_DICH_VU"),
        Case({"XML4": {"MA_DICH_VU": ""}}, "MA_DICH_VU"),
    ],
    "CLM-T4-02": [
        Case(
            {"XML4": {"KET_LUAN": ""}},
            "KET_LUAN",
            keeps={
                "XML3": [{"MA_NHOM": "2", "MA_DICH_VU": "18.1"}],
                "XML4": [{"MA_DICH_VU": "18.1", "MO_TA": "x", "KET_LUAN": "y"}],
            },
        ),
    ],
    "CLM-T4-03": [
        Case({"XML4": {"GIA_TRI": ""}}, "GIA_TRI"),
        Case({"XML4": {"GIA_TRI": "x" * 256}}, "GIA_TRI", keeps={"XML4": {"GIA_TRI": "âm tính"}}),
    ],
    "CLM-T4-04": [
        Case({"XML4": {"MA_CHI_SO": "", "TEN_CHI_SO": ""}}, "MA_CHI_SO"),
        Case({"XML4": {"DON_VI_DO": "x" * 51}}, "DON_VI_DO"),
    ],
    "CLM-T4-05": [
        Case({"XML4": {"NGAY_KQ": ""}}, "NGAY_KQ"),
        Case({"XML4": {"NGAY_KQ": "202501010000"}}, "NGAY_KQ"),
    ],
    "CLM-T4-06": [
        Case({"XML4": {"MA_BS_DOC_KQ": ""}}, "MA_BS_DOC_KQ"),
    ],
    "CLM-T5-01": [
        Case(
            {"XML5": {"DIEN_BIEN_LS": ""}},
            "DIEN_BIEN_LS",
            keeps={"XML1": WARD, "XML5": XML5 | {"THOI_DIEM_DBLS": "202509020800"}},
        ),
    ],
    "CLM-T5-02": [
        Case(
            {"XML5": {"THOI_DIEM_DBLS": "202509050800"}},
            "THOI_DIEM_DBLS",
            keeps={"XML1": WARD, "XML5": XML5 | {"THOI_DIEM_DBLS": "202509020800"}},
        ),
    ],
    "CLM-T5-03": [
        Case({"XML5": [XML5, XML5]}, "DIEN_BIEN_LS", keeps={"XML5": [XML5, XML5 | {"DIEN_BIEN_LS": "khác"}]}),
    ],
    "CLM-T6-01": [
        Case({"XML6": {"GIOI_TINH": "3"}}, "GIOI_TINH", keeps={"XML6": {"GIOI_TINH": ""}}),
    ],
    "CLM-T6-02": [
        Case({"XML6": {"NGAYKD_HIV": "20200101"}}, "", outside={"may_read_restricted": False}),
    ],
    "CLM-T7-01": [
        Case({"XML7": {"MA_BS": ""}}, "MA_BS", keeps={"XML7": XML7}),
    ],
    "CLM-T7-02": [
        Case({"XML7": {"SO_NGAY_NGHI": "3"}}, "NGOAITRU_TUNGAY", keeps={"XML7": XML7 | {"SO_NGAY_NGHI": "0"}}),
        Case({"XML7": {"SO_NGAY_NGHI": "2"}}, "SO_NGAY_NGHI", keeps={"XML7": LEAVE7}),
        Case(
            {"XML7": {"NGOAITRU_TUNGAY": "20250101", "NGOAITRU_DENNGAY": "20250103"}},
            "NGOAITRU_TUNGAY",
            keeps={"XML7": LEAVE7},
        ),
    ],
    "CLM-T8-01": [
        Case({"XML8": {"TOMTAT_KQ": "ổn"}}, "TOMTAT_KQ", keeps={"XML8": XML8}),
        Case({"XML8": {"MA_TTDV": ""}}, "MA_TTDV", keeps={"XML8": XML8}),
    ],
    "CLM-T9-01": [
        Case({"XML9": {"HO_TEN_NND": ""}}, "HO_TEN_NND", keeps={"XML9": MOTHER}),
        Case({"XML9": {"NGAYSINH_NND": "1997"}}, "NGAYSINH_NND", keeps={"XML9": MOTHER}),
        Case({"XML9": {"NGAYCAP_CCCD_NND": "20301231"}}, "NGAYCAP_CCCD_NND", keeps={"XML9": MOTHER}),
        Case({"XML9": {"MA_DANTOC_NND": "1"}}, "MA_DANTOC_NND", keeps={"XML9": MOTHER}),
    ],
    "CLM-T9-02": [
        Case({"XML9": {"MA_BHXH_NND": "123"}}, "MA_BHXH_NND", keeps={"XML9": MOTHER}),
    ],
    "CLM-T9-03": [
        Case({"XML9": {"MA_THE_TAM": "TE2999986103418"}}, "MA_THE_TAM", keeps={"XML9": MOTHER}),
        Case({"XML9": {"MA_THE_TAM": ""}}, "MA_THE_TAM", keeps={"XML9": MOTHER}),
    ],
    "CLM-T9-04": [
        Case({"XML9": {"MAXA_CU_TRU": "1"}}, "MAXA_CU_TRU", keeps={"XML9": MOTHER}),
    ],
    "CLM-T9-05": [
        Case({"XML9": {"HO_TEN_CON": ""}}, "HO_TEN_CON", keeps={"XML9": MOTHER}),
    ],
    "CLM-T9-06": [
        Case(
            {"XML9": {"SINHCON_DUOI32TUAN": "1"}},
            "GHI_CHU",
            keeps={"XML9": MOTHER | {"SINHCON_PHAUTHUAT": "1", "GHI_CHU": "Phẫu thuật lấy thai"}},
        ),
    ],
    "CLM-T10-01": [
        Case({"XML10": {"DON_VI": ""}}, "DON_VI", keeps={"XML10": XML10}),
        Case({"XML10": {"SO_NGAY": "11"}}, "SO_NGAY", keeps={"XML10": XML10}),
    ],
    "CLM-T11-01": [
        Case({"XML11": {"MA_BHXH": "1"}}, "MA_BHXH", keeps={"XML11": XML11}),
        Case({"XML11": {"MA_THE_BHYT": "GD4"}}, "MA_THE_BHYT", keeps={"XML11": XML11}),
    ],
    "CLM-T11-02": [
        Case({"XML11": {"SO_NGAY_NGHI": "1.5"}}, "SO_NGAY_NGHI", keeps={"XML11": XML11}),
        Case({"XML11": {"SO_NGAY_NGHI": "31"}}, "SO_NGAY_NGHI", keeps={"XML11": XML11}),
        Case(
            {"XML11": {"SO_NGAY_NGHI": "181"}},
            "SO_NGAY_NGHI",
            keeps={"XML1": {"MA_BENH_CHINH": "A15.0"}, "XML11": XML11 | {"SO_NGAY_NGHI": "180"}},
        ),
        Case(
            {"XML11": {"TUOI_THAI": "12"}},
            "SO_NGAY_NGHI",
            keeps={"XML11": XML11 | {"MA_DINH_CHI_THAI": "1", "TUOI_THAI": "14", "SO_NGAY_NGHI": "50"}},
        ),
    ],
    "CLM-T11-03": [
        Case({"XML11": {"DEN_NGAY": "20250101"}}, "DEN_NGAY", keeps={"XML11": XML11}),
        Case({"XML11": {"TU_NGAY": "hôm nay"}}, "TU_NGAY", keeps={"XML11": XML11}),
    ],
    "CLM-T11-04": [
        Case({"XML11": {"MAU_SO": "CT06"}}, "MAU_SO", keeps={"XML11": XML11}),
    ],
    "CLM-T11-05": [
        Case({"XML11": {"SO_KCB": ""}}, "SO_KCB", keeps={"XML11": XML11}),
    ],
    "CLM-T13-01": [
        Case({"XML13": {"SO_HOSO": ""}}, "SO_HOSO", keeps=REFERRED),
        Case({"XML13": {"SO_HOSO": "1" * 51}}, "SO_HOSO", keeps=REFERRED),
    ],
    "CLM-T13-02": [
        Case({"XML13": {"MA_CSKCB_DEN": ""}}, "MA_CSKCB_DEN", keeps=REFERRED),
        Case({"XML13": {"MA_CSKCB_DEN": "99001"}}, "MA_CSKCB_DEN", keeps=REFERRED),
        Case({"XML13": {"MA_CSKCB_DEN": "12345"}}, "MA_CSKCB_DEN", keeps=REFERRED, outside=OUTSIDE),
    ],
    "CLM-T13-03": [
        Case(
            {"XML13": {"MA_NOI_DEN": "99001"}},
            "MA_NOI_DEN",
            keeps={"XML1": {"MA_LOAI_RV": "2"}, "XML13": OLD13},
            standard=Standard.QD4750,
        ),
    ],
    "CLM-T13-04": [
        Case({"XML13": {"QT_BENHLY": ""}}, "QT_BENHLY", keeps=REFERRED),
        Case({"XML1": {"MA_LOAI_KCB": "03"}}, "TOMTAT_KQ", keeps=REFERRED),
    ],
    "CLM-T13-05": [
        Case({"XML13": {"MA_LYDO_CT": "4"}}, "MA_LYDO_CT", keeps=REFERRED),
        Case({"XML13": {"MA_LOAI_RV": "1"}}, "MA_LOAI_RV", keeps=REFERRED),
    ],
    "CLM-T14-01": [
        Case({"XML14": {"NGAY_HEN_KL": "20250101"}}, "NGAY_HEN_KL", keeps={"XML14": XML14}),
        Case({"XML14": {"NGAY_HEN_KL": ""}}, "NGAY_HEN_KL", keeps={"XML14": XML14}),
    ],
    "CLM-T14-02": [
        Case({"XML14": {"SO_GIAYHEN_KL": ""}}, "SO_GIAYHEN_KL", keeps={"XML14": XML14}),
    ],
    "CLM-T15-01": [
        Case({"XML15": {"NGAYKT_DTRI_LAO": "20241231"}}, "NGAYKT_DTRI_LAO", keeps={"XML15": TB}),
        Case({"XML15": {"HO_TEN": "Người Khác"}}, "HO_TEN", keeps={"XML15": TB}),
    ],
    "CLM-X-01": [
        Case({"XML2": {"MA_LK": "khác"}}, "MA_LK"),
        Case({"XML3": {"MA_LK": ""}}, "MA_LK"),
        Case({"XML1": None}, "MA_LK"),
    ],
    "CLM-X-02": [
        Case({"XML1": {"MA_LK": "hai-lan"}}, "MA_LK", outside={"repeated": {"hai-lan"}}),
    ],
    "CLM-X-03": [
        Case({"XML7": None}, "MA_LOAI_KCB", keeps={"XML1": WARD, "XML7": XML7}),
    ],
    "CLM-X-04": [
        Case({"XML13": None}, "MA_LOAI_RV", keeps=REFERRED),
        Case({"XML13": XML13}, "MA_LOAI_RV"),
    ],
    "CLM-X-05": [
        Case({"XML14": None}, "NGAY_TAI_KHAM", keeps={"XML1": {"NGAY_TAI_KHAM": "20261001"}, "XML14": XML14}),
    ],
    "CLM-X-06": [
        Case({"XML9": None}, "CAN_NANG_CON", keeps={"XML1": {"CAN_NANG_CON": "3100"}, "XML9": MOTHER}),
    ],
    "CLM-X-07": [
        Case({"XML5": None}, "MA_LOAI_KCB", keeps={"XML1": WARD, "XML5": XML5}),
    ],
    "CLM-X-08": [
        Case({"XML1": {"T_THUOC": "1"}}, "T_THUOC"),
    ],
    "CLM-X-09": [
        Case({"XML1": {"T_VTYT": "1"}}, "T_VTYT"),
    ],
    "CLM-X-10": [
        Case({"XML1": {"T_TONGCHI_BV": "1"}}, "T_TONGCHI_BV"),
        Case({"XML1": {"T_TONGCHI_BH": "1"}}, "T_TONGCHI_BH"),
    ],
    "CLM-X-11": [
        Case({"XML1": {"T_BNCCT": "1"}}, "T_BNCCT"),
    ],
    "CLM-X-12": [
        Case({"XML1": {"T_BHTT": "1"}}, "T_BHTT"),
    ],
    "CLM-X-13": [
        Case({"XML1": {"T_BHTT_GDV": "1"}}, "T_BHTT_GDV"),
        Case(
            {"XML1": {"MA_THE_BHYT": "GD4999900000001"}},
            "T_BHTT_GDV",
            keeps={"XML1": {"MA_THE_BHYT": "CA5999900000001", "T_BHTT_GDV": "1"}},
        ),
    ],
    "CLM-X-14": [
        Case(
            {"XML1": {"T_TONGCHI": "101"}},
            "T_TONGCHI",
            keeps={
                "XML1": {"T_TONGCHI": "100"},
                "XML2": [{"THANH_TIEN": "60"}],
                "XML3": [{"THANH_TIEN": "40"}],
                "XML4": None,
            },
            standard=Standard.QD4210,
        ),
    ],
    "CLM-X-15": [
        Case({"XML3": [{}, {}]}, "MA_NHOM", keeps={"XML1": WARD, "XML3": [{}]}),
    ],
    "CLM-X-16": [
        Case({"XML3": {"SO_LUONG": "5"}}, "SO_LUONG", keeps={"XML1": WARD, "XML3": [BED]}),
        Case({"XML1": {"NGAY_RA": "202509011000"}}, "SO_LUONG", keeps={"XML1": WARD, "XML3": [BED]}),
    ],
}
