"""Which function checks which rule of rules.csv, and why some rules have none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ehr.claims.rules.facts import Hit
from ehr.claims.spec import Standard

#: The function of a rule: facts, for most also the row → hits, none when the rule is kept.
Check = Callable[..., Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check and when it has to be asked, see `rule`. `columns` and `facts`: what decides, () for unknown."""

    rule_id: str
    check: Check
    of: str
    when: frozenset[str]
    lacking: frozenset[str]
    columns: tuple[str, ...]
    facts: tuple[str, ...]
    lacking_of: Callable[[Standard, str], frozenset[str]] | None = None

    def of_table(self, standard: Standard, table: str) -> Rule:
        """A rule about every table, as it stands for one."""
        lacking = self.lacking_of(standard, table) if self.lacking_of else self.lacking
        return replace(self, of=table, lacking=lacking)

    def concerns(self, filled: set[str]) -> bool:
        """Whether a row with these columns filled can break it."""
        if not self.when and not self.lacking:
            return True
        return not self.when.isdisjoint(filled) or not self.lacking <= filled


RULES: dict[str, Rule] = {}
#: `of` for rules about the rows of all tables.
EVERY_TABLE = "*"


def rule(
    rule_id: str,
    *,
    of: str = "",
    when: str = "",
    lacking: str | Callable[[Standard, str], frozenset[str]] = "",
    reads: str = "",
) -> Callable[[Check], Any]:
    """Registers the function as the check of that rule. It is given claims of the standards of the rule only.

    Alone, the function is called once for a claim, with its `Facts`. With `of`, the name of a table, it is called for
    each row of it, with facts and row. The rest only saves time, and a rule without it is right as well; all are names
    parted by blanks:

    - `when`: only rows in which one of these columns is filled can break the rule; `lacking`: only rows in which one
      of these is empty can. With both, either is enough. (A function gives the names for a standard and a table.)
    - `reads`: columns of the row, and attributes of `Facts` (small letters), that alone decide together with `Known`;
      a row with values that have passed is not asked again. A test watches that no rule reads more than it says.
    """
    named = reads.split()

    def register(function: Check) -> Check:
        if rule_id in RULES:
            raise ValueError(f"{rule_id} has two checks")
        RULES[rule_id] = Rule(
            rule_id, function, of, frozenset(when.split()),
            frozenset(lacking.split()) if isinstance(lacking, str) else frozenset(),
            tuple(name for name in named if name.isupper()), tuple(name for name in named if not name.isupper()),
            None if isinstance(lacking, str) else lacking,
        )  # fmt: skip
        return function

    return register


#: Found while reading (ehr.claims.xml): a refusal, a claim set aside, or a finding of the claim.
BY_READER = {
    "CLM-ENV-01": "ClaimFileRefused, or the HOSO is set aside",
    "CLM-ENV-02": "ClaimFileRefused",
    "CLM-ENV-06": "finding of the claim",
    "CLM-ENV-07": "the HOSO is set aside",
    "CLM-ENV-08": "the HOSO is set aside",
    "CLM-ENV-09": "the HOSO is set aside",
}

#: Found in one pass over all values: `generic.check_values`.
BY_VALUES = {"CLM-ENV-11", *(f"CLM-ANY-{number:02d}" for number in range(2, 9))}

#: Of the file, not of one HOSO: `check_envelope`.
BY_FILE = {"CLM-ENV-04", "CLM-ENV-05", "CLM-ENV-10"}

#: Not checked, with the reason. Everything else in rules.csv is in RULES, BY_READER or BY_FILE.
UNCHECKED = {
    "CLM-T1-17": "Needs the site's own list of admission reasons by route; no such list is published.",
    "CLM-T2-02": "Needs the facility's approved drug list from the gateway; no station has handed one in.",
    "CLM-T2-03": "Needs the approved price of each drug from the gateway.",
    "CLM-T3-02": "Needs the facility's approved service list with prices from the gateway.",
}

#: Only in part, with what is missing.
PARTLY = {
    "CLM-T3-03": "Supply list and prices of the gateway are missing: empty names, codes and bidding data are checked.",
    "CLM-T3-06": "The device list of the facility is missing: empty and over-long codes are checked.",
    "CLM-T3-19": "Which procedures may be done twice is not published: the same one at the same minute is reported.",
}
