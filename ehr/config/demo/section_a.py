"""COPY lines of section A: household, person, membership, identifiers, address, relatives."""

import datetime as dt
from random import Random

from ehr.config.demo.context import Context, Job
from ehr.config.demo.families import CHILD, GRANDCHILD, GRANDPARENT, HEAD, OTHER, PARENT, Household, Person
from ehr.config.demo.names import FEMALE, MALE, Names
from ehr.config.demo.picks import Pick, iso, iso_or_null, pairs
from ehr.config.demo.rows import Lines
from ehr.records.rules import GUARDIAN_BELOW, WORKING_AGE

CHIP_CARDS_SINCE = dt.date(2021, 3, 1).toordinal()
NEW_ISSUER_SINCE = dt.date(2024, 7, 1).toordinal()  # Law on identity 26/2023/QH15
NEW_UNITS_SINCE = dt.date(2025, 7, 1).toordinal()
OLD_ISSUER, NEW_ISSUER = "Cục Cảnh sát quản lý hành chính về trật tự xã hội", "Bộ Công an"
HAS_PARENTS_BELOW = 16  # years; whose parents the household form asks
NONE = "\\N"

# Codes of occupations and their weights: men, women.
WORK = (
    Pick(
        pairs(
            "61:20 63:13 92:5 71:14 72:5 74:3 83:9 82:5 52:7 51:3 93:7 95:2 22:0.7 23:1.4 33:1.5 15:0.6 01:0.9 02:0.9 "
            "54:1 62:1.5 75:2"
        )
    ),
    Pick(
        pairs(
            "61:20 63:14 92:7 82:11 75:12 52:14 51:4 91:3 95:4 94:2 22:0.9 32:0.7 23:3.2 36:1.6 33:2 41:1.6 43:1 "
            "15:0.5 53:1"
        )
    ),
)
NO_WORK = "00000"
#: answered_none by (no card, no telephone).
NO_ANSWERS = {
    (False, False): "{}",
    (False, True): "{phone_mobile}",
    (True, False): "{health_insurance_number}",
    (True, True): "{health_insurance_number,phone_mobile}",
}
BLOOD = Pick([("", 0.82), ("O", 0.077), ("B", 0.055), ("A", 0.038), ("AB", 0.01)])
SOURCE = Pick(
    [("register", 0.83), ("qr", 0.05), ("chip", 0.03), ("vneid", 0.03), ("insurance", 0.03), ("manual", 0.03)]
)
LEFT_FOR = Pick([("Hà Nội", 5), ("Thành phố Hồ Chí Minh", 5), ("Bắc Ninh", 3), ("Hải Phòng", 2), ("Đồng Nai", 3)])


