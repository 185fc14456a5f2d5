"""Rows of the record: valid by default, invented people. What services compute is filled in the same way here."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from ehr.codes.models import Code
from ehr.common.text import plain, sort_key
from ehr.records.models import (
    Address,
    Allergy,
    Appointment,
    CareDocument,
    ClinicalNote,
    Condition,
    Delivery,
    Diagnosis,
    Disability,
    Encounter,
    ExamFinding,
    FamilyHistory,
    HealthHistory,
    Household,
    Identifier,
    LabResult,
    Medication,
    Membership,
    Person,
    Procedure,
    Relative,
    Surgery,
)  # fmt: skip
from stations.models import AdminUnit, Village

MALE_NAMES = ("Lê Văn Thử", "Nguyễn Đình Nghiệm", "Phạm Hữu Giả", "Trần Quốc Định", "Hoàng Bá Mẫu")
FEMALE_NAMES = ("Lê Thị Thử", "Nguyễn Thúy Nghiệm", "Phạm Ngọc Giả", "Trần Ánh Mẫu", "Hoàng Thị Ưng")


def code(system, value):
    """One code of a list, the latest release winning."""
    return Code.objects.filter(system__key=system, code=value).order_by("release__valid_from").last()


def national_id(number=0, *, sex="1", birth=date(1980, 3, 12), province="038"):
    """A valid invented 12-digit number: place, sex and century, year, serial."""
    century_digit = (birth.year // 100 - 19) * 2 + (sex == "2")
    return f"{province}{century_digit}{birth:%y}{900_000 + number:06d}"


def default_village():
    """The first village there is, else a new one in Phường Nam Sầm Sơn."""
    village = Village.objects.select_related("commune__parent").order_by("pk").first()
    if village is None:
        commune = AdminUnit.objects.get(scheme="new", level="commune", code="16516")
        village = Village.objects.create(commune=commune, name="Thôn Thử", plain_name="thon thu", code="T1", position=1)
    return village


class HouseholdFactory(DjangoModelFactory):
    """A household of a village; give `village`, or `commune` without a village."""

    class Meta:
        model = Household

    village = factory.LazyFunction(default_village)
    commune = factory.LazyAttribute(lambda o: o.village.commune)
    province = factory.LazyAttribute(lambda o: o.commune.parent)
    code = factory.Sequence(lambda n: f"H{n:04d}")
    address_detail = factory.Sequence(lambda n: f"Số {n + 1}, ngõ Thử Nghiệm")
    toilet_type = "flush"


class PersonFactory(DjangoModelFactory):
    """An adult man of the first village; give `village` or `commune` to place, `sex`, `birth_date`."""

    class Meta:
        model = Person

    sex = "1"
    full_name = factory.Sequence(lambda n: MALE_NAMES[n % len(MALE_NAMES)])
    plain_name = factory.LazyAttribute(lambda o: plain(o.full_name))
    sort_name = factory.LazyAttribute(lambda o: sort_key(o.full_name))
    birth_date = factory.Sequence(lambda n: date(1980, 3, 12) + timedelta(days=n % 5000))
    birth_precision = factory.LazyAttribute(lambda o: "day" if o.birth_date else "unknown")
    village = factory.LazyFunction(default_village)
    commune = factory.LazyAttribute(lambda o: o.village.commune)
    province = factory.LazyAttribute(lambda o: o.commune.parent)
    ethnicity = factory.LazyFunction(lambda: code("ethnicity", "01"))
    nationality = factory.LazyFunction(lambda: code("country", "VN"))


class WomanFactory(PersonFactory):
    """An adult woman."""

    sex = "2"
    full_name = factory.Sequence(lambda n: FEMALE_NAMES[n % len(FEMALE_NAMES)])


class ChildFactory(PersonFactory):
    """Born in the last months before the invented "today" of most tests."""

    full_name = factory.Sequence(lambda n: f"Lê Bé Thử {n}")
    birth_date = date(2025, 6, 1)


class MembershipFactory(DjangoModelFactory):
    """A person in a household of the same village."""

    class Meta:
        model = Membership

    person = factory.SubFactory(PersonFactory)
    household = factory.LazyAttribute(lambda o: HouseholdFactory(village=o.person.village, commune=o.person.commune))
    relation = factory.LazyAttribute(lambda o: code("relation-831", "01" if o.is_head else "13"))
    is_head = False
    valid_from = date(2025, 7, 1)


class IdentifierFactory(DjangoModelFactory):
    """A citizen's number that fits the person's sex and year of birth."""

    class Meta:
        model = Identifier

    class Params:
        number = factory.Sequence(lambda n: n)

    person = factory.SubFactory(PersonFactory)
    kind = "SDDCN"
    value = factory.LazyAttribute(
        lambda o: national_id(o.number, sex=o.person.sex, birth=o.person.birth_date or date(1980, 1, 1))
    )


class AddressFactory(DjangoModelFactory):
    """Permanent registration at the person's present commune."""

    class Meta:
        model = Address

    person = factory.SubFactory(PersonFactory)
    use = "permanent"
    detail = "Số 5, đường Thử Nghiệm"
    commune = factory.LazyAttribute(lambda o: o.person.commune)
    province = factory.LazyAttribute(lambda o: o.person.province)


class RelativeFactory(DjangoModelFactory):
    """The person's mother."""

    class Meta:
        model = Relative

    person = factory.SubFactory(PersonFactory)
    role = "mother"
    name = "Nguyễn Thị Mẹ"


