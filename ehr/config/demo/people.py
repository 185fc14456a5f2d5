"""Facts of section A that people have: names by family, numbers, telephone, religion, when their record was made."""

from __future__ import annotations

from random import Random

from ehr.config.demo.context import Context, Job
from ehr.config.demo.families import (
    CHILD,
    GRANDCHILD,
    HEAD,
    LARGEST,
    OLDER_SIBLING,
    OTHER,
    PARENT,
    SPOUSE,
    YEAR,
    Household,
    Person,
)
from ehr.config.demo.names import FEMALE, KINH, MALE, Names
from ehr.config.demo.picks import Pick, age_at, ages, year_of, year_start

CAMPAIGN_DAYS = 540  # the commune began to make records so long before
HAS_PHONE = ages([(0, 0), (11, 0), (15, 0.3), (18, 0.82), (60, 0.8), (75, 0.5), (90, 0.2)])
TOILETS = (
    Pick([("flush", 0.86), ("double_vault", 0.09), ("bucket", 0.01), ("none", 0.01), ("unknown", 0.01), ("", 0.02)]),
    Pick([("flush", 0.4), ("double_vault", 0.33), ("bucket", 0.06), ("none", 0.13), ("unknown", 0.03), ("", 0.05)]),
)
CHILD_WITHOUT_NUMBER_DAYS = 60
HMONG = "08"
RELIGION = Pick([("0", 0.88), ("2", 0.05), ("1", 0.04), ("", 0.03)])
UPLAND_RELIGION = Pick([("0", 0.86), ("3", 0.1), ("2", 0.01), ("", 0.03)])


class Numbers:
    """Personal numbers, insurance numbers, telephones of one chunk. Each chunk has a slice of the space of six (seven,
    eight…) digits, so that no number is given twice however many processes work; within it numbers are random."""

    def __init__(self, rng: Random, job: Job, taken: frozenset[str]) -> None:
        self._random = rng.random
        self._low, self._width = job.serial, job.serial_width
        self._given: set[str] = set()
        self._taken = taken
        self._province = job.place.province_code

    def _free(self, prefix: str, digits: int) -> str:
        space = 10**digits
        low, width = int(self._low * space), max(int(self._width * space), 1)
        while True:
            number = f"{prefix}{(low + int(self._random() * width)) % space:0{digits}d}"
            if number not in self._given and number not in self._taken:
                self._given.add(number)
                return number

    def national_id(self, place: str, sex: int, year: int) -> str:
        """Twelve digits: place of registration, sex and century, year of birth, six digits. NĐ 137/2015 art. 13."""
        return self._free(f"0{place}{(year // 100 - 19) * 2 + sex}{year % 100:02d}", 6)

    def cmnd(self) -> str:
        return self._free(str(1 + int(self._province) % 3), 8)

    def social_insurance(self) -> str:
        return self._free(self._province, 8)

    def household(self) -> str:
        return self._free(self._province, 8)

    def phone(self) -> str:
        """053 is a prefix that no operator has; see fixtures/README.md."""
        return self._free("053", 7)


def describe(
    rng: Random, names: Names, numbers: Numbers, context: Context, job: Job, drawn: list[list[tuple[Person, str]]]
) -> list[Household]:
    """Households with everything that section A says about house and people; keys included."""
    mix = Pick(job.place.mix)
    main = mix(rng.random())
    households = []
    next_person = job.first_person
    for number, members in enumerate(drawn):
        household = Household([person for person, _ in members])
        household.id = job.first_household + number
        household.ethnic = main if rng.random() < 0.92 else mix(rng.random())
        household.created = _created(rng, context)
        household.surveyed = 0
        if rng.random() < 0.7:
            household.surveyed = household.created + 15 + int(rng.random() * 150)
            if household.surveyed >= context.as_of:
                household.surveyed = 0
        household.full_form = rng.random() < context.full_forms
        household.toilet = TOILETS[job.place.upland](rng.random()) if household.surveyed else ""
        household.religion = (RELIGION if household.ethnic == KINH else UPLAND_RELIGION)(rng.random())
        household.address = f"Số nhà {1 + int(rng.random() * 240)}" if rng.random() < 0.25 else ""
        for person, relation in members:
            person.relation = relation
        _name_family(rng, names, household, mix)
        for person in household.members:
            person.id = next_person
            next_person += 1
            _describe(rng, numbers, context, job, household, person)
        households.append(household)
    return households


