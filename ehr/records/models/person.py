"""Section A: the person, identifiers as a dated table, addresses, relatives. form831.md §2 A."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Q, Value

from ehr.audit.history import tracked
from ehr.common import modelfields
from ehr.common.dates import Precision
from ehr.records.models.base import Answered, OfPerson, ScopedQuerySet, Stamped, Versioned, code_field, of_person
from stations.models import AdminUnit, Organization, Village

# New names wait in a list that every search reads along, until it has this size: short, so that a search loses nothing
# by it, and long enough that a sheet of names is not sorted into the index word by word.
PENDING_KB = 256


class Sex(models.TextChoices):
    MALE = "1", "Nam"
    FEMALE = "2", "Nữ"
    UNDETERMINED = "3", "Chưa xác định"


class PersonQuerySet(ScopedQuerySet):
    person_path = ""

    def active(self):
        """Records in use: not merged away, not entered in error."""
        return self.filter(status__in=(Person.Status.ACTIVE, Person.Status.MOVED, Person.Status.DEAD))

    def residents(self):
        """Living residents."""
        return self.filter(status=Person.Status.ACTIVE)


@tracked(exclude=("code",))
class Person(Answered, Versioned):
    """A resident with one lifelong record (form section A). FHIR: Patient.

    `village`, `commune`, `province` are the present residence in new units and decide who sees the record;
    `recorded_*` keep what the paper said in the units of its day (REQ-ADM-04)."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Đang cư trú"
        MOVED = "moved", "Đã chuyển đi"
        DEAD = "dead", "Đã mất"
        DUPLICATE = "duplicate", "Đã gộp vào hồ sơ khác"
        ERROR = "error", "Nhập nhầm"

    class Residence(models.TextChoices):
        PERMANENT = "permanent", "Thường trú"
        TEMPORARY = "temporary", "Tạm trú"
        STAYING = "staying", "Lưu trú"
        AWAY = "away", "Vắng mặt"

    class IdentitySource(models.TextChoices):
        REGISTER = "register", "Danh sách dân cư"
        CHIP = "chip", "Chip thẻ căn cước"
        QR = "qr", "Mã QR thẻ căn cước"
        VNEID = "vneid", "VNeID"
        INSURANCE = "insurance", "Cổng BHYT"
        MANUAL = "manual", "Nhập tay"

    code = models.GeneratedField(
        expression=Func(F("id"), function="record_code"),
        output_field=models.CharField("Mã hồ sơ", max_length=14),
        db_persist=True, verbose_name="Mã hồ sơ",
    )  # fmt: skip
    full_name = modelfields.NameField("Họ và tên", max_length=100)
    plain_name = models.CharField("Tên không dấu", max_length=100, editable=False)
    # Up to seven times the name for foreign scripts.
    sort_name = models.CharField("Khóa sắp xếp", max_length=750, editable=False)
    sex = models.CharField("Giới tính", max_length=1, choices=Sex.choices)
    birth_date = modelfields.DateField(
        "Ngày sinh", null=True, blank=True, help_text="Ngày đầu của khoảng thời gian đã biết."
    )
    birth_precision = models.CharField(
        "Độ chính xác ngày sinh", max_length=7, choices=Precision.choices, default=Precision.DAY
    )
    blood_group_abo = models.CharField(
        "Nhóm máu: Hệ ABO", max_length=2, blank=True, choices=[(x, x) for x in ("A", "B", "AB", "O")]
    )
    blood_group_rh = models.CharField("Hệ Rh", max_length=3, blank=True, choices=[("pos", "Rh(+)"), ("neg", "Rh(-)")])
    birth_province = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="Tỉnh/TP đăng ký khai sinh",
        limit_choices_to={"level": "province"},
    )  # fmt: skip
    ethnicity = code_field("Dân tộc", "ethnicity")
    nationality = code_field("Quốc tịch", "country")
    religion = code_field("Tôn giáo", "religion")
    occupation = code_field("Nghề nghiệp", "occupation")
    phone_mobile = models.CharField("Điện thoại di động", max_length=15, blank=True)
    phone_landline = models.CharField("Điện thoại cố định", max_length=15, blank=True)
    email = models.EmailField("Email", blank=True)
    id_missing_reason = code_field("Lý do chưa có số định danh", "id-missing-reason")

    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="people", verbose_name="Thôn (nơi ở hiện tại)",
        db_index=False,
    )  # fmt: skip
    commune = models.ForeignKey(
        AdminUnit, models.PROTECT, related_name="people", verbose_name="Xã/phường (nơi ở hiện tại)", db_index=False,
        limit_choices_to={"level": "commune", "scheme": "new"},
    )  # fmt: skip
    province = models.ForeignKey(
        AdminUnit,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name="Tỉnh/TP (nơi ở hiện tại)",
        editable=False,
    )
    address_detail = modelfields.CharField("Thôn/xóm, số nhà, đường phố (hiện tại)", max_length=200, blank=True)
    recorded_commune = models.ForeignKey(
        AdminUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="Xã/phường ghi trên giấy tờ",
    )
    recorded_district = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="Quận/huyện (hiện tại, đơn vị cũ)", limit_choices_to={"level": "district"},
    )  # fmt: skip
    resident_since = modelfields.DateField("Cư trú từ ngày", null=True, blank=True)
    residence = models.CharField(
        "Tình trạng cư trú", max_length=9, choices=Residence.choices, default=Residence.PERMANENT
    )
    station = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="managed_people",
        verbose_name="Trạm y tế quản lý", db_index=False,
    )  # fmt: skip

    status = models.CharField("Trạng thái hồ sơ", max_length=9, choices=Status.choices, default=Status.ACTIVE)
    death_date = modelfields.DateField("Ngày mất", null=True, blank=True)
    moved_out_on = modelfields.DateField("Ngày chuyển đi", null=True, blank=True)
    moved_out_to = modelfields.CharField("Chuyển đến", max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name="Gộp vào hồ sơ"
    )
    mother = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="Hồ sơ của mẹ"
    )
    identity_source = models.CharField(
        "Nguồn xác minh danh tính", max_length=9, choices=IdentitySource.choices, default=IdentitySource.MANUAL
    )
    identity_confirmed_on = modelfields.DateField("Ngày xác minh danh tính", null=True, blank=True)
    linked_on = modelfields.DateField("Ngày liên thông được chấp nhận", null=True, blank=True, editable=False)
    section_a_complete_on = modelfields.DateField("Ngày đủ thông tin phần A", null=True, blank=True, editable=False)
    note = modelfields.TextField("Ghi chú", blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "Người dân"
        verbose_name_plural = "Người dân"
        ordering = ["sort_name", "id"]
        constraints = [
            # Not unique=True: that would make a second index for patterns, which nobody asks.
            models.UniqueConstraint(fields=["code"], name="person_code_unique"),
            models.CheckConstraint(
                condition=Q(death_date=None) | Q(death_date__gte=F("birth_date")),
                name="person_death_not_before_birth",
                violation_error_code="death_date.before_birth",
                violation_error_message="Ngày mất trước ngày sinh.",
            ),
            models.CheckConstraint(
                condition=Q(birth_date=None, birth_precision="unknown")
                | Q(birth_date__isnull=False) & ~Q(birth_precision="unknown"),
                name="person_birth_date_precision",
                violation_error_code="birth_date.precision",
                violation_error_message="Ngày sinh để trống khi và chỉ khi ghi là không biết.",
            ),
            models.CheckConstraint(
                condition=~Q(full_name=""),
                name="person_has_name",
                violation_error_code="full_name.required",
                violation_error_message="Họ và tên không được để trống.",
            ),
            models.CheckConstraint(
                condition=Q(status="dead", death_date__isnull=False)
                | ~Q(status="dead") & Q(death_date=None)
                | Q(status__in=("duplicate", "error")),
                name="person_dead_has_date",
                violation_error_code="death_date.status",
                violation_error_message="Người đã mất phải có ngày mất, và ngược lại.",
            ),
            models.CheckConstraint(
                condition=Q(status="duplicate", merged_into__isnull=False)
                | ~Q(status="duplicate") & Q(merged_into=None),
                name="person_merged_has_target",
                violation_error_code="merged_into.status",
                violation_error_message="Hồ sơ đã gộp phải chỉ rõ hồ sơ đích.",
            ),
        ]
        indexes = [
            # Words of the name without tones, within a commune or anywhere (multi-column GIN serves both).
            GinIndex(
                F("commune"),
                SearchVector("plain_name", config=Value("simple")),
                name="person_name_words",
                gin_pending_list_limit=PENDING_KB,
            ),
            GinIndex(
                OpClass(F("plain_name"), name="gin_trgm_ops"),
                name="person_name_trgm",
                gin_pending_list_limit=PENDING_KB,
            ),
            # Lists of a whole province in the order of names.
            models.Index(fields=["sort_name", "id"], name="person_sort"),
            models.Index(fields=["village", "sort_name"], name="person_village_sort"),
            models.Index(fields=["commune", "sort_name"], name="person_commune_sort"),
            models.Index(fields=["phone_mobile"], condition=~Q(phone_mobile=""), name="person_phone"),
            models.Index(fields=["phone_landline"], condition=~Q(phone_landline=""), name="person_landline"),
            # One person by name and birth date, and all that a name with a birth year asks in a wide place.
            models.Index(
                fields=["birth_date", "plain_name"],
                include=["id", "province", "commune", "village", "station"],
                name="person_birth_name",
            ),
            # All that a search within a few communes asks, so that it reads no wide rows.
            models.Index(
                fields=["commune", "plain_name"],
                include=["id", "birth_date", "village", "station"],
                name="person_commune_plain",
            ),
            models.Index(fields=["station", "commune"], name="person_station_commune"),
            # All that the coverage table counts, so that it need not visit the wide rows.
            models.Index(
                fields=["commune", "village"],
                include=[
                    "id",
                    "status",
                    "section_a_complete_on",
                    "identity_confirmed_on",
                    "linked_on",
                    "death_date",
                    "moved_out_on",
                    "created_at",
                ],
                name="person_coverage",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


@tracked(by="person")
class Identifier(OfPerson, Stamped):
    """A number of a person, with its time. Unique only among current ones of the state's personal numbers
    (REQ-IDN-04, NĐ 70/2024: a number can be cancelled and set anew). FHIR: Patient.identifier."""

    class Kind(models.TextChoices):
        NATIONAL_ID = "SDDCN", "Số định danh/CCCD"
        NATIONAL_ID_CANCELLED = "SDDCN_CANCELLED", "Số định danh đã hủy"
        CMND = "CMND9", "CMND 9 số"
        FOREIGN_ID = "FOREIGN_ID", "Số định danh người nước ngoài"
        PASSPORT = "PASSPORT", "Hộ chiếu"
        ID_CERTIFICATE = "ID_CERTIFICATE", "Giấy chứng nhận căn cước"
        E_ACCOUNT = "E_ACCOUNT", "Tài khoản VNeID"
        INSURANCE_CARD = "BHYT_CARD", "Thẻ BHYT"
        SOCIAL_INSURANCE = "BHXH_NO", "Mã số BHXH"
        BIRTH_CERTIFICATE = "BIRTH_CERT_NO", "Số giấy chứng sinh"
        HOUSEHOLD = "HOUSEHOLD", "Sổ hộ khẩu"
        POPULATION = "LOCAL", "Mã nhân khẩu"
        TEMPORARY = "TEMP", "Mã tạm"

    person = of_person(db_index=False)
    kind = models.CharField("Loại", max_length=15, choices=Kind.choices)
    value = modelfields.CharField("Số", max_length=30)
    issued_on = modelfields.DateField("Ngày cấp", null=True, blank=True)
    issued_by = modelfields.CharField("Nơi cấp", max_length=150, blank=True)
    country = code_field("Nước cấp", "country")
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)
    source = models.CharField("Nguồn", max_length=60, blank=True)
    # Of insurance cards: `valid_to` says that the number is no longer the person's, these say when it pays.
    coverage_from = modelfields.DateField("Thẻ có giá trị từ", null=True, blank=True)
    coverage_to = modelfields.DateField("Thẻ có giá trị đến", null=True, blank=True)
    primary_facility = models.CharField("Nơi đăng ký KCB ban đầu", max_length=5, blank=True)  # claims code

    class Meta:
        verbose_name = "Số giấy tờ"
        verbose_name_plural = "Số giấy tờ"
        constraints = [
            models.UniqueConstraint(
                fields=["value"],
                condition=Q(kind__in=("SDDCN", "FOREIGN_ID"), valid_to=None),
                name="identifier_national_unique",
                violation_error_code="id_number.taken",
                violation_error_message="Số định danh đang dùng ở hồ sơ khác.",
            ),
            models.UniqueConstraint(
                fields=["person", "kind", "value"],
                name="identifier_once",
                violation_error_message="Số này đã ghi cho người này.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("SDDCN", "SDDCN_CANCELLED", "FOREIGN_ID")) | Q(value__regex=r"^[0-9]{12}$"),
                name="identifier_national_format",
                violation_error_code="id_number.format",
                violation_error_message="Số định danh phải gồm đúng 12 chữ số.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="CMND9") | Q(value__regex=r"^[0-9]{9}$"),
                name="identifier_cmnd_format",
                violation_error_code="id_number.format",
                violation_error_message="Số CMND cũ phải gồm đúng 9 chữ số.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="TEMP") | ~Q(value__regex=r"^[0-9]{12}$"),
                name="identifier_temp_format",
                violation_error_code="id_number.temporary",
                violation_error_message="Mã tạm không được trông giống số định danh 12 chữ số.",
            ),
        ]
        indexes = [models.Index(fields=["value"], name="identifier_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


@tracked(by="person")
class Address(OfPerson, Stamped):
    """Permanent registration, and former residences with their time. The present one stands on Person."""

    class Use(models.TextChoices):
        PERMANENT = "permanent", "Nơi đăng ký HKTT"
        FORMER = "former", "Nơi ở trước đây"

    use = models.CharField("Loại", max_length=9, choices=Use.choices)
    detail = modelfields.CharField("Thôn/xóm, số nhà, đường phố", max_length=200, blank=True)
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="Thôn"
    )
    commune = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="Xã/phường"
    )
    district = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="Quận/huyện (đơn vị cũ)",
        limit_choices_to={"level": "district"},
    )  # fmt: skip
    province = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="Tỉnh/TP",
        limit_choices_to={"level": "province"},
    )  # fmt: skip
    recorded_commune = models.ForeignKey(
        AdminUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="Xã/phường ghi trên giấy tờ",
    )
    valid_from = modelfields.DateField("Từ ngày", null=True, blank=True)
    valid_to = modelfields.DateField("Đến ngày", null=True, blank=True)

    class Meta:
        verbose_name = "Địa chỉ"
        verbose_name_plural = "Địa chỉ"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(use="permanent", valid_to=None),
                name="address_one_permanent",
                violation_error_message="Mỗi người chỉ có một nơi đăng ký thường trú.",
            )
        ]

    def __str__(self) -> str:
        return ", ".join(str(x) for x in (self.detail, self.commune, self.district, self.province) if x)


