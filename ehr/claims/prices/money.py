"""Amounts of a line of a bill, as the rules of XML2 and XML3 compute them (spec claims/README.md, money). Pure; exact
decimals, half-up to two places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ehr.claims.rules.lines import HUNDRED, cents

ZERO = Decimal(0)
#: NGUON_CTRA → the column of the other source that pays all of the line.
_PAYS = {"2": "T_NGUONKHAC_VTNN", "3": "T_NGUONKHAC_NSNN", "4": "T_NGUONKHAC_CL"}
SOURCES = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")
TOTALS = ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
#: Third character of a card of 15 → share in percent (spec claims/README.md, key code lists).
_LEVELS = {"1": 100, "2": 100, "5": 100, "3": 95, "4": 80}


def card_level(card: str) -> Decimal | None:
    """Share of the fund that the card gives, None for a card that does not say it."""
    level = _LEVELS.get(card[2:3])
    return None if level is None else Decimal(level)


@dataclass(frozen=True, slots=True)
class Charge:
    """What a line costs. Rates and `level` in percent; `level`: share of the fund of what it covers, 0 for none;
    `source`: NGUON_CTRA."""

    quantity: Decimal
    price: Decimal
    covered_price: Decimal
    service_rate: Decimal = HUNDRED
    covered_rate: Decimal = HUNDRED
    level: Decimal = ZERO
    source: str = "1"


def amounts(charge: Charge) -> dict[str, Decimal]:
    """THANH_TIEN_BV, THANH_TIEN_BH, TYLE_TT_BH, MUC_HUONG, the four other sources, and who pays what. Another source
    pays the whole line; without a share of the fund nothing of it is covered."""
    other = _PAYS.get(charge.source)
    covered = charge.level > 0 and other is None
    rate, level = (charge.covered_rate, charge.level) if covered else (ZERO, ZERO)
    part = charge.quantity * charge.service_rate / HUNDRED
    full = cents(part * charge.price)
    inside = cents(part * charge.covered_price * rate / HUNDRED)
    fund = cents(inside * level / HUNDRED)
    found = dict.fromkeys(SOURCES, ZERO)
    if other is not None:
        found[other] = full
    return {
        "THANH_TIEN_BV": full,
        "THANH_TIEN_BH": inside,
        "TYLE_TT_BH": rate,
        "MUC_HUONG": level,
        **found,
        "T_NGUONKHAC": full if other else ZERO,
        "T_BNTT": ZERO if other else full - inside,
        "T_BNCCT": inside - fund,
        "T_BHTT": fund,
    }


def totals(drugs: Iterable[Mapping[str, Decimal]], services: Iterable[tuple[bool, Mapping[str, Decimal]]], *,
           by_service: bool) -> dict[str, Decimal]:  # fmt: skip
    """Columns of XML1 from the amounts of the lines. `services`: (whether it is a supply, amounts); `by_service`: the
    fund pays by service (MA_PTTT 1)."""
    medicine, others = list(drugs), list(services)
    lines = [*medicine, *(line for _, line in others)]

    def total(column: str) -> Decimal:
        return sum((line[column] for line in lines), ZERO)

    return {
        "T_THUOC": sum((line["THANH_TIEN_BV"] for line in medicine), ZERO),
        "T_VTYT": sum((line["THANH_TIEN_BV"] for supply, line in others if supply), ZERO),
        "T_TONGCHI_BV": total("THANH_TIEN_BV"),
        "T_TONGCHI_BH": total("THANH_TIEN_BH"),
        **{column: total(column) for column in TOTALS},
        "T_BHTT_GDV": total("T_BHTT") if by_service else ZERO,
    }
