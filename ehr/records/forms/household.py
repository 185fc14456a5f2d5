"""Households and their members: the household itself, rows of members typed in one pass, moving from one to another."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms

from ehr.common import formfields
from ehr.records.forms.base import CodeField, Group, SavingForm, choice_field
from ehr.records.forms.places import PlaceField, offered_communes, offered_villages, resolve_places
from ehr.records.models import Household
from ehr.records.models.household import Toilet
from ehr.records.models.person import Sex
from ehr.records.sections import SECTION_A
from stations.models import AdminUnit, User, Village
from stations.scope import scope_of

MOST_ROWS = 40
BLANK_ROWS = 4
COMMUNES = "/tra-cuu/don-vi/?level=commune&scheme=new"


def _laid_out(field: forms.Field, layout: str, need: bool = False) -> forms.Field:
    field.layout, field.need = layout, need  # type: ignore[attr-defined]
    return field


class HouseholdForm(SavingForm):
    """The household itself. `values()` are the columns that `save_household` takes."""

    code = _laid_out(forms.CharField(label="Mã hộ gia đình", max_length=30, required=False), "sm")
    village = _laid_out(PlaceField(Village, label="Thôn, bản, tổ dân phố"), "")
    commune = _laid_out(
        PlaceField(AdminUnit, level="commune", scheme="new", label="Xã/phường", combo=COMMUNES),
        "", need=True,
    )  # fmt: skip
    address_detail = _laid_out(forms.CharField(label="Số nhà, đường phố", max_length=200, required=False), "lg")
    toilet_type = _laid_out(choice_field(Toilet.choices, label="Loại hố xí của gia đình"), "sm")
    phone = _laid_out(formfields.PhoneField(label="Điện thoại của hộ", required=False, max_length=15), "sm")
    closed_on = _laid_out(formfields.DateField(label="Ngày giải thể hộ", required=False), "sm")
    note = _laid_out(forms.CharField(label="Ghi chú", required=False, max_length=2000), "half")

    elsewhere = {"current_commune": "commune", "household_code": "code"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        village = self.fields["village"].widget
        village.offer = self._villages
        village.attrs |= {"data-combo": "local", "data-options-url": "/tra-cuu/thon/", "data-follows": "commune"}
        self.fields["commune"].widget.offer = lambda: offered_communes(scope_of(user))

    def _villages(self) -> list[Village]:
        key = self["commune"].value()
        key = getattr(key, "pk", key)
        return offered_villages([int(key)] if str(key or "").isdigit() else scope_of(self.user).communes)

    def clean(self) -> dict[str, Any]:
        resolve_places(self)
        return self.cleaned_data

    def groups(self) -> list[Group]:
        names = [name for name in self.fields if name not in ("submission", "version")]
        return [Group("Hộ gia đình", self.bound(names))]


def household_values(household: Household) -> dict[str, Any]:
    """The columns of a household as initial values."""
    names = ("code", "village", "commune", "address_detail", "toilet_type", "phone", "closed_on", "note")
    return {name: getattr(household, name) for name in names}


class MemberRow(SavingForm):
    """One line of the grid: what is asked first of each member. `values()` is a part of section A."""

    full_name = formfields.NameField(label="Họ và tên", max_length=100, required=False)
    relation_to_head = CodeField("relation-831", label="Quan hệ với chủ hộ")
    sex = forms.ChoiceField(
        label="Giới tính",
        required=False,
        choices=[("", ""), *((code, f"{code}. {label}") for code, label in Sex.choices)],
    )
    birth_date = formfields.PartialDateField(label="Ngày sinh", required=False)
    id_number = forms.CharField(label="Số CMND/CCCD", max_length=30, required=False)
    health_insurance_number = formfields.AnswerTextField(label="Số thẻ BHYT", max_length=30)
    phone_mobile = formfields.AnswerTextField(label="Di động", max_length=20)
    occupation = CodeField("occupation", label="Nghề nghiệp")

    submission = None  # type: ignore[assignment]  # the grid has the key of all rows
    version = None  # type: ignore[assignment]

    COLUMNS = (
        "full_name",
        "relation_to_head",
        "sex",
        "birth_date",
        "id_number",
        "health_insurance_number",
        "phone_mobile",
        "occupation",
    )

    def __init__(self, *args: Any, index: int | str, **kwargs: Any) -> None:
        self.index = index
        super().__init__(*args, prefix=f"row-{index}", **kwargs)
        for field in self.fields.values():
            number = index + 1 if isinstance(index, int) else index
            field.widget.attrs |= {"aria-label": f"{field.label}, dòng {number}", "autocomplete": "off"}

    @property
    def is_empty(self) -> bool:
        return not any(self.data.get(self.add_prefix(name), "").strip() for name in self.fields)

    def cells(self) -> list[forms.BoundField]:
        return [self[name] for name in self.COLUMNS]


class MemberGrid(SavingForm):
    """Rows of members with one submission key; each row has its own, made of that key and its number."""

    rows = forms.IntegerField(required=False, min_value=0, max_value=MOST_ROWS, widget=forms.HiddenInput)
    ethnicity = _laid_out(CodeField("ethnicity", label="Dân tộc (cả hộ)"), "sm")
    version = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"rows": BLANK_ROWS} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.shown: list[MemberRow] | None = None

    def all_rows(self) -> list[MemberRow]:
        """Rows of the request, or blank ones."""
        if self.shown is not None:
            return self.shown
        total = self.data.get("rows", "") if self.is_bound else str(BLANK_ROWS)
        count = min(int(total), MOST_ROWS) if str(total).isdigit() else 0
        return [MemberRow(self.data if self.is_bound else None, index=index) for index in range(count)]

    @cached_property
    def blank(self) -> MemberRow:
        """The row that the script copies; `__row__` stands for its number."""
        return MemberRow(None, index="__row__")

    @property
    def headings(self) -> list[str]:
        return [str(self.blank.fields[name].label) for name in MemberRow.COLUMNS]

    def common(self) -> Mapping[str, Any]:
        """What the rows share."""
        return {"ethnicity": self.cleaned_data.get("ethnicity")} if self.cleaned_data.get("ethnicity") else {}

    def keyed(self, rows: list[MemberRow]) -> Iterator[tuple[uuid.UUID, MemberRow]]:
        """Rows that are not empty, each with the key under which it is stored once."""
        for row in rows:
            if not row.is_empty:
                yield uuid.uuid5(self.submission_key, f"row-{row.index}"), row


class MoveForm(SavingForm):
    """To another household of the user's places, or out of the household."""

    household_code = _laid_out(
        forms.CharField(label="Mã hộ chuyển đến", max_length=30, required=False), "sm", need=True
    )
    village = _laid_out(PlaceField(Village, label="Thôn của hộ đó", combo="local"), "")
    relation_to_head = _laid_out(CodeField("relation-831", label=SECTION_A.item("relation_to_head").label), "")

    def clean(self) -> dict[str, Any]:
        resolve_places(self)
        return self.cleaned_data


class LeaveForm(SavingForm):
    """The day from which a person is no longer a member."""

    left_on = _laid_out(
        formfields.DateField(label="Ra khỏi hộ từ ngày", required=False, help_text="Để trống: hôm nay"), "sm"
    )


class AdoptForm(SavingForm):
    """Somebody who has a record joins the household."""

    number = _laid_out(
        forms.CharField(label="Mã hồ sơ (HS…) hoặc số giấy tờ", max_length=30, required=False), "", need=True
    )
    relation_to_head = _laid_out(CodeField("relation-831", label=SECTION_A.item("relation_to_head").label), "")
