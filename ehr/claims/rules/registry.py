"""Which function checks which rule of rules.csv, and why some rules have none."""

from __future__ import annotations

from collections.abc import Callable

from ehr.claims.rules.facts import Rule

RULES: dict[str, Rule] = {}


def rule(rule_id: str) -> Callable[[Rule], Rule]:
    """Registers the function as the check of that rule. It is given claims of the standards of the rule only."""

    def register(function: Rule) -> Rule:
        if rule_id in RULES:
            raise ValueError(f"{rule_id} has two checks")
        RULES[rule_id] = function
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
BY_VALUES = {f"CLM-ANY-{number:02d}" for number in range(2, 9)}

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
