"""Sections A, B and D of form 831: which place keeps which field. Section C stands in ehr.vaccination.sections.

A store reads `table.column`, `table.kind` (a line of a list) or `table.kind.column`. Every door reads these specs."""

from ehr.records.sections.a import SECTION_A
from ehr.records.sections.b import SECTION_B
from ehr.records.sections.d import SECTION_D

__all__ = ["SECTION_A", "SECTION_B", "SECTION_D"]
