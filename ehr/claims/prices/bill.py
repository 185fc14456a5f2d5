"""The bill of a visit that was entered here: each drug and service with its line of the price list, what everybody
pays, the totals. What has no price is named, and nothing is guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ehr.claims.export.visits import Visit
from ehr.claims.findings import Finding
from ehr.claims.prices.listed import NoPrice, PriceList, key
from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.claims.prices.money import ZERO, Charge, amounts, card_level, totals
from ehr.claims.rules.facts import ARMED
from ehr.claims.xml.write import Given
from ehr.records.models import Medication

Values = dict[str, Given]
NOT_INSURED = "9"  # MA_DOITUONG_KCB
_ONLY_DRUGS = "07"  # MA_LOAI_KCB: drugs are handed out, nobody is examined
_OWN_WAY = "3"  # MA_DOITUONG_KCB 3.x: came without referral to a hospital above
#: Columns that come from the list and from the terms: without them their emptiness is no reason of its own.
_PRICED = """
    DON_GIA DON_GIA_BV DON_GIA_BH THANH_TIEN_BV THANH_TIEN_BH TYLE_TT_BH TYLE_TT_DV MUC_HUONG MA_NHOM PHAM_VI TT_THAU
    NGUON_CTRA MA_PTTT MA_TTDV T_NGUONKHAC_NSNN T_NGUONKHAC_VTNN T_NGUONKHAC_VTTN T_NGUONKHAC_CL T_NGUONKHAC T_BNTT
    T_BNCCT T_BHTT T_BHTT_GDV T_THUOC T_VTYT T_TONGCHI_BV T_TONGCHI_BH SO_DANG_KY HAM_LUONG MA_THUOC DUONG_DUNG
    MA_DICH_VU MA_MAY DON_VI_TINH
"""
PRICED = frozenset(_PRICED.split())


@dataclass(slots=True)
class Bill:
    """`drugs`: columns by the key of the medication; `services`: all lines of XML3, the exam charged with every
    visit first; `general`: columns of XML1; `occupation`: for a record without; `problems`: why there is no bill."""

    drugs: dict[int, Values] = field(default_factory=dict)
    services: list[Values] = field(default_factory=list)
    general: Values = field(default_factory=dict)
    occupation: str = ""
    problems: list[Finding] = field(default_factory=list)


def bill_of(visit: Visit, prices: PriceList, *, card: str) -> Bill:
    """The bill of the visit by what was valid on its day. `card`: MA_THE_BHYT that pays, "" for none."""
    day, encounter = visit.day, visit.encounter
    terms, bill = prices.terms(day), Bill()
    kind = encounter.care_class or (terms.care_class if terms else "")
    lines = _lines(visit, prices, kind)
    if terms is None:
        message = f"Cơ sở chưa khai thông tin thanh toán BHYT (người đứng đầu, mức hưởng) cho ngày {day:%d/%m/%Y}."
        bill.problems.append(_problem("CLM-T1-24", "XML1", 1, "MA_TTDV", "", message))
        bill.services = [_unpriced(line) for line in lines]
        return bill
    payment = encounter.payment_code or (terms.payment_code if card else NOT_INSURED)
    level = _level(terms, card, payment, bill)
    medicine, others = [], []
    for at, drug in enumerate(visit.medications, 1):
        found = _drug(drug, prices, day, at, bill)
        if found is not None:
            charged = _charge(found, drug.quantity, level, card)
            medicine.append(charged)
            bill.drugs[drug.pk] = {**_listed(found, terms), **_drug_columns(found), **charged}
    for at, line in enumerate(lines, 1):
        try:
            found = prices.service(name=line.name, code=line.code, day=day)
        except NoPrice as lack:
            value = line.code or line.name
            bill.problems.append(_problem("CLM-T3-02", "XML3", at, lack.column, value, lack.message))
            bill.services.append(_unpriced(line))
            continue
        charged = _charge(found, line.quantity, level, card)
        others.append((found.kind == PriceItem.Kind.SUPPLY, charged))
        bill.services.append(
            {
                "SO_LUONG": line.quantity,
                **line.columns,
                **_listed(found, terms),
                **_service_columns(found),
                **charged,
            }
        )
    bill.occupation = terms.occupation_code
    bill.general = {
        "MA_TTDV": terms.head_code, "MA_KHOA": encounter.department_code or terms.department_code,
        "MA_LOAI_KCB": kind, "MA_DOITUONG_KCB": payment,
        **totals(medicine, others, by_service=terms.payment == BillingTerms.Payment.SERVICE),
    }  # fmt: skip
    return bill


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was done. `columns`: what the visit says of it."""

    name: str
    code: str
    quantity: Decimal
    columns: Values


def _unpriced(line: Line) -> Values:
    return {"MA_DICH_VU": line.code, "TEN_DICH_VU": line.name, "SO_LUONG": line.quantity, **line.columns}


def _problem(rule: str, table: str, line: int, column: str, value: str, message: str) -> Finding:
    return Finding(rule, table, line, column, value[:200], "error", message)


def _level(terms: BillingTerms, card: str, payment: str, bill: Bill) -> Decimal:
    """Share of the fund of what it covers."""
    if not card or payment == NOT_INSURED:
        return ZERO
    if payment.split(".")[0] == _OWN_WAY:
        message = f"Mã đối tượng {payment} (tự đến): hệ thống không tự tính mức hưởng, cần phần mềm viện phí."
        bill.problems.append(_problem("CLM-T1-16", "XML1", 1, "MA_DOITUONG_KCB", payment, message))
        return ZERO
    if terms.benefit == BillingTerms.Benefit.WHOLE:
        return Decimal(100)
    level = card_level(card)
    if level is None:
        message = "Thẻ BHYT không cho biết mức hưởng (ký tự thứ ba không phải 1 đến 5)."
        bill.problems.append(_problem("CLM-ANY-08", "XML1", 1, "MA_THE_BHYT", "", message))
    return level or ZERO


