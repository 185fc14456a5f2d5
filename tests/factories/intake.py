"""Files that came in, their batches and rows."""

import hashlib
import uuid

import factory
from factory.django import DjangoModelFactory

from ehr.intake.models import ImportBatch, ImportBefore, ImportFile, ImportPlan, ImportRow, SavedMapping
from ehr.intake.register.models import RegisterAcceptance, RegisterComparison, RegisterLine
from tests.factories.records import default_village


class ImportFileFactory(DjangoModelFactory):
    """A file of sixteen bytes."""

    class Meta:
        model = ImportFile

    data = factory.LazyFunction(lambda: uuid.uuid4().bytes)
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.data).hexdigest())
    size = factory.LazyAttribute(lambda o: len(o.data))


class ImportBatchFactory(DjangoModelFactory):
    """A survey that waits for confirmation, of the commune of the first village."""

    class Meta:
        model = ImportBatch

    kind = "survey"
    commune = factory.LazyFunction(lambda: default_village().commune)
    file = factory.SubFactory(ImportFileFactory)
    file_name = "Phiếu thôn Đông Hải.xlsx"
    state = "preview"


class ImportRowFactory(DjangoModelFactory):
    """A new person."""

    class Meta:
        model = ImportRow

    batch = factory.SubFactory(ImportBatchFactory)
    position = factory.Sequence(lambda n: n)
    sheet = "Thôn Đông Hải"
    number = factory.LazyAttribute(lambda o: o.position + 4)
    fate = "new"
    label = "Lê Văn Thử"
    values = factory.LazyFunction(lambda: {"full_name": "Lê Văn Thử", "sex": "1", "birth_date": "1980-03-12"})


class ImportBeforeFactory(DjangoModelFactory):
    """A row of a table as it was."""

    class Meta:
        model = ImportBefore

    batch = factory.SubFactory(ImportBatchFactory)
    table = "records_person"
    key = factory.Sequence(lambda n: n)


class ImportPlanFactory(DjangoModelFactory):
    """Nothing prepared, of ten rows."""

    class Meta:
        model = ImportPlan

    batch = factory.SubFactory(ImportBatchFactory)
    first = factory.Sequence(lambda n: n * 10)
    last = factory.LazyAttribute(lambda o: o.first + 9)


class SavedMappingFactory(DjangoModelFactory):
    """One column."""

    class Meta:
        model = SavedMapping

    commune = factory.LazyFunction(lambda: default_village().commune)
    kind = "survey"
    signature = factory.LazyFunction(lambda: uuid.uuid4().hex)
    columns = factory.LazyFunction(lambda: {"ho va ten": "full_name"})


class RegisterComparisonFactory(DjangoModelFactory):
    """A comparison of the whole commune."""

    class Meta:
        model = RegisterComparison

    batch = factory.SubFactory(ImportBatchFactory, kind="register")
    whole = True


class RegisterAcceptanceFactory(DjangoModelFactory):
    """One person who was taken over."""

    class Meta:
        model = RegisterAcceptance

    batch = factory.SubFactory(ImportBatchFactory, kind="register")
    group = "changed"
    state = "done"
    total = accepted = 1


class RegisterLineFactory(DjangoModelFactory):
    """A person who is missing in the register."""

    class Meta:
        model = RegisterLine

    batch = factory.SubFactory(ImportBatchFactory, kind="register")
    row = factory.LazyAttribute(lambda o: ImportRowFactory(batch=o.batch))
    group = "missing_here"
