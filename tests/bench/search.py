"""Finding people among a million, as the screen does it: in SQL, in the service, and as a page.

For the clerk of a commune and for the provincial department. The floor of a search is one bare statement that finds
the same people; that of a page is a view with Django's own middleware that returns as many bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench import _common, pages
from tests.bench._common import Line

QUERIES = 200
PAGES = 100
FLOOR_EVERY = 5  # similarity over a province takes its time
STATEMENTS = 6
LETTERS = "abcdefghiklmnopqrstuvxy"
SELECT = "select p.id, p.code, p.full_name, p.birth_date, p.sex, p.village_id, p.commune_id from records_person p"
NUMBER = f"{SELECT} join records_identifier i on i.person_id = p.id where i.value = %(text)s and {{place}} limit 51"
CODE = f"{SELECT} where p.code = %(text)s and {{place}} limit 51"
HOUSEHOLD = f"""{SELECT}
    join records_membership m on m.person_id = p.id and m.valid_to is null
    join records_household h on h.id = m.household_id
    where h.code = %(text)s and {{place}} limit 51"""
PHONE = f"{SELECT} where p.phone_mobile = %(text)s and p.phone_mobile <> '' and {{place}} limit 51"
WORDS = f"""{SELECT}
    where to_tsvector('simple', p.plain_name) @@ to_tsquery('simple', %(words)s) and {{place}}"""
NAME = f"{WORDS} limit 51"
BORN = f"""{WORDS} and p.birth_date >= make_date(%(year)s, 1, 1) and p.birth_date < make_date(%(year)s + 1, 1, 1)
    limit 51"""
TYPO = f"""{SELECT}
    where p.plain_name %% %(text)s and {{place}} order by p.plain_name <-> %(text)s limit 51"""


@dataclass
class Kind:
    """One way to look for people. `index`: what must answer it; `texts`: what is typed."""

    title: str
    texts: list[str]
    budget: float  # ms in SQL, p95
    floor: str
    index: str


def main(people: int = _common.PEOPLE) -> None:
    """Prints two tables per role. Raises when a search reads the whole table, or finds nobody whom it should."""
    _common.set_up(people)
    for title, user, place in (
        ("clerk of a commune of middle size", _common.middle_clerk(), "p.commune_id = %(commune)s"),
        ("clerk of the largest commune", _common.clerk(), "p.commune_id = %(commune)s"),
        ("provincial department", _common.department(), "p.province_id = %(province)s"),
    ):
        kinds = kinds_of_search(user)
        _common.show(f"search in SQL, {title}", [in_sql(user, kind, place) for kind in kinds])
        _common.show(f"search page, {title}", as_pages(user, kinds))


def kinds_of_search(user: Any) -> list[Kind]:
    """The same typed texts every time, taken from people at the user's places."""
    from ehr.records.models import Identifier, Membership
    from stations.scope import scope_of

    chance = random.Random(_common.SEED)
    wide = bool(scope_of(user).provinces)
    by_name = "person_name_words" if wide else "person_commune_plain"
    by_birth = "person_birth_name"
    people = _common.some_people(user, QUERIES * 3)
    some = people[::3]
    numbers = Identifier.objects.filter(person__in=people, valid_to=None, kind="SDDCN").order_by("pk")
    members = Membership.objects.filter(person__in=people, valid_to=None).order_by("pk")
    phones = [person.phone_mobile for person in people if person.phone_mobile]
    born = [person for person in people if person.birth_date]
    names = sorted(_frequency(user, [person.plain_name for person in people]).items(), key=lambda pair: pair[1])
    rare = [name for name, number in names if number <= 3] or [names[0][0]]
    return [
        Kind("record code", [p.code for p in some], 5, CODE, "person_code_unique"),
        Kind("identity number", list(numbers.values_list("value", flat=True)), 5, NUMBER, "identifier_value"),
        Kind("household number", list(members.exclude(household__code="").values_list("household__code", flat=True)),
             5, HOUSEHOLD, "household_code"),
        Kind("telephone", phones, 5, PHONE, "person_phone"),
        Kind("two common words", [" ".join(p.plain_name.split()[:2]) for p in some], 20, NAME, by_name),
        Kind("given name", [p.plain_name.split()[-1] for p in some], 20, NAME, by_name),
        Kind("whole name", [p.plain_name for p in some], 20, NAME, by_name),
        Kind("rare name", rare, 20, NAME, by_name),
        Kind("name and birth year", [f"{p.plain_name} {p.birth_date.year}" for p in born], 20, BORN, by_birth),
        Kind("family name and birth year", [f"{p.plain_name.split()[0]} {p.birth_date.year}" for p in born], 20, BORN,
             by_birth),
        Kind("name with one typo", [_typo(p.plain_name, chance) for p in some], 35, TYPO, by_name),
    ]  # fmt: skip


