"""Code lists; and the small tables of logs, partners and reports. The real lists are loaded already."""

import hashlib
import uuid
from datetime import date

import factory
from factory.django import DjangoModelFactory

from ehr.audit.models import AccessLog, Submission
from ehr.codes.models import Code, CodeSystem, Release
from ehr.common.plain_names import plain_name_of
from ehr.exchange.models import ApiKey, Partner
from reports.models import ReportRun
from tests.factories.stations import CommuneFactory
from tests.factories.users import UserFactory


class CodeSystemFactory(DjangoModelFactory):
    """An invented list."""

    class Meta:
        model = CodeSystem

    key = factory.Sequence(lambda n: f"thu-{n}")
    name = factory.Sequence(lambda n: f"Danh mục thử {n}")


class ReleaseFactory(DjangoModelFactory):
    """Its first release."""

    class Meta:
        model = Release

    system = factory.SubFactory(CodeSystemFactory)
    version = factory.Sequence(lambda n: f"v{n}")
    source = "Văn bản thử nghiệm"


class CodeFactory(DjangoModelFactory):
    """One code of an invented list."""

    class Meta:
        model = Code

    release = factory.SubFactory(ReleaseFactory)
    system = factory.LazyAttribute(lambda o: o.release.system)
    code = factory.Sequence(lambda n: f"M{n:03d}")
    name = factory.Sequence(lambda n: f"Mã thử {n}")
    plain_name = factory.LazyAttribute(plain_name_of)


class AccessLogFactory(DjangoModelFactory):
    """Somebody looked at a record; give `person_id`."""

    class Meta:
        model = AccessLog

    user = factory.SubFactory(UserFactory)
    person_id = 1
    action = "view"
    door = "screen"


class SubmissionFactory(DjangoModelFactory):
    """A form that was stored."""

    class Meta:
        model = Submission

    key = factory.LazyFunction(uuid.uuid4)
    user = factory.SubFactory(UserFactory)


class PartnerFactory(DjangoModelFactory):
    """An invented partner system with its account."""

    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Phần mềm thử nghiệm {n}")
    user = factory.SubFactory(UserFactory)


class ApiKeyFactory(DjangoModelFactory):
    """A key whose text is `text`."""

    class Meta:
        model = ApiKey

    class Params:
        text = factory.Sequence(lambda n: f"khoa-thu-nghiem-{n}")

    partner = factory.SubFactory(PartnerFactory)
    label = "Thử nghiệm"
    digest = factory.LazyAttribute(lambda o: hashlib.sha256(o.text.encode()).hexdigest())
    prefix = factory.LazyAttribute(lambda o: o.text[:8])


class ReportRunFactory(DjangoModelFactory):
    """A coverage table that was saved as a file."""

    class Meta:
        model = ReportRun

    report = "coverage"
    unit = factory.SubFactory(CommuneFactory)
    period = date(2026, 1, 1)
    grouping = "village"
    format = "xlsx"
    data_hash = "0" * 64
    user = factory.SubFactory(UserFactory)
