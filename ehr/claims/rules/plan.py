"""The rules of a standard in the order in which they are asked.

Most rules have nothing to say about most rows, and a rule that is not called costs nothing. So the rules about a row
are found by the columns that are filled in it: rows of one program fill the same ones again and again, and which rules
concern such a row is worked out once (`Questions.about`). A rule that says what it reads is not asked twice about the
same values (`Known.passed`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from ehr.claims.claim import Row
from ehr.claims.rules.facts import Facts, Hit, Passed
from ehr.claims.rules.generic import FAR_TOO_LONG, check_values
from ehr.claims.rules.registry import EVERY_TABLE, RULES, Check, Rule
from ehr.claims.spec import RuleInfo, Standard, rules, tables

#: Rules of these run for every claim, those of a table only where it has rows.
ALWAYS = frozenset({"envelope", "any", "cross"})
_MOST_LAYOUTS = 4_096
_MOST_PASSED = 2_000

#: What of a row decides; of the columns that are not filled it is enough to know which they are.
Key = Callable[[dict[str, str]], Any]
#: A rule as it is asked: its place in the plan, the function, the columns (None: not known, ask always) and the facts
#: that it reads.
Question = tuple[int, Check, Key | None, Callable[[Facts], Any] | None]
#: Hits with the place of their rule in the plan.
Hits = list[tuple[int, Hit]]


@dataclass(slots=True)
class Questions:
    """The rules about the rows of one table."""

    rules: list[tuple[int, Rule]] = field(default_factory=list)
    layouts: dict[tuple[str, ...], tuple[Question, ...]] = field(default_factory=dict)

    def about(self, filled: tuple[str, ...]) -> tuple[Question, ...]:
        """The rules that a row with these columns filled can break."""
        found = self.layouts.get(filled)
        if found is None:
            if len(self.layouts) >= _MOST_LAYOUTS:
                self.layouts.clear()
            columns = set(filled)
            found = self.layouts[filled] = tuple(
                (
                    place,
                    rule.check,
                    _key_of(rule.columns, columns) if rule.columns else None,
                    attrgetter(*rule.facts) if rule.facts else None,
                )
                for place, rule in self.rules
                if rule.concerns(columns)
            )
        return found

    def ask(self, facts: Facts, row: Row, passed: Passed, hits: Hits) -> None:
        values = row.values
        for place, check, key_of, named in self.about(row.filled):
            if key_of is None:
                for hit in check(facts, row):
                    hits.append((place, hit))
                continue
            key = key_of(values) if named is None else (key_of(values), named(facts))
            known = passed[place]
            if key in known:
                continue
            found = [(place, hit) for hit in check(facts, row)]
            if found:
                hits.extend(found)
            elif len(known) < _MOST_PASSED:
                known.add(key)


def _key_of(columns: tuple[str, ...], filled: set[str]) -> Key:
    """The values of these columns in rows of which these are filled: alike only for rows alike."""
    there = [name for name in columns if name in filled]
    if len(there) == len(columns):
        return itemgetter(*columns)
    if not there:
        return lambda values: None
    value_of, gaps = itemgetter(*there), tuple(name in filled for name in columns)
    return lambda values: (gaps, value_of(values))


@dataclass(slots=True)
class Plan:
    """All rules of a standard. `infos`: by place. `whole`: rules about the claim, with the table they need, "" for
    none. `tables`: rules about rows. `values`: place of rules that the pass over the values answers."""

    infos: list[RuleInfo]
    whole: list[tuple[int, str, Check]]
    tables: dict[str, Questions]
    values: dict[str, int]

    def ask(self, facts: Facts) -> list[tuple[RuleInfo, Hit]]:
        """Hits in the order of rules.csv, and in the order of rows; what the values say comes last."""
        passed = facts.known.passed.get(facts.standard)
        if passed is None:
            passed = facts.known.passed[facts.standard] = [set() for _ in self.infos]
        hits: Hits = []
        present = facts.claim.tables
        for place, table, check in self.whole:
            if not table or present.get(table):
                for hit in check(facts):
                    hits.append((place, hit))
        for table, rows in present.items():
            questions = self.tables.get(table)
            if questions is not None:
                for row in rows:
                    questions.ask(facts, row, passed, hits)
        last = []
        for rule_id, hit in check_values(facts):
            if rule_id in self.values:
                hits.append((self.values[rule_id], hit))
            else:
                last.append((rules()[rule_id], hit))
        if hits:
            hits.sort(key=itemgetter(0))
        return [(self.infos[place], hit) for place, hit in hits] + last


@cache
def plan_of(standard: Standard) -> Plan:
    """The plan of a standard; rules of one table stand together, else they are in the order of rules.csv."""
    by_table: dict[str, list[RuleInfo]] = {}
    for rule_id, info in rules().items():
        if (rule_id in RULES or rule_id == FAR_TOO_LONG) and standard in info.standards:
            by_table.setdefault(info.table, []).append(info)
    plan = Plan([info for infos in by_table.values() for info in infos], [], {}, {})
    for place, info in enumerate(plan.infos):
        rule = RULES.get(info.rule_id)
        if rule is None:
            plan.values[info.rule_id] = place
        elif rule.of == EVERY_TABLE:
            for table in tables(standard):
                questions = plan.tables.setdefault(table, Questions())
                questions.rules.append((place, rule.of_table(standard, table)))
        elif rule.of:
            plan.tables.setdefault(rule.of, Questions()).rules.append((place, rule))
        else:
            plan.whole.append((place, "" if info.table in ALWAYS else info.table, rule.check))
    return plan
