"""The calendar of reports that the project brings along; an administrator may add and end duties."""

from pathlib import Path
from typing import Any

from ehr.common.reference import Loaded, ReferenceList, day, read_csv, upsert
from reports.submission.models import Holiday, ReportDuty

DUTIES = Path(__file__).parent / "data" / "duties.csv"
HOLIDAYS = Path(__file__).parent / "data" / "holidays.csv"
COLUMNS = (
    "report", "level", "period_kind", "grouping", "rule", "number", "early_days", "closes", "source", "valid_from",
    "valid_to",
)  # fmt: skip
KEY = ("report", "level", "period_kind", "valid_from")


def _load() -> Loaded:
    rows = read_csv(DUTIES)
    values = [[_value(name, row[name]) for name in COLUMNS] for row in rows]
    return Loaded(len(rows), *upsert(ReportDuty, COLUMNS, KEY, values))


def _value(name: str, text: str) -> Any:
    if name == "closes":
        return text == "yes"
    return day(text) if name.startswith("valid") else text or None


def _load_holidays() -> Loaded:
    rows = read_csv(HOLIDAYS)
    values = [[day(row["day"]), row["kind"], row["name"], row["source"]] for row in rows]
    return Loaded(len(rows), *upsert(Holiday, ("day", "kind", "name", "source"), ("day",), values))


def reference_lists() -> list[ReferenceList]:
    return [
        ReferenceList("report-duties", "Lịch báo cáo", "REQ-RPT-05 đến 08, kế hoạch 2023–2025", (DUTIES,), _load),
        ReferenceList(
            "holidays", "Lịch nghỉ lễ, làm bù", "Bộ luật Lao động 2019, điều 112", (HOLIDAYS,), _load_holidays
        ),
    ]
