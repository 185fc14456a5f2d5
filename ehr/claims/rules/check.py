"""One claim through all rules of its standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ehr.claims.claim import Claim
from ehr.claims.findings import Finding, excerpt
from ehr.claims.rules.facts import Facts, Hit, Known
from ehr.claims.rules.plan import plan_of
from ehr.claims.spec import Level, RuleInfo

#: What a site may set for a rule: a level, or "off".
Severity = Level | str


@dataclass(frozen=True, slots=True)
class Profile:
    """How strict a check is. `severities`: by rule id, before the defaults of rules.csv; `stops`: levels that keep a
    claim out (import) or back (export)."""

    stops: frozenset[str]
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def with_site(self, severities: Mapping[str, Severity]) -> Profile:
        """The profile with what a site has set."""
        return Profile(self.stops, {**self.severities, **severities})

    def level(self, info: RuleInfo, own: str) -> Severity:
        """Level of a finding. A site's setting of the rule decides; a rule that found something milder stays so."""
        given = self.severities.get(info.rule_id)
        if given is not None:
            return "warning" if own == "warning" and given != "off" else given
        return own or info.level

    def stopped_by(self, findings: Iterable[Finding]) -> list[Finding]:
        return [finding for finding in findings if finding.level in self.stops]


#: Another facility's file: mild, because the record of the person matters more than the claim. Notes of rules.csv:
#: too long is kept whole with a warning; a station with one doctor orders and does the tests itself.
IMPORT = Profile(frozenset({"reject"}), {"CLM-ANY-02": "warning", "CLM-T3-14": "off"})
#: Our own claims: nothing that the gateway or the fund would dispute goes out.
EXPORT = Profile(frozenset({"reject", "error"}), {"CLM-T3-14": "off"})


def check(claim: Claim, known: Known, profile: Profile = IMPORT) -> list[Finding]:
    """All findings of a claim: those of reading, then those of the rules, in the order of rules.csv.

    A claim that was set aside has its reason only: rules about half of a claim would mislead."""
    found = list(claim.findings)
    if claim.set_aside is not None:
        return [claim.set_aside, *found]
    facts = Facts(claim, known)
    for info, hit in plan_of(claim.standard).ask(facts):
        _add(found, info, hit, profile)
    return found


def _add(found: list[Finding], info: RuleInfo, hit: Hit, profile: Profile) -> None:
    level = profile.level(info, hit.level)
    if level == "off":
        return
    value = hit.row.raw.get(hit.column, "") if hit.row else ""
    line = hit.row.line if hit.row else 0
    found.append(
        Finding(info.rule_id, hit.table, line, hit.column, excerpt(value.strip()), level, hit.message)  # type: ignore[arg-type]
    )


def repeated_keys(keys: Iterable[str]) -> set[str]:
    """MA_LK that come more than once."""
    seen: set[str] = set()
    twice: set[str] = set()
    for key in keys:
        if key:
            (twice if key in seen else seen).add(key)
    return twice
