"""Rules CLM-ANY-…: they hold for every column of every table and read everything they need from tables.csv.

Values repeat a lot, so what a column accepts is remembered by its text; then a row costs one look-up for each column.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import gt, itemgetter

from ehr.claims.claim import Row
from ehr.claims.rules.facts import Facts, Hit, label
from ehr.claims.rules.registry import EVERY_TABLE, rule
from ehr.claims.spec import ROUTES_CHANGED, Column, Level, Standard, code_list, tables
from ehr.claims.values import VIETNAM, Notice, exact, read_number, read_when, split_list

_MOST_REMEMBERED = 2_000
_ANY_LENGTH = 1 << 40
FAR_TOO_LONG = "CLM-ENV-11"
_FAR = 255  # characters; more than ten times the length of a column is far too long, but a short one may hold these

#: Days that lie in the future by their nature: appointments, ends of leave, cards.
FUTURE = frozenset({"NGAY_TAI_KHAM", "NGAY_HEN_KL", "DEN_NGAY", "NGOAITRU_DENNGAY", "GT_THE_DEN", "GT_THE_TU"})
#: Of a birth the day or the month may be unknown.
PARTIAL = frozenset({"NGAY_SINH", "NGAYSINH_NND"})


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Columns for which a rule of their table says that they are empty, at its own level.
SPECIFIC_EMPTY: dict[str, frozenset[str]] = {
    "XML0": _names("MA_LK HO_TEN NGAY_SINH GIOI_TINH MA_DOITUONG_KCB NGAY_VAO MA_LOAI_KCB MA_CSKCB"),
    "XML1": _names(
        "MA_LK MA_BN HO_TEN NGAY_SINH GIOI_TINH DIA_CHI MATINH_CU_TRU MAXA_CU_TRU MAHUYEN_CU_TRU MA_QUOCTICH MA_DANTOC "
        "MA_NGHE_NGHIEP LY_DO_VV CHAN_DOAN_VAO CHAN_DOAN_RV MA_BENH_CHINH MA_DOITUONG_KCB NGAY_VAO NGAY_RA "
        "KET_QUA_DTRI "
        "MA_LOAI_RV MA_LOAI_KCB MA_KHOA MA_CSKCB NAM_QT THANG_QT MA_HSBA MA_TTDV CAN_NANG"
    ),
    "XML2": _names("MA_LK MA_THUOC TEN_THUOC HAM_LUONG SO_DANG_KY TT_THAU MA_BAC_SI MA_KHOA"),
    "XML3": _names("MA_LK MA_BAC_SI MA_KHOA"),
    "XML4": _names("MA_LK MA_DICH_VU NGAY_KQ MA_BS_DOC_KQ TEN_CHI_SO"),
    "XML5": _names("MA_LK DIEN_BIEN_LS THOI_DIEM_DBLS NGUOI_THUC_HIEN"),
    "XML6": frozenset({"MA_LK"}),
    "XML7": _names("MA_LK PP_DIEUTRI MA_BS MA_TTDV"),
    "XML8": _names("MA_LK PP_DIEUTRI TOMTAT_KQ KET_QUA_DTRI MA_TTDV"),
    "XML9": _names(
        "MA_LK HO_TEN_NND NGAYSINH_NND SO_CCCD_NND NGAYCAP_CCCD_NND NOICAP_CCCD_NND NOI_CU_TRU_NND MA_DANTOC_NND "
        "MA_QUOCTICH MA_THE_TAM MATINH_CU_TRU MAXA_CU_TRU MAHUYEN_CU_TRU HO_TEN_CON MA_TTDV"
    ),
    "XML10": _names("MA_LK SO_CT SO_SERI SO_NGAY DON_VI CHAN_DOAN_RV TU_NGAY DEN_NGAY MA_TTDV"),
    "XML11": _names(
        "MA_LK MA_BHXH SO_NGAY_NGHI TU_NGAY DEN_NGAY SO_CT SO_SERI SO_KCB CHAN_DOAN_RV PP_DIEUTRI MA_TTDV MA_BS NGAY_CT"
    ),
    "XML13": _names(
        "MA_LK SO_HOSO SO_CHUYENTUYEN GIAY_CHUYEN_TUYEN MA_CSKCB_DEN MA_NOI_DEN DAU_HIEU_LS CHAN_DOAN_RV QT_BENHLY "
        "HUONG_DIEU_TRI PHUONGTIEN_VC MA_BAC_SI MA_TTDV MA_LYDO_CT"
    ),
    "XML14": _names(
        "MA_LK NGAY_HEN_KL SO_GIAYHEN_KL MA_CSKCB CHAN_DOAN_RV MA_BENH_CHINH MA_DOITUONG_KCB MA_BAC_SI MA_TTDV NGAY_CT"
    ),
    "XML15": frozenset({"MA_LK"}),
}

#: The same for 4210, whose tables have fewer rules.
_OLD_EMPTY: dict[str, frozenset[str]] = {
    "XML1": _names("MA_LK MA_BN HO_TEN NGAY_SINH GIOI_TINH DIA_CHI NGAY_VAO NGAY_RA"),
    **{name: frozenset({"MA_LK"}) for name in ("XML2", "XML3", "XML5")},
    "XML4": frozenset({"MA_LK", "NGAY_KQ"}),
}

#: Columns whose code a rule of their table checks.
SPECIFIC_CODE: dict[str, frozenset[str]] = {
    "XML1": _names(
        "MATINH_CU_TRU MAXA_CU_TRU MAHUYEN_CU_TRU MA_QUOCTICH MA_DANTOC MA_NGHE_NGHIEP MA_DKBD MA_CSKCB MA_NOI_DI "
        "MA_NOI_DEN MA_BENH_CHINH MA_BENH_KT MA_BENH_YHCT MA_DOITUONG_KCB MA_KHUVUC"
    ),
    "XML2": frozenset({"MA_KHOA"}),
    "XML3": _names("MA_KHOA MA_BENH MA_BENH_YHCT PP_VO_CAM"),
    "XML13": _names("MA_LYDO_CT MA_CSKCB_DI MA_CSKCB_DEN MA_NOI_DI MA_NOI_DEN MA_LOAI_RV"),
    "XML11": frozenset({"MAU_SO"}),
}


@dataclass(slots=True)
class _Plan:
    """What is asked of a column. `longest`: most characters.
    `fine`: texts that passed everything that depends on the text alone, code lists of ours among it."""

    column: Column
    plain: bool  # a text without code list: its length is all there is to check
    longest: int
    good: re.Pattern[str] | None  # texts that are right beyond doubt, unless they are too long
    outside: str  # name of a list that may be given from outside
    ours: bool  # there is a list of ours
    timed: bool  # a day that must not lie in the future
    fine: set[str] = field(default_factory=set)


class _Layout:
    """What is asked of rows in which these columns are filled: `plans` in their order, and the same sorted by kind, so
    that a row without fault, as nearly all are, is passed at a fraction of the price."""

    __slots__ = ("outside", "plain", "plans", "timed", "typed", "typed_plans", "widths")

    def __init__(self, filled: tuple[str, ...], plans: list[_Plan]) -> None:
        self.plans = plans
        named = list(zip(filled, plans, strict=True))
        limited = [(name, plan.longest) for name, plan in named if plan.plain and plan.longest != _ANY_LENGTH]
        self.plain, self.widths = values_of([name for name, _ in limited]), [width for _, width in limited]
        self.typed = values_of([name for name, plan in named if not plan.plain])
        self.typed_plans = [plan for plan in plans if not plan.plain]
        self.timed = values_of([name for name, plan in named if plan.timed])
        self.outside = [(name, plan.outside) for name, plan in named if plan.outside and not plan.timed]

    def passes(self, values: dict[str, str], latest: str, lists: Mapping[str, Container[str]]) -> bool:
        """Whether there is surely nothing to say of the row."""
        if any(map(gt, map(len, self.plain(values)), self.widths)) or max(self.timed(values), default="") > latest:
            return False
        for plan, value in zip(self.typed_plans, self.typed(values), strict=True):
            if value not in plan.fine and not _is_good(plan, value):
                return False
        for name, outside in self.outside:
            known = lists.get(outside)
            if known is not None and values[name] not in known:
                return False
        return True


def values_of(names: Sequence[str]) -> Callable[[dict[str, str]], Sequence[str]]:
    """Gives the values of these columns of a row that has all of them, as quick as it can be done."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


