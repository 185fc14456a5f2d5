"""The admin of the record: sections A, B and D as the form has them, and their lists one row at a time."""

from ehr.records.admin import care, details, encounter, history, household, person

__all__ = ["care", "details", "encounter", "history", "household", "person"]
