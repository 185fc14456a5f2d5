"""What every door does with files: screen, command and REST call these, which check rights and places themselves."""

from ehr.intake.services.access import may_undo, require_commune, require_undo
from ehr.intake.services.blocking import Blocker
from ehr.intake.services.clearing import clear_old
from ehr.intake.services.deciding import decide
from ehr.intake.services.headers import HeaderAt, layouts_at, top_of_sheets
from ehr.intake.services.mapping import Wanted, check_mapping, corrected
from ehr.intake.services.outcome import people_of_refused, refused_workbook, result
from ehr.intake.services.reading import read
from ehr.intake.services.resuming import guarded, stuck
from ehr.intake.services.undoing import blockers, run_undo, undo
from ehr.intake.services.uploading import cancel, set_columns, upload
from ehr.intake.services.writing import confirm, write

__all__ = [
    "Blocker",
    "HeaderAt",
    "Wanted",
    "blockers",
    "cancel",
    "check_mapping",
    "clear_old",
    "confirm",
    "corrected",
    "decide",
    "guarded",
    "layouts_at",
    "may_undo",
    "people_of_refused",
    "read",
    "refused_workbook",
    "require_commune",
    "require_undo",
    "result",
    "run_undo",
    "set_columns",
    "stuck",
    "top_of_sheets",
    "undo",
    "upload",
    "write",
]
