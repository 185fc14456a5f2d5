"""The checks of rules.csv, pure: `check` for one claim, `check_envelope` for the file around them.

The modules imported first register their rules.
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
