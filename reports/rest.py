"""Reports for partner systems. REST v1 lies below this app and offers a registry for it (see apps.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.timezone import localdate

from reports import services
from reports.periods import NAMES, Period, PeriodError
from reports.questions import OutOfScope, Question, UnitError, find_unit, villages_seen
from reports.registry import REPORTS
from reports.report import Report
from reports.stored import as_json
from stations.models import User

ROWS_PER_PAGE = 500


def listed(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{results: […]}: reports that this user may ask for, with their parameters."""
    return {"results": [_about(report) for report in REPORTS.values() if services.may(report, user, _action(report))]}


def _action(report: Report) -> Any:
    return "export" if report.personal else "view"


def _about(report: Report) -> dict[str, Any]:
    return {
        "report": report.key, "title": report.title, "summary": report.summary,
        "by": {level: list(ways) for level, ways in report.levels.items()},
        "periods": [{"kind": kind, "name": NAMES[kind]} for kind in report.periods],
        "options": {option.key: [value for value, _ in option.choices] for option in report.options},
        "personal": report.personal,
    }  # fmt: skip


def report(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The table as `stored.as_json` has it. `asked`: report, unit, scheme, period, by, page, and the report's options.

    A register comes 500 rows at a time: `page` from 1, `next_page` is null on the last one, and each person in it is
    written to the access log. Raises ValidationError for what cannot be asked, Http404 for an unknown report, one
    without the right to it, or a unit outside the user's places."""
    found = REPORTS.get(asked["report"])
    if found is None or not services.may(found, user, _action(found)):
        raise Http404
    table = services.make_table(report=found, question=_question(found, user, asked))
    if not found.personal:
        return as_json(table) | {"next_page": None}
    page, length = asked.get("page") or 1, len(table.rows)
    rows = table.rows[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    services.log_shown(report=found, rows=rows, by=user, door="rest", action="export")
    more = page * ROWS_PER_PAGE < length
    return as_json(replace(table, rows=rows)) | {"next_page": page + 1 if more else None}


def coverage(user: User, asked: Mapping[str, Any]) -> dict[str, Any]:
    """{report, unit, period, columns, rows, total} as first promised. `asked`: unit, scheme, month (YYYY-MM), by."""
    found = REPORTS["coverage"]
    table = services.make_table(report=found, question=_question(found, user, asked, name="month", kinds=("month",)))
    said = as_json(table)
    return {
        "report": said["report"],
        "unit": said["unit"],
        "period": {"month": table.period.iso, "by": table.by},
        "columns": [{name: one[name] for name in ("key", "heading", "number", "kind")} for one in said["columns"]],
        "rows": [_figures(row) for row in said["rows"]],
        "total": _figures(said["total"]),
    }


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("key", "flags", "marks")}


def _question(
    found: Report, user: User, asked: Mapping[str, Any], *, name: str = "period", kinds: Any = None
) -> Question:
    today = localdate()
    try:
        unit, _ = find_unit(asked["unit"], asked.get("scheme"))
        kinds = kinds or found.periods
        period = Period.parse(asked[name], today=today, kinds=kinds) if name in asked else Period.of(kinds[0], today)
        only_villages = villages_seen(user, unit)
    except UnitError as exc:
        raise _wrong("unit", "unit.unknown_code", str(exc)) from None
    except PeriodError as exc:
        raise _wrong(name, name, str(exc)) from None
    except OutOfScope:
        raise Http404 from None
    groupings = found.groupings_for(unit)
    if not groupings:
        raise _wrong("unit", "unit.level", f"Báo cáo này không lập cho {unit.get_level_display().lower()}.")
    by = asked.get("by") or groupings[0]
    if by not in groupings:
        raise _wrong("by", "by.level", f"Đơn vị này chỉ lập theo {', '.join(groupings)}.")
    return Question(
        unit=unit, period=period, by=by, user=user, today=today, only_villages=only_villages,
        options=_options(found, asked.get("option", "")),
    )  # fmt: skip


def _options(found: Report, given: str) -> dict[str, str]:
    key, _, value = given.partition("=")
    known = {option.key: dict(option.choices) for option in found.options}
    if given and value not in known.get(key, {}):
        named = "; ".join(f"{name}={'|'.join(values)}" for name, values in known.items()) or "không có"
        raise _wrong("option", "option.unknown", f"Tham số riêng của báo cáo này: {named}.")
    return found.options_of({key: value})


def _wrong(name: str, code: str, message: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, code=code)})
