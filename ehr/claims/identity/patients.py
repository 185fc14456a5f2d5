"""Who a claim is about, as the matching of people wants it. Pure: from the rows of a claim, no database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.common.dates import PartialDate, Precision
from ehr.common.identifiers import (
    BHXH_NUMBER,
    BHYT_CARD,
    LANDLINE,
    MOBILE,
    classify_identity_number,
    clean_number,
    clean_phone,
)
from ehr.common.text import nfc, plain, title_name

#: Names that a ward gives to a child that has none yet: they say who the mother is, not who the child is.
_NAMELESS = re.compile(
    r"(?:con|be|chau|tre)(?: (?:trai|gai|so sinh))?(?: \d+)?(?: (?:ba|ong|chi|san phu|me|cua)\b.*)?"
    r"|(?:cb|tss|so sinh|tre so sinh|so sinh con)\b.*|con (?:ba|ong|chi|san phu|me|cua)\b.*"
)
_BLOOD = re.compile(r"(AB|A|B|O)\s*(?:RH)?\s*\(?\s*([+-]|DUONG TINH|DUONG|AM TINH|AM)?\s*\)?")
_RH = {"+": "pos", "-": "neg", "DU": "pos", "AM": "neg"}
_VIETNAM = {"000": "VN"}


@dataclass(frozen=True, slots=True)
class Patient:
    """The identifying part of one claim. `position`: the caller's own number for it. `birth`: "1990-03-12", "1990-03",
    "1990" or "". `number`: CCCD, CMND or passport, "" when its shape is none of them; `cards`: cards and their
    social-insurance numbers. `commune_code`, `province_code`: as written; `on`: the day of the visit, which says of
    which list of units they are; `commune_id`: the unit itself, when somebody knows it already. `facts`: field codes
    for a new record."""

    position: int
    full_name: str = ""
    birth: str = ""
    sex: str = ""
    number: str = ""
    cards: tuple[str, ...] = ()
    commune_code: str = ""
    province_code: str = ""
    on: dt.date | None = None
    address: str = ""
    commune_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def nameless(self) -> bool:
        """Without a name of its own, as newborns are for some weeks."""
        return not self.full_name or bool(_NAMELESS.fullmatch(_plain_name(self.full_name)))

    @property
    def name_key(self) -> str:
        """`ehr.common.text.name_key` of the name."""
        return _plain_name(self.full_name).replace("y", "i")


@lru_cache(maxsize=4096)  # several steps ask about one patient
def _plain_name(name: str) -> str:
    return plain(name)


def patient_of(claim: Claim, position: int) -> Patient:
    """The person of a claim: XML1, or the only row of a check-in (XML0) or an appraisal (XML12)."""
    row = claim.main
    if row is None:
        return Patient(position)
    name = " ".join(title_name(row.text("HO_TEN")).split())[:100]
    when = row.when("NGAY_SINH")
    birth = when.day if when else None
    held = _held(row)
    cards = cards_of([card for card, _ in held] + [row.text("MA_BHXH"), *_paper_numbers(claim)])
    sex = row.text("GIOI_TINH")
    number = identity_number(row.text("SO_CCCD"))
    address = nfc(row.text("DIA_CHI"))[:200]
    return Patient(
        position, name, birth_text(birth), sex if sex in ("1", "2", "3") else "", number, cards,
        row.text("MAXA_CU_TRU"), row.text("MATINH_CU_TRU"),
        row.date("NGAY_RA") or row.date("NGAY_VAO") or row.date("NGAY_HOP"), address,
        facts=_facts(row, name, birth, sex, number, _best_card(held), address),
    )  # fmt: skip


def birth_text(birth: PartialDate | None) -> str:
    """A birth date as the columns of a claim keep it."""
    if birth is None or birth.date is None:
        return ""
    return birth.date.isoformat()[: {Precision.YEAR: 4, Precision.MONTH: 7}.get(birth.precision, 10)]


def identity_number(text: str) -> str:
    """A CCCD, CMND or passport number in its stored form, "" for anything else: what a spreadsheet made of a number
    (9.9E+10), a row of zeros, a word."""
    number = clean_number(text)
    known = classify_identity_number(number) in ("SDDCN", "CMND9", "PASSPORT")
    return number if known and len(set(number)) > 1 else ""


def cards_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Cards (15 characters) and social-insurance numbers (10 digits, the last ten of a card), each once, in order."""
    found: list[str] = []
    for text in texts:
        card = clean_number(text)
        if BHYT_CARD.fullmatch(card):
            found.append(card)
            card = card[-10:]
        if BHXH_NUMBER.fullmatch(card) and len(set(card)) > 1:
            found.append(card)
    return tuple(dict.fromkeys(found))


def _paper_numbers(claim: Claim) -> list[str]:
    """The social-insurance number of a sick-leave paper, which is about the patient."""
    return [row.text("MA_BHXH") for row in claim.rows("XML11")]


def _held(row: Row) -> list[tuple[str, str]]:
    """Cards with the first day of their validity. The lists belong together by position (MA_THE; GT_THE_TU)."""
    cards = row.items("MA_THE_BHYT") or row.items("MA_THE")
    since: Sequence[str] = row.positions("GT_THE_TU")
    return [(clean_number(card), since[at] if at < len(since) else "") for at, card in enumerate(cards)]


def _best_card(held: list[tuple[str, str]]) -> str:
    """The card that became valid last; of equal ones the first in the alphabet, so that the order of the list in the
    file says nothing."""
    if not held:
        return ""
    cards = sorted((card, since) for card, since in held if BHYT_CARD.fullmatch(card))
    return max(cards, key=lambda pair: pair[1], default=("", ""))[0]


def _facts(
    row: Row, name: str, birth: PartialDate | None, sex: str, number: str, card: str, address: str
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "full_name": name, "birth_date": birth, "sex": sex, "id_number": number, "health_insurance_number": card,
        "social_insurance_code": card[-10:] if BHXH_NUMBER.fullmatch(card[-10:]) else "",
        "ethnicity": row.text("MA_DANTOC").zfill(2) if row.has("MA_DANTOC") else "",
        "nationality": _VIETNAM.get(row.text("MA_QUOCTICH"), ""),
        "occupation": row.text("MA_NGHE_NGHIEP"),
        "current_address_detail": address,
        **_phone(row.text("DIEN_THOAI")), **_blood(row.text("NHOM_MAU")),
    }  # fmt: skip
    return {code: value for code, value in facts.items() if value not in ("", None)}


def _phone(text: str) -> dict[str, str]:
    if not text:
        return {}
    phone = clean_phone(text)
    if MOBILE.fullmatch(phone):
        return {"phone_mobile": phone}
    return {"phone_landline": phone} if LANDLINE.fullmatch(phone) else {}


def _blood(text: str) -> dict[str, str]:
    """ "A", "O+", "AB Rh(-)", "B Rh dương" """
    if not text:
        return {}
    letters = "".join(plain(char).upper() if char.isalpha() else char for char in nfc(text)).strip()
    found = _BLOOD.fullmatch(letters)
    if not found:
        return {}
    return {"blood_group_abo": found[1], "blood_group_rh": _RH.get((found[2] or "")[:2], "")}
