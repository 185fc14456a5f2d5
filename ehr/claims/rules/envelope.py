"""Rules about the envelope: of the whole file, and of one HOSO against it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ehr.claims.claim import Envelope
from ehr.claims.findings import Finding, excerpt
from ehr.claims.rules.facts import Facts, Hit, Known
from ehr.claims.rules.registry import rule
from ehr.claims.spec import Level, rules
from ehr.claims.values import read_when

_DIGITS = re.compile(r"\d+", re.ASCII)
_SIGNED_SINCE = "2026"


def check_envelope(envelope: Envelope, known: Known) -> list[Finding]:
    """Findings about the file as a whole; rules by `rules.csv`, levels as there."""
    if envelope.kind != "claims":
        return []
    return list(_envelope(envelope, known))


def _envelope(envelope: Envelope, known: Known) -> Iterator[Finding]:
    def found(rule_id: str, column: str, value: str, message: str, level: Level | None = None) -> Finding:
        return Finding(rule_id, "", 0, column, excerpt(value), level or rules()[rule_id].level, message)

    if len(envelope.facility) != 5:
        text = f"là “{excerpt(envelope.facility, 20)}”" if envelope.facility else "để trống"
        yield found("CLM-ENV-03", "MACSKCB", envelope.facility, f"Mã cơ sở của tệp (MACSKCB) {text}, cần đúng 5 ký tự.")
    when, notice = read_when(envelope.made_on, False)
    if when is None or notice not in ("", "time_given"):
        yield found(
            "CLM-ENV-04", "NGAYLAP", envelope.made_on,
            f"Ngày lập của tệp (NGAYLAP) là “{excerpt(envelope.made_on, 20)}”, cần dạng yyyyMMdd.",
        )  # fmt: skip
    if not _DIGITS.fullmatch(envelope.declared) or int(envelope.declared[:12]) != envelope.count:
        yield found(
            "CLM-ENV-05", "SOLUONGHOSO", envelope.declared,
            f"Tệp ghi có {excerpt(envelope.declared, 20) or '(trống)'} hồ sơ nhưng đọc được {envelope.count}; "
            "tiếp tục theo số đọc được.",
        )  # fmt: skip
    if not envelope.signed and envelope.made_on[:4].isdigit() and envelope.made_on[:4] >= _SIGNED_SINCE:
        yield found(
            "CLM-ENV-10", "CHUKYDONVI", "",
            "Tệp từ năm 2026 nhưng chưa có chữ ký số của đơn vị (NĐ 188/2025, điều 69).",
        )  # fmt: skip
    if envelope.unknown_tags:
        names = ", ".join(envelope.unknown_tags)
        yield found("CLM-ANY-07", "", names, f"Có thẻ lạ ngoài các hồ sơ, được giữ trong tệp gốc: {names}.")


@rule("CLM-ENV-03")
def facility_of_file(facts: Facts) -> Iterator[Hit]:
    envelope = facts.known.envelope
    if envelope is None or facts.main is None or not envelope.facility:
        return
    own = facts.main.text("MA_CSKCB")
    if own and own != envelope.facility:
        yield Hit(
            "XML1", facts.main, "MA_CSKCB",
            f"Mã cơ sở trong XML1 là {own}, khác mã cơ sở của tệp {envelope.facility}.",
        )  # fmt: skip
