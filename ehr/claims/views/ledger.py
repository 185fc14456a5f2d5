"""Sending claim files, and the ledger of all that came in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from ehr.claims import services
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.forms import UploadForm
from ehr.claims.models import Claim, ClaimFile, ClaimTask
from ehr.claims.views.base import HEAVY, ClaimsPage, file_url
from ehr.common.admin import CappedPaginator
from ehr.records.forms.base import SavingForm
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, SavingMixin
from stations.scope import scope_of

PAGE = 50
MOST = 1000  # open questions are counted so far


class Ledger(SavingMixin, ClaimsPage):
    """Files that the user may see, latest first; above them the form, for those who may change records."""

    right = "record.view"
    template_name = "claims/index.html"
    saved_message = "Đã nhận tệp."

    def may_send(self) -> bool:
        return scope_of(self.request.user).can("record.change")

    def make_form(self, data: Any = None) -> UploadForm | None:  # type: ignore[override]
        if not self.may_send():
            return None
        return UploadForm(data, self.request.FILES if data is not None else None)

    def context(self) -> dict[str, Any]:
        user = self.request.user
        files = ClaimFile.objects.visible_to(user).select_related("by", "facility").defer(*HEAVY)
        doubtful = Claim.objects.visible_to(user).filter(match=Claim.Match.AMBIGUOUS, state=Claim.State.ACTIVE)
        tasks = ClaimTask.objects.visible_to(user).filter(state=ClaimTask.State.OPEN)
        return {
            "page": CappedPaginator(files, PAGE).get_page(self.request.GET.get("trang")),
            "undecided": doubtful.order_by()[:MOST].count(), "open_tasks": tasks.order_by()[:MOST].count(),
        }  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_send():
            raise Http404
        return super().post(request, *args, **kwargs)

    def save(self, form: SavingForm) -> Saved:
        """Stores the files. What is refused at once is said; the others come in all the same. Raises ValidationError
        when none could be taken."""
        found: list[ClaimFile] = []
        refused: list[ValidationError] = []
        for upload in form.values()["file"]:
            try:
                found += services.receive(data=upload.file, name=upload.name, by=self.request.user, door=DOOR)
            except ClaimFileRefused as exc:
                refused.append(ValidationError(f"{upload.name}: {exc.message}", code=exc.code))
        if not found:
            raise ValidationError({"file": refused})
        self._tell(found, refused)
        return Saved(found)

    def _tell(self, found: list[ClaimFile], refused: list[ValidationError]) -> None:
        for each in refused:
            messages.error(self.request, each.message)
        again = sum(bool(getattr(file, "again", False)) for file in found)
        if len(found) > 1:
            self.saved_message = f"Đã nhận {len(found)} tệp."
        if again:
            which = "Tệp này" if len(found) == 1 else f"{again} tệp"
            self.saved_message = f"{which} đã gửi trước đây nên không đọc lại, không có gì thay đổi."

    def success_url(self, saved: Saved) -> str:
        files = saved.object
        # Another user may have sent the same bytes: who does not see that file comes back to the list.
        seen = ClaimFile.objects.visible_to(self.request.user).filter(pk__in=[file.pk for file in files])
        return file_url(files[0]) if len(files) == 1 and seen.exists() else reverse("claims:index")
