"""What every door does with claim files: screen, command, REST, inbox and tasks call these."""

from ehr.claims.services.access import may_undo, require_sender
from ehr.claims.services.chunks import work, work_chunk
from ehr.claims.services.facts import FilledFacts, KeptFact, filled_facts
from ehr.claims.services.inbox import take_in
from ehr.claims.services.outcome import problems_of, refused, result
from ehr.claims.services.raw import open_raw
from ehr.claims.services.reading import process
from ehr.claims.services.receiving import finish, receive
from ehr.claims.services.resuming import resume, retry, stuck
from ehr.claims.services.undoing import Blocker, run_undo, undo, undo_blockers

__all__ = [
    "Blocker",
    "FilledFacts",
    "KeptFact",
    "filled_facts",
    "finish",
    "may_undo",
    "open_raw",
    "problems_of",
    "process",
    "receive",
    "refused",
    "require_sender",
    "result",
    "resume",
    "retry",
    "run_undo",
    "stuck",
    "take_in",
    "undo",
    "undo_blockers",
    "work",
    "work_chunk",
]
