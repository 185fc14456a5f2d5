"""A claim file of 10,000 visits from the upload to the record: parsed, checked, matched, stored in versions, written
into the people's records, and taken back.

The floor reads the same file with lxml and copies its values into bare tables, one for each XML table: no rules, no
people, no versions, no history. All of ours runs in a process of its own, so that its memory is that of a worker. The
patients are people of the benchmark's database, so that every claim finds its person."""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime as dt
import multiprocessing
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench import _claims, _common
from tests.bench.intake import _clocks, _start, _verdict

NUMBER, SMALL, LARGE = 10_000, 1_000, 100_000
BUDGET_RATIO, BUDGET_MEMORY, BUDGET_TWO = 5.0, 1.2, 1.7
STEPS = {
    "receive: SHA-256, pack, seal": "ehr.claims.services.receiving._one",
    "look over, cut into chunks": "ehr.claims.services.reading._cut",
    "read and check": "ehr.claims.services.chunks._check",
    "documents": "ehr.claims.storing.versions.works_of",
    "find people": "ehr.claims.storing.versions.find_people",
    "plan the record": "ehr.claims.storing.into_record.prepare",
    "write claims and versions": "ehr.claims.storing.rows.write_claims",
    "write versions": "ehr.claims.storing.rows.write_versions",
    "into the record": "ehr.claims.storing.into_record.bring",
    "write answers": "ehr.claims.storing.rows.write_entries",
}


def main(people: int = _common.PEOPLE, number: int = NUMBER, large: int = LARGE) -> None:
    """Prints the steps of ours, the floor, their ratio, two workers against one, and memory at two sizes. Raises when a
    claim is lost or doubled."""
    _common.set_up(people)
    spawn = multiprocessing.get_context("spawn")
    with _files(number, number, number, number, SMALL, large) as paths:
        first, second, third, whole, small, huge = paths
        floor = _alone(spawn, _floor, first)
        ours = _alone(spawn, _ours, first, number, True)
        _show(number, floor, ours)
        _together(spawn, second, third, whole, number)
        peaks = [_alone(spawn, _ours, path, size, False)["memory"] for path, size in ((small, SMALL), (huge, large))]
        ratio = peaks[1] / peaks[0]
        text = f"memory: {peaks[1]:.0f} MB for {large} visits, {peaks[0]:.0f} MB for {SMALL}: {ratio:.2f}×"
        _verdict(f"{text} (budget {BUDGET_MEMORY:g}×)", ratio <= BUDGET_MEMORY)


def _alone(spawn: Any, work: Any, *given: Any) -> Any:
    with spawn.Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(work, given)


def _show(number: int, floor: dict[str, float], ours: dict[str, Any]) -> None:
    print(f"   {number:,} visits, {ours['size'] / 1e6:.0f} MB (load {os.getloadavg()[0]:.1f})".replace(",", " "))
    total = sum(floor.values())
    lines = [
        *floor.items(), ("floor", total), *((f"ours: {name}", spent) for name, spent in ours["steps"].items()),
        ("ours", ours["seconds"]), ("ours, undo of all", ours["undo"]),
    ]  # fmt: skip
    for title, seconds in lines:
        print(f"   {title:<40}{seconds:9.2f} s{seconds / number * 1e6:9.0f} µs each")
    ratio = ours["seconds"] / total
    _verdict(f"{ratio:.1f}× the floor (budget {BUDGET_RATIO:g}×)", ratio <= BUDGET_RATIO)


def _together(spawn: Any, second: str, third: str, whole: str, number: int) -> None:
    """Two files by two workers at once, against one worker with one of them."""
    one = _alone(spawn, _ours, whole, number, False)["seconds"]
    with spawn.Pool(2, maxtasksperchild=1) as pool:
        pool.map(_warm, range(2), chunksize=1)
        begin = time.perf_counter()
        pool.starmap(_ours, [(second, number, False), (third, number, False)], chunksize=1)
        two = time.perf_counter() - begin
    faster = 2 * one / two
    _verdict(f"two workers on two files: {faster:.2f}× one (budget {BUDGET_TWO:g}×)", faster >= BUDGET_TWO)


def _warm(_: int) -> None:
    _start()


# ------------------------------------------------------------------------------------------------------------ the file
@contextlib.contextmanager
def _files(*sizes: int) -> Iterator[list[str]]:
    """Files of new visits of people of the database; no two visits have the same key, in this run or another."""
    run = f"{int(time.time()):x}"
    people = _people(max(sizes))
    paths = []
    try:
        for at, size in enumerate(sizes):
            path = Path(os.environ["VAR_DIR"]) / f"bench-claims-{run}-{at}.xml"
            paths.append(str(path))
            with path.open("wb") as out:
                _claims.write_records(
                    out, _records(size, f"{run}{at}", people), standard=_claims.Standard.QD3176,
                    facility=_claims.FACILITY, made_on=dt.date(2025, 11, 1), count=size,
                )  # fmt: skip
        yield paths
    finally:
        for name in paths:
            Path(name).unlink(missing_ok=True)


