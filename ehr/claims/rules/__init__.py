"""The checks of rules.csv, pure: `check` for one claim, `check_envelope` for the file around them.

The modules imported first register their rules. A new rule is a line of rules.csv, a function in the module of its
table with `@rule(id, of=table)`, and a case in the tests that breaks it. That is complete; `when`, `lacking` and
`reads` (see `registry.rule`) then spare the rows about which it has nothing to say. What a column may hold, its
length, kind, code list and whether it is required, is no rule: it stands in tables.csv, and `generic` reads it there.
"""

from ehr.claims.rules import clinical, cross, drugs, envelope, generic, papers, services, visit  # noqa: F401
from ehr.claims.rules.check import EXPORT, IMPORT, Profile, check, repeated_keys
from ehr.claims.rules.envelope import check_envelope
from ehr.claims.rules.facts import Known
from ehr.claims.rules.registry import BY_FILE, BY_READER, BY_VALUES, PARTLY, RULES, UNCHECKED

__all__ = [
    "BY_FILE",
    "BY_READER",
    "BY_VALUES",
    "EXPORT",
    "IMPORT",
    "PARTLY",
    "RULES",
    "UNCHECKED",
    "Known",
    "Profile",
    "check",
    "check_envelope",
    "repeated_keys",
]
