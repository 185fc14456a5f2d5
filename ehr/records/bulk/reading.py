"""What the checks of a few thousand rows ask, in a number of queries that does not depend on how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from ehr.codes.models import Code
from ehr.records.bulk.rows import References
from ehr.records.models import (
    Address,
    Allergy,
    Condition,
    Disability,
    FamilyHistory,
    HealthHistory,
    Household,
    Identifier,
    Membership,
    Person,
    Relative,
    Surgery,
)  # fmt: skip
from ehr.records.services.section_a_input import SYSTEMS
from ehr.records.services.section_a_plan import StoredPerson
from ehr.records.services.section_b_plan import StoredHistory
from stations.models import Organization

CURRENT = "t.person_id = ANY(%s) AND t.valid_to IS NULL"
LISTS = {"allergy": Allergy, "condition": Condition, "disability": Disability, "family": FamilyHistory}
KIND_LISTS = ("allergy-kind", "own-disease", "disability-kind")


class Stored:
    """What is stored of the people of one call, and the households that its rows name."""

    def __init__(
        self, values: Sequence[Mapping[str, Any]], people: Iterable[int], *, with_history: bool, lock: bool
    ) -> None:
        """`lock`: people, their histories and households are locked in the order of their keys."""
        self.refs = References()
        self.refs.kept_codes({*SYSTEMS.values(), *KIND_LISTS})
        keys = sorted(set(people))
        self.people: dict[int, StoredPerson] = {}
        self.histories: dict[int, StoredHistory] = {}
        if keys:
            self._read_people(keys, lock)
        self._read_places(values)
        if keys:
            self._read_missing_codes()
            if with_history:
                self._read_histories(keys, lock)

    def _read_people(self, keys: list[int], lock: bool) -> None:
        read = self.refs.read
        self.people = {row.id: StoredPerson(person=row) for row in read(Person, "t.id = ANY(%s)", [keys], lock=lock)}
        memberships = read(Membership, CURRENT, [keys])
        households = {
            row.id: row
            for row in read(Household, "t.id = ANY(%s)", [sorted({row.household_id for row in memberships})], lock=lock)
        }
        for row in memberships:
            of = self.people[row.person_id]
            of.membership, of.household = row, households[row.household_id]
        self.households = households
        numbers: dict[int, list[Any]] = defaultdict(list)
        for row in read(Identifier, "t.person_id = ANY(%s)", [keys]):
            numbers[row.person_id].append(row)
        for key, rows in numbers.items():
            self.people[key].identifiers = rows
        for row in read(Address, CURRENT + " AND t.use = 'permanent'", [keys]):
            self.people[row.person_id].permanent = row
        relatives: dict[int, dict[str, Any]] = defaultdict(dict)
        for row in read(Relative, "t.person_id = ANY(%s) AND t.role <> 'other'", [keys]):
            relatives[row.person_id][row.role] = row
        for key, by_role in relatives.items():
            self.people[key].relatives = by_role

    def _read_places(self, values: Sequence[Mapping[str, Any]]) -> None:
        """Units and villages by code from the rows and by key from the people. Three queries, a fourth for stations."""
        units: set[int | None] = set()
        villages: set[int | None] = set()
        communes: set[int] = set()
        stations: set[int | None] = set()
        for of in self.people.values():
            row = of.person
            units |= {row.commune_id, row.province_id, row.birth_province_id, row.recorded_district_id}
            villages.add(row.village_id)
            stations.add(row.station_id)
            communes.add(row.commune_id)
            if of.permanent is not None:
                row = of.permanent
                units |= {row.commune_id, row.district_id, row.province_id}
                villages.add(row.village_id)
                if row.commune_id:
                    communes.add(row.commune_id)
        self.refs.places.read(values, unit_keys=units - {None}, village_keys=villages - {None}, communes=communes)  # type: ignore[arg-type]
        stations.discard(None)
        if stations:
            self.refs.organizations.update(Organization.objects.in_bulk(stations))

    def _read_missing_codes(self) -> None:
        """Codes of former releases, which the lists in memory no longer show."""
        columns = ("ethnicity_id", "nationality_id", "religion_id", "occupation_id", "id_missing_reason_id")
        used = {getattr(of.person, name) for of in self.people.values() for name in columns}
        related = [row for of in self.people.values() for row in (of.membership, *of.relatives.values()) if row]
        used |= {row.relation_id for row in related}
        missing = used - self.refs.codes.keys() - {None}
        if missing:
            self.refs.codes.update(Code.objects.in_bulk(missing))

    def _read_histories(self, keys: list[int], lock: bool) -> None:
        read = self.refs.read
        of = self.histories = {key: StoredHistory() for key in self.people}
        for row in read(HealthHistory, "t.person_id = ANY(%s)", [keys], lock=lock):
            of[row.person_id].history = row
        lines: dict[int, dict[str, list[Any]]] = defaultdict(dict)
        for name, model in LISTS.items():
            for row in read(model, "t.person_id = ANY(%s)", [keys]):
                lines[row.person_id].setdefault(name, []).append(row)
        for key, lists in lines.items():
            of[key].lists = lists
        surgeries: dict[int, list[Any]] = defaultdict(list)
        for row in read(Surgery, "t.person_id = ANY(%s)", [keys], order="year, id"):
            surgeries[row.person_id].append(row)
        for key, rows in surgeries.items():
            of[key].surgeries = rows


Where = tuple[int, int | None, str]  # commune, village, code


class Households:
    """Households by commune, village and code: stored ones, and those that rows of this call open."""

    def __init__(self, stored: Stored) -> None:
        self._refs = stored.refs
        self._known: dict[int, Any] = getattr(stored, "households", {})
        self._found: dict[Where, Any] = {}
        self.opened: list[Any] = []

    def read(self, wanted: set[Where], *, lock: bool) -> None:
        """Open households of these places and codes. One query; a household of somebody's is the same object."""
        if not wanted:
            return
        communes, villages, codes = zip(*wanted, strict=True)
        where = (
            "t.closed_on IS NULL AND t.code = ANY(%s) AND (t.commune_id, coalesce(t.village_id, 0), t.code) IN "
            "(SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]))"
        )
        params = [sorted(set(codes)), list(communes), [village or 0 for village in villages], list(codes)]
        for row in self._refs.read(Household, where, params, lock=lock):
            row = self._known.setdefault(row.id, row)
            self._found.setdefault((row.commune_id, row.village_id, row.code), row)

    def find(self, columns: dict[str, Any]) -> Any:
        """The household that `columns` describe; opened when there is none. Its key is to be given before writing."""
        where = columns["commune_id"], columns["village_id"], columns["code"]
        found = self._found.get(where)
        if found is None:
            opened = {"id": -1 - len(self.opened), "toilet_type": "", "version": 1, **columns}
            found = self._found[where] = self._refs.new(Household, opened)
            self.opened.append(found)
        return found