def add_dead_and_moved(rng: Random, context: Context, job: Job, drawn: list[list[tuple[Person, str]]]) -> None:
    """People who died or left in the last two years, as parents and grown children of households that are here."""
    for state, number in (("dead", job.dead), ("moved", job.moved)):
        for _ in range(number):
            ends = context.as_of - 10 - int(rng.random() * 480)
            fitting = []
            for _attempt in range(40):
                members = drawn[int(rng.random() * len(drawn))]
                head = members[0][0]
                sexes = {person.sex for person, relation in members if relation == PARENT}
                if len(members) >= LARGEST:
                    continue
                if state == "dead" and 34 <= head.age <= 62 and len(sexes) < 2:
                    fitting = [members, head, sexes]
                    break
                if state == "moved" and 45 <= head.age <= 66 and head.sex == MALE:
                    fitting = [members, head, sexes]
                    break
            if not fitting:
                members = max(drawn, key=lambda some: some[0][0].age if len(some) < LARGEST else 0)
                head, sexes = members[0][0], set()
            if state == "dead":
                born, relation = head.born - int((22 + rng.random() * 12) * YEAR), PARENT
                sex = MALE if FEMALE in sexes else FEMALE if MALE in sexes else int(rng.random() < 0.5)
            else:
                born, relation = head.born + int((22 + rng.random() * 4) * YEAR), CHILD
                sex = int(rng.random() < 0.5)
                if any(abs(born - other.born) < 330 for other, _ in members):
                    born += 400
            born = min(born, ends - int(17 * YEAR))
            person = Person(born, sex, age_at(born, context.as_of))
            person.state, person.ends = state, ends
            if relation == CHILD:
                person.father = head if head.sex == MALE else None
            elif sex == MALE:
                head.father = head.father or person
            else:
                head.mother = head.mother or person
            members.append((person, relation))


def _created(rng: Random, context: Context) -> int:
    """Most records came with the campaign, the others one by one since."""
    r = rng.random()
    if r < 0.7:
        return context.as_of - 420 - int(rng.random() * (CAMPAIGN_DAYS - 420))
    return context.as_of - (120 + int(rng.random() * 300) if r < 0.9 else 1 + int(rng.random() * 119))


def _name_family(rng: Random, names: Names, household: Household, mix: Pick[str]) -> None:
    """The family name comes from the father; wives and mothers keep their own."""
    line = names.family(rng, household.ethnic)
    taken: set[str] = set()
    head = household.members[0]
    head_in_line = head.sex == MALE or not any(
        person.sex == MALE and person.relation == SPOUSE for person in household.members
    )
    for person in household.members:
        relation = person.relation
        own = person is head or relation in (CHILD, GRANDCHILD, OLDER_SIBLING)
        own = own or (relation == OTHER and person.mother is not None)  # a brother-in-law of the wife who heads
        own = own or (relation == PARENT and person.sex == MALE) or (relation == SPOUSE and person.sex == MALE)
        in_line = own and (head_in_line or person is not head)
        person.ethnic = household.ethnic if own or rng.random() < 0.93 else mix(rng.random())
        person.family = line if in_line else _other_family(rng, names, person.ethnic, line)
        if relation == OTHER and head.sex == MALE and abs(person.age - head.age) <= 16:
            person.family, person.ethnic = line, household.ethnic  # a younger brother or sister of the head
        person.name, person.plain, person.sort = names.name(
            rng, family=person.family, ethnic=person.ethnic, sex=person.sex, year=year_of(person.born), taken=taken
        )


