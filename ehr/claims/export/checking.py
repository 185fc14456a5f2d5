"""What may leave: every claim through the rules of export, and through the list of what only programmes may know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate

from ehr.claims.claim import Claim
from ehr.claims.findings import Finding
from ehr.claims.models import RuleLevel
from ehr.claims.prices.bill import PRICED
from ehr.claims.restricted import restricted_of
from ehr.claims.rules import EXPORT, Profile, check
from ehr.claims.services.known import known_for
from ehr.claims.spec import tables
from ehr.claims.storing.document import is_plain
from ehr.common.dates import format_date

_COUNTER = "STT"  # counts within one send
_LABELS = {
    "XML1": "thông tin chung", "XML2": "thuốc", "XML3": "dịch vụ, vật tư", "XML4": "kết quả cận lâm sàng",
    "XML5": "diễn biến", "XML7": "giấy ra viện", "XML8": "tóm tắt bệnh án", "XML9": "giấy chứng sinh",
    "XML13": "giấy chuyển", "XML14": "giấy hẹn",
}  # fmt: skip


@dataclass(slots=True)
class Candidate:
    """One visit on its way out. `source`: "claim" (value for value as it came) or "record" (entered here). `held`:
    why it stays. `why_again`: what changed since it last went out, "" for the first time and for no change."""

    claim: Claim
    source: str
    encounter_id: int | None
    person_id: int | None
    restricted: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    held: list[Finding] = field(default_factory=list)
    content: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    sent_before: bool = False
    why_again: str = ""

    @property
    def ma_lk(self) -> str:
        return self.claim.ma_lk


class Checker:
    """The rules as they stand here today. One query to make, the code lists once a minute."""

    def __init__(self) -> None:
        self._known = known_for(None)
        self._profile = profile()

    def check(self, found: Candidate) -> Candidate:
        """Fills `findings`, `held`, `restricted`, `content`, `digests`. A claim that came as XML was looked at for what
        is restricted when it came, and is kept as it is written."""
        claim = found.claim
        if found.source == "record":
            found.restricted = restricted_of(claim)
            found.content = {name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}
        else:
            found.content = {name: [row.raw for row in rows] for name, rows in claim.tables.items()}
        found.findings = check(claim, self._known(claim), self._profile)
        stopping = self._profile.stopped_by(found.findings)
        if found.held:  # why there is no bill stands there: that its columns are empty is no reason of its own
            stopping = [each for each in stopping if each.column not in PRICED or each.value]
        found.held += stopping
        found.digests = digests_of(found.content)
        return found


def profile() -> Profile:
    """EXPORT with what is set here. One query."""
    today = localdate()
    rows = RuleLevel.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today), Q(valid_to=None) | Q(valid_to__gt=today)
    )
    return EXPORT.with_site(dict(rows.values_list("rule_id", "level")))


def digests_of(content: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """A short digest of the rows of each table, without counters."""
    return {
        name: hashlib.sha256(b"[%s]" % b", ".join(map(_row_text, rows))).hexdigest()[:16]
        for name, rows in content.items()
    }


def _row_text(row: Mapping[str, str]) -> bytes:
    """The row as JSON writes the list of its columns and values, sorted. Of most rows nothing is to be escaped: their
    values only have to be put into the text that all rows with these columns have in common."""
    text, names = _shape(tuple(row))
    text %= tuple([row[name] for name in names])
    data = text.encode()
    if is_plain(data, len(names)):
        return data
    return json.dumps([(name, row[name]) for name in names], ensure_ascii=False).encode()


@lru_cache(maxsize=4096)
def _shape(columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    names = tuple(sorted(name for name in columns if name != _COUNTER))
    return "[" + ", ".join(f'["{name}", "%s"]' for name in names) + "]", names


def difference(before: Mapping[str, str], after: Mapping[str, str], sent_at: Any) -> str:
    """What is different from what went out: "Đã đổi sau lần xuất ngày …: thuốc (XML2)". "" for nothing."""
    changed = [name for name in _order({*before, *after}) if before.get(name) != after.get(name)]
    if not changed:
        return ""
    words = ", ".join(f"{_LABELS[name]} ({name})" if name in _LABELS else name for name in changed)
    return f"Đã đổi sau lần xuất ngày {format_date(sent_at)}: {words}."


def _order(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(name), name))


def column_label(finding: Finding, claim: Claim) -> str:
    """A column in words, for lists that people read."""
    known = tables(claim.standard).get(finding.table)
    column = known.columns.get(finding.column) if known else None
    return column.label if column else ""
