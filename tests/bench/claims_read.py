"""Claim files of 1,000, 10,000 and 100,000 encounters: reading and checking.

The floor is what lxml needs for the same file: iterparse of the envelope, base64, fromstring of every inner document,
without looking at a value. Each measurement is a process of its own, so that its memory is that of a worker; times are
processor seconds, the best of three."""

from __future__ import annotations

import base64
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import _claims

SIZES = (1_000, 10_000)
LARGE = 100_000
BUDGET_RATIO, BUDGET_MEMORY = 1.5, 1.2


def main() -> None:
    """Prints ours, the floor, their ratio, and the peak of memory at every size."""
    with tempfile.TemporaryDirectory() as folder:
        spawn = multiprocessing.get_context("spawn")
        peaks = []
        for number in (*SIZES, LARGE):
            path = Path(folder) / f"{number}.xml"
            _claims.write_file(path, number)
            size = path.stat().st_size / 1e6
            print(f"   {number:,} encounters, {size:.0f} MB (load {os.getloadavg()[0]:.1f})".replace(",", " "))
            works = (_floor, _read, _check) if number in SIZES else (_read,)
            seconds = {}
            for work in works:
                with spawn.Pool(1, maxtasksperchild=1) as pool:
                    seconds[work], peak = pool.apply(_measured, [work, str(path), 3 if number < LARGE else 1])
                if work is _read:
                    peaks.append(peak)
                print(
                    f"   {work.__doc__ or '':<46}{seconds[work]:8.2f} s"
                    f"{seconds[work] / number * 1e6:8.0f} µs each{peak:7.0f} MB"
                )
            if _floor in seconds:
                ratio = seconds[_read] / seconds[_floor]
                print(
                    f"   reading: {ratio:.2f}× the floor (aim {BUDGET_RATIO:g}×) "
                    f"{'ok' if ratio <= BUDGET_RATIO else 'OVER'}"
                )
            path.unlink()
        ratio = peaks[-1] / peaks[0]
        kept = "ok" if ratio <= BUDGET_MEMORY else "OVER"
        print(f"   memory of {LARGE} against {SIZES[0]}: {ratio:.2f}× (budget {BUDGET_MEMORY:g}×) {kept}")


def _measured(work: Callable[[str], int], path: str, times: int) -> tuple[float, float]:
    """Processor seconds, peak of memory in MB."""
    best = float("inf")
    for _ in range(times):
        begin = time.process_time()
        work(path)
        best = min(best, time.process_time() - begin)
    return best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _floor(path: str) -> int:
    """floor: lxml, base64, fromstring"""
    from lxml import etree

    documents = 0
    for _, hoso in etree.iterparse(path, tag="HOSO", resolve_entities=False, no_network=True):
        for file in hoso:
            etree.fromstring(base64.b64decode(file[1].text))
            documents += 1
        hoso.clear()
        while hoso.getprevious() is not None:
            del hoso.getparent()[0]
    return documents


def _read(path: str) -> int:
    """ours: rows of every table"""
    from ehr.claims.xml import read_claims

    return sum(1 for _ in read_claims(path))


def _check(path: str) -> int:
    """ours: rows and all checks"""
    from ehr.claims.rules import Known, check
    from ehr.claims.xml import read_claims

    known = Known(now=datetime(2026, 1, 1, tzinfo=UTC))
    found = [finding for claim in read_claims(path) for finding in check(claim, known)]
    if found:
        raise AssertionError(f"invented claims break rules: {found[0]}")
    return len(found)


if __name__ == "__main__":
    main()