def _other_family(rng: Random, names: Names, ethnic: str, line: str) -> str:
    """Family name of somebody who married in; HMông do not marry within a family name."""
    family = names.family(rng, ethnic)
    while ethnic == HMONG and family == line:
        family = names.family(rng, ethnic)
    return family


def _describe(rng: Random, numbers: Numbers, context: Context, job: Job, household: Household, person: Person) -> None:
    random = rng.random
    born, as_of = person.born, context.as_of
    person.household = household
    person.created = max(household.created, born + 2 + int(random() * 40))
    if person.ends:
        person.created = min(household.created, person.ends - 1)
    if person.created >= as_of:
        person.created = max(born, as_of - 1)
    person.surveyed = household.surveyed if household.surveyed > person.created and random() < 0.97 else 0
    if person.state != "active":
        person.surveyed = 0
    person.precision = "day"
    if person.age >= 50 and random() < (0.14 if person.age >= 70 else 0.03):
        person.precision = "year"
        person.born = born = year_start(year_of(born))
        person.age = age_at(born, as_of)
    person.born_elsewhere = ""
    if random() < 0.07 and person.age >= 18:
        codes = list(context.birth_provinces)
        person.born_elsewhere = codes[int(random() * len(codes))]
    r = random()
    if person.state == "active" and person.age >= 18:
        if person.relation in (HEAD, OTHER) and len(household.members) == 1 and person.age < 45 and r < 0.35:
            person.residence = "temporary"
        elif r < 0.03:
            person.residence = "temporary" if r < 0.012 else "away" if r < 0.027 else "staying"
    _give_numbers(rng, numbers, as_of, job, person)


def _give_numbers(rng: Random, numbers: Numbers, as_of: int, job: Job, person: Person) -> None:
    random = rng.random
    person.phone = numbers.phone() if random() < HAS_PHONE[min(person.age, 120)] else ""
    person.no_phone = not person.phone and person.age >= 14 and random() < 0.6
    days = as_of - person.born
    r = random()
    place = person.born_elsewhere or job.place.province_code
    person.number, person.reason = "", ""
    if days < CHILD_WITHOUT_NUMBER_DAYS and r < 0.8:
        person.reason = "1"  # a newborn has none yet
    elif person.age >= 70 and r < 0.05:
        person.number = numbers.cmnd()
    elif r > 0.978:
        # Lost papers, none at all, refused, another reason; or nobody has asked.
        person.reason = "2" if r < 0.984 else "4" if r < 0.987 else "5" if r < 0.988 else "9" if r < 0.99 else ""
    else:
        person.number = numbers.national_id(place, person.sex, year_of(person.born))
    r = random()
    person.card = "" if r < 0.045 else "none" if r < 0.075 else _card(random(), job, person, numbers)


def _card(r: float, job: Job, person: Person, numbers: Numbers) -> str:
    """Card by group: children, pupils, poor, minorities, pensioners, workers, households. QĐ 1351/QĐ-BHXH."""
    age, province = person.age, job.place.province_code
    if age < 6:
        group = "TE1"
    elif person.ethnic != "01" and job.place.upland:
        group = "DT2" if r < 0.75 else "HN2" if r < 0.9 else "DN4"
    elif age < 18:
        group = "HS4" if r < 0.93 else "HN2"
    elif age >= 80:
        group = "BT2"
    elif age >= 60:
        group = "HT3" if r < 0.25 else "GD4" if r < 0.85 else "HN2" if r < 0.93 else "CN3"
    else:
        group = "DN4" if r < 0.35 else "GD4" if r < 0.9 else "CN3" if r < 0.96 else "HN2"
    return f"{group}{province}{numbers.social_insurance()}"
