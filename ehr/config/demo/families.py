"""Households from a population: couples, their children, grandparents, brothers and sisters, people alone.

Ages are drawn first, from the pyramid, and then matched, so that a village has the ages of the pyramid whatever its
households look like. Relations are those of form 831 to the head of the household."""

from __future__ import annotations

from bisect import bisect_left
from random import Random

from ehr.config.demo.names import FEMALE, MALE
from ehr.config.demo.picks import Pick, age_at, ages, read

YEAR = 365.25
LARGEST = 8
HEAD, SPOUSE, CHILD, CHILD_IN_LAW, PARENT, GRANDPARENT, GRANDCHILD, OLDER_SIBLING, OTHER = (
    "01",
    "17",
    "08",
    "18",
    "19",
    "20",
    "12",
    "21",
    "13",
)

MARRIED = (  # share of men and of women who live with a spouse, by age; the law asks for 20 and 18
    ages([(19, 0), (20, 0.06), (25, 0.4), (30, 0.78), (35, 0.88), (60, 0.92), (75, 0.82), (90, 0.5)]),
    ages([(17, 0), (18, 0.06), (22, 0.4), (26, 0.72), (32, 0.88), (50, 0.84), (65, 0.62), (75, 0.38), (90, 0.1)]),
)
AT_HOME = ages([(0, 1), (17, 1), (18, 0.92), (24, 0.85), (30, 0.7), (45, 0.35), (60, 0.1)])  # the unmarried
KINH_CHILDREN = Pick([(1, 0.16), (2, 0.52), (3, 0.24), (4, 0.06), (5, 0.02)])
UPLAND_CHILDREN = Pick([(1, 0.06), (2, 0.34), (3, 0.32), (4, 0.18), (5, 0.10)])


class Person:
    """One invented person; ordinals for days, objects for kin."""

    __slots__ = (
        "age",
        "born",
        "born_elsewhere",
        "card",
        "conditions",
        "created",
        "ends",
        "ethnic",
        "family",
        "father",
        "height",
        "household",
        "id",
        "mother",
        "name",
        "no_phone",
        "number",
        "phone",
        "plain",
        "precision",
        "pregnant",
        "reason",
        "relation",
        "residence",
        "sex",
        "sort",
        "state",
        "surveyed",
        "weight",
    )

    def __init__(self, born: int, sex: int, age: int) -> None:
        self.born, self.sex, self.age = born, sex, age
        self.father: Person | None = None
        self.mother: Person | None = None
        self.relation = ""
        self.state = "active"
        self.residence = "permanent"
        self.ends: int | None = None
        self.pregnant = 0
        self.conditions: tuple[int, ...] = ()
        self.height = 0.0


class Unit:
    """A couple or one adult, with unmarried children; a younger one may shelter an older one."""

    __slots__ = ("elder", "extra", "kids", "limit", "man", "siblings", "woman")

    def __init__(self, man: Person | None, woman: Person | None, limit: int = 0) -> None:
        self.man, self.woman, self.limit = man, woman, limit
        self.kids: list[Person] = []
        self.siblings: list[Person] = []
        self.extra: list[tuple[Person, str]] = []
        self.elder: Unit | None = None

    def size(self) -> int:
        own = (self.man is not None) + (self.woman is not None) + len(self.kids) + len(self.siblings) + len(self.extra)
        return own + (self.elder.size() if self.elder else 0)

    def adults(self) -> list[Person]:
        return [person for person in (self.man, self.woman) if person]


class Household:
    """Members in the order of the household book: the head first."""

    __slots__ = ("address", "created", "ethnic", "full_form", "id", "members", "religion", "surveyed", "toilet")

    def __init__(self, members: list[Person]) -> None:
        self.members = members


class Pyramid:
    """Draws sex and birth; `youth` > 0 makes a population younger, as upland communes are."""

    def __init__(self, youth: float = 0.0) -> None:
        cells = []
        for row in read("age_pyramid.csv"):
            low, high = int(row["age_from"]), int(row["age_to"])
            for sex, column in ((MALE, "male"), (FEMALE, "female")):
                cells.append(((sex, low, high - low + 1), float(row[column]) * 2.718281828 ** (-youth * low)))
        self._cells = Pick(cells)

    def draw(self, rng: Random, number: int, as_of: int) -> list[Person]:
        """`number` living people on the day `as_of`."""
        people = []
        for _ in range(number):
            sex, low, span = self._cells(rng.random())
            born = as_of - int((low + rng.random() * span) * YEAR)
            people.append(Person(born, sex, age_at(born, as_of)))
        return people