def _people(number: int) -> list[dict[str, Any]]:
    """Whom the visits are about, as XML1 says it."""
    from ehr.records.models import Identifier

    current = Identifier.objects.filter(kind="SDDCN", valid_to=None, person__status="active")
    rows = current.select_related("person__commune")
    found = [
        {
            "HO_TEN": row.person.full_name, "SO_CCCD": row.value, "NGAY_SINH": f"{row.person.birth_date:%Y%m%d}0000",
            "GIOI_TINH": row.person.sex, "MATINH_CU_TRU": "38", "MAXA_CU_TRU": row.person.commune.code,
        }
        for row in rows.order_by("person")[:number]
    ]  # fmt: skip
    if not found:
        raise AssertionError("no people with a number in the database")
    return found


def _records(number: int, run: str, people: list[dict[str, Any]]) -> Iterator[Any]:
    for at, record in enumerate(_claims.records(number, run)):
        person = people[at % len(people)]
        for rows in record.values():
            for row in rows:
                row["MA_LK"] = f"{run}.{row['MA_LK']}"
        # Cards of the database's people are not known: the number alone tells who it is.
        record["XML1"][0].update(person, MA_THE_BHYT=None, MA_DKBD=None, GT_THE_TU=None, GT_THE_DEN=None)
        yield record


# ----------------------------------------------------------------------------------------------------------- the floor
def _floor(path: str) -> dict[str, float]:
    """Seconds for parsing all documents, and for the COPY of their values."""
    from lxml import etree

    _start()
    from django.db import connection, transaction

    from ehr.claims.spec import Standard, tables

    known = {name: list(table.columns) for name, table in tables(Standard.QD3176).items()}
    rows: dict[str, list[list[str | None]]] = {}
    begin = time.perf_counter()
    for _, hoso in etree.iterparse(path, tag="HOSO", resolve_entities=False, no_network=True):
        for file in hoso:
            name = file[0].text
            document = etree.fromstring(base64.b64decode(file[1].text))
            found = [document] if len(document) and not len(document[0]) else document[0]
            for row in found:
                values = {cell.tag: cell.text for cell in row}
                rows.setdefault(name, []).append([values.get(column) for column in known[name]])
        hoso.clear()
        while hoso.getprevious() is not None:
            del hoso.getparent()[0]
    parsed = time.perf_counter() - begin
    begin = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for name, lines in rows.items():
            columns = ", ".join(f'"{column}" text' for column in known[name])
            cursor.execute(f'CREATE TABLE "bench_{name}" ({columns})')
            with cursor.copy(f'COPY "bench_{name}" FROM STDIN') as copying:
                for line in lines:
                    copying.write_row(line)
    copied = time.perf_counter() - begin
    with connection.cursor() as cursor:
        for name in rows:
            cursor.execute(f'DROP TABLE "bench_{name}"')
    return {"floor: lxml parses": parsed, "floor: COPY into bare tables": copied}


# ---------------------------------------------------------------------------------------------------------------- ours
def _ours(path: str, number: int, undo: bool) -> dict[str, Any]:
    """Seconds from the file to the records with their steps, those of the undo, and the memory at its peak."""
    _start()
    from ehr.claims import services
    from ehr.claims.models import Claim, ClaimVersion

    before = Claim.objects.count(), ClaimVersion.objects.count()
    begin = time.perf_counter()
    with _clocks(STEPS) as steps, Path(path).open("rb") as data:
        (file,) = services.receive(data=data, name=Path(path).name, by=None, door="command", wait=True)
    found: dict[str, Any] = {"seconds": time.perf_counter() - begin, "steps": dict(steps), "size": file.size}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = services.result(file)
    if file.state != "done" or (counts["stored"], counts["rejected"]) != (number, 0):
        raise AssertionError(f"{file.state} {file.message} {file.counts} {counts['problems'][:3]}")
    if undo and (Claim.objects.count(), ClaimVersion.objects.count()) != (before[0] + number, before[1] + number):
        raise AssertionError("claims were lost or doubled")
    if undo:
        if matched := counts["unmatched"]:
            raise AssertionError(f"{matched} claims found nobody")
        begin = time.perf_counter()
        services.undo(file, by=None, wait=True)
        found["undo"] = time.perf_counter() - begin
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=_common.PEOPLE)
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--large", type=int, default=LARGE)
    given = parser.parse_args()
    main(given.people, given.number, given.large)
