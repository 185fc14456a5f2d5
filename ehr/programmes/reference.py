"""Loads growth standards and the dated values of indicators from the fixtures."""

import json
from decimal import Decimal
from pathlib import Path

from psycopg.types.json import Jsonb

from ehr.common.reference import Loaded, ReferenceList, check_count, day, read_csv, upsert
from ehr.programmes.models import GrowthStandard, IndicatorSetting

FIXTURES = Path(__file__).parent / "fixtures"
WHO = "WHO-2006"


def load_growth() -> Loaded:
    """L, M and S for each day of age, measure and sex."""
    rows = read_csv(FIXTURES / "growth.csv")
    columns = ("standard", "measure", "sex", "age_days", "power", "median", "variation")
    values = (
        (WHO, row["measure"], row["sex"], int(row["age_days"]), *(Decimal(row[name]) for name in ("l", "m", "s")))
        for row in rows
    )
    found = upsert(GrowthStandard, columns, columns[:4], values)
    return Loaded(len(rows), *found, (check_count("dòng chuẩn tăng trưởng", len(rows), 7_308),))


def load_settings() -> Loaded:
    """Thresholds and lists that indicators ask for. Rows that an installation added stay."""
    rows = read_csv(FIXTURES / "settings.csv")
    columns = ("key", "name", "value", "valid_from", "source")
    values = (
        (row["key"], row["name"], Jsonb(json.loads(row["value"])), day(row["valid_from"]), row["source"])
        for row in rows
    )
    return Loaded(len(rows), *upsert(IndicatorSetting, columns, ("key", "valid_from"), values), ())


def reference_lists() -> list[ReferenceList]:
    """In any order."""
    return [
        ReferenceList(
            "growth", "Chuẩn tăng trưởng", "WHO Child Growth Standards, 2006", (FIXTURES / "growth.csv",), load_growth
        ),
        ReferenceList(
            "indicator-settings", "Thông số chỉ tiêu", "regulation.md REQ-NCD-03, REQ-VAC-01",
            (FIXTURES / "settings.csv",), load_settings,
        ),
    ]  # fmt: skip
