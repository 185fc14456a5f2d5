"""Claims whose people are known, as storing hands them on."""

import hashlib
import itertools

import pytest

from ehr.claims.models import Claim, ClaimFile, ClaimVersion
from ehr.claims.record import Stored, put
from tests.factories.records import PersonFactory

_NUMBER = itertools.count(1)


class Bench:
    """Puts claims for people, keeping the visits as storing does."""

    def __init__(self, user, village):
        self.user, self.village = user, village

    def file(self, name="thang8.xml", **columns):
        number = next(_NUMBER)
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        columns = {"facility_code": "99001", "by": self.user, **columns}
        return ClaimFile.objects.create(sha256=digest, name=name, size=1, **columns)

    def stored(self, claim, person, file):
        row, _ = Claim.objects.get_or_create(
            facility_code=claim.facility or "99001", ma_lk=claim.ma_lk or f"GD-{claim.main.text('SO_BIEN_BAN')}",
            defaults={"person": person, "match": Claim.Match.MATCHED},
        )  # fmt: skip
        version = ClaimVersion.objects.create(
            claim=row, number=row.versions.count() + 1, file=file, index=1, standard=str(claim.standard),
            digest=claim.digest(), content={},
        )  # fmt: skip
        return Stored(row.pk, version.pk, claim, person.pk, row.encounter_id, file)

    def put(self, *pairs, file=None):
        """pairs: (claim, person). Returns {ma_lk: encounter id}."""
        file = file or self.file()
        rows = [self.stored(claim, person, file) for claim, person in pairs]
        found = put(rows, by=self.user)
        for key, encounter in found.items():
            Claim.objects.filter(pk=key).update(encounter=encounter)
        return {row.claim.ma_lk: found.get(row.claim_pk) for row in rows}

    def keep(self, claim, person):
        """Puts the claim and keeps what it says, as storing does: for what reads the claim again later."""
        self.put((claim, person))
        version = ClaimVersion.objects.latest("pk")
        content = {name: [row.canonical() for row in rows] for name, rows in claim.tables.items()}
        ClaimVersion.objects.filter(pk=version.pk).update(content=content)
        Claim.objects.filter(pk=version.claim_id).update(current=version)


@pytest.fixture
def bench(users, places):
    return Bench(users.clerk, places.villages[0])


@pytest.fixture
def person(places):
    return PersonFactory(village=places.villages[0])