def make_households(rng: Random, people: list[Person], *, upland: bool) -> list[list[tuple[Person, str]]]:
    """All `people` in households of at most eight; each member with the relation to the head, who comes first."""
    units, single = _couples(rng, people, UPLAND_CHILDREN if upland else KINH_CHILDREN)
    single, lost = _place_children(rng, units, single)
    younger, older = _place_elders(rng, units)
    alone = _place_single(rng, younger, single)
    _place_lost(rng, older, younger, lost)
    households = [_members(rng, unit) for unit in (*younger, *older)]
    households += [[(person, HEAD)] for person in alone]
    return households


def _couples(rng: Random, people: list[Person], children: Pick[int]) -> tuple[list[Unit], list[Person]]:
    """Couples by rank of age, the husband two to three years older on average; and everybody else."""
    random, gauss = rng.random, rng.gauss
    sides: tuple[list[Person], list[Person]] = ([], [])
    single = []
    for person in people:
        if random() < MARRIED[person.sex][person.age]:
            sides[person.sex].append(person)
        else:
            single.append(person)
    men, women = sides
    for side in sides:
        rng.shuffle(side)
    both = min(len(men), len(women))
    single += men[both:] + women[both:]
    men = sorted(men[:both], key=lambda man: man.born + gauss(0, 600))
    women = sorted(women[:both], key=lambda woman: woman.born - 900 + gauss(0, 600))
    units = []
    for man, woman in zip(men, women, strict=True):
        if abs(man.born - woman.born) < 16 * YEAR:
            units.append(Unit(man, woman, children(random())))
        else:
            single += (man, woman)
    return units, single


def _place_children(rng: Random, units: list[Unit], single: list[Person]) -> tuple[list[Person], list[Person]]:
    """Gives the unmarried who live at home to mothers of a fitting age. Returns the other adults, and lost children."""
    random = rng.random
    stay, children = [], []
    for person in single:
        if person.sex == FEMALE and 22 <= person.age <= 57 and random() < 0.28:
            units.append(Unit(None, person, 1 + (random() < 0.35)))  # widowed, divorced or never married
        else:
            (children if random() < AT_HOME[person.age] else stay).append(person)
    mothers = sorted((unit for unit in units if unit.woman and unit.woman.age < 90), key=lambda unit: unit.woman.born)
    births = [unit.woman.born for unit in mothers]
    lost = []
    children.sort(key=lambda child: child.born)  # the oldest first; equal births stay in order: the same every time
    for child in children:
        if not _find_mother(rng, child, mothers, births):
            (stay if child.age >= 18 else lost).append(child)
    return stay, lost


def _find_mother(rng: Random, child: Person, mothers: list[Unit], births: list[int]) -> bool:
    for attempt in range(14):
        ideal = child.born - int(min(max(rng.gauss(27, 4.5), 18.5), 44) * YEAR)
        at = bisect_left(births, ideal) + int((rng.random() - 0.5) * (4 + attempt * 2))
        if not 0 <= at < len(mothers):
            continue
        unit = mothers[at]
        gap = child.born - unit.woman.born
        if len(unit.kids) >= unit.limit + (attempt > 9) or not 18 * YEAR < gap < 45 * YEAR:
            continue
        if unit.man and not 19 * YEAR < child.born - unit.man.born < 62 * YEAR:
            continue
        if any(abs(child.born - other.born) < 330 for other in unit.kids):
            continue
        unit.kids.append(child)
        child.mother, child.father = unit.woman, unit.man
        return True
    return False