class SectionA:
    """Writes households one by one. The columns are those of rows.COLUMNS."""

    def __init__(self, rng: Random, names: Names, context: Context, job: Job, lines: Lines) -> None:
        self._rng, self._names, self._context, self._job = rng, names, context, job
        tables = lines.tables
        self._household = tables["records_household"].append
        self._person = tables["records_person"].append
        self._membership = tables["records_membership"].append
        self._identifier = tables["records_identifier"].append
        self._address = tables["records_address"].append
        self._relative = tables["records_relative"].append
        self._relation = context.codes["relation-831"]
        place = job.place
        old_commune = NONE if place.old_commune is None else place.old_commune
        old_district = NONE if place.old_district is None else place.old_district
        self._where = f"{place.village}\t{place.commune}\t{place.province}"
        self._recorded = (f"{NONE}\t{NONE}", f"{old_commune}\t{old_district}")
        self._station = NONE if place.station is None else place.station
        self._home = f"{place.village_name}\t{self._where}\t{old_commune}"

    def stamp(self, day: int) -> str:
        """A moment of that working day."""
        r = self._rng.random()
        return f"{iso(day)} {7 + int(r * 10):02d}:{int(r * 1000) % 60:02d}:00+07"

    def write(self, household: Household, number: str) -> None:
        stamp = self.stamp(household.created)
        phone = next((person.phone for person in household.members if person.phone), "")
        self._household(
            f"{household.id}\t{number}\t{self._where}\t{household.address}\t{household.toilet}\t{phone}\t\t1\t"
            f"{stamp}\t{stamp}\n"
        )
        for person in household.members:
            self._write_person(household, person)

    def _write_person(self, household: Household, person: Person) -> None:
        random = self._rng.random
        stamp = self.stamp(person.created)
        relatives = self._relatives(household, person, stamp) if person.age < HAS_PARENTS_BELOW else (False, False)
        occupation = self._occupation(person)
        known, confirmed, linked = self._identity(person, stamp)
        complete = (
            (known or person.reason)
            and (occupation != NONE or person.age < WORKING_AGE)
            and (person.phone or person.no_phone or relatives[1])
            and person.card
            and (relatives[0] or person.age >= GUARDIAN_BELOW)
        )
        complete_on = None
        if complete:
            complete_on = person.created + (int(random() * 200) if random() < 0.2 else 0)
            complete_on = min(complete_on, self._last_day(person))
        changed = max(complete_on or 0, linked or confirmed or 0, person.ends or 0, person.surveyed, person.created)
        dead, moved = person.state == "dead", person.state == "moved"
        blood = BLOOD(random())
        rhesus = "" if not blood or random() < 0.2 else "neg" if random() < 0.004 else "pos"
        none = NO_ANSWERS[person.card == "none", bool(person.no_phone)]
        codes = self._context.codes
        religion = household.religion if random() < 0.94 else "0"
        recorded = self._recorded[person.age >= 14 and random() < 0.6]
        since = self._since(person, household)
        self._person(
            f"{person.id}\t{person.name}\t{person.plain}\t{person.sort}\t{person.sex + 1}\t{iso(person.born)}\t"
            f"{person.precision}\t{blood}\t{rhesus}\t{self._birth_province(person)}\t{codes['ethnicity'][person.ethnic]}\t"
            f"{codes['country']['VN']}\t{codes['religion'][religion] if religion else NONE}\t{occupation}\t"
            f"{person.phone}\t\t\t{codes['id-missing-reason'][person.reason] if person.reason else NONE}\t"
            f"{self._where}\t{household.address}\t{recorded}\t{iso_or_null(since)}\t{person.residence}\t{self._station}\t"
            f"{person.state}\t{iso_or_null(person.ends if dead else None)}\t"
            f"{iso_or_null(person.ends if moved else None)}\t{LEFT_FOR(random()) if moved else ''}\t"
            f"{person.mother.id if person.mother else NONE}\t{SOURCE(random()) if confirmed else 'manual'}\t"
            f"{iso_or_null(confirmed)}\t{iso_or_null(linked)}\t{iso_or_null(complete_on)}\t\t1\t"
            f"{none}\t{{}}\t{stamp}\t{self.stamp(changed) if changed > person.created else stamp}\n"
        )
        self._membership(
            f"{person.id}\t{household.id}\t{self._relation[person.relation]}\t"
            f"{'t' if person.relation == HEAD else 'f'}\t{iso_or_null(since)}\t{iso_or_null(person.ends)}\t"
            f"{stamp}\t{stamp}\n"
        )
        self._write_address(person, since, stamp)

    def _last_day(self, person: Person) -> int:
        return min(self._context.as_of - 1, person.ends or self._context.as_of)

    def _since(self, person: Person, household: Household) -> int | None:
        if person.residence == "temporary":
            return max(person.born, household.created - 100)
        return person.born if not person.born_elsewhere and person.relation in (CHILD, GRANDCHILD) else None

    def _occupation(self, person: Person) -> int | str:
        codes = self._context.codes["occupation"]
        r, age = self._rng.random(), person.age
        if age < WORKING_AGE:
            return codes[NO_WORK] if r < 0.35 else NONE
        if r < 0.025:
            return NONE
        if (age < 23 and r < 0.45) or (age >= 62 and r < 0.62) or age >= 80:
            return codes[NO_WORK]
        return codes[WORK[person.sex](self._rng.random())]

    def _birth_province(self, person: Person) -> int:
        if person.born_elsewhere:
            return self._context.birth_provinces[person.born_elsewhere]
        return self._job.place.province

    def _identity(self, person: Person, stamp: str) -> tuple[bool, int | None, int | None]:
        """Writes numbers and card. Returns whether there is a number, when it was confirmed, when linked."""
        random, last = self._rng.random, self._last_day(person)
        confirmed = linked = None
        if person.number:
            issued, issuer = None, ""
            kind = "SDDCN" if len(person.number) == 12 else "CMND9"
            if kind == "CMND9":
                issued = CHIP_CARDS_SINCE - 700 - int(random() * 4000)
                issuer = "Công an tỉnh"
            elif person.age >= 14:
                first = max(CHIP_CARDS_SINCE, person.born + 5115)
                issued = first + int(random() * max(last - first, 1))
                issuer = NEW_ISSUER if issued >= NEW_ISSUER_SINCE else OLD_ISSUER
            if issued is not None and issued > last:
                issued, issuer = None, ""
            self._identifier(
                f"{person.id}\t{kind}\t{person.number}\t{iso_or_null(issued)}\t{issuer}\t{NONE}\t\t{stamp}\t{stamp}\n"
            )
            if kind == "SDDCN" and random() < 0.985:
                confirmed = min(person.created + int(random() * 20), last)
                if random() < 0.97:
                    linked = min(confirmed + 1 + int(random() * 20), last)
        if len(person.card) == 15:
            valid = iso(max(person.born, person.created - 200))
            self._identifier(f"{person.id}\tBHYT_CARD\t{person.card}\t{NONE}\t\t{valid}\t\t{stamp}\t{stamp}\n")
        return bool(person.number), confirmed, linked

    def _write_address(self, person: Person, since: int | None, stamp: str) -> None:
        if person.residence in ("temporary", "staying"):
            province = self._birth_province(person)
            where = f"\t{NONE}\t{NONE}\t{province}\t{NONE}"
        else:
            where = self._home
        self._address(f"{person.id}\tpermanent\t{where}\t{iso_or_null(since)}\t{stamp}\t{stamp}\n")

    def _relatives(self, household: Household, person: Person, stamp: str) -> tuple[bool, bool]:
        """Writes mother, father and, for the young, who cares for them. Returns: has any; the carer has a telephone,
        the only one of a relative that the form asks."""
        found = phone = False
        tail = f"{stamp}\t{stamp}\n"
        for role, parent in (("mother", person.mother), ("father", person.father)):
            if parent:
                self._relative(self._line(person, role, parent, "", "", NONE) + tail)
                found = True
        if not person.mother and self._rng.random() < 0.7:  # works far away: known by name only
            name = self._names.name(
                self._rng,
                family=self._names.family(self._rng, person.ethnic),
                ethnic=person.ethnic,
                sex=FEMALE,
                year=2026 - person.age - 26,
                taken=set(),
            )[0]
            self._relative(f"{person.id}\tmother\t{name}\t{NONE}\t\t\t\t\t\\N\t{NONE}\t{tail}")
            found = True
        if person.age < GUARDIAN_BELOW and self._rng.random() < 0.96:
            carer, relation, text = self._carer(household, person)
            self._relative(self._line(person, "caregiver", carer, text, relation, "t") + tail)
            found, phone = True, bool(carer.phone)
        return found, phone

    def _carer(self, household: Household, person: Person) -> tuple[Person, str, str]:
        mother, father = person.mother, person.father
        if mother and (mother.phone or not (father and father.phone)) and self._rng.random() < 0.93:
            return mother, PARENT, "Mẹ"
        if father:
            return father, PARENT, "Bố"
        head = household.members[0]
        if person.relation == GRANDCHILD:
            return head, GRANDPARENT, "Ông" if head.sex == MALE else "Bà"
        if person.mother:
            return person.mother, PARENT, "Mẹ"
        return head, OTHER, "Người thân"

    def _line(self, person: Person, role: str, other: Person, text: str, relation: str, guardian: str) -> str:
        number = other.number if len(other.number) == 12 else ""
        return (
            f"{person.id}\t{role}\t{other.name}\t{self._relation[relation] if relation else NONE}\t{text}\t{number}\t\t"
            f"{other.phone}\t{guardian}\t{other.id}\t"
        )
