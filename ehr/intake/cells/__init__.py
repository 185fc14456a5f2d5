"""Cells read by rule: one reader per field, chosen once per column. `reader_for` is the way in."""

from ehr.intake.cells.read import More, Read, Reader, guarded, shown
from ehr.intake.cells.readers import reader_for

__all__ = ["More", "Read", "Reader", "guarded", "reader_for", "shown"]
