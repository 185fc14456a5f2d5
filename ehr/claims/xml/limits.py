"""Bounds within which a claim file is read."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes`: one XML file; `hosos`: HOSO in it; `hoso_bytes`: one HOSO as it stands in the file; `elements`: in one
    HOSO or inner document; `depth`: nesting; `outside`: bytes that are in no HOSO, apart from 1 KiB for each HOSO;
    `field`: characters of a column without max_length (others: 10 × max_length); `files`, `unzipped`, `ratio`: of an
    archive. 100,000 encounters are about 760 MB; the largest HOSO seen is below 4 MB."""

    bytes: int = 1024 * MIB
    hosos: int = 200_000
    hoso_bytes: int = 24 * MIB
    elements: int = 200_000
    depth: int = 20
    outside: int = 4 * MIB
    field: int = 200_000
    files: int = 20_000
    unzipped: int = 4096 * MIB
    ratio: int = 200


LIMITS = Limits()
