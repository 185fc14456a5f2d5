"""A station with a claims code, claim files received, and visits entered at the station."""

import datetime as dt
import io
from decimal import Decimal

import pytest

from ehr.claims import services as claims
from ehr.claims.export import services
from ehr.records.models import Identifier
from tests.bench._claims import FACILITY
from tests.ehr.claims.services.files import made
from tests.factories.records import DiagnosisFactory, EncounterFactory, IdentifierFactory, PersonFactory
from tests.factories.stations import FacilityCodeFactory

VIETNAM = dt.timezone(dt.timedelta(hours=7))
FIRST, LAST = dt.date(2025, 8, 1), dt.date(2025, 12, 31)


@pytest.fixture
def station(places):
    """The station of the own commune bears the code of the invented files."""
    FacilityCodeFactory(organization=places.station, code=FACILITY)
    return places.station


@pytest.fixture
def take():
    """take(records…) → the claim file, done."""

    def receive(*records, **more):
        (file,) = claims.receive(data=made(*records, **more), name="tep.xml", by=None, door="screen", wait=True)
        return file

    return receive


@pytest.fixture
def period(station):
    def of(by=None, *, first=FIRST, last=LAST, **more):
        return services.period_of(FACILITY, first, last, by=by, **more)

    return of


@pytest.fixture
def send(period):
    """send(by, …) → (result, bytes)."""

    def run(by=None, *, restricted=False, **more):
        out = io.BytesIO()
        result = services.export(period(by, restricted=restricted), out, by=by, door="command", **more)
        return result, out.getvalue()

    return run


@pytest.fixture
def entered(station):
    """A visit entered at the station, with all that the record knows of it; prices are not among it."""
    person = PersonFactory(phone_mobile="0912345678")
    IdentifierFactory(person=person)
    Identifier.objects.create(
        person=person, kind="BHYT_CARD", value="GD4380000000001", coverage_from=dt.date(2025, 1, 1),
        coverage_to=dt.date(2025, 12, 31), primary_facility=FACILITY,
    )  # fmt: skip
    encounter = EncounterFactory(
        person=person, facility=station, exam_date=dt.date(2025, 10, 3), care_class="01", payment_code="1.2",
        started_at=dt.datetime(2025, 10, 3, 8, 5, tzinfo=VIETNAM), ended_at=dt.datetime(2025, 10, 3, 9, tzinfo=VIETNAM),
        diagnosis_in="Tăng huyết áp", treatment="Dùng thuốc", outcome_code="2", discharge_code="1",
        department_code="K01", record_number="HS01", doctor_code="900001/TS-CCHN", weight_kg=Decimal("61.50"),
    )  # fmt: skip
    DiagnosisFactory(encounter=encounter)
    return encounter
