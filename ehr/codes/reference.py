"""The code lists that the project brings along: fixtures/systems.csv and one CSV per list."""

import hashlib
from functools import partial
from pathlib import Path

from ehr.codes.files import read_codes
from ehr.codes.services import load_release
from ehr.common.reference import Loaded, ReferenceList, check_count, day, read_csv

FIXTURES = Path(__file__).parent / "fixtures"


def _file(about: dict[str, str]) -> Path:
    """A list with several releases has a file for each: `<key>@<version>.csv`."""
    versioned = FIXTURES / f"{about['key']}@{about['version']}.csv"
    return versioned if versioned.exists() else FIXTURES / f"{about['key']}.csv"


def _load(about: dict[str, str]) -> Loaded:
    """One list as its release. Codes get no first day: records older than the list carry them, too."""
    content = _file(about).read_bytes()
    rows = read_codes(content)
    note = check_count(f"mã {about['name']}", len(rows), int(about["rows"]))
    loaded = load_release(
        system=about["key"], name=about["name"], uri=about["uri"], version=about["version"], rows=rows,
        source=about["source"], valid_from=day(about["valid_from"]), sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    return Loaded(loaded.rows, loaded.inserted, loaded.updated, (note,))


def reference_lists() -> list[ReferenceList]:
    """One per code system."""
    return [
        ReferenceList(_file(about).stem, about["name"], about["source"], (_file(about),), partial(_load, about))
        for about in read_csv(FIXTURES / "systems.csv")
    ]
