"""Rules for identity numbers, cards, phones: pure functions. Source: REQ-IDN-01 to 08 of the requirements.

Only what can never be right is an error. The rest is a warning: a number with a true mismatch exists, because civil
status was corrected, and the officer must be able to save what the card says. Messages never repeat the number.
"""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.db.models import TextChoices

from ehr.common.dates import Precision
from ehr.common.problems import Problem
from ehr.common.text import nfc

PLACES_FILE = Path(__file__).parent / "data" / "id_place_codes.csv"


class IdentifierKind(TextChoices):
    """Kinds of identifiers a person holds over time (REQ-IDN-04)."""

    SDDCN = "SDDCN", "Số định danh cá nhân"
    SDDCN_CANCELLED = "SDDCN_CANCELLED", "Số định danh đã hủy"
    CMND9 = "CMND9", "Chứng minh nhân dân 9 số"
    FOREIGN_ID = "FOREIGN_ID", "Số định danh người nước ngoài"
    PASSPORT = "PASSPORT", "Hộ chiếu"
    ID_CERTIFICATE = "ID_CERTIFICATE", "Giấy chứng nhận căn cước"
    E_ACCOUNT = "E_ACCOUNT", "Tài khoản định danh điện tử"
    BHYT_CARD = "BHYT_CARD", "Thẻ bảo hiểm y tế"
    BHXH_NO = "BHXH_NO", "Mã số bảo hiểm xã hội"
    BIRTH_CERT_NO = "BIRTH_CERT_NO", "Giấy chứng sinh"
    HOUSEHOLD = "HOUSEHOLD", "Mã hộ gia đình"
    LOCAL = "LOCAL", "Mã tại cơ sở"
    TEMP = "TEMP", "Mã tạm"


NATIONAL_ID = re.compile(r"[0-9]{12}")
CMND9 = re.compile(r"[0-9]{9}")
BHYT_CARD = re.compile(r"[A-Z]{2}[1-5][0-9]{2}[0-9A-Z]{10}")
BHXH_NUMBER = re.compile(r"[0-9]{10}")
BIRTH_CERTIFICATE = re.compile(r"[0-9]{5}\.GCS\.[0-9]{5}\.[0-9]{2}")
PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")
MOBILE = re.compile(r"0[35789][0-9]{8}")
LANDLINE = re.compile(r"02[0-9]{9}")
OLD_MOBILE = re.compile(r"01[0-9]{9}")
EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\".]+(?:\.[^@\s<>\".]+)+")

_SEX_DIGIT = {"1": 0, "male": 0, "m": 0, "nam": 0, "2": 1, "female": 1, "f": 1, "nữ": 1}


def clean_number(value: str) -> str:
    """As it is stored: no spaces, dots or dashes, capital letters. The dots of a birth certificate code stay."""
    if value.isascii() and value.isalnum():  # nothing to clean, as in most rows of a list
        return value.upper()
    value = nfc(value).replace(" ", "").upper()
    return value if ".GCS." in value else re.sub(r"[.\-]", "", value)


def clean_phone(value: str) -> str:
    """Digits only; +84, 0084 and a bare 84 become 0; another country keeps its plus sign and code."""
    if value.isascii() and value.isdigit() and not value.startswith(("00", "84")):
        return value
    value = re.sub(r"[\s.\-()]", "", nfc(value))
    value = re.sub(r"^00(?=[1-9])", "+", value)
    if re.fullmatch(r"84[0-9]{9,10}", value):
        value = "+" + value
    return re.sub(r"^\+840?", "0", value)


@lru_cache(maxsize=4096)  # the rules of one row ask several times
def classify_identity_number(value: str) -> str:
    """The IdentifierKind that the shape of a number tells, "" when it tells none."""
    value = clean_number(value)
    if len(value) == 12 and value.isdigit() and value.isascii():
        return "SDDCN"
    shapes = (
        (NATIONAL_ID, IdentifierKind.SDDCN),
        (CMND9, IdentifierKind.CMND9),
        (BIRTH_CERTIFICATE, IdentifierKind.BIRTH_CERT_NO),
        (BHYT_CARD, IdentifierKind.BHYT_CARD),
        (BHXH_NUMBER, IdentifierKind.BHXH_NO),
        (PASSPORT, IdentifierKind.PASSPORT),
    )
    return next((kind.value for shape, kind in shapes if shape.fullmatch(value)), "")


@lru_cache(maxsize=1)
def place_codes() -> dict[str, str]:
    """Digits 1 to 3 of a personal number → name of the province of birth registration, as before 2025."""
    with PLACES_FILE.open(encoding="utf-8", newline="") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def check_national_id(
    value: str, *, birth_date: dt.date | None, birth_precision: str, sex: str, field: str = "id_number"
) -> Iterator[Problem]:
    """Personal number of 12 digits: place (1-3), century and sex (4), year of birth (5-6). It has no check digit.

    `sex`: 1/2, male/female, Nam/Nữ; anything else is not compared.
    Source: Decree 137/2015/NĐ-CP art. 13, Circular 59/2021/TT-BCA art. 4.
    """
    if not NATIONAL_ID.fullmatch(value):
        yield Problem(field, "national_id.format", f"Số định danh phải gồm đúng 12 chữ số; đang có {_found(value)}.")
        return
    if value[:3] not in place_codes():
        yield Problem(
            field,
            "national_id.place",
            "Ba số đầu của số định danh không phải mã tỉnh trong nước (có thể đăng ký khai sinh ở nước ngoài).",
            "info",
        )
    century_and_sex = int(value[3])
    year = 1900 + century_and_sex // 2 * 100 + int(value[4:6])
    if birth_date is not None and birth_precision != Precision.UNKNOWN and year != birth_date.year:
        yield Problem(
            field,
            "national_id.birth_year",
            f"Số định danh ghi năm sinh {year}, hồ sơ ghi {birth_date.year}.",
            "warning",
        )
    expected = _SEX_DIGIT.get(sex.strip().lower())
    if expected is not None and century_and_sex % 2 != expected:
        found = "nữ" if century_and_sex % 2 else "nam"
        yield Problem(field, "national_id.sex", f"Số định danh ghi giới tính {found}, khác với hồ sơ.", "warning")


