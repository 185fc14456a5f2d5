"""Files that communes send, read into sheets of cells: .xlsx, .xls, .ods, .csv. Bad files are refused in one sentence."""

from ehr.intake.files.sheet import Cell, CellError, FileRefused, Merged, Sheet, fill_merged

__all__ = ["Cell", "CellError", "FileRefused", "Merged", "Sheet", "fill_merged"]
