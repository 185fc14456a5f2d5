"""A small register of two villages, and lists of residents as CSV."""

import csv
import io
from dataclasses import dataclass, field
from datetime import date

import pytest

from ehr.common.text import plain, sort_key
from ehr.intake.models import Kind
from ehr.intake.register.models import RegisterLine
from ehr.intake.services import upload
from ehr.records.models import Household, Identifier, Membership, Person
from tests.ehr.intake.register.people import EVERYBODY, HEADERS, RELATIONS
from tests.factories.records import code


@dataclass
class Register:
    """`add` puts residents into the database; `compare` sends a list of residents."""

    places: object
    by: object
    sent: list = field(default_factory=list)

    def add(self, *residents):
        for one in residents:
            self._add(one)
        return self

    def _add(self, one):
        village = next(v for v in self.places.villages if v.name == one.village)
        commune = self.places.commune
        household, _ = Household.objects.get_or_create(
            commune=commune, province=commune.parent, village=village, code=one.household
        )
        born = [int(part) for part in reversed(one.born.split("/"))]
        person = Person.objects.create(
            full_name=one.name, plain_name=plain(one.name), sort_name=sort_key(one.name),
            sex="1" if one.sex == "Nam" else "2", birth_date=date(*[*born, 1, 1][:3]),
            birth_precision="day" if len(born) == 3 else "year", village=village, commune=commune,
            province=commune.parent, resident_since=date(2020, 1, 1),
        )  # fmt: skip
        relation = RELATIONS[one.relation]
        Membership.objects.create(
            person=person, household=household, relation=code("relation-831", relation), is_head=relation == "01"
        )
        if one.number:
            Identifier.objects.create(
                person=person, kind="SDDCN" if len(one.number) == 12 else "CMND9", value=one.number
            )
        return person

    def compare(self, *residents, by=None):
        """The batch of this list, read and compared."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(HEADERS)
        for index, one in enumerate(residents, start=1):
            writer.writerow(one.cells(index))
        return upload(
            data=text.getvalue().encode("utf-8-sig"), file_name="danh-sach.csv", kind=Kind.REGISTER,
            commune=self.places.commune, by=by or self.by, door="screen", wait=True,
        )  # fmt: skip


@pytest.fixture
def register(places, users):
    """A register with two villages: Hải, Lan, Nam and Ba in Đông Hải, Tư and Hoa in Bắc Nam."""
    return Register(places, users.clerk).add(*EVERYBODY)


@pytest.fixture
def groups():
    """groups(batch) → {group: [names]} of the lines."""

    def of(batch, **wanted):
        found = {}
        for line in RegisterLine.objects.filter(batch=batch, **wanted).order_by("pk"):
            found.setdefault(line.group, []).append(line.name)
        return found

    return of


@pytest.fixture
def line():
    """line(batch, name) → its line."""

    def of(batch, name):
        return RegisterLine.objects.get(batch=batch, name=name)

    return of