def check_cmnd(value: str, *, field: str = "id_number") -> Iterator[Problem]:
    """Old identity card: 9 digits."""
    if not CMND9.fullmatch(value):
        yield Problem(field, "cmnd.format", f"Số chứng minh nhân dân phải gồm đúng 9 chữ số; đang có {_found(value)}.")


def check_bhyt(value: str, *, field: str = "health_insurance_number") -> Iterator[Problem]:
    """The one line of the form for a card (15 characters), a social insurance number (10) or a personal number (12)."""
    if BHYT_CARD.fullmatch(value):
        number = value[5:]
        if not number.isdigit():
            yield Problem(
                field, "bhyt.temporary", "Mã thẻ BHYT có chữ ở phần số: có thể là mã tạm của cổng giám định.", "warning"
            )
    elif BHXH_NUMBER.fullmatch(value):
        number = value
    elif NATIONAL_ID.fullmatch(value):
        return
    else:
        yield Problem(
            field,
            "bhyt.format",
            "Ghi thẻ BHYT 15 ký tự (2 chữ cái, mức hưởng 1–5, 12 ký tự còn lại), hoặc mã số BHXH 10 chữ số, "
            f"hoặc số định danh 12 chữ số; đang có {_found(value)}.",
        )
        return
    if set(number) == {"0"}:
        yield Problem(field, "bhyt.zeros", "Mã số BHXH toàn số 0 nghĩa là chưa có thẻ: hãy để trống.", "warning")


def check_birth_certificate(value: str, *, field: str = "birth_certificate") -> Iterator[Problem]:
    """Code of a birth certificate of a newborn without a number yet: 12345.GCS.00001.25."""
    if not BIRTH_CERTIFICATE.fullmatch(value):
        yield Problem(
            field,
            "birth_certificate.format",
            "Mã giấy chứng sinh có dạng 12345.GCS.00001.25 (mã cơ sở, GCS, số thứ tự, năm).",
        )


def check_passport(value: str, country: str, *, field: str = "passport") -> Iterator[Problem]:
    """A foreigner is known by passport and country (REQ-IDN-07); shapes of other countries' numbers are not checked."""
    if not country:
        yield Problem(field, "passport.country", "Hộ chiếu phải ghi kèm nước cấp.")
    elif country in ("VN", "VNM") and not PASSPORT.fullmatch(value):
        yield Problem(field, "passport.format", "Hộ chiếu Việt Nam gồm 1–2 chữ cái và 6–8 chữ số.", "warning")


def check_temporary(value: str, *, field: str = "temporary_code") -> Iterator[Problem]:
    """A temporary code must never look like a personal number (REQ-IDN-05)."""
    if NATIONAL_ID.fullmatch(value):
        yield Problem(field, "temporary.like_national_id", "Mã tạm không được gồm 12 chữ số như số định danh.")


def check_phone(value: str, *, field: str = "phone_mobile", kind: str = "any") -> Iterator[Problem]:
    """Warnings only. `kind`: mobile, landline, any. `value` as `clean_phone` leaves it; other countries pass."""
    if value.startswith("+") or not value:
        return
    if OLD_MOBILE.fullmatch(value):
        yield Problem(field, "phone.old_mobile", "Số di động 11 số đã đổi đầu số năm 2018, hãy hỏi số mới.", "warning")
    elif kind == "mobile" and not MOBILE.fullmatch(value):
        yield Problem(
            field,
            "phone.mobile",
            f"Số di động gồm 10 chữ số, bắt đầu bằng 03, 05, 07, 08, 09; đang có {_found(value)}.",
            "warning",
        )
    elif kind == "landline" and not LANDLINE.fullmatch(value):
        yield Problem(
            field, "phone.landline", f"Số cố định gồm 11 chữ số, bắt đầu bằng 02; đang có {_found(value)}.", "warning"
        )
    elif not (MOBILE.fullmatch(value) or LANDLINE.fullmatch(value)):
        yield Problem(
            field,
            "phone.format",
            f"Số điện thoại gồm 10 chữ số (di động) hoặc 11 chữ số bắt đầu bằng 02 (cố định); đang có {_found(value)}.",
            "warning",
        )


def check_email(value: str, *, field: str = "email") -> Iterator[Problem]:
    """Warning when nothing could be delivered to the address."""
    if value and not EMAIL.fullmatch(value):
        yield Problem(field, "email.format", "Địa chỉ email có dạng ten@noi.vn.", "warning")


def _found(value: str) -> str:
    """What was typed without repeating it: numbers of people do not belong in messages."""
    digits = sum(char in "0123456789" for char in value)
    others = len(value) - digits
    return f"{digits} chữ số" + (f" và {others} ký tự khác" if others else "")
