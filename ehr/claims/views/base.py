"""What the pages of claim files share: the file of the address, the access log, buttons that work once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ehr.audit import services as audit
from ehr.claims.forms import ActionForm
from ehr.claims.models import ClaimFile
from ehr.common.problems import problems_of
from ehr.records.forms.base import SavingForm
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, RightPage, SavingMixin

State = ClaimFile.State
BUSY = frozenset({State.WAITING, State.WORKING, State.UNDOING})
#: Columns that no page needs of a file in a list.
HEAVY = ("problems", "envelope")


def file_url(file: ClaimFile) -> str:
    return reverse("claims:file", args=[file.key])


class ClaimsPage(RightPage):
    """A page about claims: says what it shows of whom."""

    def handle_no_permission(self) -> Any:
        """A part of the page asks after the session has ended: the whole page then leads to the login."""
        if self.request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().handle_no_permission()

    def log(self, people: Iterable[int], what: str, action: str = "view") -> None:
        """The page shows what is known of these people: a read of each. One statement."""
        ids = sorted(set(people))
        if ids:
            audit.log_accesses(
                by=self.request.user, person_ids=ids, action=action, door=DOOR, object=what,
                address=self.request.META.get("REMOTE_ADDR"),
            )  # fmt: skip


class OneFilePage(ClaimsPage):
    """A page of one file that the user may see: `self.file`; 404 for all others. One query."""

    def prepare(self) -> None:
        found = ClaimFile.objects.visible_to(self.request.user).filter(key=self.kwargs["key"])
        self.file = found.select_related("by", "undone_by", "facility").first()
        if self.file is None:
            raise Http404

    def context(self) -> dict[str, Any]:
        return {"file": self.file, "busy": self.file.state in BUSY}


class FileAction(SavingMixin, OneFilePage):
    """Work on a file behind a button: one POST with a submission key, so that a double click works once.

    `states`: in which states of the file the button exists; otherwise the user is led back to the file."""

    states: frozenset[str] = frozenset()

    def make_form(self, data: Any = None) -> ActionForm:
        return ActionForm(data)

    def run(self, form: SavingForm) -> None:
        """Calls the service."""
        raise NotImplementedError

    def save(self, form: SavingForm) -> Saved:
        self.run(form)
        return Saved(self.file)

    def success_url(self, saved: Saved) -> str:
        return file_url(self.file)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(file_url(self.file))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        try:
            if form.is_valid() and self.file.state in self.states:
                return self._leave(self._save_once(form))
        except ValidationError as exc:
            for problem in problems_of(exc):
                messages.error(request, problem.message)
        return self._leave(file_url(self.file))
