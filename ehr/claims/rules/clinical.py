"""Rules of XML4 (results), XML5 (course), XML6 (HIV), XML15 (tuberculosis)."""

from __future__ import annotations

from collections.abc import Iterator

from ehr.claims.claim import Row
from ehr.claims.rules.facts import Facts, Hit, empty, label, minute, staff
from ehr.claims.rules.lines import group
from ehr.claims.rules.registry import rule
from ehr.claims.spec import Standard

#: "must equal XML1 when filled", as tables.csv notes; name of XML1's column where it differs.
_ADMINISTRATIVE = (
    *("MA_THE_BHYT", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "HO_TEN", "DIA_CHI"),
    *("MATINH_CU_TRU", "MAHUYEN_CU_TRU", "MAXA_CU_TRU", "MA_CSKCB"),
)


def _service(facts: Facts, row: Row) -> list[Row]:
    return facts.services.get(row.text("MA_DICH_VU"), [])


def _is_test(facts: Facts, row: Row) -> bool:
    """A laboratory test: the service is of group 1, or it has an index code and no description."""
    services = _service(facts, row)
    if services:
        return any(group(service) == "1" for service in services)
    return row.has("MA_CHI_SO") and not row.has("MO_TA")


@rule("CLM-T4-01", of="XML4")
def result_service(facts: Facts, row: Row) -> Iterator[Hit]:
    """A station that received results only, without the lines of payment, has no XML3 at all."""
    code = row.text("MA_DICH_VU")
    column = row.column("MA_DICH_VU")
    if not code:
        yield from empty("XML4", row, "MA_DICH_VU")
    elif column and column.max_length and len(code) > column.max_length:
        yield Hit("XML4", row, "MA_DICH_VU", f"Mã dịch vụ dài {len(code)} ký tự, tối đa {column.max_length}.")
    elif code not in facts.services:
        yield Hit("XML4", row, "MA_DICH_VU", f"Kết quả của dịch vụ {code[:50]} nhưng không có dịch vụ này trong XML3.")


@rule("CLM-T4-02", of="XML4")
def imaging(facts: Facts, row: Row) -> Iterator[Hit]:
    if any(group(service) == "2" for service in _service(facts, row)):
        yield from empty("XML4", row, "MO_TA KET_LUAN")


@rule("CLM-T4-03", of="XML4")
def test_value(facts: Facts, row: Row) -> Iterator[Hit]:
    """Empty is normal while the result is not there yet: a later send fills it in."""
    value, column = row.text("GIA_TRI"), row.column("GIA_TRI")
    if not value and _is_test(facts, row) and not row.has("KET_LUAN"):
        yield Hit("XML4", row, "GIA_TRI", "Xét nghiệm chưa có giá trị.")
    elif column and column.max_length and len(value) > column.max_length:
        yield Hit("XML4", row, "GIA_TRI", f"Giá trị dài {len(value)} ký tự, tối đa {column.max_length}.")


@rule("CLM-T4-04", of="XML4")
def test_index(facts: Facts, row: Row) -> Iterator[Hit]:
    if _is_test(facts, row) and not row.has("MA_CHI_SO") and not row.has("TEN_CHI_SO"):
        yield Hit("XML4", row, "MA_CHI_SO", "Xét nghiệm không có mã chỉ số và tên chỉ số.")
    for name in ("MA_CHI_SO", "TEN_CHI_SO", "DON_VI_DO"):
        value = row.text(name)
        column = row.column(name) if value else None
        if column and column.max_length and len(value) > column.max_length:
            yield Hit("XML4", row, name, f"{label(row, name)} dài {len(value)} ký tự, tối đa {column.max_length}.")


@rule("CLM-T4-05", of="XML4")
def result_time(facts: Facts, row: Row) -> Iterator[Hit]:
    at = row.moment("NGAY_KQ")
    if not row.has("NGAY_KQ"):
        if row.has("GIA_TRI") or row.has("KET_LUAN") or facts.standard is Standard.QD4210:
            yield from empty("XML4", row, "NGAY_KQ")
        return
    times = [time for service in _service(facts, row) if (time := service.moment("NGAY_KQ"))]
    if at and times and at not in times:
        yield Hit("XML4", row, "NGAY_KQ", f"Có kết quả lúc {minute(at)}, khác XML3 ({minute(times[0])}).")


@rule("CLM-T4-06", of="XML4", reads="MA_BS_DOC_KQ")
def reader(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML4", row, "MA_BS_DOC_KQ")
    yield from staff(facts, "XML4", row, "MA_BS_DOC_KQ")


# --------------------------------------------------------------------------------------------------------------- XML5
@rule("CLM-T5-01", of="XML5")
def course_empty(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from empty("XML5", row, "DIEN_BIEN_LS THOI_DIEM_DBLS NGUOI_THUC_HIEN")
    yield from staff(facts, "XML5", row, "NGUOI_THUC_HIEN")


@rule("CLM-T5-02", of="XML5")
def course_time(facts: Facts, row: Row) -> Iterator[Hit]:
    at = row.moment("THOI_DIEM_DBLS")
    if at and ((facts.arrived and at < facts.arrived) or (facts.left and at > facts.left)):
        message = f"Diễn biến lúc {minute(at)}, ngoài lượt điều trị ({minute(facts.arrived)} – {minute(facts.left)})."
        yield Hit("XML5", row, "THOI_DIEM_DBLS", message)


@rule("CLM-T5-03")
def course_twice(facts: Facts) -> Iterator[Hit]:
    seen: set[tuple[str, str, str]] = set()
    for row in facts.rows("XML5"):
        key = (row.text("DIEN_BIEN_LS"), row.text("THOI_DIEM_DBLS"), row.text("NGUOI_THUC_HIEN"))
        if key in seen:
            yield Hit("XML5", row, "DIEN_BIEN_LS", "Cùng một diễn biến, thời điểm và người ghi được ghi hai lần.")
        seen.add(key)


# -------------------------------------------------------------------------------------------------------- XML6, XML15
def _same_person(facts: Facts, table: str, row: Row) -> Iterator[Hit]:
    """Administrative columns that differ from XML1. The values are not repeated: they belong to a restricted table."""
    if facts.main is None:
        return
    theirs, own = facts.main.canonical(), row.canonical()
    for column in _ADMINISTRATIVE:
        if column in own and column in theirs and own[column].casefold() != theirs[column].casefold():
            yield Hit(table, row, column, f"{label(row, column)} khác với XML1.")


@rule("CLM-T6-01", of="XML6")
def hiv_person(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from _same_person(facts, "XML6", row)


@rule("CLM-T6-02")
def hiv_right(facts: Facts) -> Iterator[Hit]:
    if facts.rows("XML6") and not facts.known.may_read_restricted:
        yield Hit("XML6", None, "", "Tệp có bảng XML6 (HIV/AIDS) nhưng nơi nhận không có quyền xem dữ liệu HIV.")


@rule("CLM-T15-01", of="XML15")
def tuberculosis(facts: Facts, row: Row) -> Iterator[Hit]:
    yield from _same_person(facts, "XML15", row)
    start, end = row.date("NGAYBD_DTRI_LAO"), row.date("NGAYKT_DTRI_LAO")
    if start and end and end < start:
        message = f"Kết thúc điều trị {end:%d/%m/%Y}, trước khi bắt đầu {start:%d/%m/%Y}."
        yield Hit("XML15", row, "NGAYKT_DTRI_LAO", message)
