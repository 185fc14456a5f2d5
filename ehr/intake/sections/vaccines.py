"""Which vaccine and dose a cell means: a line of the printed form, or a vaccine of the list with its number."""

from __future__ import annotations

from dataclasses import dataclass

from ehr.common.text import plain
from ehr.vaccination.models import FormRow, Vaccine
from ehr.vaccination.queries import printed_rows

PREFIXES = ("vac xin ", "vacxin ", "vaccine ", "vx ")


@dataclass(frozen=True, slots=True)
class Meant:
    """`row`: the printed line, or None; then `vaccine`, of which the number must stand beside it."""

    vaccine: Vaccine
    row: FormRow | None = None


class Vaccines:
    """The words for vaccines, read once for a sheet. Two queries (one a minute)."""

    def __init__(self) -> None:
        self.rows = list(printed_rows().values())
        vaccines = list(Vaccine.objects.order_by("pk"))
        self.by_code = {vaccine.code.upper(): vaccine for vaccine in vaccines}
        self.by_name: dict[str, Vaccine] = {}
        for vaccine in vaccines:
            for name in (plain(vaccine.name), _short(plain(vaccine.name)), plain(vaccine.code)):
                self.by_name.setdefault(name, vaccine)
        self.by_label = {plain(row.label): row for row in self.rows}
        self.by_dose = {(row.vaccine_id, row.dose_number, row.table): row for row in self.rows}

    def find(self, text: str, number: int | None) -> Meant | None:
        """The printed line or vaccine of these words; None when nobody knows them.

        "HPV 2" and "HPV" with dose 2 are the second printed line; "HPV2" typed as a code is the 2-valent vaccine."""
        key = plain(text)
        if vaccine := self.by_code.get(text.strip().upper()):
            return Meant(vaccine, self._printed(text, number))
        row = self.by_label.get(key) or self.by_label.get(_short(key)) or self._printed(text, number)
        if row is not None:
            return Meant(row.vaccine, row)
        found = self.by_name.get(key) or self.by_name.get(_short(key))
        return Meant(found) if found else None

    def _printed(self, text: str, number: int | None) -> FormRow | None:
        """The line whose label is these words and the number: "UV" and 1 is "UV1", "VNNB" and 2 is "VNNB B2"."""
        if number is None:
            return None
        short = _short(plain(text)).replace(" ", "")
        wanted = {f"{short}{number}", f"{short}b{number}"}
        return next((row for row in self.rows if plain(row.label).replace(" ", "") in wanted), None)

    def printed(self, vaccine: Vaccine, number: int | None, table: str) -> FormRow | None:
        """The line of a table that prints this dose of this vaccine."""
        return self.by_dose.get((vaccine.pk, number or 0, table)) if number is not None else None


def _short(key: str) -> str:
    return next((key.removeprefix(prefix) for prefix in PREFIXES if key.startswith(prefix)), key)