def numbers_in_use(numbers: Iterable[str]) -> dict[str, set[int]]:
    """Who carries each of these personal numbers now. One query."""
    found: dict[str, set[int]] = defaultdict(set)
    wanted = sorted(set(numbers))
    if wanted:
        rows = Identifier.objects.filter(value__in=wanted, kind__in=("SDDCN", "FOREIGN_ID"), valid_to=None).order_by()
        for number, person in rows.values_list("value", "person"):
            found[number].add(person)
    return found


def twins_of(wanted: Sequence[tuple[str, Any, str, int]]) -> set[tuple[str, Any, str, int]]:
    """Those of (plain name, birth date, sex, commune) that an active record has. One query."""
    if not wanted:
        return set()
    active = [status.value for status in (Person.Status.ACTIVE, Person.Status.MOVED, Person.Status.DEAD)]
    # One lookup for each, by birth date and name (+ 0: never through all of that name in the commune). With the
    # statistics of a young database it would be otherwise, and a join would read the commune for each call.
    sql = """
        SELECT DISTINCT w.name, w.birth, w.sex, w.commune
        FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[]) AS w(name, birth, sex, commune)
        WHERE (SELECT 1 FROM records_person p
               WHERE p.plain_name = w.name AND p.birth_date = w.birth AND p.sex = w.sex AND p.commune_id + 0 = w.commune
                 AND p.status = ANY(%s) LIMIT 1) IS NOT NULL"""
    names, births, sexes, communes = map(list, zip(*wanted, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [names, births, sexes, communes, active])
        return set(cursor.fetchall())
