"""What was done at a visit beyond form 831: drugs, procedures, notes, papers, appointments, deliveries.

Hospitals send these with their insurance claims (spec claims/ehr_mapping.csv); a station may enter them too."""

from django.db import models

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.records.models.base import OfPerson, Stamped, YesNo
from ehr.records.models.encounter import Encounter, OfEncounter, whole
from stations.models import Organization


@tracked(by="encounter")
class Medication(OfEncounter):
    """One drug of a visit. `drug_code`: active substance (MA_THUOC); `quantity` as dispensed, in `unit`.
    FHIR: MedicationStatement."""

    drug_code = models.CharField("Mã hoạt chất", max_length=255, blank=True)
    name = modelfields.CharField("Tên thuốc", max_length=1024)
    strength = modelfields.CharField("Hàm lượng", max_length=1024, blank=True)
    dose_form = modelfields.CharField("Dạng bào chế", max_length=1024, blank=True)
    unit = modelfields.CharField("Đơn vị tính", max_length=50, blank=True)
    route_code = models.CharField("Đường dùng", max_length=10, blank=True)  # "1.01" is not "1.1"
    dosage = modelfields.TextField("Liều dùng", blank=True)
    instruction = modelfields.TextField("Cách dùng", blank=True)
    quantity = modelfields.DecimalField("Số lượng", max_digits=13, decimal_places=3, null=True, blank=True)
    registration_number = models.CharField("Số đăng ký", max_length=255, blank=True)
    prescribed_at = models.DateTimeField("Kê đơn lúc", null=True, blank=True)
    dispensed_at = models.DateTimeField("Phát, dùng lúc", null=True, blank=True)
    prescriber_code = models.CharField("Mã người kê", max_length=255, blank=True)
    programme = models.BooleanField("Thuốc chương trình", default=False)

    class Meta:
        verbose_name = "Thuốc"
        verbose_name_plural = "Thuốc đã dùng"
        ordering = ["encounter", "position", "id"]
        indexes = [models.Index(fields=["encounter", "position"], name="medication_encounter")]

    def __str__(self) -> str:
        return self.name


@tracked(by="encounter")
class Procedure(OfEncounter):
    """A service done at a visit. `group`: MA_NHOM of the claim. FHIR: Procedure."""

    class Group(models.TextChoices):
        LAB = "1", "Xét nghiệm"
        IMAGING = "2", "Chẩn đoán hình ảnh"
        FUNCTION = "3", "Thăm dò chức năng"
        SURGERY = "8", "Phẫu thuật"
        MINOR = "18", "Thủ thuật"
        IMPLANT = "10", "Vật tư cấy ghép"
        OTHER = "19", "Khác"

    group = models.CharField("Nhóm", max_length=2, choices=Group.choices, default=Group.OTHER)
    code = models.CharField("Mã dịch vụ", max_length=255, blank=True)
    name = modelfields.CharField("Tên dịch vụ", max_length=1024)
    icd9_code = models.CharField("Mã ICD-9-CM", max_length=255, blank=True)
    body_site = models.CharField("Vị trí thực hiện", max_length=255, blank=True)
    anaesthesia = models.CharField("Vô cảm", max_length=1, blank=True, choices=[
        ("1", "Gây mê"), ("2", "Gây tê"), ("3", "Châm tê"), ("4", "Khác")])  # fmt: skip
    quantity = modelfields.DecimalField("Số lượng", max_digits=13, decimal_places=3, null=True, blank=True)
    ordered_at = models.DateTimeField("Chỉ định lúc", null=True, blank=True)
    performed_at = models.DateTimeField("Thực hiện lúc", null=True, blank=True)
    performer_code = models.CharField("Mã người thực hiện", max_length=255, blank=True)

    class Meta:
        verbose_name = "Dịch vụ kỹ thuật"
        verbose_name_plural = "Dịch vụ kỹ thuật đã làm"
        ordering = ["encounter", "position", "id"]
        indexes = [models.Index(fields=["encounter", "position"], name="procedure_encounter")]

    def __str__(self) -> str:
        return self.name


@tracked(by="encounter")
class ClinicalNote(OfEncounter):
    """What was written down during a stay. FHIR: ClinicalImpression."""

    written_at = models.DateTimeField("Thời điểm", null=True, blank=True)
    author_code = models.CharField("Mã người ghi", max_length=255, blank=True)
    progress = modelfields.TextField("Diễn biến", blank=True)
    stage = modelfields.TextField("Giai đoạn bệnh", blank=True)
    consultation = modelfields.TextField("Hội chẩn", blank=True)
    operation = modelfields.TextField("Phẫu thuật", blank=True)

    class Meta:
        verbose_name = "Diễn biến lâm sàng"
        verbose_name_plural = "Diễn biến lâm sàng"
        ordering = ["encounter", "written_at", "id"]
        indexes = [models.Index(fields=["encounter", "position"], name="note_encounter")]

    def __str__(self) -> str:
        return f"{self.written_at:%d/%m/%Y %H:%M}" if self.written_at else "Diễn biến"


