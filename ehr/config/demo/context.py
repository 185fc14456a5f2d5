"""What a generating process is told: keys of reference rows, places, how many people. All of it can be pickled."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """A village with its units; keys of rows, and the codes that numbers of people carry."""

    village: int
    village_name: str
    commune: int
    province: int
    province_code: str  # two digits, as in the personal number after a zero
    old_commune: int | None
    old_district: int | None
    station: int | None
    mix: tuple[tuple[str, float], ...]  # ethnic group and its share
    upland: bool
    doctors: tuple[str, ...]


@dataclass(frozen=True)
class Dose:
    """A dose of the schedule: which row of which table, and the age in days it is due at."""

    table: str
    form_row: int | None
    vaccine: int
    number: int
    due: int


@dataclass(frozen=True)
class Context:
    """The same for all chunks of a load. `codes`: list → code → primary key."""

    seed: str
    as_of: int  # ordinal day; everything happened before it
    codes: dict[str, dict[str, int]]
    icd10_names: dict[str, str]
    icd10_version: str
    child_doses: tuple[Dose, ...]
    service_doses: tuple[Dose, ...]
    tetanus_doses: tuple[Dose, ...]
    birth_provinces: dict[str, int]  # two digits → unit of the old scheme
    full_forms: float  # share of surveyed households whose every line of section B is answered
    taken: frozenset[str] = frozenset()  # personal numbers and household codes that are in the database already


@dataclass(frozen=True)
class Job:
    """One chunk: a village or a part of one, with ranges of keys and of serial numbers of its own."""

    key: str  # with the seed, decides everything; holds no primary key
    place: Place
    living: int
    dead: int
    moved: int
    visits: int
    serial: float  # where this chunk's numbers lie in the space of numbers, 0 to 1
    serial_width: float
    first_person: int = 0
    first_household: int = 0
    first_encounter: int = 0

    @property
    def people(self) -> int:
        return self.living + self.dead + self.moved


@dataclass
class Tally:
    """What was made, for the summary."""

    rows: dict[str, int] = field(default_factory=dict)

    def add(self, other: dict[str, int]) -> None:
        for table, count in other.items():
            self.rows[table] = self.rows.get(table, 0) + count
