"""Server time of the working screens at a million people: person, household, lists, home, administration, report.

In this process through Django's client, for the clerk of a commune and for the provincial department. The floor is a
view with Django's own middleware that returns as many bytes to a logged-in user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.bench import _common
from tests.bench._common import Line

ROUNDS = 100
BUDGET = 100  # ms, p95
LIST_STATEMENTS = 6


def main(people: int = _common.PEOPLE) -> None:
    """Prints a table per role."""
    _common.set_up(people)
    for title, user in (("clerk of a commune", _common.clerk()), ("provincial department", _common.department())):
        _common.show(f"pages, {title}", measure(user))


def measure(user: Any) -> list[Line]:
    browser = _common.client(user)
    lines, sizes = [], []
    for title, addresses, most in _addresses(user):
        seconds, size, statements = visit(browser, addresses)
        lines.append(Line(title, seconds, statements=statements, most_statements=most, budget=BUDGET))
        sizes.append(size)
    for line, floor in zip(lines, bare(user, sizes), strict=True):
        line.floor = floor
    return lines


def _addresses(user: Any) -> list[tuple[str, list[str], int | None]]:
    """(title, addresses to visit, most statements)."""
    from django.urls import reverse

    from ehr.records.models import Membership

    people = _common.some_people(user, ROUNDS)
    homes = Membership.objects.filter(person__in=people, valid_to=None).values_list("household_id", flat=True)
    tabs = (
        ("person, section A", "records:person"), ("person, section B", "records:history"),
        ("person, section C", "vaccination:record"), ("person, section D", "records:encounters"),
        ("person, timeline", "records:timeline"),
    )  # fmt: skip
    found: list[tuple[str, list[str], int | None]] = [
        (title, [reverse(name, args=[person.code]) for person in people], None) for title, name in tabs
    ]
    if _can(user, "record.change"):
        found += [
            ("form of section A", [reverse("records:person_edit", args=[person.code]) for person in people], None),
            ("form of section B", [reverse("records:history_edit", args=[person.code]) for person in people], None),
            ("form of a visit", [reverse("records:encounter_new", args=[person.code]) for person in people], None),
            ("form of a new person", [reverse("records:person_new")] * ROUNDS, None),
        ]
    lists = [f"{reverse('records:households')}?trang={page % 7 + 1}" for page in range(ROUNDS // 2)]
    found += [
        ("household", [reverse("records:household", args=[key]) for key in homes], None),
        ("list of households", lists, LIST_STATEMENTS),
        ("home", [reverse("home")] * ROUNDS, LIST_STATEMENTS),
        ("administration, list of people", [reverse("admin:records_person_changelist")] * (ROUNDS // 4), None),
        ("coverage report", [reverse("reports:show", args=[_first_report()])] * (ROUNDS // 10), None),
    ]
    return found


def _can(user: Any, right: str) -> bool:
    from stations.scope import scope_of

    return scope_of(user).can(right)


def _first_report() -> str:
    from reports.registry import BY_PATH

    return next(iter(BY_PATH))


def visit(browser: Any, addresses: Sequence[str]) -> tuple[list[float], int, int]:
    """Seconds of each visit, bytes of the last page, most statements of any. The first visit only warms up."""
    seconds, most, size = [], 0, 0
    for number, address in enumerate([addresses[0], *addresses]):
        with _common.sql_clock() as sql:
            response, taken = _common.answer(lambda address=address: browser.get(address))
        if response.status_code != 200:
            raise AssertionError(f"{response.status_code} for a page of the list")
        if number:
            seconds.append(taken)
            most = max(most, len(sql.statements))
        size = len(response.content)
    return seconds, size, most


def bare(user: Any, sizes: Sequence[int], rounds: int = ROUNDS) -> list[list[float]]:
    """Seconds of the bare view for each number of bytes."""
    from django.test import override_settings

    from tests.bench.bare import settings

    with override_settings(MIDDLEWARE=settings.MIDDLEWARE, ROOT_URLCONF=settings.ROOT_URLCONF):
        browser = _common.client(user)
        found = []
        for size in sizes:
            browser.get(f"/{size}/")
            found.append([_common.timed(lambda address=f"/{size}/": browser.get(address)) for _ in range(rounds)])
        return found


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
