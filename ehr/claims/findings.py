"""What reading and checking say: a finding about a place in a file, or the refusal of a whole file."""

from __future__ import annotations

from dataclasses import dataclass

from ehr.claims.spec import Level

_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    `rule_id` is an id of rules.csv. `table` is XML0 … XML15 or "" for the envelope; `line` is the position of the row
    in its table, from 1, 0 when it is about no row; `value` is what stands in the file, cut to 200 characters.
    """

    rule_id: str
    table: str
    line: int
    column: str
    value: str
    level: Level
    message: str


def excerpt(value: str, longest: int = _LONGEST_VALUE) -> str:
    """The value on one line, cut with an ellipsis."""
    value = " ".join(value[: longest * 2].split()) if len(value) > longest or not value.isprintable() else value
    return value if len(value) <= longest else value[: longest - 1] + "…"


class ClaimFileRefused(Exception):
    """The file as a whole cannot be taken in. `message` is one Vietnamese sentence without personal data, `code` is
    stable: claims.empty, claims.not_xml, claims.doctype, claims.wrong_root, claims.health_check, claims.form831,
    claims.broken, claims.truncated, claims.too_large, claims.too_many, claims.too_deep, claims.blank, claims.encoding,
    and for archives claims.zip_broken, claims.zip_bomb, claims.zip_name, claims.zip_encrypted, claims.zip_empty,
    claims.zip_nested."""

    def __init__(self, code: str, message: str, rule_id: str = "CLM-ENV-01") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.rule_id = rule_id
