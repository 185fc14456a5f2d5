"""Coverage rows for partner systems. REST v1 lies below this app and offers a registry for it (see apps.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.timezone import localdate

from reports.periods import Month, MonthError
from reports.questions import OutOfScope, Question, UnitError, find_unit, villages_seen
from reports.registry import REPORTS
from reports.tables import as_json
from stations.models import User


def coverage(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{report, unit, period, columns, rows, total}. `asked`: unit, scheme, month (YYYY-MM), by.

    Raises ValidationError for what cannot be asked, Http404 for a unit outside the user's places."""
    report, today = REPORTS["coverage"], localdate()
    try:
        unit, _ = find_unit(asked["unit"], asked.get("scheme"))
        month = Month.parse(asked["month"], today=today) if "month" in asked else Month.of(today)
        only_villages = villages_seen(user, unit)
    except UnitError as exc:
        raise _wrong("unit", "unit.unknown_code", str(exc)) from None
    except MonthError as exc:
        raise _wrong("month", "month", str(exc)) from None
    except OutOfScope:
        raise Http404 from None
    groupings = report.groupings_for(unit)
    by = asked.get("by") or groupings[0]
    if by not in groupings:
        raise _wrong("by", "by.level", f"Đơn vị này chỉ lập theo {', '.join(groupings)}.")
    return as_json(
        report.build(Question(unit=unit, month=month, by=by, user=user, today=today, only_villages=only_villages))
    )


def _wrong(name: str, code: str, message: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, code=code)})
