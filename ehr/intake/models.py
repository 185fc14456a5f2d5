"""Batches of rows that come in as a file: the file, the batch, its rows and their fate, mappings kept for next time.

DESIGN §2.8: a file is known by its SHA-256, every row has an answer, a batch can be taken back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stations.models import AdminUnit
from stations.scope import scope_of


class ImportFile(models.Model):
    """The bytes as they came, once, however often they are sent. In the database, so that a worker on another machine
    and a backup have them too."""

    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    data = models.BinaryField("Nội dung")
    size = models.PositiveIntegerField("Cỡ (byte)")
    created_at = models.DateTimeField("Nhận lúc", auto_now_add=True)
    cleared_at = models.DateTimeField("Xóa nội dung lúc", null=True, blank=True)  # by its age: `data` is empty then

    class Meta:
        verbose_name = "Tệp đã nhận"
        verbose_name_plural = "Tệp đã nhận"

    def __str__(self) -> str:
        return self.sha256[:12]


class BatchQuerySet(models.QuerySet):
    path = ""

    def visible_to(self, user):
        """Batches of the communes in the user's scope, and the user's own where the user still has villages; nothing
        without the right to see records."""
        scope = scope_of(user)
        if not scope.can("record.view"):
            return self.none()
        places = Q(**{f"{self.path}commune__in": scope.communes})
        places |= Q(**{f"{self.path}commune__parent__in": scope.provinces})
        own = Q(**{f"{self.path}by": user, f"{self.path}commune__in": scope.village_communes})
        return self.filter(places | own)


class RowQuerySet(BatchQuerySet):
    path = "batch__"


class Kind(models.TextChoices):
    SURVEY = "survey", "Phiếu điều tra (phần A, B)"
    REGISTER = "register", "Danh sách dân cư"
    VACCINATION = "vaccination", "Tiêm chủng (phần C)"
    EXAM = "exam", "Kết quả khám (phần D)"


class Fate(models.TextChoices):
    """What becomes of a row."""

    NEW = "new", "Thêm mới"
    UPDATE = "update", "Cập nhật"
    UNCHANGED = "unchanged", "Không đổi"
    DUPLICATE = "possible_duplicate", "Nghi trùng"
    REFUSED = "refused", "Từ chối"


class ImportBatch(models.Model):
    """One uploaded file for one commune."""

    class State(models.TextChoices):
        READING = "reading", "Đang đọc"
        PREVIEW = "preview", "Chờ xác nhận"
        QUEUED = "queued", "Chờ ghi"
        WRITING = "writing", "Đang ghi"
        DONE = "done", "Đã ghi"
        UNDOING = "undoing", "Đang hoàn tác"
        UNDONE = "undone", "Đã hoàn tác"
        REFUSED = "refused", "Không đọc được"
        CANCELLED = "cancelled", "Đã hủy"

    key = models.UUIDField("Khóa", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("Loại", max_length=11, choices=Kind.choices)
    commune = models.ForeignKey(AdminUnit, models.PROTECT, related_name="+", verbose_name="Xã/phường")
    file = models.ForeignKey(ImportFile, models.PROTECT, related_name="batches", verbose_name="Tệp")
    file_name = models.CharField("Tên tệp", max_length=200)
    state = models.CharField("Trạng thái", max_length=9, choices=State.choices, default=State.READING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="Người gửi"
    )
    door = models.CharField("Gửi qua", max_length=10, default="screen")
    layout = models.JSONField("Cột đã ghép", default=list, editable=False)
    # {rows, new, updated, unchanged, possible_duplicate, refused, cleaned, written, skipped, undone, kept}
    counts = models.JSONField("Số đếm", default=dict, editable=False)
    done = models.PositiveIntegerField("Đã xử lý", default=0, editable=False)
    total = models.PositiveIntegerField("Tổng số dòng", default=0, editable=False)
    message = models.CharField("Thông báo", max_length=300, blank=True)
    message_code = models.CharField("Mã thông báo", max_length=60, blank=True)
    created_at = models.DateTimeField("Gửi lúc", auto_now_add=True)
    read_at = models.DateTimeField("Đọc xong lúc", null=True, blank=True)  # the preview shows the state of this moment
    touched_at = models.DateTimeField("Hoạt động gần nhất", default=timezone.now)
    failures = models.PositiveSmallIntegerField("Số lần lỗi liên tiếp", default=0, editable=False)
    keep_blocked = models.BooleanField("Hoàn tác phần còn lại", default=False, editable=False)
    started_at = models.DateTimeField("Bắt đầu ghi lúc", null=True, blank=True)
    finished_at = models.DateTimeField("Ghi xong lúc", null=True, blank=True)
    undone_at = models.DateTimeField("Hoàn tác lúc", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="Người hoàn tác",
    )  # fmt: skip
    # What the rows held is gone, by its age (`services.clearing`): the ledger stays, the way back does not.
    cleared_at = models.DateTimeField("Xóa nội dung lúc", null=True, blank=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "Lần nhập tệp"
        verbose_name_plural = "Sổ nhập tệp"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["commune", "-created_at"], name="batch_commune")]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One row of a sheet. `values`: field codes of form 831 in JSON form (`ehr.intake.values`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chưa ghi"
        WRITTEN = "written", "Đã ghi"
        SKIPPED = "skipped", "Bỏ qua"
        UNDONE = "undone", "Đã hoàn tác"
        KEPT = "kept", "Giữ nguyên khi hoàn tác"

    class Decision(models.TextChoices):
        NONE = "", "Chưa quyết định"
        SAME = "same", "Là người đã có"
        NEW = "new", "Là người khác"
        SKIP = "skip", "Bỏ qua dòng"

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows", verbose_name="Lần nhập", db_index=False)
    position = models.PositiveIntegerField("Thứ tự")
    # A second sheet about the same person (part B beside part A): the position of the row that makes the person.
    follows = models.PositiveIntegerField("Bổ sung cho dòng", null=True, blank=True)
    sheet = models.CharField("Trang tính", max_length=100)
    number = models.PositiveIntegerField("Dòng")  # as the spreadsheet program shows it
    fate = models.CharField("Kết quả", max_length=18, choices=Fate.choices)
    state = models.CharField("Trạng thái", max_length=7, choices=State.choices, default=State.WAITING)
    label = models.CharField("Họ và tên trên tệp", max_length=100, blank=True)
    values = models.JSONField("Giá trị", default=dict)
    cleaned = models.JSONField("Ô đã làm sạch", default=list)  # [{column, field, was, became, why}]
    problems = models.JSONField("Vấn đề", default=list)  # [{field, column, value, code, level, message}]
    changes = models.JSONField("Thay đổi", default=dict)  # {field: [before, after]}
    candidates = models.JSONField("Hồ sơ có thể trùng", default=list)  # [{person, why}]
    decision = models.CharField("Quyết định", max_length=4, choices=Decision.choices, blank=True)
    person = models.ForeignKey(
        "records.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="Hồ sơ"
    )

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Dòng nhập"
        verbose_name_plural = "Dòng nhập"
        ordering = ["batch", "position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="import_row_position")]
        indexes = [models.Index(fields=["batch", "fate", "position"], name="import_row_fate")]

    def __str__(self) -> str:
        return f"{self.sheet}, dòng {self.number}"


class SavedMapping(models.Model):
    """How the columns of a commune's sheets were mapped, offered when the same headers come again."""

    commune = models.ForeignKey(AdminUnit, models.CASCADE, related_name="+", verbose_name="Xã/phường")
    kind = models.CharField("Loại", max_length=11, choices=Kind.choices)
    signature = models.CharField("Dấu của dòng tiêu đề", max_length=64)
    columns = models.JSONField("Cột", default=dict)  # {plain header: field code, "" for a column to ignore}
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="Ai lưu"
    )
    updated_at = models.DateTimeField("Lưu lúc", auto_now=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "Cách ghép cột"
        verbose_name_plural = "Cách ghép cột đã lưu"
        constraints = [
            models.UniqueConstraint(fields=["commune", "kind", "signature"], name="saved_mapping_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.commune}"


class ImportBefore(models.Model):
    """A stored row as it was before a batch touched it, for rows whose history does not reach back that far (loaded
    with the triggers off). `row`: its columns as PostgreSQL's to_jsonb writes them."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="+", verbose_name="Lần nhập", db_index=False)
    table = models.CharField("Bảng", max_length=63)
    key = models.BigIntegerField("Khóa của dòng")
    row = models.JSONField("Nội dung trước khi ghi", default=dict)

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Bản trước khi nhập"
        verbose_name_plural = "Bản trước khi nhập"
        constraints = [models.UniqueConstraint(fields=["batch", "table", "key"], name="import_before_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class ImportPlan(models.Model):
    """What the rules made of the new people of some rows that stand together, so that they need not run again when the
    rows are written (`ehr.records.bulk.plans`). It holds while `state` is what the program computes, and leaves the
    database when the rows are written."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="+", verbose_name="Lần nhập", db_index=False)
    first = models.PositiveIntegerField("Từ thứ tự")
    last = models.PositiveIntegerField("Đến thứ tự")
    state = models.CharField("Dấu của quy tắc", max_length=64)
    data = models.BinaryField("Nội dung", default=b"")

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = "Bản chuẩn bị ghi"
        verbose_name_plural = "Bản chuẩn bị ghi"
        constraints = [models.UniqueConstraint(fields=["batch", "first"], name="import_plan_once")]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


# Tables of their own file; last, because they point at the ones above.
import ehr.intake.register.models  # noqa: E402, F401