class FromVisit(OfPerson, Stamped):
    """Rows of a person that a visit gave rise to, at a facility that may not be in the list."""

    encounter = models.ForeignKey(
        Encounter, models.CASCADE, null=True, blank=True, related_name="%(class)s_set", verbose_name="Lượt khám"
    )
    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Cơ sở", db_index=False
    )
    facility_name = modelfields.CharField("Tên cơ sở (ngoài danh mục)", max_length=255, blank=True)

    class Meta:
        abstract = True


@tracked(by="person")
class CareDocument(FromVisit):
    """A paper of a visit. `sections`: [[heading, text], …] as the paper has them. FHIR: Composition."""

    class Kind(models.TextChoices):
        DISCHARGE = "discharge", "Giấy ra viện"
        SUMMARY = "summary", "Tóm tắt hồ sơ bệnh án"
        BIRTH = "birth", "Giấy chứng sinh"
        ANTENATAL_LEAVE = "antenatal", "Giấy nghỉ dưỡng thai"
        SICK_LEAVE = "sick_leave", "Giấy nghỉ việc hưởng BHXH"
        APPRAISAL = "appraisal", "Biên bản giám định y khoa"
        REFERRAL = "referral", "Phiếu chuyển cơ sở khám bệnh, chữa bệnh"
        FOLLOW_UP = "follow_up", "Giấy hẹn khám lại"

    kind = models.CharField("Loại giấy", max_length=10, choices=Kind.choices)
    number = models.CharField("Số", max_length=255, blank=True)
    issued_on = modelfields.DateField("Ngày cấp", null=True, blank=True)
    to_facility = modelfields.CharField("Nơi nhận", max_length=255, blank=True)
    sections = models.JSONField("Nội dung", default=list)
    position = models.PositiveSmallIntegerField("Thứ tự", default=0)
    # The claim that brought a paper without a visit (minutes of an appraisal council).
    source_key = models.UUIDField("Khóa của hồ sơ BHYT", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "Giấy tờ khám chữa bệnh"
        verbose_name_plural = "Giấy tờ khám chữa bệnh"
        ordering = ["-issued_on", "-id"]
        indexes = [
            models.Index(fields=["source_key"], name="document_source", condition=~models.Q(source_key=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}".strip()


@tracked(by="person")
class Appointment(FromVisit):
    """A day to come back. FHIR: Appointment."""

    class State(models.TextChoices):
        OPEN = "open", "Chờ khám"
        MET = "met", "Đã đến"
        MISSED = "missed", "Không đến"
        CANCELLED = "cancelled", "Đã hủy"

    on = modelfields.DateField("Ngày hẹn")
    number = models.CharField("Số giấy hẹn", max_length=255, blank=True)
    reason = modelfields.TextField("Hẹn để", blank=True)
    state = models.CharField("Trạng thái", max_length=9, choices=State.choices, default=State.OPEN)

    class Meta:
        verbose_name = "Hẹn khám lại"
        verbose_name_plural = "Hẹn khám lại"
        ordering = ["on", "id"]
        indexes = [models.Index(fields=["on", "state"], name="appointment_on")]

    def __str__(self) -> str:
        return f"Hẹn {self.on:%d/%m/%Y}"


@tracked(by="person")
class Delivery(FromVisit):
    """A child born to `person`. One row per child. FHIR: Procedure (delivery) with Observation of the newborn."""

    child = models.OneToOneField(
        "records.Person", models.PROTECT, null=True, blank=True, related_name="born_of", verbose_name="Hồ sơ của con"
    )
    child_name = modelfields.CharField("Tên con", max_length=255, blank=True)
    child_sex = models.CharField("Giới tính con", max_length=1, blank=True)
    born_at = models.DateTimeField("Sinh lúc", null=True, blank=True)
    born_on = modelfields.DateField("Ngày sinh")
    weight_g = whole("Cân nặng khi sinh (g)")
    gestation_weeks = whole("Tuổi thai (tuần)")
    parity = whole("Lần sinh")
    children_born = whole("Số con lần này")
    living_children = whole("Số con hiện sống")
    caesarean = models.CharField("Sinh mổ", max_length=7, choices=YesNo.choices, blank=True)
    under_32_weeks = models.CharField("Sinh dưới 32 tuần", max_length=7, choices=YesNo.choices, blank=True)
    live_birth = models.BooleanField("Sinh sống", default=True)
    child_state = modelfields.TextField("Tình trạng con", blank=True)
    place = modelfields.CharField("Nơi sinh", max_length=255, blank=True)
    attendant = modelfields.CharField("Người đỡ đẻ", max_length=255, blank=True)
    certificate_number = models.CharField("Số giấy chứng sinh", max_length=255, blank=True)

    class Meta:
        verbose_name = "Lần sinh"
        verbose_name_plural = "Các lần sinh"
        ordering = ["-born_on", "-id"]
        indexes = [models.Index(fields=["born_on"], name="delivery_born_on")]

    def __str__(self) -> str:
        return f"Sinh ngày {self.born_on:%d/%m/%Y}"


__all__ = ["Appointment", "CareDocument", "ClinicalNote", "Delivery", "Medication", "Procedure"]
