"""Sending a file, the ledger of all that came in, and empty sheets to fill in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse

from ehr.common.admin import CappedPaginator
from ehr.intake import services
from ehr.intake.files import FileRefused
from ehr.intake.forms import UploadForm
from ehr.intake.models import ImportBatch
from ehr.intake.templates_xlsx import TEMPLATES, file_name, workbook
from ehr.intake.views.base import batch_url
from ehr.records.forms.base import SavingForm
from ehr.records.forms.places import offered_communes
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, RightPage, SavingMixin
from stations.scope import scope_of

PAGE = 50
AGAIN = "Máy đọc lại để so với sổ hiện nay."
AS_IT_IS = "Đã có việc làm dở nên giữ nguyên như đang có."
TEMPLATE_LABELS = {
    "survey": "Phiếu điều tra thôn: phần A, 20 câu phần B", "survey-short": "Phiếu điều tra thôn, bản gọn",
    "survey-full": "Phiếu điều tra, toàn bộ phần B", "register": "Danh sách dân cư",
    "vaccination": "Tiêm chủng theo buổi, theo lớp", "vaccination-book": "Sổ tiêm chủng, mỗi người một dòng",
    "exam": "Kết quả khám sức khỏe, khám sàng lọc",
}  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Ledger(SavingMixin, RightPage):
    """Batches of the user's places, latest first; above them the form, for those who may change records."""

    right = "record.view"
    template_name = "intake/index.html"
    saved_message = "Đã nhận tệp."

    def may_send(self) -> bool:
        """Files are for whole communes: who works in single villages reads the ledger."""
        scope = scope_of(self.request.user)
        return scope.can("record.change") and bool(scope.communes or scope.provinces)

    def make_form(self, data: Any = None) -> UploadForm | None:  # type: ignore[override]
        if not self.may_send():
            return None
        return UploadForm(data, self.request.FILES if data is not None else None, user=self.request.user)

    def context(self) -> dict[str, Any]:
        batches = ImportBatch.objects.visible_to(self.request.user).select_related("commune", "by").defer("layout")
        page = CappedPaginator(batches, PAGE).get_page(self.request.GET.get("trang"))
        return {
            "page": page,
            "templates": [(name, TEMPLATE_LABELS.get(name, one.title), one.about) for name, one in TEMPLATES.items()],
            "many_communes": len({batch.commune_id for batch in page.object_list}) > 1,
        }  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_send():
            raise Http404
        return super().post(request, *args, **kwargs)

    def save(self, form: SavingForm) -> Saved:
        """Stores the file. Raises ValidationError for one that is refused at once."""
        values = form.values()
        file = values["file"]
        try:
            batch = services.upload(
                data=file.read(), file_name=file.name, kind=values["kind"], commune=values["commune"],
                by=self.request.user, door=DOOR, key=form.submission_key,
            )  # fmt: skip
        except FileRefused as exc:
            raise ValidationError({"file": ValidationError(exc.message, code=exc.code)}) from exc
        if batch.key != form.submission_key:
            again = batch.state == ImportBatch.State.READING
            self.saved_message = f"Tệp này đang chờ từ lần gửi trước, không tạo bản mới. {AGAIN if again else AS_IT_IS}"
        return Saved(batch)

    def success_url(self, saved: Saved) -> str:
        return batch_url(saved.object)


class SheetTemplate(RightPage):
    """An empty sheet of one kind with examples and drop-down lists; ?xa= the commune, when the user has several."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = self.kwargs["name"]
        if name not in TEMPLATES:
            raise Http404
        communes = offered_communes(scope_of(request.user))
        wanted = request.GET.get("xa", "")
        commune = next((unit for unit in communes if str(unit.pk) == wanted), communes[0] if communes else None)
        if commune is None:
            raise Http404
        response = HttpResponse(workbook(name, commune), content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="{file_name(name, commune)}"'
        return response
