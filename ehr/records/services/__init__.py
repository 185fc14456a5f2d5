"""The only writers of the record. Every door translates into field codes and calls one of these."""

from ehr.records.services.common import Saved
from ehr.records.services.encounter import cancel_encounter, save_encounter
from ehr.records.services.history import save_history
from ehr.records.services.household import save_household, set_membership
from ehr.records.services.person import save_person
from ehr.records.services.rows import save_row

__all__ = [
    "Saved",
    "cancel_encounter",
    "save_encounter",
    "save_history",
    "save_household",
    "save_person",
    "save_row",
    "set_membership",
]
