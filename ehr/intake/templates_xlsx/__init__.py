"""Spreadsheets to download, fill in and send back: one per kind of sheet, made from the section specs."""

from __future__ import annotations

from ehr.intake.templates_xlsx.book import NOT_DATA, Place, write_book
from ehr.intake.templates_xlsx.columns import TEMPLATES, Template
from ehr.intake.templates_xlsx.examples import EXAMPLES
from ehr.intake.templates_xlsx.lists import read_lists
from stations.models import AdminUnit

__all__ = ["NOT_DATA", "TEMPLATES", "Template", "file_name", "workbook"]


def workbook(name: str, commune: AdminUnit) -> bytes:
    """The template `name` (a key of TEMPLATES) of a commune as .xlsx. Raises KeyError. At most one query per list."""
    template = TEMPLATES[name]
    lists = read_lists({column.source for column in template.columns if column.source}, commune)
    villages = lists.get("Thôn") or ["Thôn 1"]
    examples = [{"current_village_code": villages[0], **row} for row in EXAMPLES[name]]
    place = Place(commune.full_name, commune.parent.full_name if commune.parent else "")
    return write_book(template, place, lists, examples)


def file_name(name: str, commune: AdminUnit) -> str:
    """What the download is called: ASCII, says what it is and for which commune."""
    return f"mau-{name}-{commune.code}.xlsx"
