"""Names of places in cells: villages of the commune that the batch is for, communes and provinces of both lists."""

from __future__ import annotations

from ehr.common.text import nfc
from ehr.intake.cells.read import NOTHING, Read, text_of
from ehr.intake.cells.words import WordList, code_list
from ehr.intake.files import Cell
from ehr.intake.places.units import Units
from ehr.intake.places.villages import Villages
from ehr.records.facts import codes_of
from stations.models import AdminUnit, AdminUnitName, AdminUnitSuccession, Village

__all__ = ["Places", "Units", "Villages"]


class Places:
    """What the names in a commune's sheets mean. Three or four queries when it is made."""

    def __init__(self, commune: AdminUnit) -> None:
        self.commune = commune
        rows = Village.objects.filter(commune=commune).select_related("old_commune").order_by("position", "name")
        self.villages = Villages(commune, rows)
        went = AdminUnitSuccession.objects.filter(new=commune).select_related("old__parent__parent")
        old = [each.old for each in went]
        names = AdminUnitName.objects.filter(unit__in=[commune, *old]).values_list("full_name", flat=True)
        self.units = Units(commune, old, list(names))
        self._words: dict[str, WordList] = {}

    def words(self, system: str) -> WordList:
        """The names and spellings of a code list."""
        if system not in self._words:
            codes = {
                code: (row.name, str(row.properties.get("other_names", ""))) for code, row in codes_of(system).items()
            }
            self._words[system] = code_list(system, codes)
        return self._words[system]

    def read_text(self, cell: Cell) -> Read:
        """Part of an address that is resolved together with its neighbours."""
        text = nfc(text_of(cell)).strip(" .,;")
        return (text, None) if text else NOTHING