def _frequency(user: Any, names: Sequence[str]) -> dict[str, int]:
    from django.db.models import Count

    from ehr.records.models import Person

    rows = Person.objects.visible_to(user).filter(plain_name__in=names).order_by().values_list("plain_name")
    return dict(rows.annotate(n=Count("pk")))


def _typo(name: str, chance: random.Random) -> str:
    """One letter of the longest word replaced."""
    words = name.split()
    at = max(range(len(words)), key=lambda number: len(words[number]))
    place = chance.randrange(len(words[at]))
    words[at] = words[at][:place] + chance.choice(LETTERS) + words[at][place + 1 :]
    return " ".join(words)


def in_sql(user: Any, kind: Kind, place: str) -> Line:
    """Seconds that the statements of the search take, scope known."""
    from ehr.records.queries import find_people

    texts = [kind.texts[number % len(kind.texts)] for number in range(QUERIES)]
    find_people(user=user, text=texts[0])
    seconds, most, floor = [], 0, []
    first = ""
    for number, text in enumerate(texts):
        with _common.sql_clock() as sql:
            found = find_people(user=user, text=text)
        if not found.people and "typo" not in kind.title:
            raise AssertionError(f"{kind.title}: nobody found")
        seconds.append(sql.seconds)
        most = max(most, len(sql.statements))
        first = first or sql.statements[0]
        if number % FLOOR_EVERY == 0:
            floor.append(_floor(user, kind, text, place))
    _must_use(kind, first)
    return Line(kind.title, seconds, floor, statements=most, most_statements=STATEMENTS, budget=kind.budget)


def _floor(user: Any, kind: Kind, text: str, place: str) -> float:
    from django.db import connection

    from stations.scope import scope_of

    scope = scope_of(user)
    words = [word for word in text.split() if word.isalpha()]
    given = {
        "text": text, "words": " & ".join(f"{word}:*" for word in words),
        "year": int(text.split()[-1]) if kind.floor == BORN else 0,
        "commune": next(iter(scope.communes), 0), "province": next(iter(scope.provinces), 0),
    }  # fmt: skip
    with connection.cursor() as cursor:
        return _common.timed(lambda: cursor.execute(kind.floor.format(place=place), given).fetchall())


def _must_use(kind: Kind, statement: tuple[str, Any]) -> None:
    """The plan of the search's first statement names the intended index and reads no large table from end to end."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement[0]}", statement[1])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    whole = [
        name for name in ("person", "identifier", "membership", "relative") if f"Seq Scan on records_{name}" in plan
    ]
    if kind.index not in plan or whole:
        raise AssertionError(f"{kind.title} should be answered by {kind.index}:\n{plan}")


def as_pages(user: Any, kinds: Sequence[Kind]) -> list[Line]:
    """The same as the browser asks: while typing (a part of the page), and by Enter (the whole page)."""
    browser = _common.client(user)
    lines, sizes = [], []

    def ask(title: str, texts: Sequence[str], **headers: str) -> None:
        browser.post("/tim/", {"q": texts[0]}, headers=headers)
        seconds, most, size = [], 0, 0
        for number in range(PAGES):
            text = texts[number % len(texts)]
            with _common.sql_clock() as sql:
                work: Callable[[], Any] = lambda text=text: browser.post("/tim/", {"q": text}, headers=headers)  # noqa: E731
                response, taken = _common.answer(work)
            if response.status_code not in (200, 302):
                raise AssertionError(f"{title}: {response.status_code}")
            seconds.append(taken)
            most, size = max(most, len(sql.statements)), max(size, len(response.content))
        lines.append(Line(title, seconds, statements=most, most_statements=STATEMENTS, budget=pages.BUDGET))
        sizes.append(size)

    for kind in kinds:
        ask(f"typing {kind.title}", kind.texts, HX_Request="true")
    ask("whole page, two common words", next(kind.texts for kind in kinds if kind.title == "two common words"))
    for line, floor in zip(lines, pages.bare(user, sizes), strict=True):
        line.floor = floor
    return lines


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