class HealthHistoryFactory(DjangoModelFactory):
    """A few answers of section B."""

    class Meta:
        model = HealthHistory

    person = factory.SubFactory(PersonFactory)
    surveyed_on = date(2026, 1, 15)
    risk_smoking = "0"
    risk_physical_activity = "1"


class _LineFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    person = factory.SubFactory(PersonFactory)
    answer = "yes"


class AllergyFactory(_LineFactory):
    """An allergy to a drug."""

    class Meta:
        model = Allergy

    kind = factory.LazyFunction(lambda: code("allergy-kind", "1"))
    detail = "Penicillin"


class ConditionFactory(_LineFactory):
    """High blood pressure."""

    class Meta:
        model = Condition

    kind = factory.LazyFunction(lambda: code("own-disease", "2"))


class DisabilityFactory(_LineFactory):
    """A weakness of hearing."""

    class Meta:
        model = Disability

    kind = factory.LazyFunction(lambda: code("disability-kind", "1"))
    detail = "Nghe kém tai phải"


class SurgeryFactory(DjangoModelFactory):
    """An operation with its year."""

    class Meta:
        model = Surgery

    person = factory.SubFactory(PersonFactory)
    body_part = "Mổ ruột thừa"
    year = 2010


class FamilyHistoryFactory(_LineFactory):
    """Diabetes of the mother."""

    class Meta:
        model = FamilyHistory

    disease_kind = factory.LazyFunction(lambda: code("own-disease", "3"))
    relative = "Mẹ"


class EncounterFactory(DjangoModelFactory):
    """A visit with blood pressure and weight."""

    class Meta:
        model = Encounter

    person = factory.SubFactory(PersonFactory)
    exam_date = date(2026, 2, 10)
    visit_reason = "Đau đầu"
    bp_systolic = 120
    bp_diastolic = 80
    weight_kg = "61.5"
    height_cm = "165.0"
    examining_doctor = "BS. Thử Nghiệm"


class ExamFindingFactory(DjangoModelFactory):
    """Heart without finding."""

    class Meta:
        model = ExamFinding

    encounter = factory.SubFactory(EncounterFactory)
    system = factory.LazyFunction(lambda: code("organ-system", "cardiovascular"))
    finding = "Nhịp tim đều"


class LabResultFactory(DjangoModelFactory):
    """A blood count."""

    class Meta:
        model = LabResult

    encounter = factory.SubFactory(EncounterFactory)
    group = factory.LazyFunction(lambda: code("lab-group", "haematology"))
    service_name = "Hồng cầu"
    result = "4,5"
    value = "4.5"
    unit = "T/L"


class DiagnosisFactory(DjangoModelFactory):
    """Essential hypertension, with the list its code was taken from."""

    class Meta:
        model = Diagnosis

    encounter = factory.SubFactory(EncounterFactory)
    icd10 = factory.LazyFunction(lambda: code("icd10", "I10"))
    icd10_code = factory.LazyAttribute(lambda o: o.icd10.code)
    icd10_version = factory.LazyAttribute(lambda o: o.icd10.release.version)
    name = factory.LazyAttribute(lambda o: o.icd10.name)


class MedicationFactory(DjangoModelFactory):
    """A drug against high blood pressure."""

    class Meta:
        model = Medication

    encounter = factory.SubFactory(EncounterFactory)
    drug_code = "40.30"
    name = "Amlodipin 5mg"
    strength = "5mg"
    unit = "Viên"
    route_code = "1.01"
    dosage = "Ngày uống 1 viên, sáng"
    quantity = "30"


class ProcedureFactory(DjangoModelFactory):
    """An ultrasound."""

    class Meta:
        model = Procedure

    encounter = factory.SubFactory(EncounterFactory)
    group = "2"
    code = "18.0015.0001"
    name = "Siêu âm ổ bụng"
    quantity = "1"


class ClinicalNoteFactory(DjangoModelFactory):
    """How the patient did."""

    class Meta:
        model = ClinicalNote

    encounter = factory.SubFactory(EncounterFactory)
    progress = "Tỉnh, tiếp xúc tốt, hết đau đầu"


class _FromVisitFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    encounter = factory.LazyAttribute(lambda o: EncounterFactory(person=o.person))
    person = factory.SubFactory(PersonFactory)
    facility_name = "Bệnh viện Thử Nghiệm"


class CareDocumentFactory(_FromVisitFactory):
    """A discharge paper."""

    class Meta:
        model = CareDocument

    kind = "discharge"
    number = "123/2026"
    issued_on = date(2026, 2, 12)
    sections = [["Chẩn đoán ra viện", "Tăng huyết áp vô căn"], ["Lời dặn", "Uống thuốc đều"]]


class AppointmentFactory(_FromVisitFactory):
    """Come back in a month."""

    class Meta:
        model = Appointment

    on = date(2026, 3, 10)
    number = "HK-77"
    reason = "Khám lại tăng huyết áp"


class DeliveryFactory(_FromVisitFactory):
    """A birth at a hospital, of a child that has no record yet."""

    class Meta:
        model = Delivery

    person = factory.SubFactory("tests.factories.records.WomanFactory")
    born_on = date(2026, 2, 11)
    child_name = "Lê Bé Sơ Sinh"
    child_sex = "1"
    weight_g = 3200
