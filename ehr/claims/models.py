"""Claim files as they came, each claim (HOSO) with all its versions, and what is to be decided about them.

The raw bytes of a file are kept compressed and sealed, by their SHA-256, in parts of equal size. The rows of a claim
are one document per version, {table: [{column: text}, …]} in the standard's own names: what a column means and its type
stand in data/tables.csv, read by `ehr.claims.spec`. A claim that says something of a restricted kind
(HIV, tuberculosis, mental health …) is kept sealed as a whole (`ClaimVersion.sealed`) and puts nothing into the
ordinary tables of the record."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ehr.common import modelfields
from ehr.records.models import Encounter, Person
from stations.models import AdminUnit, Organization
from stations.scope import ScopedQuerySet, scope_of


class FileQuerySet(models.QuerySet):
    path = ""

    def visible_to(self, user):
        """Files that the user sent, and files of facilities in the user's communes and provinces; nothing without the
        right to see records."""
        scope = scope_of(user)
        if not scope.can("record.view"):
            return self.none()
        places = Q(**{f"{self.path}facility__unit__in": scope.communes | scope.provinces})
        places |= Q(**{f"{self.path}facility__unit__parent__in": scope.provinces})
        places |= Q(**{f"{self.path}facility__in": scope.stations})
        return self.filter(places | Q(**{f"{self.path}by": user}))


class OfFileQuerySet(FileQuerySet):
    path = "file__"


class ClaimFile(models.Model):
    """One XML file, known by its bytes: sent again it is the same row and changes nothing."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ đọc"
        WORKING = "working", "Đang đọc"
        DONE = "done", "Đã xong"
        REFUSED = "refused", "Không nhận"
        FAILED = "failed", "Lỗi, để riêng"
        UNDOING = "undoing", "Đang hoàn tác"
        UNDONE = "undone", "Đã hoàn tác"

    class Kind(models.TextChoices):
        CLAIMS = "claims", "Hồ sơ khám chữa bệnh"
        CHECKIN = "checkin", "Trạng thái khám (XML0)"
        APPRAISAL = "appraisal", "Giám định y khoa (XML12)"

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    name = models.CharField("Tên tệp", max_length=300)
    size = models.PositiveBigIntegerField("Cỡ (byte)")
    kind = models.CharField("Loại", max_length=9, choices=Kind.choices, default=Kind.CLAIMS)
    standard = models.CharField("Chuẩn", max_length=8, blank=True)
    facility_code = models.CharField("Mã CSKCB gửi", max_length=20, blank=True)
    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Cơ sở gửi"
    )
    made_on = models.DateField("Ngày lập", null=True, blank=True)
    signed = models.BooleanField("Có chữ ký số", default=False)
    # What `xml.scan` said of the file, for reading it in chunks: ehr.claims.claim.Envelope as a document.
    envelope = models.JSONField("Phong bì", null=True, editable=False)
    state = models.CharField("Trạng thái", max_length=8, choices=State.choices, default=State.WAITING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người gửi"
    )
    door = models.CharField("Gửi qua", max_length=10, default="screen")
    # {encounters, stored, versions, unchanged, rejected, unmatched, ambiguous, foreign, new_people, errors, warnings}
    counts = models.JSONField("Số đếm", default=dict, editable=False)
    problems = models.JSONField("Vấn đề của cả tệp", default=list, editable=False)  # as ClaimEntry.problems
    total = models.PositiveIntegerField("Số hồ sơ", default=0, editable=False)
    done = models.PositiveIntegerField("Đã xử lý", default=0, editable=False)
    message = models.CharField("Thông báo", max_length=500, blank=True)
    message_code = models.CharField("Mã thông báo", max_length=60, blank=True)
    failures = models.PositiveSmallIntegerField("Số lần lỗi liên tiếp", default=0, editable=False)
    created_at = models.DateTimeField("Nhận lúc", auto_now_add=True)
    started_at = models.DateTimeField("Bắt đầu lúc", null=True, blank=True)
    touched_at = models.DateTimeField("Hoạt động gần nhất", default=timezone.now)
    finished_at = models.DateTimeField("Xong lúc", null=True, blank=True)
    undone_at = models.DateTimeField("Hoàn tác lúc", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="Người hoàn tác",
    )  # fmt: skip

    again = False  # set by `services.receive`: these bytes had been taken in before

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = "Tệp hồ sơ BHYT"
        verbose_name_plural = "Tệp hồ sơ BHYT đã nhận"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["facility", "-created_at"], name="claim_file_facility")]

    def __str__(self) -> str:
        return self.name


