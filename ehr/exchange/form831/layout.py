"""The tree of the exchange XML of form 831 (CSDLYTE831), in the order and spelling of its tags, irregular ones too.

A record travels as nested dictionaries: a text per leaf, a dictionary per part, a list of dictionaries per part that
repeats. Source: section 6 of the description of form 831; tags as in form831.csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ehr.claims.xml.tree import local
from ehr.claims.xml.write import escape

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tag:
    """One element: a text when it has no children; `repeats`: any number of it, without an element around them."""

    name: str
    children: tuple[Tag, ...] = ()
    repeats: bool = False


def _leaves(names: str) -> tuple[Tag, ...]:
    return tuple(Tag(name) for name in names.split())


def _part(name: str, *children: Tag | str) -> Tag:
    tags: list[Tag] = []
    for child in children:
        tags += _leaves(child) if isinstance(child, str) else [child]
    return Tag(name, tuple(tags))


def _rows(name: str, names: str) -> Tag:
    return Tag(name, _leaves(names), repeats=True)


_DISEASES = (
    _part("DIUNG", _rows("DSDIUNG", "LOAI MASO TEN MOTA NGUOIMAC")),
    _part("BENHTAT", _rows("DSBENH", "LOAIBENH TENBENH TRANGTHAI MOTA NGUOIMAC")),
)
_VISIT = Tag(
    "HOSOKHAMCHUABENH",
    (
        *_leaves(
            "MA_LK NGAYKHAM NGAYBATDAU NGAYKETTHUC MABACSI BACSIKHAM LYDOKHAM BENHSU MACH NHIETDO HUYETAPTT HUYETAPTD "
            "NHIPTHO CHIEUCAO CHISOBMI CANNANG VONGBUNG SUDUNGKINH MATPHAI MATTRAI KHAMDA KHAMNIEMMAC KHAMTOANTHANKHAC "
            "KHAMTIMMACH KHAMHOHAP KHAMTIEUHOA KHAMTIETNIEU KHAMCOXUONGKHOP KHAMNOITIET KHAMTHANKINH KHAMTAMTHAN "
            "KHAMNGOAIKHOA KHAMPHUKHOA KHAMTAIMUIHONG KHAMRHM KHAMMAT KHAMDALIEU KHAMDINHDUONG KHAMVANDONG KHAC "
            "TC_TT_VD TUVAN"
        ),
        _part("CANLAMSANG", _rows("DICHVU", "MADICHVU MANHOM TENDICHVU KETQUA")),
        _part("CHANDOANKETLUAN", _rows("CHANDOANBENH", "MABENH TENBENH KETLUAN")),
    ),
    repeats=True,
)
RECORD = _part(
    "HOSOSUCKHOE",
    _part(
        "THONGTINCHUNG",
        "MADINHDANH VNEID MABHXH MATHE MAHO_GIADINH MA_NHANKHAU HOTEN QUANHE_CHUHO GIOITINH NHOMMAU_HEABO NHOMMAU_HERH "
        "NGAYSINH MATINH_KHAISINH MADANTOC MAQUOCTICH MATONGIAO MANGHENGHIEP SOCMND NGAYCAP NOICAP "
        "DIACHI_THUONGTRU MATINH_THUONGTRU MAHUYEN_THUONGTRU MAXA_THUONGTRU MATHONXOM_THUONGTRU "
        "DIACHI_HIENTAI MATINH_HIENTAI MAHUYEN_HIENTAI MAXA_HIENTAI MATHONXOM_HIENTAI "
        "DIENTHOAI_CD DIENTHOAI_DD EMAIL",
        _rows("QUANHE_GIADINH", "LOAI_QUANHE TEN_QUANHE MADINHDANH HOTEN DIENTHOAI DIDONG GIAMHO"),
    ),
    _part(
        "TIENSU",
        _part("TINHTRANG_LUCSINH", "LOAIDE DETHIEUTHANG BINGAT_LUCDE CANNANG CHIEUDAI DITAT_BAMSINH KHAC"),
        _part(
            "YEUTO_SUCKHOE",
            _rows("DSYEUTO", "LOAI TENLOAI TRANGTHAI SOLUONG DABO"),
            "YEUTO_TIEPXUC THOIGIAN_TIEPXUC LOAIHOXIGD KHAC",
        ),
        _part("KHUYETTAT", _rows("DSKHUYETTAT", "LOAI TENLOAI MOTA")),
        Tag("TIEUSU_BENHTAT", _DISEASES),
        "TIENSU_PHAUTHUAT",
        Tag("TIENSU_GIADINH", _DISEASES),
        _part(
            "SUCKHOE_SINHSAN",
            "BIENPHAP_TRANHTHAI KYTHAICUOI SOLAN_COTHAI SOLAN_SAYTHAI SOLAN_PHATHAI SOLAN_SINHDE SOLAN_DETHUONG "
            "SOLAN_DEMO SOLANDEKHO SOLANDE_DUTHANG SOLAN_DENON SOCON_HIENSONG BENH_PHUKHOA",
        ),
        "VANDEKHAC",
    ),
    _part(
        "TIEMCHUNG",
        _rows(
            "THONGTINMUITIEM",
            "MAVACXIN TENVACXIN LOAIVACXIN TRANGTHAI NGAYTIEM THANGTHAI PHANUNGSAUTIEM NGAYHENTIEM SOMUIUONVANMETIEM",
        ),
        "SOMUIUONVANMETIEM",
    ),
    _part("DANHSACHHOSOKHAMCHUABENH", _VISIT),
)
HEADER = _part(
    "HEADER",
    "MESSAGE_VERSION SENDER_CODE SENDER_NAME TRANSACTION_TYPE TRANSACTION_NAME TRANSACTION_DATE TRANSACTION_ID "
    "REQUEST_ID ACTION_TYPE",
)


def to_xml(tag: Tag, data: Mapping[str, Any]) -> str:
    """The element with all its tags, empty ones too, as `<TAG></TAG>`; texts as NFC."""
    inner = []
    for child in tag.children:
        value = data.get(child.name)
        if child.repeats:
            inner += [to_xml(child, row) for row in value or ()]
        elif child.children:
            inner.append(to_xml(child, value or {}))
        else:
            inner.append(f"<{child.name}>{escape(value or '')}</{child.name}>")
    return f"<{tag.name}>{''.join(inner)}</{tag.name}>"


def from_xml(tag: Tag, element: etree._Element, unknown: set[str] | None = None) -> Data:
    """The element as dictionaries. Tags may be missing, self-closed, in any order and in any namespace; of a tag that
    stands twice the first filled one counts. `unknown` collects the names of tags that the tree does not have."""
    known = {child.name: child for child in tag.children}
    data: Data = {child.name: [] for child in tag.children if child.repeats}
    for found in element:
        name = local(found.tag)
        child = known.get(name)
        if child is None:
            if name and unknown is not None:
                unknown.add(name[:60])
        elif child.repeats:
            data[name].append(from_xml(child, found, unknown))
        elif child.children:
            data[name] = _merged(data.get(name), from_xml(child, found, unknown))
        elif not data.get(name):
            data[name] = "".join(found.itertext()).strip()
    return data


def _merged(first: Data | None, second: Data) -> Data:
    if not first:
        return second
    return {**second, **{name: value for name, value in first.items() if value}}


def text(data: Mapping[str, Any], name: str) -> str:
    """A leaf, "" when it is missing."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def part(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """A part within parts, empty when it is missing."""
    for name in names:
        found = data.get(name)
        data = found if isinstance(found, dict) else {}
    return data


def rows(data: Mapping[str, Any], name: str) -> list[Data]:
    found = data.get(name)
    return found if isinstance(found, list) else []
