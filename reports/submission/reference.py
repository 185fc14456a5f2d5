"""The calendar of reports that the project brings along; an administrator may add and end duties."""

from pathlib import Path

from ehr.common.reference import Loaded, ReferenceList, day, read_csv, upsert
from reports.submission.models import ReportDuty

DUTIES = Path(__file__).parent / "data" / "duties.csv"
COLUMNS = ("report", "level", "period_kind", "grouping", "rule", "number", "source", "valid_from", "valid_to")
KEY = ("report", "level", "period_kind", "valid_from")


def _load() -> Loaded:
    rows = read_csv(DUTIES)
    values = [[day(row[name]) if name.startswith("valid") else row[name] for name in COLUMNS] for row in rows]
    return Loaded(len(rows), *upsert(ReportDuty, COLUMNS, KEY, values))


def reference_lists() -> list[ReferenceList]:
    return [ReferenceList("report-duties", "Lịch báo cáo", "REQ-RPT-05, kế hoạch 2023–2025", (DUTIES,), _load)]