@dataclass(slots=True)
class _Columns:
    """The columns of a table. Rows of one program have the same tags and fill the same columns again and again:
    `layouts` keeps what is asked of the filled ones, `complete` the tags that are those of the standard."""

    columns: dict[str, Column]
    plans: dict[str, _Plan]
    layouts: dict[tuple[str, ...], _Layout] = field(default_factory=dict)
    complete: set[tuple[str, ...]] = field(default_factory=set)
    gaps: dict[tuple[str, ...], tuple[set[str], set[str]]] = field(default_factory=dict)
    words: dict[frozenset[str], str] = field(default_factory=dict)

    def layout(self, filled: tuple[str, ...]) -> _Layout:
        found = self.layouts.get(filled)
        if found is None:
            if len(self.layouts) >= _MOST_REMEMBERED:
                self.layouts.clear()
            found = self.layouts[filled] = _Layout(filled, [self.plans.get(name, _UNKNOWN) for name in filled])
        return found

    def unknown_and_missing(self, tags: tuple[str, ...]) -> tuple[set[str], set[str]]:
        """Tags that the standard does not have, and those of it that are not there."""
        found = self.gaps.get(tags)
        if found is None:
            found = set(tags) - self.columns.keys(), self.columns.keys() - set(tags)
            if len(self.gaps) < _MOST_REMEMBERED:
                self.gaps[tags] = found
        return found

    def told(self, missing: set[str]) -> str:
        """Names of columns, the first ten."""
        key = frozenset(missing)
        found = self.words.get(key)
        if found is None:
            names = [column for column in self.columns if column in missing]
            found = ", ".join(names[:10]) + (f" và {len(names) - 10} thẻ khác" if len(names) > 10 else "")
            if len(self.words) < _MOST_REMEMBERED:
                self.words[key] = found
        return found

    def are_all(self, tags: tuple[str, ...]) -> bool:
        """Whether these are the tags of the standard, none missing and none unknown."""
        if tags in self.complete:
            return True
        if self.columns.keys() != set(tags):
            return False
        if len(self.complete) < _MOST_REMEMBERED:
            self.complete.add(tags)
        return True


