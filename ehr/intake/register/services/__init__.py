"""What is done with a comparison, through whichever door."""

from ehr.intake.register.services.accepting import accept, accept_all, run
from ehr.intake.register.services.comparing import compare
from ehr.intake.register.services.deciding import choose_mother, decide, keep, reopen
from ehr.intake.register.services.undoing import blockers, run_undo, undo
from ehr.intake.register.services.whole import undo_all, write_all

__all__ = [
    "accept",
    "accept_all",
    "blockers",
    "choose_mother",
    "compare",
    "decide",
    "keep",
    "reopen",
    "run",
    "run_undo",
    "undo",
    "undo_all",
    "write_all",
]
