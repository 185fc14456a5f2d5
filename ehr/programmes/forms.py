"""Forms of programmes: one for each kind of episode, made from its columns, and one for the facts of a visit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.common import formfields
from ehr.common.problems import problems_of
from ehr.programmes.models import NcdRegistration, NcdVisit
from ehr.programmes.services.episodes import KINDS
from ehr.programmes.services.visits import CHECK
from ehr.records.facts import codes_of
from ehr.records.forms.base import Group, SavingForm, choice_field
from ehr.records.forms.rows import RowsForm, Table, dress, text
from ehr.records.models.base import YesNo

YES_NO = tuple(YesNo.choices)
MOMENTS = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M")
NEEDED = {"registered_on", "disease", "method", "started_on", "done_on"}
# Columns of each group of a form; what stands in none is not asked on the screen.
GROUPS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "pregnancy": (
        ("Đăng ký quản lý thai", (
            "registered_on", "last_period_on", "due_on", "gravida", "para", "risk", "risk_note",
        )),
        ("Xét nghiệm đã làm (kết quả ghi ở lượt khám)", ("hiv_tested", "syphilis_tested", "hepatitis_b_tested")),
        ("Kết thúc thai kỳ", (
            "outcome", "ended_on", "birth_place", "birth_attendant", "facility_name", "complication", "note",
        )),
    ),
    "ncd": (
        ("Vào sổ quản lý", ("disease", "icd10_code", "detected_on", "registered_on", "facility_name", "note")),
        ("Ra khỏi sổ", ("status", "left_on", "left_reason")),
    ),
    "contraception": (
        ("Biện pháp tránh thai", (
            "method", "started_on", "living_children", "provider", "facility_name", "complication",
        )),
        ("Thôi dùng", ("ended_on", "end_reason", "note")),
    ),
    "abortion": (
        ("Phá thai", (
            "done_on", "gestation_weeks", "living_children", "method", "tissue_checked", "performer", "facility_name",
            "complication", "follow_up_on", "note",
        )),
    ),
}  # fmt: skip


def field_of(column: Any) -> forms.Field:
    """The form field of a column, never required: what must be filled is a rule."""
    label = str(column.verbose_name)
    made: forms.Field
    if column.choices:
        choices = [(value, str(name)) for value, name in column.flatchoices]
        made = choice_field(choices, empty="Chưa ghi", label=label)
        if column.has_default():
            made.choices = choices  # type: ignore[attr-defined]
    elif column.get_internal_type() == "DateField":
        made = formfields.DateField(label=label, required=False)
    elif column.get_internal_type() == "DecimalField":
        made = formfields.DecimalField(label=label, required=False, decimal_places=column.decimal_places)
    elif column.get_internal_type() == "PositiveSmallIntegerField":
        made = formfields.IntegerField(label=label, required=False)
    else:
        made = text(label, column.max_length or 1000)
    dress(made)
    made.need = column.name in NEEDED  # type: ignore[attr-defined]
    return made


def child_cells() -> dict[str, forms.Field]:
    """A child born at the end of a pregnancy."""
    return {
        "child_sex": forms.ChoiceField(
            label="Giới", required=False, choices=[("", ""), ("1", "Nam"), ("2", "Nữ"), ("3", "Chưa xác định")]
        ),
        "weight_g": formfields.IntegerField(label="Cân nặng (g)", required=False, min_value=200, max_value=8000),
        "gestation_weeks": formfields.IntegerField(
            label="Tuổi thai (tuần)", required=False, min_value=20, max_value=45
        ),
        "caesarean": forms.ChoiceField(
            label="Cách sinh", required=False, choices=[("", ""), ("no", "Sinh thường"), ("yes", "Sinh mổ")]
        ),
        "live_birth": forms.ChoiceField(
            label="Tình trạng", required=False, choices=[("", "Sống"), ("dead", "Chết khi sinh")]
        ),
        "child_name": text("Tên con", 100),
    }


CHILDREN = Table("children", "Trẻ sinh ra", child_cells, carried=("live_birth",), spare=2)


class EpisodeForm(RowsForm):
    """One episode of `kind`. `stored`: the row; `births`: deliveries of a pregnancy that ended with a birth."""

    def __init__(
        self, *args: Any, kind: str, stored: Any = None, births: Any = (), sex: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, version=stored.version if stored else None, **kwargs)
        self.kind = kind
        about = KINDS[kind]
        for _, names in GROUPS[kind]:
            for name in names:
                self.fields[name] = field_of(about.model._meta.get_field(name))
                if stored is not None:
                    self.initial[name] = getattr(stored, name)
                elif (column := about.model._meta.get_field(name)).has_default():
                    self.initial[name] = column.get_default()
        self._tables = {}
        if kind == "pregnancy":
            self.add_table(CHILDREN, [_child(row) for row in births])

    @property
    def groups(self) -> list[Group]:
        """For the template."""
        return [Group(title, self.bound(names)) for title, names in GROUPS[self.kind]]

    @property
    def children(self) -> list[dict[str, Any]] | None:
        """Lines for the service; None where the kind has none."""
        if "children" not in self._tables or self.cleaned_data.get("outcome") != "birth":
            return [line for _, line in self.filled_rows("children")] if "children" in self._tables else None
        lines = [line for _, line in self.filled_rows("children")]
        return [{**line, "live_birth": line.get("live_birth") != "dead"} for line in lines]


def _child(row: Any) -> dict[str, Any]:
    names = ("child_sex", "weight_g", "gestation_weeks", "caesarean", "child_name")
    return {**{name: getattr(row, name) for name in names}, "live_birth": "" if row.live_birth else "dead"}


class TargetsField(forms.Field):
    """Target groups by number: "1; 5". Cleans to the codes in order; words are refused with what was found."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[str]:
        if not value:
            return []
        if isinstance(value, list):
            return value
        found = [part for part in str(value).replace(",", ";").replace(" ", ";").split(";") if part]
        known = codes_of("check-target")
        for part in found:
            if part not in known:
                raise ValidationError(
                    f"Đối tượng «{part[:20]}» không có trong danh mục; ghi mã, cách nhau bằng dấu chấm phẩy.",
                    code="target_groups.unknown_code",
                )
        return sorted(set(found), key=int)

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "")