@tracked(by="person")
class Relative(OfPerson, Stamped):
    """Mother, father, main caregiver or another relative. FHIR: RelatedPerson."""

    class Role(models.TextChoices):
        MOTHER = "mother", "Mẹ"
        FATHER = "father", "Bố"
        CAREGIVER = "caregiver", "Người chăm sóc chính"
        OTHER = "other", "Người thân khác"

    role = models.CharField("Vai trò", max_length=9, choices=Role.choices)
    name = modelfields.NameField("Họ và tên", max_length=100, blank=True)
    relation = code_field("Loại quan hệ", "relation-831")
    relation_text = modelfields.CharField("Mối quan hệ", max_length=60, blank=True)
    identifier = models.CharField("Số định danh", max_length=12, blank=True)
    phone_landline = models.CharField("Điện thoại cố định", max_length=15, blank=True)
    phone_mobile = models.CharField("Điện thoại di động", max_length=15, blank=True)
    is_guardian = models.BooleanField("Giám hộ", null=True, blank=True)
    linked_person = models.ForeignKey(
        "records.Person",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="Hồ sơ của người này",
    )

    class Meta:
        verbose_name = "Người thân"
        verbose_name_plural = "Người thân"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=~Q(role="other"),
                name="relative_one_per_role",
                violation_error_message="Đã có người thân với vai trò này.",
            )
        ]
        indexes = [
            # Asked for every person whom the undo of a batch removes.
            models.Index(fields=["linked_person"], condition=~Q(linked_person=None), name="relative_linked"),
            # A child is found by the phone of its caregiver.
            models.Index(fields=["phone_mobile"], condition=~Q(phone_mobile=""), name="relative_phone"),
            models.Index(fields=["phone_landline"], condition=~Q(phone_landline=""), name="relative_landline"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.name}"
