"""Sending form-831 files from a screen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from ehr.claims.forms import SUFFIXES, FilesField, FilesInput
from stations.models import AdminUnit, User
from stations.scope import scope_of


class ImportForm(forms.Form):
    """Files and the commune whose people they are about, one of the user's."""

    commune = forms.ModelChoiceField(
        AdminUnit.objects.none(), label="Xã, phường", empty_label=None,
        error_messages={"required": "Chọn xã, phường.", "invalid_choice": "Xã này không thuộc địa bàn của bạn."},
    )  # fmt: skip
    file = FilesField(
        label="Tệp XML mẫu 831, hoặc nhiều tệp nén trong .zip", max_length=300,
        widget=FilesInput(attrs={"accept": ",".join(SUFFIXES)}),
        error_messages={
            "required": "Chưa chọn tệp.", "invalid": "Chưa chọn tệp.", "missing": "Chưa chọn tệp.",
            "empty": "Tệp rỗng (0 byte).", "max_length": "Tên tệp dài quá 300 ký tự: hãy đặt tên ngắn hơn.",
        },
    )  # fmt: skip

    use_required_attribute = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(user)
        inside = Q(pk__in=scope.communes) | Q(parent__in=scope.provinces)
        found = AdminUnit.objects.filter(inside, scheme="new", level="commune").order_by("plain_name")
        self.fields["commune"].queryset = found  # type: ignore[attr-defined]