def _drug(drug: Medication, prices: PriceList, day: dt.date, line: int, bill: Bill) -> PriceItem | None:
    try:
        found = prices.drug(
            name=drug.name, strength=drug.strength, code=drug.drug_code, registration=drug.registration_number, day=day
        )
    except NoPrice as lack:
        bill.problems.append(_problem("CLM-T2-02", "XML2", line, lack.column, drug.name, lack.message))
        return None
    if drug.unit and key(drug.unit) != key(found.unit):
        message = f"Thuốc «{drug.name}» ghi đơn vị «{drug.unit}», bảng giá tính theo «{found.unit}»: số lượng chưa rõ."
        bill.problems.append(_problem("CLM-T2-02", "XML2", line, "DON_VI_TINH", drug.unit, message))
        return None
    if drug.quantity is None:
        message = f"Thuốc «{drug.name}» chưa ghi số lượng."
        bill.problems.append(_problem("CLM-ANY-01", "XML2", line, "SO_LUONG", "", message))
        return None
    return found


def _lines(visit: Visit, prices: PriceList, kind: str) -> list[Line]:
    """What was done: the exam that every visit is charged, services of the visit,
    and tests of which only the result was entered."""
    day, encounter = visit.day, visit.encounter
    done = {row.code for row in visit.procedures}
    found: list[Line] = []
    one = Decimal(1)
    ordered = ordered_at(visit)
    if kind != _ONLY_DRUGS:
        for item in prices.each_visit(day):
            if item.code not in done:
                found.append(Line(item.name, item.code, one, {"NGAY_YL": encounter.started_at}))
    resulted = {lab.service_code: lab.resulted_at for lab in visit.labs if lab.service_code and lab.resulted_at}
    for row in visit.procedures:
        columns: Values = {
            "NGAY_YL": row.ordered_at or ordered, "NGAY_TH_YL": row.performed_at,
            "NGAY_KQ": resulted.get(row.code), "NGUOI_THUC_HIEN": row.performer_code, "MA_PTTT_QT": row.icd9_code,
            "PP_VO_CAM": row.anaesthesia, "VI_TRI_TH_DVKT": row.body_site,
        }  # fmt: skip
        found.append(Line(row.name, row.code, row.quantity or one, columns))
    for lab in visit.labs:
        if lab.service_code and lab.service_code not in done:
            done.add(lab.service_code)
            columns = {"NGAY_YL": ordered, "NGAY_TH_YL": lab.resulted_at, "NGAY_KQ": lab.resulted_at,
                       "NGUOI_THUC_HIEN": encounter.doctor_code}  # fmt: skip
            found.append(Line(lab.service_name, lab.service_code, one, columns))
    return found


def ordered_at(visit: Visit) -> dt.datetime | None:
    """When the visit's drugs and services were ordered: the first time that any of them says."""
    times = [row.prescribed_at for row in visit.medications] + [row.ordered_at for row in visit.procedures]
    return min((at for at in times if at is not None), default=None)


def _charge(item: PriceItem, quantity: Decimal | None, level: Decimal, card: str) -> dict[str, Decimal]:
    inside = item.scope == PriceItem.Scope.INSIDE or (item.scope == PriceItem.Scope.ARMED and card[:2].upper() in ARMED)
    covered = item.price if item.covered_price is None or item.kind == PriceItem.Kind.DRUG else item.covered_price
    rate = Decimal(100) if item.kind == PriceItem.Kind.DRUG else item.service_rate
    return amounts(
        Charge(quantity or ZERO, item.price, covered, rate, item.covered_rate, level if inside else ZERO, item.source)
    )


def _listed(item: PriceItem, terms: BillingTerms) -> Values:
    """What drugs, services and supplies share."""
    return {
        "MA_NHOM": item.group, "DON_VI_TINH": item.unit, "PHAM_VI": item.scope, "TT_THAU": item.bid,
        "MA_PTTT": terms.payment,
    }  # fmt: skip


def _drug_columns(item: PriceItem) -> Values:
    return _filled(
        {
            "MA_THUOC": item.code, "TEN_THUOC": item.name, "HAM_LUONG": item.strength, "DUONG_DUNG": item.route_code,
            "DANG_BAO_CHE": item.dose_form, "SO_DANG_KY": item.registration_number, "DON_GIA": item.price,
            "NGUON_CTRA": item.source,
        }
    )  # fmt: skip


def _service_columns(item: PriceItem) -> Values:
    names = ("MA_VAT_TU", "TEN_VAT_TU") if item.kind == PriceItem.Kind.SUPPLY else ("MA_DICH_VU", "TEN_DICH_VU")
    covered = item.price if item.covered_price is None else item.covered_price
    return {
        names[0]: item.code, names[1]: item.name, "DON_GIA_BV": item.price, "DON_GIA_BH": covered,
        "TYLE_TT_DV": item.service_rate, "MA_MAY": item.device_code,
    }  # fmt: skip


def _filled(columns: Mapping[str, Any]) -> Values:
    return {name: value for name, value in columns.items() if value not in ("", None)}
