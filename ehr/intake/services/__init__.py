"""What every door does with files: screen, command and REST call these, which check rights and places themselves."""

from ehr.intake.services.access import may_undo, require_commune, require_undo
from ehr.intake.services.blocking import Blocker
from ehr.intake.services.deciding import decide
from ehr.intake.services.outcome import refused_workbook, result
from ehr.intake.services.reading import read
from ehr.intake.services.resuming import guarded, stuck
from ehr.intake.services.undoing import blockers, run_undo, undo
from ehr.intake.services.uploading import cancel, set_columns, upload
from ehr.intake.services.writing import confirm, write

__all__ = [
    "Blocker",
    "blockers",
    "cancel",
    "confirm",
    "decide",
    "guarded",
    "may_undo",
    "read",
    "refused_workbook",
    "require_commune",
    "require_undo",
    "result",
    "run_undo",
    "set_columns",
    "stuck",
    "undo",
    "upload",
    "write",
]
