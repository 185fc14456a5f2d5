"""Code lists as dated releases: ICD-10, ethnic groups, occupations, countries, kinds of form 831…"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from ehr.common import modelfields


class CodeSystem(models.Model):
    """A list, known by its key ("icd10", "ethnicity"…). FHIR: CodeSystem."""

    key = models.SlugField("Khóa", max_length=40, unique=True)
    name = modelfields.CharField("Tên danh mục", max_length=120)
    uri = models.CharField("URI (FHIR)", max_length=200, blank=True)

    class Meta:
        verbose_name = "Danh mục"
        verbose_name_plural = "Danh mục"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """One published version of a list, with its legal source. Loading the same file twice changes nothing."""

    system = models.ForeignKey(CodeSystem, models.PROTECT, related_name="releases", verbose_name="Danh mục")
    version = models.CharField("Phiên bản", max_length=40)
    valid_from = modelfields.DateField("Hiệu lực từ", null=True, blank=True)
    valid_to = modelfields.DateField("Hiệu lực đến", null=True, blank=True)
    source = modelfields.CharField("Văn bản, nguồn", max_length=300)
    sha256 = models.CharField("SHA-256 của tệp", max_length=64, blank=True)
    loaded_at = models.DateTimeField("Nạp lúc", auto_now=True)

    class Meta:
        verbose_name = "Phiên bản danh mục"
        verbose_name_plural = "Phiên bản danh mục"
        ordering = ["system", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["system", "version"], name="release_version_unique")]

    def __str__(self) -> str:
        return f"{self.system.key} {self.version}"


class CodeQuerySet(models.QuerySet):
    def of(self, key):
        """Codes of the list `key`, in their printed order."""
        return self.filter(system__key=key).order_by("position", "code")

    def valid_on(self, day):
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gt=day))


class Code(models.Model):
    """One entry. Columns that only one list has live in `properties` (sex_only, not_primary, cvx, ucum…)."""

    system = models.ForeignKey(CodeSystem, models.PROTECT, related_name="codes", verbose_name="Danh mục")
    release = models.ForeignKey(Release, models.PROTECT, related_name="codes", verbose_name="Phiên bản")
    code = models.CharField("Mã", max_length=30)
    name = modelfields.CharField("Tên", max_length=500)
    name_en = models.CharField("Tên tiếng Anh", max_length=500, blank=True)
    plain_name = models.CharField("Tên không dấu", max_length=500, editable=False)
    parent_code = models.CharField("Mã cha", max_length=30, blank=True)
    position = models.PositiveIntegerField("Thứ tự", default=0)
    properties = models.JSONField("Thuộc tính", default=dict, blank=True)
    valid_from = modelfields.DateField("Hiệu lực từ", null=True, blank=True)
    valid_to = modelfields.DateField("Hiệu lực đến", null=True, blank=True)

    objects = CodeQuerySet.as_manager()

    class Meta:
        verbose_name = "Mã"
        verbose_name_plural = "Mã trong danh mục"
        ordering = ["system", "position", "code"]
        constraints = [models.UniqueConstraint(fields=["release", "code"], name="code_unique_in_release")]
        indexes = [
            models.Index(fields=["system", "code"], name="code_system_code"),
            GinIndex(OpClass(F("plain_name"), name="gin_trgm_ops"), name="code_plain_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
