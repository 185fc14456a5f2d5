"""Claim files for tests: the samples, and small files written by hand with invented people."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import random
from pathlib import Path
from typing import Any

from ehr.claims.claim import Claim, Row
from ehr.claims.spec import Standard, table
from ehr.claims.xml import read_claims
from ehr.claims.xml.write import hoso_xml, row_texts
from tests.bench import _claims

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.name for path in SAMPLES.glob("*.xml"))
NOW = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)


def sample(name: str) -> list[Claim]:
    """Claims of a sample whose name begins so."""
    (path,) = SAMPLES.glob(f"{name}*.xml")
    return list(read_claims(path))


def slot(name: str, document: str | bytes, *, encoded: bool = True) -> str:
    data = document.encode() if isinstance(document, str) else document
    content = base64.b64encode(data).decode() if encoded else data.decode()
    return f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def visit_xml(key: str = "K1", **values: str) -> str:
    """A small XML1 of the 130 family."""
    columns = {
        "MA_LK": key,
        "HO_TEN": "Nông Văn An",
        "MA_THE_BHYT": "GD4999900000001",
        "NGAY_RA": "202509021000",
        **values,
    }
    return "<TONG_HOP>" + "".join(f"<{name}>{value}</{name}>" for name, value in columns.items()) + "</TONG_HOP>"


def hoso(*slots: str) -> str:
    return f"<HOSO>{''.join(slots)}</HOSO>"


def envelope(*hosos: str, declared: str | None = None, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    count = str(len(hosos)) if declared is None else declared
    return (
        f"{head}<GIAMDINHHS><THONGTINDONVI><MACSKCB>99001</MACSKCB></THONGTINDONVI><THONGTINHOSO><NGAYLAP>20251101</NGAYLAP>"
        f"<SOLUONGHOSO>{count}</SOLUONGHOSO><DANHSACHHOSO>{''.join(hosos)}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    ).encode()


def made(standard: Standard = Standard.QD3176, seed: str = "t") -> Claim:
    """An invented visit with a test that breaks no rule."""
    chance = random.Random(seed)
    while True:
        record = _claims.record(chance, 7, dt.date(2025, 8, 1) if standard is Standard.QD3176 else dt.date(2024, 8, 1))
        if "XML4" in record:
            break
    if standard is Standard.QD4750:
        record["XML1"][0] |= {"MAHUYEN_CU_TRU": "760", "MA_DOITUONG_KCB": "1.1"}
    return claim_of(record, standard)


def claim_of(record: dict[str, list[dict[str, Any]]], standard: Standard) -> Claim:
    """A claim as reading would give it, all tags there."""
    claim = Claim(1, standard)
    for name, rows in record.items():
        known = table(standard, name)
        assert known is not None
        claim.tables[name] = [
            Row(known, line, dict.fromkeys(known.columns, "") | row_texts(row, standard, name))
            for line, row in enumerate(rows, 1)
        ]
    return claim


def changed(claim: Claim, **tables: Any) -> Claim:
    """A copy with other values: XML1={"HO_TEN": ""} changes the first row, XML3=[{…}] puts rows (filled up from the
    first row when there is one), XML7=None takes the table away."""
    new = copy.deepcopy(claim)
    for name, change in tables.items():
        known = table(new.standard, name)
        if change is None:
            new.tables.pop(name, None)
        elif isinstance(change, dict):
            if name not in new.tables:
                assert known is not None
                new.tables[name] = [Row(known, 1, dict.fromkeys(known.columns, "") | {"MA_LK": new.ma_lk})]
            new.tables[name][0].raw.update(change)
        else:
            first = new.tables[name][0].raw if new.tables.get(name) else {}
            assert known is not None
            base = dict.fromkeys(known.columns, "") | {"MA_LK": new.ma_lk} | first
            new.tables[name] = [Row(known, line, base | row) for line, row in enumerate(change, 1)]
    return new


def written(claim: Claim, *, nested: bool = False) -> str:
    return hoso_xml(
        {name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}, claim.standard, nested=nested
    )