def _place_elders(rng: Random, units: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Half of the old live with a married son. Returns units that head a household: younger, older."""
    old = [unit for unit in units if _oldest(unit) >= 58]
    young = sorted((unit for unit in units if unit.man and unit.woman and _oldest(unit) < 58), key=lambda u: u.man.born)
    births = [unit.man.born for unit in young]
    alone = []
    for elder in old:
        if rng.random() > 0.55 or not _find_son(rng, elder, young, births):
            alone.append(elder)
    placed = set(map(id, old))
    return [unit for unit in units if id(unit) not in placed], alone


def _oldest(unit: Unit) -> int:
    return max(person.age for person in unit.adults())


def _find_son(rng: Random, elder: Unit, young: list[Unit], births: list[int]) -> bool:
    parent = elder.woman or elder.man
    assert parent is not None  # noqa: S101 - a unit has an adult
    for _attempt in range(6):
        at = bisect_left(births, parent.born + int(rng.gauss(26, 4) * YEAR)) + int((rng.random() - 0.5) * 6)
        if not 0 <= at < len(young):
            continue
        host = young[at]
        if host.elder or host is elder or host.size() + elder.size() > LARGEST:
            continue
        gaps = [(host.man.born - person.born) / YEAR for person in elder.adults()]
        if min(gaps) < 18 or max(gaps) > 45 or any(abs(host.man.born - kid.born) < 330 for kid in elder.kids):
            continue
        host.elder = elder
        host.man.father, host.man.mother = elder.man, elder.woman
        return True
    return False


def _place_single(rng: Random, younger: list[Unit], single: list[Person]) -> list[Person]:
    """Some live with a married brother, old ones with a married son; the rest alone."""
    hosts = sorted((unit for unit in younger if unit.man), key=lambda unit: unit.man.born)
    births = [unit.man.born for unit in hosts]
    alone = []
    for person in single:
        old = person.age >= 60
        if rng.random() > (0.72 if old else 0.45) or not hosts:
            alone.append(person)
            continue
        ideal = person.born + int(rng.gauss(27, 4) * YEAR) if old else person.born + int(rng.gauss(0, 4) * YEAR)
        for at in range(bisect_left(births, ideal), min(bisect_left(births, ideal) + 8, len(hosts))):
            host = hosts[at]
            years = (host.man.born - person.born) / YEAR
            if host.size() >= LARGEST or host.elder or host.siblings:
                continue
            if old and 18 <= years <= 45:
                host.elder = Unit(None, person) if person.sex == FEMALE else Unit(person, None)
                host.man.father, host.man.mother = host.elder.man, host.elder.woman
                break
            if not old and 0.95 < abs(years) < 16:
                host.siblings.append(person)
                break
        else:
            alone.append(person)
    return alone


def _place_lost(rng: Random, older: list[Unit], younger: list[Unit], lost: list[Person]) -> None:
    """Children without parents here live with grandparents, as the children of migrant workers do, else with others."""
    for child in lost:
        for _attempt in range(60):
            unit = older[int(rng.random() * len(older))] if older else None
            if unit is None:
                break
            youngest = max(person.born for person in unit.adults())
            if unit.size() < LARGEST and child.born - youngest > 37 * YEAR:
                unit.extra.append((child, GRANDCHILD))
                break
        else:
            unit = None
        if unit is None:
            fitting = [unit for unit in younger if unit.size() < LARGEST] or younger
            fitting[int(rng.random() * len(fitting))].extra.append((child, OTHER))


def _members(rng: Random, unit: Unit) -> list[tuple[Person, str]]:
    """One unit with those it shelters, as a household with relations to its head."""
    elder = unit.elder
    if elder and elder.man and elder.man.age < 82 and rng.random() < 0.5:
        return _headed_by_elder(unit, elder)
    head, spouse = (unit.man, unit.woman) if unit.man else (unit.woman, None)
    if unit.man and unit.woman and rng.random() < 0.14:
        head, spouse = unit.woman, unit.man
    assert head is not None  # noqa: S101 - a unit has an adult
    members = [(head, HEAD)]
    if spouse:
        members.append((spouse, SPOUSE))
    members += [(kid, CHILD) for kid in sorted(unit.kids, key=lambda kid: kid.born)]
    own_line = head is unit.man  # the wife's parents-in-law and brothers-in-law are "other" to her
    if elder:
        members += [(person, PARENT) for person in elder.adults()]
        members += [(kid, _sibling(head, kid) if own_line else OTHER) for kid in elder.kids]
    members += [(person, _sibling(head, person) if own_line else OTHER) for person in unit.siblings]
    return members + unit.extra


def _headed_by_elder(unit: Unit, elder: Unit) -> list[tuple[Person, str]]:
    assert elder.man is not None and unit.man is not None  # noqa: S101 - asked by the caller
    members = [(elder.man, HEAD)]
    if elder.woman:
        members.append((elder.woman, SPOUSE))
    members += [(kid, CHILD) for kid in elder.kids]
    members.append((unit.man, CHILD))
    if unit.woman:
        members.append((unit.woman, CHILD_IN_LAW))
    members += [(kid, GRANDCHILD) for kid in sorted(unit.kids, key=lambda kid: kid.born)]
    members += [(person, CHILD) for person in unit.siblings]
    return members + elder.extra + unit.extra


def _sibling(head: Person, person: Person) -> str:
    return OLDER_SIBLING if person.born < head.born else OTHER
