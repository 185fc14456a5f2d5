"""Claim files, their chunks and answers, claims with their versions and tasks."""

import datetime as dt
import hashlib
import uuid
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from ehr.claims.export.models import ClaimExport, ExportedVisit
from ehr.claims.models import (
    Claim,
    ClaimChunk,
    ClaimEntry,
    ClaimFile,
    ClaimFilePart,
    ClaimTask,
    ClaimVersion,
    RuleLevel,
)
from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.common.text import plain
from tests.factories.records import PersonFactory, default_village
from tests.factories.stations import OrganizationFactory


class ClaimFileFactory(DjangoModelFactory):
    """A file that is done, of a facility in the commune of the first village."""

    class Meta:
        model = ClaimFile

    sha256 = factory.LazyFunction(lambda: hashlib.sha256(uuid.uuid4().bytes).hexdigest())
    name = "hồ sơ tháng 8.xml"
    size = 1000
    standard = "3176"
    facility_code = "99001"
    facility = factory.LazyFunction(lambda: OrganizationFactory(unit=default_village().commune))
    state = "done"


class ClaimFilePartFactory(DjangoModelFactory):
    """A part of sixteen bytes."""

    class Meta:
        model = ClaimFilePart

    file = factory.SubFactory(ClaimFileFactory)
    position = factory.Sequence(lambda n: n)
    data = factory.LazyFunction(lambda: uuid.uuid4().bytes)


class ClaimChunkFactory(DjangoModelFactory):
    """A chunk that waits."""

    class Meta:
        model = ClaimChunk

    file = factory.SubFactory(ClaimFileFactory)
    first = factory.Sequence(lambda n: 1 + 500 * n)
    count = 500


class ClaimFactory(DjangoModelFactory):
    """A claim of somebody whom nobody knows yet."""

    class Meta:
        model = Claim

    facility_code = "99001"
    ma_lk = factory.Sequence(lambda n: f"99001{n:08d}")
    full_name = "Lê Văn Thử"
    name_key = "le van thu"
    birth = "1980-03-12"
    sex = "1"


class ClaimVersionFactory(DjangoModelFactory):
    """The first version."""

    class Meta:
        model = ClaimVersion

    claim = factory.SubFactory(ClaimFactory)
    number = 1
    file = factory.SubFactory(ClaimFileFactory)
    index = 1
    standard = "3176"
    digest = factory.LazyFunction(lambda: hashlib.sha256(uuid.uuid4().bytes).hexdigest())
    content = factory.LazyAttribute(lambda o: {"XML1": [{"MA_LK": o.claim.ma_lk, "HO_TEN": "LÊ VĂN THỬ"}]})


class ClaimEntryFactory(DjangoModelFactory):
    """A HOSO that was taken in."""

    class Meta:
        model = ClaimEntry

    file = factory.SubFactory(ClaimFileFactory)
    index = factory.Sequence(lambda n: n + 1)
    ma_lk = "9900100000001"
    label = "Lê Văn Thử"
    outcome = "stored"


class ClaimTaskFactory(DjangoModelFactory):
    """Another sex than the record has."""

    class Meta:
        model = ClaimTask

    person = factory.SubFactory(PersonFactory)
    claim = factory.LazyAttribute(lambda o: ClaimFactory(person=o.person, match="matched"))
    kind = "conflict"
    field = "sex"
    recorded = "Nam"
    claimed = "Nữ"


class RuleLevelFactory(DjangoModelFactory):
    """A rule that is only a warning here."""

    class Meta:
        model = RuleLevel

    rule_id = factory.Sequence(lambda n: f"CLM-T1-{n % 27 + 1:02d}")
    level = "warning"
    note = "Theo chỉ đạo của trung tâm"


class ClaimExportFactory(DjangoModelFactory):
    """A package of one visit."""

    class Meta:
        model = ClaimExport

    facility = factory.LazyFunction(lambda: OrganizationFactory(unit=default_village().commune))
    facility_code = "99001"
    first = "2025-10-01"
    last = "2025-10-31"
    door = "screen"
    sha256 = factory.LazyFunction(lambda: hashlib.sha256(uuid.uuid4().bytes).hexdigest())
    size = 1000
    visits = 1
    held = 0


class ExportedVisitFactory(DjangoModelFactory):
    """The visit of the package."""

    class Meta:
        model = ExportedVisit

    export = factory.SubFactory(ClaimExportFactory)
    facility_code = "99001"
    ma_lk = factory.Sequence(lambda n: f"99001HSSK{n:010d}")


class PriceItemFactory(DjangoModelFactory):
    """A drug in tablets, since 2025."""

    class Meta:
        model = PriceItem

    facility = factory.LazyFunction(lambda: OrganizationFactory(unit=default_village().commune))
    kind = "drug"
    group = "4"
    code = factory.Sequence(lambda n: f"40.{n}")
    name = "Amlodipin"
    plain_name = factory.LazyAttribute(lambda row: plain(row.name))
    strength = "5mg"
    unit = "Viên"
    route_code = "1.01"
    registration_number = "VD-99001-21"
    bid = "730/QĐ-SYT;G1;N3;2024"
    price = Decimal("105")
    valid_from = dt.date(2025, 1, 1)


class BillingTermsFactory(DjangoModelFactory):
    """A station, paid by service, since 2025."""

    class Meta:
        model = BillingTerms

    facility = factory.LazyFunction(lambda: OrganizationFactory(unit=default_village().commune))
    head_code = "900009/TS-CCHN"
    valid_from = dt.date(2025, 1, 1)