class ClaimFilePart(models.Model):
    """A piece of the bytes of a file: `services.raw.PIECE` of them, fewer in the last one. So that neither the file as
    it comes nor a chunk of it as it is worked on is ever in memory as a whole."""

    file = models.ForeignKey(ClaimFile, models.CASCADE, related_name="parts", verbose_name="Tệp", db_index=False)
    position = models.PositiveIntegerField("Thứ tự")  # from 0
    data = models.BinaryField("Nội dung (nén, mã hóa)")

    objects = OfFileQuerySet.as_manager()

    class Meta:
        verbose_name = "Mảnh của tệp"
        verbose_name_plural = "Mảnh của tệp gốc"
        ordering = ["file", "position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="claim_part_once")]

    def __str__(self) -> str:
        return str(self.position)


class ClaimChunk(models.Model):
    """A run of HOSO of a file, done by one worker in one transaction."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ"
        DONE = "done", "Xong"
        FAILED = "failed", "Lỗi"

    file = models.ForeignKey(ClaimFile, models.CASCADE, related_name="chunks", verbose_name="Tệp", db_index=False)
    first = models.PositiveIntegerField("Từ hồ sơ")  # from 1
    count = models.PositiveIntegerField("Số hồ sơ")
    offset = models.PositiveBigIntegerField("Vị trí trong tệp", default=0)  # byte at which to go on reading; 0: begin
    state = models.CharField("Trạng thái", max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("Số lần thử", default=0)
    message = models.CharField("Lỗi", max_length=300, blank=True)

    objects = OfFileQuerySet.as_manager()

    class Meta:
        verbose_name = "Phần của tệp"
        verbose_name_plural = "Phần của tệp"
        ordering = ["file", "first"]
        constraints = [models.UniqueConstraint(fields=["file", "first"], name="claim_chunk_once")]

    def __str__(self) -> str:
        return f"{self.first}–{self.first + self.count - 1}"


class ClaimQuerySet(ScopedQuerySet):
    """Claims of the people in scope, and those that the user's own station made; claims of nobody (yet) belong to
    whoever sees a file that brought them, and to those who work where the patient lives. Restricted claims are seen,
    even to exist, only with the right to them."""

    def visible_to(self, user):
        scope = scope_of(user)
        if not scope.can("record.view"):
            return self.none()
        files = ClaimFile.objects.visible_to(user)
        brought = Exists(ClaimEntry._base_manager.filter(claim=OuterRef("pk"), file__in=files))
        here = Q(commune__in=scope.communes) | Q(commune__parent__in=scope.provinces)
        found = self.filter(
            Q(person__isnull=False) & scope.people("person__")
            | Q(facility__in=scope.stations)
            | Q(person=None) & (brought | here)
        )
        return found if scope.can("restricted.view") else found.filter(restricted=[])

    def waiting(self):
        """Claims whose person may still appear; what somebody decided stays."""
        open_ones = Q(match__in=[Claim.Match.FOREIGN, Claim.Match.UNMATCHED], decided_by=None)
        return self.filter(open_ones, state=Claim.State.ACTIVE)


class OfClaimQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(claim__in=Claim.objects.visible_to(user))


class Claim(models.Model):
    """One encounter as its facility claims it: (facility_code, ma_lk) is its key for ever. What identifies the patient
    is kept beside it, so that a claim of somebody unknown finds its person later."""

    class Kind(models.TextChoices):
        CLAIM = "claim", "Hồ sơ khám chữa bệnh"
        CHECKIN = "checkin", "Mới vào khám (XML0)"
        APPRAISAL = "appraisal", "Giám định y khoa"

    class Match(models.TextChoices):
        MATCHED = "matched", "Đã gắn hồ sơ"
        NEW = "new", "Đã lập hồ sơ mới"
        AMBIGUOUS = "ambiguous", "Chờ quyết định"
        FOREIGN = "foreign", "Không thuộc địa bàn"
        UNMATCHED = "unmatched", "Chưa tìm thấy người"

    class State(models.TextChoices):
        ACTIVE = "active", "Đang dùng"
        WITHDRAWN = "withdrawn", "Cơ sở đã hủy"  # MA_DOITUONG_KCB 8
        UNDONE = "undone", "Đã hoàn tác"

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    facility_code = models.CharField("Mã CSKCB", max_length=20)
    ma_lk = models.CharField("MA_LK", max_length=100)
    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Cơ sở", db_index=False
    )
    kind = models.CharField("Loại", max_length=9, choices=Kind.choices, default=Kind.CLAIM)
    state = models.CharField("Trạng thái", max_length=9, choices=State.choices, default=State.ACTIVE)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name="Người dân"
    )
    match = models.CharField("Gắn với người", max_length=9, choices=Match.choices, default=Match.UNMATCHED)
    candidates = models.JSONField("Hồ sơ có thể đúng", default=list)  # [[person id, why], …]
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="Người quyết định",
    )  # fmt: skip
    encounter = models.OneToOneField(
        Encounter, models.SET_NULL, null=True, blank=True, related_name="claim", verbose_name="Lượt khám"
    )
    current = models.ForeignKey(
        "ClaimVersion", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="Bản hiện hành"
    )
    restricted = ArrayField(models.CharField(max_length=10), verbose_name="Diện hạn chế", default=list, blank=True)
    started_at = models.DateTimeField("Ngày vào", null=True, blank=True)
    ended_at = models.DateTimeField("Ngày ra", null=True, blank=True)
    # Who the claim is about, as ehr.intake.matching wants it. Of a restricted claim all of these are empty: `identity`
    # has them sealed, `blind` hashes of number, cards and name (ehr.claims.patient).
    full_name = models.CharField("Họ và tên", max_length=255, blank=True)
    name_key = models.CharField("Tên không dấu", max_length=255, blank=True)
    birth = models.CharField("Ngày sinh", max_length=10, blank=True)  # 1990-03-12, 1990-03, 1990
    sex = models.CharField("Giới tính", max_length=1, blank=True)
    number = models.CharField("Số định danh", max_length=20, blank=True)
    cards = ArrayField(models.CharField(max_length=15), verbose_name="Thẻ BHYT, mã BHXH", default=list, blank=True)
    identity = models.BinaryField("Người bệnh (mã hóa)", null=True)
    blind = ArrayField(
        models.CharField(max_length=32), verbose_name="Dấu của số giấy tờ, thẻ, tên", default=list, db_default=[],
        blank=True,
    )  # fmt: skip
    commune = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Xã cư trú", db_index=False
    )
    created_at = models.DateTimeField("Tạo lúc", auto_now_add=True)
    updated_at = models.DateTimeField("Cập nhật lúc", auto_now=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "Hồ sơ BHYT"
        verbose_name_plural = "Hồ sơ BHYT"
        ordering = ["-started_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["facility_code", "ma_lk"], name="claim_once")]
        indexes = [
            models.Index(fields=["number"], name="claim_waiting_number",
                         condition=Q(match__in=["foreign", "unmatched"]) & ~Q(number="")),
            models.Index(fields=["name_key"], name="claim_waiting_name",
                         condition=Q(match__in=["foreign", "unmatched"])),
            GinIndex(fields=["cards"], name="claim_waiting_cards", condition=Q(match__in=["foreign", "unmatched"])),
            GinIndex(fields=["blind"], name="claim_waiting_blind", condition=Q(match__in=["foreign", "unmatched"])),
            models.Index(fields=["match", "-id"], name="claim_match", condition=Q(match="ambiguous")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.facility_code} {self.ma_lk}"


class ClaimVersion(models.Model):
    """One state of a claim as a file brought it. `differences` to the version before: [{table, line, column, before,
    after}], a row that came or went has column "". Neither `differences` nor `content` hold what is restricted: such a
    version has only `sealed`, the same two as one encrypted document."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="versions", verbose_name="Hồ sơ", db_index=False)
    number = models.PositiveSmallIntegerField("Bản số")
    file = models.ForeignKey(ClaimFile, models.PROTECT, related_name="versions", verbose_name="Tệp")
    index = models.PositiveIntegerField("Hồ sơ thứ (trong tệp)")
    standard = models.CharField("Chuẩn", max_length=8)
    digest = models.CharField("SHA-256 của giá trị", max_length=64)
    content = models.JSONField("Các bảng", null=True)
    differences = models.JSONField("Khác bản trước", default=list)
    sealed = models.BinaryField("Nội dung mã hóa", null=True)
    made_on = models.DateField("Ngày lập", null=True)
    stored_at = models.DateTimeField("Lưu lúc", auto_now_add=True)
    undone_at = models.DateTimeField("Hoàn tác lúc", null=True, blank=True)

    objects = OfClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "Bản của hồ sơ BHYT"
        verbose_name_plural = "Các bản của hồ sơ BHYT"
        ordering = ["claim", "-number"]
        constraints = [models.UniqueConstraint(fields=["claim", "number"], name="claim_version_once")]

    def __str__(self) -> str:
        return f"Bản {self.number}"


class EntryQuerySet(OfFileQuerySet):
    def visible_to(self, user):
        """Answers of the files that the user sees, without those about restricted claims for whoever may not know of
        them."""
        found = super().visible_to(user)
        if scope_of(user).can("restricted.view"):
            return found
        return found.filter(Q(claim=None) | Q(claim__restricted=[]))


class ClaimEntry(models.Model):
    """The answer for one HOSO of a file."""

    class Outcome(models.TextChoices):
        STORED = "stored", "Đã nhận"
        VERSION = "version", "Bản mới"
        UNCHANGED = "unchanged", "Không đổi"
        OLDER = "older", "Cũ hơn bản đang có"
        REJECTED = "rejected", "Từ chối"

    file = models.ForeignKey(ClaimFile, models.CASCADE, related_name="entries", verbose_name="Tệp", db_index=False)
    index = models.PositiveIntegerField("Hồ sơ thứ")  # from 1
    ma_lk = models.CharField("MA_LK", max_length=100, blank=True)
    label = models.CharField("Họ và tên trên tệp", max_length=255, blank=True)  # "" for a restricted claim
    outcome = models.CharField("Kết quả", max_length=9, choices=Outcome.choices)
    claim = models.ForeignKey(
        Claim, models.SET_NULL, null=True, blank=True, related_name="entries", verbose_name="Hồ sơ"
    )
    version = models.ForeignKey(
        ClaimVersion, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="Bản", db_index=False
    )
    # [{table, line, column, value, rule, level, message}]; values are left out for a restricted claim
    problems = models.JSONField("Vấn đề", default=list)
    worst = models.CharField("Mức nặng nhất", max_length=7, blank=True)  # reject, error, warning, ""

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "Kết quả của hồ sơ trong tệp"
        verbose_name_plural = "Kết quả của hồ sơ trong tệp"
        ordering = ["file", "index"]
        constraints = [models.UniqueConstraint(fields=["file", "index"], name="claim_entry_once")]

    def __str__(self) -> str:
        return f"Hồ sơ {self.index}"


class ClaimTask(models.Model):
    """Something a claim says that a person has to look at: it differs from what was confirmed, or it proposes a change.
    Nothing of the record changes before somebody accepts."""

    class Kind(models.TextChoices):
        CONFLICT = "conflict", "Khác với hồ sơ"  # sex, birth date, name, number, blood group
        ALLERGY = "allergy", "Thuốc trùng dị ứng đã ghi"
        DEATH = "death", "Có thể đã qua đời"
        CHRONIC = "chronic", "Đề nghị ghi bệnh mạn tính"
        PREGNANCY = "pregnancy", "Thai kỳ"
        NEWBORN = "newborn", "Trẻ mới sinh"
        RELATIVE = "relative", "Đề nghị ghi quan hệ gia đình"
        REFERRAL = "referral", "Chuyển đến trạm"
        HOME_VISIT = "home_visit", "Thăm sau ra viện"

    class State(models.TextChoices):
        OPEN = "open", "Chờ xem"
        ACCEPTED = "accepted", "Đã nhận vào hồ sơ"
        KEPT = "kept", "Giữ như hồ sơ"
        GONE = "gone", "Không còn"  # the claim was corrected or taken back

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="tasks", verbose_name="Hồ sơ BHYT", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="claim_tasks", verbose_name="Người dân")
    kind = models.CharField("Việc", max_length=10, choices=Kind.choices)
    field = models.CharField("Trường", max_length=40, blank=True)  # field code of form 831 where there is one
    recorded = models.CharField("Trong hồ sơ", max_length=500, blank=True)
    claimed = models.CharField("Trong tệp BHYT", max_length=500, blank=True)
    state = models.CharField("Trạng thái", max_length=8, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Ai quyết định"
    )
    decided_at = models.DateTimeField("Quyết định lúc", null=True, blank=True)
    created_at = models.DateTimeField("Tạo lúc", auto_now_add=True)

    objects = OfClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "Việc cần xem từ hồ sơ BHYT"
        verbose_name_plural = "Việc cần xem từ hồ sơ BHYT"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "kind", "field", "claimed"], name="claim_task_once"),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="claim_task_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return self.get_kind_display()


