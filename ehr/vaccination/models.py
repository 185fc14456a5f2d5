"""Section C: vaccines, the printed rows of the three tables, doses. form831.md §2 C; REQ-VAC-01…05."""

from django.db import models
from django.db.models import Q

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.records.models.base import Answered, OfPerson, ScopedQuerySet, Stamped, Versioned, of_person
from stations.models import Organization
from stations.models.units import DatedQuerySet


class Vaccine(models.Model):
    """A vaccine in the sense of the schedule (not a trade name). CVX and ATC for exchange."""

    code = models.CharField("Mã", max_length=30, unique=True)
    name = modelfields.CharField("Tên vắc xin", max_length=150)
    diseases = modelfields.CharField("Phòng bệnh", max_length=200, blank=True)
    icd10 = models.CharField("ICD-10 của bệnh", max_length=60, blank=True)
    cvx = models.CharField("CVX", max_length=10, blank=True)
    atc = models.CharField("ATC", max_length=10, blank=True)
    in_epi = models.BooleanField("Thuộc chương trình TCMR", default=False)
    kind = models.CharField("Loại", max_length=20, blank=True)
    route = models.CharField("Đường dùng", max_length=20, blank=True)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Vắc xin"
        verbose_name_plural = "Vắc xin"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ScheduleDose(models.Model):
    """One dose of a dated schedule: ages and intervals as ISO 8601 durations (P2M)."""

    program = models.CharField("Chương trình", max_length=10)
    vaccine = models.ForeignKey(Vaccine, models.PROTECT, related_name="schedule", verbose_name="Vắc xin")
    diseases = modelfields.CharField("Phòng bệnh", max_length=200, blank=True)
    dose_number = models.PositiveSmallIntegerField("Mũi số")
    dose_type = models.CharField("Loại mũi", max_length=12, blank=True)
    recommended_age = models.CharField("Tuổi khuyến cáo", max_length=10, blank=True)
    min_age = models.CharField("Tuổi tối thiểu", max_length=10, blank=True)
    max_age = models.CharField("Tuổi tối đa", max_length=10, blank=True)
    min_interval = models.CharField("Khoảng cách tối thiểu", max_length=10, blank=True)
    target = models.CharField("Đối tượng", max_length=60, blank=True)
    basis = models.CharField("Căn cứ", max_length=200, blank=True)
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    to_verify = models.BooleanField("Cần xác minh", default=False)
    note = models.CharField("Ghi chú", max_length=300, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Mũi trong lịch tiêm"
        verbose_name_plural = "Lịch tiêm chủng"
        ordering = ["program", "vaccine", "dose_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "vaccine", "dose_number", "dose_type", "target", "valid_from"],
                nulls_distinct=False,
                name="schedule_dose_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.vaccine} mũi {self.dose_number}"


class Table(models.TextChoices):
    """The three tables of section C (LOAIVACXIN)."""

    CHILD = "1", "Tiêm chủng cơ bản cho trẻ em"
    SERVICE = "2", "Tiêm chủng ngoài chương trình TCMR"
    PREGNANCY = "3", "Tiêm chủng VX uốn ván (phụ nữ có thai)"


class FormRow(models.Model):
    """A printed row of a table of section C: which vaccine and dose it asks for. Dated: a new form has other rows."""

    code = models.CharField("Mã dòng", max_length=40, unique=True)
    table = models.CharField("Bảng", max_length=1, choices=Table.choices)
    label = modelfields.CharField("Dòng in trên mẫu", max_length=60)
    vaccine = models.ForeignKey(Vaccine, models.PROTECT, related_name="form_rows", verbose_name="Vắc xin")
    dose_number = models.PositiveSmallIntegerField("Mũi số")
    position = models.PositiveSmallIntegerField("Thứ tự")
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "Dòng trên mẫu tiêm chủng"
        verbose_name_plural = "Dòng trên mẫu tiêm chủng"
        ordering = ["table", "position"]

    def __str__(self) -> str:
        return self.label


@tracked(by="person")
class VaccinationRecord(Answered, Versioned):
    """What section C asks once per person; its `version` guards the section. No row: nobody asked."""

    person = models.OneToOneField(
        "records.Person", models.PROTECT, related_name="vaccination_record", verbose_name="Người dân"
    )
    mother_tetanus_dose_count = models.PositiveSmallIntegerField(
        "Số mũi vắc xin uốn ván mẹ đã tiêm", null=True, blank=True
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "Sổ tiêm chủng (phần C)"
        verbose_name_plural = "Sổ tiêm chủng (phần C)"

    def __str__(self) -> str:
        return f"Sổ tiêm chủng: {self.person}"


@tracked(by="person")
class Immunization(OfPerson, Stamped):
    """One line of a table of section C: a dose given, not given, or of unknown state. FHIR: Immunization.

    `form_row` is empty for vaccines that the form does not print (IPV, rota, COVID-19…)."""

    class Status(models.TextChoices):
        GIVEN = "given", "Đã chủng ngừa"
        NOT_GIVEN = "not_given", "Chưa chủng ngừa"
        UNKNOWN = "unknown", "Không rõ"

    person = of_person(db_index=False)
    table = models.CharField("Bảng", max_length=1, choices=Table.choices)
    form_row = models.ForeignKey(
        FormRow, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Dòng trên mẫu", db_index=False
    )
    vaccine = models.ForeignKey(
        Vaccine, models.PROTECT, related_name="immunizations", verbose_name="Loại vắc xin", db_index=False
    )
    dose_number = models.PositiveSmallIntegerField("Mũi số", default=1)
    status = models.CharField("Tình trạng", max_length=9, choices=Status.choices)
    occurrence_date = modelfields.DateField("Ngày tiêm", null=True, blank=True)
    pregnancy_month = models.PositiveSmallIntegerField("Tháng thai", null=True, blank=True)
    reaction = modelfields.CharField("Phản ứng sau tiêm", max_length=200, blank=True)
    next_date = modelfields.DateField("Ngày hẹn tiêm", null=True, blank=True)
    lot_number = models.CharField("Số lô", max_length=40, blank=True)
    lot_expiry = modelfields.DateField("Hạn dùng", null=True, blank=True)
    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Cơ sở tiêm", db_index=False
    )
    facility_name = modelfields.CharField("Tên cơ sở tiêm (ngoài danh mục)", max_length=150, blank=True)
    staff_name = modelfields.CharField("Người tiêm", max_length=100, blank=True)

    class Meta:
        verbose_name = "Mũi tiêm"
        verbose_name_plural = "Mũi tiêm"
        ordering = ["table", "vaccine", "dose_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "form_row"],
                condition=Q(form_row__isnull=False),
                name="immunization_row_once",
                violation_error_message="Dòng này của mẫu đã ghi.",
            ),
            # A tick "chưa" clears date, month and reaction, never the appointment (form831.md §4 rule 4).
            models.CheckConstraint(
                condition=Q(status="given") | Q(occurrence_date=None, reaction="", pregnancy_month=None),
                name="immunization_not_given_is_empty",
                violation_error_code="status.not_given",
                violation_error_message="Mũi chưa tiêm không có ngày tiêm, tháng thai, phản ứng.",
            ),
            models.CheckConstraint(
                condition=Q(pregnancy_month=None) | Q(pregnancy_month__range=(1, 10)),
                name="immunization_pregnancy_month",
                violation_error_code="pregnancy_month.range",
                violation_error_message="Tháng thai từ 1 đến 10.",
            ),
        ]
        indexes = [models.Index(fields=["person", "occurrence_date"], name="immunization_person_date")]

    def __str__(self) -> str:
        return f"{self.vaccine} mũi {self.dose_number}"
