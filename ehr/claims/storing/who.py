"""Whom a claim is about and when it was, as the columns of a Claim want it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from ehr.claims.claim import Claim, Row
from ehr.claims.spec import ROUTES_CHANGED
from ehr.common.dates import Precision
from ehr.common.text import plain
from stations import memory
from stations.models import AdminUnit

_CARD = re.compile(r"[A-Z0-9]{10,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Who:
    """Columns of the same names of `models.Claim`."""

    full_name: str
    name_key: str
    birth: str
    sex: str
    number: str
    cards: tuple[str, ...]
    commune_id: int | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None


IDENTIFYING = ("full_name", "birth", "sex", "number", "cards", "commune_id")


def who(claim: Claim) -> Who:
    """What the first row of the claim says; empty where it says nothing that can be read."""
    main = claim.main
    if main is None:
        return Who("", "", "", "", "", (), None, None, None)
    name = " ".join(main.text("HO_TEN").split())[:255]
    started = main.moment("NGAY_VAO") or main.moment("NGAY_HOP")
    ended = main.moment("NGAY_RA")
    day = (ended or started or dt.datetime.now(dt.UTC)).date()
    return Who(
        name, plain(name)[:255], _birth(main), main.text("GIOI_TINH")[:1], main.text("SO_CCCD")[:20], _cards(main),
        _commune(main.text("MAXA_CU_TRU"), day < ROUTES_CHANGED), started, ended,
    )  # fmt: skip


def _birth(row: Row) -> str:
    when = row.when("NGAY_SINH")
    if when is None or when.date is None:
        return ""
    length = {Precision.YEAR: 4, Precision.MONTH: 7}.get(when.day.precision, 10)
    return when.date.isoformat()[:length]


def _cards(row: Row) -> tuple[str, ...]:
    """Cards (MA_THE in 4210) and the social-insurance number, where they look like one."""
    found = [*row.items("MA_THE_BHYT"), *row.items("MA_THE"), row.text("MA_BHXH"), row.text("MA_THE_TAM")]
    return tuple(dict.fromkeys(card for text in found if _CARD.fullmatch(card := text.replace(" ", "").upper())))


def _commune(code: str, old: bool) -> int | None:
    """The unit as of the day of the claim; of the other scheme when that has no such code."""
    found = _communes()
    schemes = ("old", "new") if old else ("new", "old")
    return next((found[scheme, code] for scheme in schemes if (scheme, code) in found), None) if code else None


def _communes() -> dict[tuple[str, str], int]:
    """(scheme, code) → key of the unit."""
    found: dict[tuple[str, str], int] = memory.listed("claims.communes", _read_communes)[0]
    return found


def _read_communes() -> list[dict[tuple[str, str], int]]:
    rows = AdminUnit.objects.filter(level="commune").values_list("scheme", "code", "pk")
    return [{(scheme, code): pk for scheme, code, pk in rows}]
