"""Section B: birth, risks, allergies, diseases, disability, surgery, family, reproduction. form831.md §2 B.

What the form prints once is a column of HealthHistory. What it lists and lets grow ("khác") is a row with a kind from
a code list: a row answers one line of the form, no row means that the line was not asked."""

from django.db import models
from django.db.models import Q

from ehr.audit.history import tracked
from ehr.codes.models import Code
from ehr.common import modelfields
from ehr.records.models.base import (
    Answered,
    OfPerson,
    ScopedQuerySet,
    Stamped,
    Versioned,
    YesNo,
    code_field,
    of_person,
)  # fmt: skip


class Frequency(models.TextChoices):
    NO = "0", "Không"
    YES = "1", "Có"
    OFTEN = "2", "Thường xuyên"
    UNKNOWN = "unknown", "Không biết"


class Delivery(models.TextChoices):
    VAGINAL = "0", "Đẻ thường"
    CAESAREAN = "1", "Đẻ mổ"
    UNKNOWN = "unknown", "Không biết"


def yes_no(label: str) -> models.CharField:
    return models.CharField(label, max_length=7, choices=YesNo.choices, blank=True)


def count(label: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, null=True, blank=True)


@tracked(by="person")
class HealthHistory(Answered, Versioned):
    """The single answers of section B, one row per person; its `version` guards the whole section."""

    person = models.OneToOneField(
        "records.Person", models.PROTECT, related_name="health_history", verbose_name="Người dân"
    )
    surveyed_on = modelfields.DateField("Ngày điều tra", null=True, blank=True)
    # B1
    birth_delivery_mode = models.CharField("Đẻ thường / Đẻ mổ", max_length=7, choices=Delivery.choices, blank=True)
    birth_preterm = yes_no("Đẻ thiếu tháng")
    birth_asphyxia = yes_no("Bị ngạt lúc đẻ")
    birth_weight_g = models.PositiveIntegerField("Cân nặng lúc đẻ (gram)", null=True, blank=True)
    birth_length_cm = modelfields.DecimalField(
        "Chiều dài lúc đẻ (cm)", max_digits=4, decimal_places=1, null=True, blank=True
    )
    birth_defect = modelfields.TextField("Dị tật bẩm sinh", blank=True)
    birth_other_problem = modelfields.TextField("Vấn đề khác lúc sinh", blank=True)
    # B2
    risk_smoking = models.CharField("Hút thuốc lá, lào", max_length=7, choices=Frequency.choices, blank=True)
    risk_smoking_quit = yes_no("Đã bỏ thuốc")
    risk_alcohol = yes_no("Uống rượu bia thường xuyên")
    risk_alcohol_glasses_per_day = modelfields.DecimalField(
        "Số ly cốc uống/ngày", max_digits=4, decimal_places=1, null=True, blank=True
    )
    risk_alcohol_quit = yes_no("Đã bỏ rượu bia")
    risk_drug = models.CharField("Sử dụng ma túy", max_length=7, choices=Frequency.choices, blank=True)
    risk_drug_quit = yes_no("Đã bỏ ma túy")
    risk_physical_activity = models.CharField("Hoạt động thể lực", max_length=7, choices=Frequency.choices, blank=True)
    risk_exposure = modelfields.TextField("Yếu tố tiếp xúc nghề nghiệp, môi trường sống", blank=True)
    risk_exposure_duration = modelfields.CharField("Thời gian tiếp xúc", max_length=100, blank=True)
    risk_other = modelfields.TextField("Nguy cơ khác", blank=True)
    # B5: the operations themselves are rows of Surgery; "none" and "unknown" stand in the answer lists.
    # B7
    contraception_method = modelfields.CharField("Biện pháp tránh thai đang dùng", max_length=150, blank=True)
    last_pregnancy = modelfields.CharField("Kỳ có thai cuối cùng", max_length=60, blank=True)
    pregnancy_count = count("Số lần có thai")
    miscarriage_count = count("Số lần sảy thai")
    abortion_count = count("Số lần phá thai")
    birth_count = count("Số lần sinh đẻ")
    normal_delivery_count = count("Số lần đẻ thường")
    caesarean_count = count("Số lần đẻ mổ")
    difficult_delivery_count = count("Số lần đẻ khó")
    term_birth_count = count("Số lần đẻ đủ tháng")
    preterm_birth_count = count("Số lần đẻ non")
    living_children_count = count("Số con hiện sống")
    gynaecological_disease = modelfields.TextField("Bệnh phụ khoa", blank=True)
    # B8
    other_issues = modelfields.TextField("Vấn đề khác", blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "Tiền sử (phần B)"
        verbose_name_plural = "Tiền sử (phần B)"

    def __str__(self) -> str:
        return f"Tiền sử: {self.person}"


class HistoryLine(OfPerson, Stamped):
    """One line of a list of the form: kind, answer, and what was written beside it."""

    answer = models.CharField("Trả lời", max_length=7, choices=YesNo.choices)
    detail = modelfields.TextField("Mô tả", blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.get_answer_display()}"  # type: ignore[attr-defined]


def kind_field(system: str) -> models.ForeignKey:
    return models.ForeignKey(
        Code,
        models.PROTECT,
        related_name="+",
        verbose_name="Loại",
        limit_choices_to={"system__key": system},
        db_index=False,
    )


@tracked(by="person")
class Allergy(HistoryLine):
    """B3.1 Own allergy of one of four kinds, several entries each in practice. FHIR: AllergyIntolerance."""

    person = of_person(db_index=False)
    kind = kind_field("allergy-kind")

    class Meta:
        verbose_name = "Dị ứng"
        verbose_name_plural = "Dị ứng"
        indexes = [models.Index(fields=["person", "kind"], name="allergy_person_kind")]


@tracked(by="person")
class Condition(HistoryLine):
    """B3.2 Own disease: twelve tick boxes and three text lines. FHIR: Condition."""

    person = of_person(db_index=False)
    kind = kind_field("own-disease")
    icd10 = code_field("Mã ICD-10", "icd10")
    onset_year = models.PositiveSmallIntegerField("Năm phát hiện", null=True, blank=True)

    class Meta:
        verbose_name = "Bệnh tật bản thân"
        verbose_name_plural = "Bệnh tật bản thân"
        indexes = [models.Index(fields=["person", "kind"], name="condition_person_kind")]


@tracked(by="person")
class Disability(HistoryLine):
    """B4 Disability of one of seven kinds."""

    person = of_person(db_index=False)
    kind = kind_field("disability-kind")

    class Meta:
        verbose_name = "Khuyết tật"
        verbose_name_plural = "Khuyết tật"
        indexes = [models.Index(fields=["person", "kind"], name="disability_person_kind")]


@tracked(by="person")
class Surgery(OfPerson, Stamped):
    """B5 One operation: body part and year. FHIR: Procedure."""

    body_part = modelfields.CharField("Bộ phận đã phẫu thuật, mô tả", max_length=300)
    year = models.PositiveSmallIntegerField("Năm phẫu thuật", null=True, blank=True)

    class Meta:
        verbose_name = "Phẫu thuật"
        verbose_name_plural = "Phẫu thuật"
        ordering = ["year", "id"]

    def __str__(self) -> str:
        return f"{self.body_part} ({self.year})" if self.year else self.body_part


@tracked(by="person")
class FamilyHistory(HistoryLine):
    """B6 Allergy or disease in the family, with who has it. FHIR: FamilyMemberHistory.

    Exactly one of `allergy_kind` and `disease_kind` is set; the numbers are those of the personal lists."""

    allergy_kind = models.ForeignKey(
        Code, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Loại dị ứng", db_index=False,
        limit_choices_to={"system__key": "allergy-kind"},
    )  # fmt: skip
    disease_kind = models.ForeignKey(
        Code, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Loại bệnh", db_index=False,
        limit_choices_to={"system__key": "own-disease"},
    )  # fmt: skip
    relative = modelfields.CharField("Người mắc (quan hệ huyết thống)", max_length=150, blank=True)

    class Meta:
        verbose_name = "Tiền sử gia đình"
        verbose_name_plural = "Tiền sử gia đình"
        constraints = [
            models.CheckConstraint(
                condition=Q(allergy_kind=None, disease_kind__isnull=False)
                | Q(allergy_kind__isnull=False, disease_kind=None),
                name="family_history_one_kind",
                violation_error_message="Chọn loại dị ứng hoặc loại bệnh.",
            )
        ]

    @property
    def kind(self) -> Code:
        return self.allergy_kind or self.disease_kind