_GOOD_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,10})?", re.ASCII)


def _good(column: Column) -> re.Pattern[str] | None:
    return _GOOD_NUMBER if column.kind in ("decimal", "integer") else exact(column.kind)


_UNKNOWN = _Plan(
    Column("", 0, "text", "", None, "no", "", "", "", False, None),
    plain=True, longest=_ANY_LENGTH, good=None, outside="", ours=False, timed=False,
)  # fmt: skip


@cache
def _columns(standard: Standard, name: str, old_routes: bool) -> _Columns:
    """Of a table; two, because a code list changed its values at `ROUTES_CHANGED`."""
    found = {}
    coded = SPECIFIC_CODE.get(name, frozenset())
    for column in tables(standard)[name].columns.values():
        outside = column.code_list if column.name not in coded else ""
        ours = code_list(outside, standard, old_routes=old_routes) if outside else None
        found[column.name] = _Plan(
            column,
            plain=column.kind == "text" and not outside,
            longest=_ANY_LENGTH if column.max_length is None else column.max_length,
            good=None if outside or column.many else _good(column),
            outside=outside,
            ours=ours is not None and ours.trust != "open",
            timed=column.kind in ("day", "minute") and column.name not in FUTURE,
        )
    return _Columns(tables(standard)[name].columns, found)


@cache
def _required(standard: Standard, name: str) -> frozenset[str]:
    """Required columns for which no rule of the table says that they are empty."""
    own = (_OLD_EMPTY if standard is Standard.QD4210 else SPECIFIC_EMPTY).get(name, frozenset())
    return frozenset(column.name for column in tables(standard)[name].required if column.name not in own)


@rule("CLM-ANY-01", of=EVERY_TABLE, lacking=_required)
def required_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    """Required flags of 4210 are known from one implementation only: there an empty column is an error."""
    if row.table is None:
        return
    level = "error" if facts.standard is Standard.QD4210 else ""
    names = _required(facts.standard, row.table.name)
    for column in row.table.columns:
        if column in names and not row.has(column):
            message = f"{label(row, column)} là bắt buộc nhưng để trống."
            yield Hit(row.table.name, row, column, message, level)


