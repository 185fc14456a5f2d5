"""What became of a file: as plain data for commands and partners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ehr.claims.models import ClaimEntry, ClaimFile

State = ClaimFile.State
PROBLEM = ("table", "line", "column", "value", "rule", "level", "message")


def result(file: ClaimFile) -> dict[str, Any]:
    """{file, sha256, standard, encounters, stored, unchanged, rejected, unmatched, problems}: what the command prints.

    `stored`: new claims and new versions; `unchanged`: also those older than what is there; `unmatched`: without a
    person of ours; `problems` in the order of the file: {hoso, table, line, column, value, rule, level, message}, hoso
    None for the file as a whole. Bytes that had been taken in before (`again`) brought nothing new."""
    counts = file.counts
    stored, unchanged = _sum(counts, "stored", "versions"), _sum(counts, "unchanged", "older")
    if getattr(file, "again", False):
        stored, unchanged = 0, stored + unchanged
    return {
        "file": file.name, "sha256": file.sha256, "standard": file.standard, "encounters": file.total,
        "stored": stored, "unchanged": unchanged, "rejected": _sum(counts, "rejected"),
        "unmatched": _sum(counts, "unmatched", "foreign", "ambiguous"), "problems": list(problems_of(file)),
    }  # fmt: skip


def _sum(counts: dict[str, int], *names: str) -> int:
    return sum(counts.get(name, 0) for name in names)


def problems_of(file: ClaimFile) -> Iterator[dict[str, Any]]:
    """Problems of the file, then of each HOSO in its order. One query for each 2,000 HOSO."""
    for problem in file.problems:
        yield {"hoso": None} | {name: problem.get(name, "") for name in PROBLEM}
    if file.state == State.FAILED:
        yield {
            "hoso": None, "table": "", "line": 0, "column": "", "value": "", "rule": "", "level": "reject",
            "message": file.message,
        }  # fmt: skip
    entries = ClaimEntry.objects.filter(file=file).exclude(problems=[]).order_by("index")
    for index, found in entries.values_list("index", "problems").iterator(chunk_size=2000):
        for problem in found:
            yield {"hoso": index} | {name: problem.get(name, "") for name in PROBLEM}


def refused(name: str, sha256: str, rule: str, message: str) -> dict[str, Any]:
    """The same for something that was refused before it became a file of ours."""
    problem = {
        "hoso": None, "table": "", "line": 0, "column": "", "value": "", "rule": rule, "level": "reject",
        "message": message,
    }  # fmt: skip
    return {
        "file": name, "sha256": sha256, "standard": "", "encounters": 0, "stored": 0, "unchanged": 0, "rejected": 0,
        "unmatched": 0, "problems": [problem],
    }  # fmt: skip
