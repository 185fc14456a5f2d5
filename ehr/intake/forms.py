"""Forms of the intake: sending a file, buttons that must work once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from ehr.intake.models import Kind
from ehr.records.forms.base import SavingForm
from ehr.records.forms.places import offered_communes, place_label
from stations.models import AdminUnit, User
from stations.scope import scope_of

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt")
KIND_HELP = {
    Kind.SURVEY: "Phiếu thôn, phiếu hộ: nhân thân và tiền sử. Thêm người chưa có, bổ sung người đã có.",
    Kind.REGISTER: "Danh sách cả xã từ công an: so với sổ, tìm người sinh, mất, chuyển đến, chuyển đi.",
    Kind.VACCINATION: "Mũi tiêm của những người đã có hồ sơ.",
    Kind.EXAM: "Kết quả khám cả lớp hoặc cả buổi khám của những người đã có hồ sơ.",
}


class ActionForm(SavingForm):
    """A button: nothing but the submission key. Several stand on a page, so their boxes carry no ids."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=False, **kwargs)


class UploadForm(SavingForm):
    """A file for one commune of the user's places. `values()`: kind, commune (AdminUnit), file (UploadedFile)."""

    kind = forms.ChoiceField(label="Loại danh sách", choices=Kind.choices, widget=forms.RadioSelect)
    commune = forms.TypedChoiceField(label="Xã/phường", coerce=int)
    file = forms.FileField(
        label="Tệp", widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        error_messages={
            "required": "Chưa chọn tệp.", "invalid": "Chưa chọn tệp.", "missing": "Chưa chọn tệp.",
            "empty": "Tệp rỗng (0 byte). Hãy mở lại tệp, lưu rồi gửi lại.",
            "max_length": "Tên tệp dài quá 200 ký tự: hãy đặt tên ngắn hơn.",
        },
        max_length=200,
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, user: User, initial: Any = None) -> None:
        scope = scope_of(user)
        self.communes: dict[int, AdminUnit] = {
            unit.pk: unit
            for unit in offered_communes(scope)
            if unit.pk in scope.communes or unit.parent_id in scope.provinces
        }
        first = {"commune": next(iter(self.communes))} if len(self.communes) == 1 else {}
        super().__init__(data, files, initial={"kind": Kind.SURVEY, **first, **(initial or {})})
        self.fields["commune"].choices = [
            *([] if first else [("", "")]), *((pk, place_label(unit)) for pk, unit in self.communes.items()),
        ]  # fmt: skip
        self.fields["commune"].error_messages["required"] = "Chọn xã/phường của danh sách."
        self.fields["kind"].error_messages["required"] = "Chọn loại danh sách."
        if len(self.communes) > 10:
            self.fields["commune"].widget.attrs["data-combo"] = "local"

    @property
    def kinds(self) -> list[tuple[forms.boundfield.BoundWidget, str]]:
        """The radio buttons, each with what it is for."""
        return [(radio, KIND_HELP[Kind(radio.data["value"])]) for radio in self["kind"]]

    @property
    def max_mb(self) -> int:
        return int(settings.INTAKE_MAX_MB)

    def clean_commune(self) -> AdminUnit:
        return self.communes[self.cleaned_data["commune"]]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > self.max_mb * 1_048_576:
            raise ValidationError(
                f"Tệp lớn {file.size / 1_048_576:.0f} MB, tối đa {self.max_mb} MB. Hãy tách thành nhiều tệp.",
                code="file.too_large",
            )
        return file
