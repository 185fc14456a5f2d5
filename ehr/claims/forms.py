"""Forms of claim files: sending some, buttons that must work once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.records.forms.base import SavingForm

SUFFIXES = (".xml", ".zip")
MOST_FILES = 100


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files. Cleans to the list of them."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # type: ignore[override]
        files = (data if isinstance(data, list | tuple) else [data]) or [None]
        if len(files) > MOST_FILES:
            raise ValidationError(
                f"Chọn nhiều nhất {MOST_FILES} tệp một lần; nhiều hơn thì nén thành một tệp .zip.", code="files.many"
            )
        return [super(FilesField, self).clean(file, initial) for file in files]


class UploadForm(SavingForm):
    """XML files and archives of them. `values()`: file (list of UploadedFile)."""

    file = FilesField(
        label="Tệp XML hoặc .zip", widget=FilesInput(attrs={"accept": ",".join(SUFFIXES)}), max_length=300,
        error_messages={
            "required": "Chưa chọn tệp.", "invalid": "Chưa chọn tệp.", "missing": "Chưa chọn tệp.",
            "empty": "Tệp rỗng (0 byte).", "max_length": "Tên tệp dài quá 300 ký tự: hãy đặt tên ngắn hơn.",
        },
    )  # fmt: skip


class ActionForm(SavingForm):
    """A button: nothing but the submission key. Several stand on a page, so their boxes carry no ids."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=False, **kwargs)
