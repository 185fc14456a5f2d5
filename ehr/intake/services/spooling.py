"""The rows of a file, found by two processes where it is large, and kept compressed until they are checked.

The second half of a large sheet is read in a helper, from a row on which nothing depends that stands above it. What it
found comes back through memory; without it, or when it failed, this process reads that half, too."""

from __future__ import annotations

import logging
import os
import pickle
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from ehr.intake import matching
from ehr.intake.columns import Layout
from ehr.intake.files import Sheet
from ehr.intake.matching import StagedRow
from ehr.intake.models import ImportBatch
from ehr.intake.rows import Row, first_free_row, read_rows
from ehr.intake.services.beside import beside

log = logging.getLogger(__name__)
MANY = 4_000  # rows: fewer are not worth a second process
TITLE = "current_commune.title"  # said once, on the first row of a sheet


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of a sheet to read: from `begin` up to `end`, as indexes of its rows; None is the beginning, the end."""

    sheet: Sheet
    layout: Layout
    begin: int | None = None
    end: int | None = None


@dataclass(slots=True)
class Spool:
    """`chunks`: (position of the first row, rows as `packed`); `keys`: what matching asks of all rows."""

    chunks: list[tuple[int, bytes]] = field(default_factory=list)
    keys: list[StagedRow] = field(default_factory=list)


def spool_rows(
    batch: ImportBatch, sheets: list[Sheet], layouts: Sequence[Layout], size: int, going_on: Callable[[int], None]
) -> Spool:
    """All rows of the file, `size` in a chunk. `sheets` is emptied: a large file is in memory once. `going_on` is told
    how many rows there are so far."""
    from ehr.intake.places import Places

    places = Places(batch.commune)
    by_name = {sheet.name: sheet for sheet in sheets}
    pieces = [Piece(by_name[layout.sheet], layout) for layout in layouts if layout.sheet in by_name]
    first, second = halves(pieces, places)
    if not second:
        spool = _spool(first, places, size, going_on)
        sheets.clear()
        return spool
    with _memory() as file:
        with beside(lambda: _send(_spool(second, places, size, _nobody), file), when=True):
            spool = _spool(first, places, size, going_on)
        more = _received(file)
    _append(spool, more or _spool(second, places, size, _nobody))
    going_on(len(spool.keys))
    sheets.clear()
    return spool


def halves(pieces: Sequence[Piece], places: Any) -> tuple[list[Piece], list[Piece]]:
    """The pieces in two halves that can be read apart; an empty second one where that is impossible or not worth it."""
    lengths = [len(piece.sheet.rows) for piece in pieces]
    left = sum(lengths) // 2
    if sum(lengths) < MANY:
        return [*pieces], []
    for at, piece in enumerate(pieces):
        if left < lengths[at]:
            row = first_free_row(piece.sheet, piece.layout, places, left)
            if row is None:
                return [*pieces[: at + 1]], [*pieces[at + 1 :]]
            above, below = Piece(piece.sheet, piece.layout, None, row), Piece(piece.sheet, piece.layout, row, None)
            return [*pieces[:at], above], [below, *pieces[at + 1 :]]
        left -= lengths[at]
    return [*pieces], []


def _spool(
    pieces: Sequence[Piece], places: Any, size: int, going_on: Callable[[int], None]
) -> Spool:  # positions count from 0
    spool = Spool()
    rows = _rows(pieces, places)
    while chunk := list(islice(rows, size)):
        first = len(spool.keys)
        spool.keys += [
            matching.staged(position, row.values, sheet=row.sheet, row=row.number)
            for position, row in enumerate(chunk, first)
        ]
        spool.chunks.append((first, packed(chunk)))
        going_on(len(spool.keys))
    return spool


def _rows(pieces: Sequence[Piece], places: Any) -> Iterator[Row]:
    for piece in pieces:
        rows = read_rows(piece.sheet, piece.layout, places, begin=piece.begin, end=piece.end)
        if piece.begin is not None and (row := next(rows, None)):  # no first row of its sheet
            row.problems = [problem for problem in row.problems if problem["code"] != TITLE]
            yield row
        yield from rows


def packed(rows: Sequence[Row]) -> bytes:
    """Rows as Python objects would need more memory than the rest of the worker."""
    fields = [(row.sheet, row.number, row.values, row.cleaned, row.problems, row.label) for row in rows]
    return zlib.compress(pickle.dumps(fields, protocol=5), level=1)


def unpacked(data: bytes) -> list[Row]:
    """What `packed` took."""
    # Our own bytes, a moment old, from the memory of this process.
    return [Row(*fields) for fields in pickle.loads(zlib.decompress(data))]  # noqa: S301


# --- From the helper -------------------------------------------------------------------------------------------------


def _nobody(rows: int) -> None:
    """The helper tells nobody how far it is."""


def _memory() -> IO[bytes]:
    """A file that is never on a disk, where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("spool"), "w+b")
    return tempfile.TemporaryFile()


def _send(spool: Spool, file: IO[bytes]) -> None:
    pickle.dump((spool.chunks, matching.flattened(spool.keys)), file, protocol=5)
    file.flush()


def _received(file: IO[bytes]) -> Spool | None:
    """What the helper found; None when there was none or it did not come to its end."""
    if not file.seek(0, os.SEEK_END):
        return None
    file.seek(0)
    try:
        chunks, keys = pickle.load(file)  # noqa: S301 - written by our own helper
    except (EOFError, pickle.UnpicklingError):
        log.warning("the helper did not read its half of the sheet")
        return None
    return Spool(chunks, matching.raised(keys))


def _append(spool: Spool, more: Spool) -> None:
    """Adds the rows that follow."""
    offset = len(spool.keys)
    spool.chunks += [(first + offset, data) for first, data in more.chunks]
    spool.keys += matching.moved(more.keys, offset)
