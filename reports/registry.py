"""All reports, by key. A new report is a module with a `REPORT` (or `REPORTS`) and one line here."""

from collections.abc import Iterable
from types import ModuleType

from reports import activity, completeness, coverage, lateness, movement, plan, progress, quality
from reports.report import Report
from reports.statistics import (
    checks,
    epi,
    maternity,
    ncd,
    nutrition,
    outpatient,
    register_doses,
    register_ncd,
    register_visits,
    register_women,
)

MODULES: tuple[ModuleType, ...] = (
    coverage,
    plan,
    progress,
    completeness,
    quality,
    movement,
    activity,
    lateness,
    register_visits,
    register_doses,
    register_women,
    register_ncd,
    epi,
    ncd,
    checks,
    maternity,
    nutrition,
    outpatient,
)


def _of(module: ModuleType) -> Iterable[Report]:
    return getattr(module, "REPORTS", None) or (module.REPORT,)


REPORTS: dict[str, Report] = {report.key: report for module in MODULES for report in _of(module)}
BY_PATH: dict[str, Report] = {report.path: report for report in REPORTS.values()}