@lru_cache(maxsize=64)
def _latest(now: dt.datetime) -> str:
    """The minute after which a time is in the future."""
    return f"{now.astimezone(VIETNAM) + dt.timedelta(days=1):%Y%m%d%H%M}"


def check_values(facts: Facts) -> Iterator[tuple[str, Hit]]:
    """CLM-ENV-11 and CLM-ANY-02 to -08 in one pass over the values: pairs of rule id and hit."""
    latest = _latest(facts.known.now)
    lists = facts.known.lists
    for name, rows in facts.claim.tables.items():
        if not rows or rows[0].table is None:
            continue
        columns = _columns(facts.standard, name, facts.day < ROUTES_CHANGED)
        yield from _tags(name, rows, columns)
        for row in rows:
            values = row.values
            layout = columns.layout(row.filled)
            if layout.passes(values, latest, lists):
                continue
            for plan, value in zip(layout.plans, values.values(), strict=True):
                if plan.plain:
                    if len(value) > plan.longest:
                        yield from _value(facts, name, row, plan, value)
                    continue
                if value not in plan.fine and not _is_good(plan, value):
                    yield from _value(facts, name, row, plan, value)
                if plan.timed:
                    if value > latest:
                        yield from _future(name, row, plan.column.name, value, latest)
                elif plan.outside and plan.outside in lists:
                    yield from _outside_code(name, row, plan.column, value, lists[plan.outside])


def _is_good(plan: _Plan, value: str) -> bool:
    """What `_value` would say of nearly every number and time, at a tenth of its price."""
    if plan.good is None or len(value) > plan.longest or not plan.good.fullmatch(value):
        return False
    if len(plan.fine) < _MOST_REMEMBERED:
        plan.fine.add(value)
    return True


def _future(name: str, row: Row, column: str, value: str, latest: str) -> Iterator[tuple[str, Hit]]:
    if any(part[:12] > latest[: len(part[:12])] for part in split_list(value) if part.isdigit()):
        yield "CLM-ANY-05", Hit(name, row, column, f"{label(row, column)} là {value.strip()}, ở tương lai.")


def _tags(name: str, rows: list[Row], known: _Columns) -> Iterator[tuple[str, Hit]]:
    """Unknown and missing tags, once for each table."""
    unknown: dict[str, Row] = {}
    missing: set[str] = set()
    for row in rows:
        tags = tuple(row.raw)
        if not known.are_all(tags):
            strange, gaps = known.unknown_and_missing(tags)
            missing |= gaps
            for column in strange:
                unknown.setdefault(column, row)
        for column in row.repeated:
            yield "CLM-ANY-07", Hit(name, row, column, f"Thẻ {column} có hai lần trong một dòng: lấy giá trị đầu tiên.")
        for column in row.nested:
            yield "CLM-ANY-07", Hit(name, row, column, f"Thẻ {column} chứa thẻ khác: lấy phần chữ bên trong.")
    for column, row in sorted(unknown.items()):
        yield (
            "CLM-ANY-07",
            Hit(name, row, column, f"Thẻ {column} không có trong chuẩn của {name}: giữ nguyên, không đọc."),
        )
    if missing:
        yield "CLM-ANY-07", Hit(name, None, "", f"{name} thiếu thẻ, coi như để trống: {known.told(missing)}.")


def _value(facts: Facts, name: str, row: Row, plan: _Plan, value: str) -> Iterator[tuple[str, Hit]]:
    """Length, number, time, sign and code of one value."""
    passed = True
    if len(value) > _FAR and plan.longest is not _ANY_LENGTH and len(value) > max(10 * plan.longest, _FAR):
        message = f"{plan.column.name} dài {len(value)} ký tự, quá 10 lần mức cho phép ({plan.longest})."
        yield FAR_TOO_LONG, Hit(name, row, plan.column.name, message)
    for rule_id, message, level in _faults(plan.column, value.strip()):
        passed = False
        yield rule_id, Hit(name, row, plan.column.name, message, level)
    if plan.ours and plan.outside not in facts.known.lists:
        for message, level, always in _own_codes(facts, row, plan.column, value):
            passed = passed and always
            if message:
                yield "CLM-ANY-08", Hit(name, row, plan.column.name, message, level)
    if passed and len(value) < 100 and len(plan.fine) < _MOST_REMEMBERED:
        plan.fine.add(value)