class VisitFactsForm(SavingForm):
    """Marks of registered diseases, and the sheet of a periodic check."""

    def __init__(
        self, *args: Any, books: list[NcdRegistration], stored: dict[int, NcdVisit], proposed: dict[int, str],
        check: Any = None, with_check: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.books, self.with_check = books, with_check
        for book in books:
            self._add_book(book, stored.get(book.pk), proposed.get(book.pk, "2"))
        if with_check:
            self._add_check(check)

    def _add_book(self, book: NcdRegistration, row: NcdVisit | None, proposed: str) -> None:
        target = choice_field(NcdVisit.Target.choices, empty="Không ghi", label="Đạt mục tiêu")
        self._add(f"{book.pk}-target", target, row.target if row else proposed)
        if book.disease == NcdRegistration.Disease.DIABETES:
            for name in ("glucose_mmol_l", "hba1c_percent"):
                self._add(f"{book.pk}-{name}", field_of(NcdVisit._meta.get_field(name)), getattr(row, name, None))
        medicine = choice_field(YES_NO[:2], empty="Chưa ghi", label="Có thuốc điều trị")
        self._add(f"{book.pk}-medicine", medicine, getattr(row, "medicine", ""))

    def _add_check(self, check: Any) -> None:
        listed = "; ".join(f"{code} {row.name}" for code, row in sorted(codes_of("check-target").items(), key=_number))
        targets = TargetsField(label="Đối tượng khám (mã)", required=False, help_text=listed)
        self._add("target_groups", targets, check.target_groups if check else [])
        funding = [(code, row.name) for code, row in sorted(codes_of("check-funding").items())]
        self._add(
            "funding",
            forms.ChoiceField(label="Nguồn chi trả", required=False, choices=[("", "Chưa ghi"), *funding]),
            check.funding if check else "",
        )
        grades = [
            ("", "Chưa phân loại"),
            *((str(n), f"Loại {r}") for n, r in enumerate(("I", "II", "III", "IV", "V"), 1)),
        ]
        grade = forms.TypedChoiceField(
            label="Phân loại sức khỏe", required=False, choices=grades, coerce=int, empty_value=None
        )
        self._add("health_class", grade, check.health_class if check else "")
        self._add("school_year", text("Năm học", 9, placeholder="2026-2027"), check.school_year if check else "")
        self._add("conclusion", text("Kết luận", 1000), check.conclusion if check else "")
        accepted = forms.DateTimeField(
            label="Hệ thống nhận tiếp nhận lúc", required=False, input_formats=MOMENTS,
            widget=forms.DateTimeInput({"placeholder": "dd/mm/yyyy hh:mm", "autocomplete": "off"}, format=MOMENTS[0]),
            help_text="Theo trả lời của hệ thống đã gửi phiếu; phần mềm này chưa tự gửi.",
            error_messages={"invalid": "Ghi ngày và giờ như 15/06/2026 16:30."},
        )  # fmt: skip
        self._add("accepted_at", accepted, check.accepted_at if check else None)

    def _add(self, name: str, field: forms.Field, initial: Any) -> None:
        dress(field)
        self.fields[name], self.initial[name] = field, initial

    @property
    def groups(self) -> list[Group]:
        """For the template."""
        found = []
        for book in self.books:
            names = [name for name in self.fields if name.startswith(f"{book.pk}-")]
            found.append(Group(str(book), self.bound(names)))
        if self.with_check:
            names = list(CHECK)
            found.append(Group("Phiếu khám sức khỏe định kỳ, sàng lọc", self.bound(names)))
        return found

    def marks(self) -> dict[int, dict[str, Any] | None]:
        """For the service: a book whose target was left out takes its mark away."""
        found: dict[int, dict[str, Any] | None] = {}
        for book in self.books:
            prefix = f"{book.pk}-"
            values = {
                name[len(prefix) :]: self.cleaned_data.get(name) for name in self.fields if name.startswith(prefix)
            }
            found[book.pk] = values if values.get("target") else None
        return found

    def check(self) -> dict[str, Any] | None:
        """For the service; None when the visit is no check."""
        if not self.with_check:
            return None
        return {name: self.cleaned_data.get(name) for name in CHECK}

    def refuse(self, exc: ValidationError) -> None:
        """Refusals carry the name of the field as the service knows it."""
        for problem in problems_of(exc):
            name = problem.field if problem.field in self.fields else None
            self.add_error(name, ValidationError(problem.message, code=problem.code))


def _number(pair: Any) -> int:
    return int(pair[0])