class RuleLevel(models.Model):
    """How strict a rule of rules.csv is here, other than the file says: set by the administrator, from a day on."""

    class Level(models.TextChoices):
        REJECT = "reject", "Từ chối hồ sơ"
        ERROR = "error", "Lỗi"
        WARNING = "warning", "Cảnh báo"
        OFF = "off", "Không kiểm tra"

    rule_id = models.CharField("Mã quy tắc", max_length=20)
    level = models.CharField("Mức", max_length=7, choices=Level.choices)
    valid_from = modelfields.DateField("Áp dụng từ", null=True, blank=True)
    valid_to = modelfields.DateField("Áp dụng đến", null=True, blank=True)
    note = models.CharField("Lý do, văn bản", max_length=300, blank=True)

    class Meta:
        verbose_name = "Mức của quy tắc kiểm tra"
        verbose_name_plural = "Mức của quy tắc kiểm tra"
        ordering = ["rule_id", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_id"], condition=Q(valid_to=None), name="claim_rule_level_once",
                violation_error_message="Quy tắc này đang có một mức còn áp dụng: "
                "hãy ghi ngày kết thúc của mức đó trước.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.get_level_display()}"


# Django looks for models in this module only.
from ehr.claims.export.models import ClaimExport, ExportedVisit  # noqa: E402, F401
from ehr.claims.prices.models import BillingTerms, PriceItem  # noqa: E402, F401