def _faults(column: Column, text: str) -> Iterator[tuple[str, str, Level | str]]:
    if not text:
        return
    named = f"{column.name} ({column.label})"
    if column.max_length is not None and len(text) > column.max_length and not _only_written_otherwise(column, text):
        yield "CLM-ANY-02", f"{named} dài {len(text)} ký tự, chuẩn cho tối đa {column.max_length}.", ""
    if column.kind in ("decimal", "integer") and not column.many:
        number, notice = read_number(text)
        if number is None:
            yield "CLM-ANY-03", f"{named} là “{text[:40]}”, không phải số.", ""
        elif number < 0:
            yield "CLM-ANY-06", f"{named} là {text}, số âm.", ""
        if notice == "comma":
            yield "CLM-ANY-03", f"{named} là {text}: dấu phẩy được đọc là dấu chấm thập phân.", "warning"
    elif column.kind in ("day", "minute"):
        for part in split_list(text) if column.many else [text]:
            yield from _time_fault(column, named, part)


def _only_written_otherwise(column: Column, text: str) -> bool:
    """A time with seconds, or with a time where a date is wanted, is told by CLM-ANY-04 and not by its length."""
    return column.kind in ("day", "minute") and read_when(text, column.kind == "minute")[1] != "bad"


_TOLERATED: dict[Notice, str] = {
    "seconds": "có cả giây, phần giây được bỏ",
    "date_only": "chỉ có ngày (hoặc giờ), phần còn thiếu được coi là 00",
    "time_given": "có cả giờ trong cột chỉ cần ngày",
    "short": "thiếu ngày hoặc tháng",
}


def _time_fault(column: Column, named: str, text: str) -> Iterator[tuple[str, str, Level | str]]:
    when, notice = read_when(text, column.kind == "minute")
    form = "yyyyMMddHHmm" if column.kind == "minute" else "yyyyMMdd"
    if when is None:
        yield "CLM-ANY-04", f"{named} là “{text[:40]}”, không phải thời điểm có thật dạng {form}.", ""
        return
    whole = when.day.precision == "day"
    if not whole and column.name not in PARTIAL:
        yield "CLM-ANY-04", f"{named} là {text}, thiếu ngày hoặc tháng.", ""
        return
    if "or" in column.format and (notice == "time_given" or len(text) == 4):
        return
    if notice and (whole or notice == "short"):
        yield "CLM-ANY-04", f"{named} là {text}: {_TOLERATED[notice]}.", "warning"


def _codes(column: Column, value: str) -> list[str]:
    return split_list(value) if column.many or ";" in value else [value.strip()]


def _outside_code(name: str, row: Row, column: Column, value: str, known: Container[str]) -> Iterator[tuple[str, Hit]]:
    """CLM-ANY-08 with a list from outside."""
    for code in _codes(column, value):
        if code and code not in known and code.rstrip("†*+") not in known:
            message = f"{label(row, column.name)}: mã {code[:40]} không có trong danh mục."
            yield "CLM-ANY-08", Hit(name, row, column.name, message)


def _own_codes(facts: Facts, row: Row, column: Column, value: str) -> Iterator[tuple[str, Level | str, bool]]:
    """CLM-ANY-08 with a list of ours: message ("" when all is well), level, and whether it is so on every day."""
    ours = code_list(column.code_list, facts.standard, old_routes=facts.day < ROUTES_CHANGED)
    for code in _codes(column, value) if ours else ():
        assert ours is not None  # noqa: S101 - narrows the type
        named = f"{label(row, column.name)}: mã {code[:40]}"
        width = max(map(len, ours.codes))
        found = ours.codes.get(code)
        if found is not None:
            late = found.valid_from is not None and facts.day < found.valid_from
            message = f"{named} chỉ dùng từ ngày {found.valid_from:%d/%m/%Y}." if late else ""
            yield message, "", found.valid_from is None
        elif code.isdigit() and code.zfill(width) in ours.codes:
            yield f"{named} thiếu số 0 ở đầu, được đọc là {code.zfill(width)}.", "warning", False
        elif code:
            yield f"{named} không có trong danh mục.", "warning" if ours.trust == "recalled" else "", False
