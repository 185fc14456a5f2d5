"""All reports, by key. A new report is a module with a function Question → Table and one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports import coverage, plan
from reports.questions import GROUPINGS, Question
from reports.tables import Column, Table
from stations.models import AdminUnit


@dataclass(frozen=True, slots=True)
class Report:
    """`path` is its word in addresses; `groupings`: by the level of the unit asked for, the first is the default;
    `right`: who may ask; `right_people`: who may open the lists behind the figures."""

    key: str
    path: str
    title: str
    summary: str
    period: str
    groupings: Mapping[str, tuple[str, ...]]
    columns: tuple[Column, ...]
    build: Callable[[Question], Table]
    right: str = "report.view"
    right_people: str = "record.view"

    def groupings_for(self, unit: AdminUnit) -> tuple[str, ...]:
        """Empty when the report does not exist for units of this level."""
        return self.groupings.get(unit.level, ())


REPORTS: dict[str, Report] = {
    report.key: report
    for report in (
        Report(
            "coverage", "lien-thong", "Liên thông và bao phủ hồ sơ sức khỏe",
            "Số hồ sơ đã liên thông, đã khám tạo lập, đã quản lý và tỷ lệ trên dân số, theo thôn, xã hoặc huyện cũ.",
            "month", coverage.LEVELS, coverage.COLUMNS, coverage.build,
        ),
        Report(
            "plan", "chi-tieu", "Thực hiện chỉ tiêu lập hồ sơ",
            "Nhân khẩu, chỉ tiêu của kế hoạch năm, số đã lập, tỷ lệ và số còn lại của từng thôn.",
            "month", plan.LEVELS, plan.COLUMNS, plan.build,
        ),
    )
}  # fmt: skip
BY_PATH = {report.path: report for report in REPORTS.values()}

__all__ = ["BY_PATH", "GROUPINGS", "REPORTS", "Question", "Report"]
