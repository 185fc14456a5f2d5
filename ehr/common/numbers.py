"""Numbers as written here: comma for decimals, dot for thousands. What is reported is exact, never a float."""

import re
from decimal import Decimal
from fractions import Fraction

Number = int | float | Decimal


class NumberError(ValueError):
    """A text that is not a number. `message` is Vietnamese, says what was found and what is expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_COMMA = re.compile(r"([+-]?)(\d+|\d{1,3}(?:\.\d{3})+),(\d+)", re.ASCII)
_GROUPS = re.compile(r"([+-]?)(\d{1,3}(?:\.\d{3})+)", re.ASCII)
_DOT = re.compile(r"([+-]?)(\d+)\.(\d+)", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_LONGEST = 40


def parse_decimal(text: str, *, thousands: bool = False) -> Decimal:
    """Read 61,5 and 61.5 and 1.234,5. Raises NumberError.

    One dot before exactly three digits (1.234) may be a thousand or a decimal: refused, because a clinical value must
    not be guessed, unless `thousands` says that whole numbers are expected.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise NumberError("number.format", f"Không đọc được số “{text[:_LONGEST]}…”: dài quá {_LONGEST} ký tự.")
    if _WHOLE.fullmatch(text):
        return Decimal(text)
    if found := _COMMA.fullmatch(text):
        sign, whole, decimals = found.groups()
        return Decimal(f"{sign}{whole.replace('.', '')}.{decimals}")
    if found := _GROUPS.fullmatch(text):
        return _grouped(text, *found.groups(), thousands=thousands)
    if _DOT.fullmatch(text):
        return Decimal(text)
    raise NumberError("number.format", f"Không đọc được số “{text}”. Viết chữ số, dấu phẩy cho phần lẻ, ví dụ 61,5.")


def _grouped(text: str, sign: str, digits: str, *, thousands: bool) -> Decimal:
    """Digits with dots before each three: a thousand, unless one dot or a leading zero leaves doubt."""
    if digits.startswith("0"):  # 0.125 can only be a decimal
        if digits.count(".") == 1:
            return Decimal(text)
        raise NumberError("number.format", f"Không đọc được số “{text}”.")
    if digits.count(".") == 1 and not thousands:
        whole, rest = digits.split(".")
        raise NumberError(
            "number.ambiguous",
            f"“{text}” có thể là {sign}{whole}{rest} hoặc {sign}{whole},{rest}. "
            f"Viết {sign}{whole}{rest} nếu là số nguyên, {sign}{whole},{rest} nếu là số lẻ.",
        )
    return Decimal(sign + digits.replace(".", ""))


def format_number(number: Number | None, places: int | None = None) -> str:
    """1.234,56; "" for None. `places` None: as many decimals as the number has, without trailing zeros."""
    if number is None:
        return ""
    if places is None:
        text = format(Decimal(str(number)), "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    else:
        text = format(_round_half_up(_exact(number), places), "f")
    sign = "-" if text.startswith("-") and text.strip("-0.") else ""
    whole, _, decimals = text.lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{sign}{grouped},{decimals}" if decimals else f"{sign}{grouped}"


def percent(numerator: Number | None, denominator: Number | None, places: int = 2) -> Decimal | None:
    """Exact percentage rounded half up; None without a denominator. Never clipped: 102.32 stays 102.32."""
    if numerator is None or not denominator:
        return None
    return _round_half_up(_exact(numerator) * 100 / _exact(denominator), places)


def format_percent(numerator: Number | None, denominator: Number | None, places: int = 2) -> str:
    """As 102,32%, or "-" when there is no denominator."""
    value = percent(numerator, denominator, places)
    return "-" if value is None else f"{format_number(value, places)}%"


def _exact(number: Number) -> Fraction:
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _round_half_up(value: Fraction, places: int) -> Decimal:
    """Half away from zero, as ROUND_HALF_UP, but from the exact ratio: no rounding twice."""
    scaled = abs(value) * 10**places + Fraction(1, 2)
    units = scaled.numerator // scaled.denominator
    return Decimal(units if value >= 0 else -units).scaleb(-places)
