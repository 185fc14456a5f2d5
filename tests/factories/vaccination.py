"""Section C, and the lists behind it."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from ehr.vaccination.models import FormRow, Immunization, ScheduleDose, VaccinationRecord, Vaccine
from tests.factories.records import ChildFactory


class VaccineFactory(DjangoModelFactory):
    """An invented vaccine; the real ones are in the reference lists."""

    class Meta:
        model = Vaccine

    code = factory.Sequence(lambda n: f"THU{n}")
    name = factory.Sequence(lambda n: f"Vắc xin thử {n}")


class ScheduleDoseFactory(DjangoModelFactory):
    """First dose at two months."""

    class Meta:
        model = ScheduleDose

    program = "THU"
    vaccine = factory.SubFactory(VaccineFactory)
    dose_number = 1
    recommended_age = "P2M"


class FormRowFactory(DjangoModelFactory):
    """A further row of the first table."""

    class Meta:
        model = FormRow

    code = factory.Sequence(lambda n: f"c1_thu_{n}")
    table = "1"
    label = factory.Sequence(lambda n: f"Vắc xin thử {n}")
    vaccine = factory.SubFactory(VaccineFactory)
    dose_number = 1
    position = factory.Sequence(lambda n: 100 + n)


class VaccinationRecordFactory(DjangoModelFactory):
    """Section C was asked."""

    class Meta:
        model = VaccinationRecord

    person = factory.SubFactory(ChildFactory)
    mother_tetanus_dose_count = 2


class ImmunizationFactory(DjangoModelFactory):
    """BCG given at birth, on its printed row."""

    class Meta:
        model = Immunization

    person = factory.SubFactory(ChildFactory)
    form_row = factory.LazyFunction(lambda: FormRow.objects.select_related("vaccine").get(code="c1_bcg"))
    table = factory.LazyAttribute(lambda o: o.form_row.table if o.form_row else "2")
    vaccine = factory.LazyAttribute(lambda o: o.form_row.vaccine)
    dose_number = factory.LazyAttribute(lambda o: o.form_row.dose_number if o.form_row else 1)
    status = "given"
    occurrence_date = factory.LazyAttribute(lambda o: o.person.birth_date or date(2025, 6, 2))
