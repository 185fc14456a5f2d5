"""The reports to be sent, on the first page of those who prepare and sign them; of superiors, who still owes some."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.timezone import localdate

from ehr.common.numbers import format_number
from ehr.records.panels import Panel, PanelLine
from reports.periods import Period
from reports.questions import unit_token, units_offered
from reports.submission.calendar import Due, open_dues, title_of
from reports.submission.kept import kept
from reports.submission.services import own_units
from stations.models import AdminUnit, User
from stations.scope import scope_of

MOST = 6


def panel(user: User) -> Panel | None:
    """Open reports of one's own units, the most urgent first; for superiors the overdue ones, counted."""
    if not scope_of(user).can("report.view"):
        return None
    found: Panel = kept(f"panel:{user.pk}:{localdate()}", lambda: _panel(user))
    return found


def _panel(user: User) -> Panel:
    """Seven queries at most, at any number of units."""
    scope, today = scope_of(user), localdate()
    units = [unit for _, group in units_offered(user) for unit in group]
    above = scope.can("report.receive")
    found = open_dues(units if above else own_units(units, user), today)
    own = {unit.pk for unit in own_units(units, user)}
    lines = [_line(due, today) for due in found if due.unit.pk in own][:MOST]
    overdue = [due for due in found if due.unit.pk not in own and due.is_late(today)]
    if above and overdue:
        lines.append(_overdue(overdue, units))
    more = sum(due.unit.pk in own for due in found) - MOST
    if more > 0:
        lines.append(PanelLine(f"và {more} báo cáo khác", reverse("submission:calendar")))
    return Panel("Báo cáo cần gửi" if own else "Báo cáo của cấp dưới", lines)


def _line(due: Due, today: dt.date) -> PanelLine:
    left, late = due.days_left(today), due.late_days(today)
    when = f"quá hạn {late} ngày" if late else "hạn hôm nay" if left == 0 else f"hạn {due.early:%d/%m/%Y}"
    if due.submission is not None and due.submission.state == "checked":
        address, text = reverse("submission:show", args=[due.submission.key]), "chờ ký, "
    else:
        address = reverse("submission:prepare", args=[due.duty.pk, unit_token(due.unit), due.period.iso])
        text = ""
    return PanelLine(f"{title_of(due)}, {due.period.title.lower()}: {text}{when}", address, bool(late))


def _overdue(dues: list[Due], units: list[AdminUnit]) -> PanelLine:
    """One sentence, and the report that names the units: of the month that most of them belong to."""
    count = len({due.unit.pk for due in dues})
    months = [due.period.last_day.replace(day=1) for due in dues]
    month = Period.of("month", max(set(months), key=months.count))
    top = next((unit for unit in units if unit.level != AdminUnit.Level.COMMUNE), units[0])
    asked = {"unit": unit_token(top), "period": month.iso, "rows": "report", "only": "missing"}
    address = f"{reverse('reports:show', args=['tinh-hinh-nop'])}?{urlencode(asked)}"
    return PanelLine(
        f"{format_number(len(dues))} báo cáo của {format_number(count)} đơn vị quá hạn mà chưa nộp", address, True
    )
