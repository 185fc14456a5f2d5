"""Programmes: pregnancies, disease books, checks, family planning, reactions."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from ehr.programmes.models import (
    Abortion,
    AdverseEvent,
    Contraception,
    GrowthStandard,
    HealthCheck,
    IndicatorSetting,
    NcdRegistration,
    NcdVisit,
    Pregnancy,
)
from tests.factories.records import EncounterFactory, PersonFactory, WomanFactory
from tests.factories.vaccination import ImmunizationFactory


class PregnancyFactory(DjangoModelFactory):
    """An open pregnancy, registered in February 2026."""

    class Meta:
        model = Pregnancy

    person = factory.SubFactory(WomanFactory)
    registered_on = date(2026, 2, 2)
    last_period_on = date(2025, 12, 1)
    due_on = date(2026, 9, 7)
    gravida = 2
    para = "1001"


class NcdRegistrationFactory(DjangoModelFactory):
    """Hypertension, managed since 2025."""

    class Meta:
        model = NcdRegistration

    person = factory.SubFactory(PersonFactory)
    disease = "hypertension"
    registered_on = date(2025, 3, 3)


class NcdVisitFactory(DjangoModelFactory):
    """A visit at which the target was reached and medicine was given."""

    class Meta:
        model = NcdVisit

    registration = factory.SubFactory(NcdRegistrationFactory)
    encounter = factory.LazyAttribute(lambda o: EncounterFactory(person=o.registration.person))
    target = "1"
    medicine = "yes"


class HealthCheckFactory(DjangoModelFactory):
    """A check of an elderly person, paid by the local budget."""

    class Meta:
        model = HealthCheck

    encounter = factory.SubFactory(EncounterFactory, kind="check")
    target_groups = ["1"]
    funding = "2"
    health_class = 2


class ContraceptionFactory(DjangoModelFactory):
    """An intrauterine device."""

    class Meta:
        model = Contraception

    person = factory.SubFactory(WomanFactory)
    method = "iud"
    started_on = date(2026, 2, 5)
    living_children = 2


class AbortionFactory(DjangoModelFactory):
    """By aspiration, at seven weeks."""

    class Meta:
        model = Abortion

    person = factory.SubFactory(WomanFactory)
    done_on = date(2026, 2, 6)
    gestation_weeks = 7
    method = "aspiration"


class AdverseEventFactory(DjangoModelFactory):
    """A severe reaction, reported on the same day."""

    class Meta:
        model = AdverseEvent

    immunization = factory.SubFactory(ImmunizationFactory)
    severity = "severe"
    occurred_at = datetime(2025, 6, 2, 3, 0, tzinfo=UTC)
    reported_at = datetime(2025, 6, 2, 9, 0, tzinfo=UTC)


class GrowthStandardFactory(DjangoModelFactory):
    """A row of an invented standard."""

    class Meta:
        model = GrowthStandard

    standard = "THU"
    measure = "weight"
    sex = "1"
    age_days = factory.Sequence(lambda n: n)
    power = "0.3487"
    median = "3.3464"
    variation = "0.14602"


class IndicatorSettingFactory(DjangoModelFactory):
    """An invented value."""

    class Meta:
        model = IndicatorSetting

    key = factory.Sequence(lambda n: f"thu-{n}")
    name = "Thông số thử nghiệm"
    value = 60
    valid_from = date(2026, 1, 1)
    source = "Số liệu thử nghiệm"
