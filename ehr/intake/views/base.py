"""What the pages of one batch share: the batch of the address, and work on it that is done once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ehr.audit import services as audit
from ehr.common.problems import problems_of
from ehr.intake.forms import ActionForm
from ehr.intake.models import ImportBatch
from ehr.intake.services import access
from ehr.records.forms.base import SavingForm
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, RightPage, SavingMixin

State = ImportBatch.State
BUSY = frozenset({State.READING, State.QUEUED, State.WRITING, State.UNDOING})


def batch_url(batch: ImportBatch) -> str:
    return reverse("intake:batch", args=[batch.key])


class BatchPage(RightPage):
    """A page of one batch that the user may see: `self.batch`; 404 for all others. One query."""

    def handle_no_permission(self) -> Any:
        """A part of the page asks after the session has ended: the whole page then leads to the login."""
        if self.request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().handle_no_permission()

    def prepare(self) -> None:
        found = ImportBatch.objects.visible_to(self.request.user).filter(key=self.kwargs["key"])
        # The bytes of the file stay where they are: the row of ImportFile is never joined.
        self.batch = found.select_related("commune__parent", "by", "undone_by").first()
        if self.batch is None:
            raise Http404

    def log(self, people: Iterable[int], what: str, action: str = "view") -> None:
        """The page shows what these people's records hold, or who they are: a read of each. One statement."""
        ids = sorted(set(people))
        if ids:
            audit.log_accesses(
                by=self.request.user, person_ids=ids, action=action, door=DOOR, object=what,
                address=self.request.META.get("REMOTE_ADDR"),
            )  # fmt: skip

    def context(self) -> dict[str, Any]:
        return {
            "batch": self.batch,
            "busy": self.batch.state in BUSY,
            "may_undo": access.may_undo(self.batch, self.request.user),
        }


class Action(SavingMixin, BatchPage):
    """Work on a batch behind a button: one POST with a submission key, so that a double click works once.

    `states`: in which states of the batch the button exists; otherwise the user is led back to the batch."""

    states: frozenset[str] = frozenset({State.PREVIEW})

    def make_form(self, data: Any = None) -> ActionForm:
        return ActionForm(data)

    def run(self, form: SavingForm) -> None:
        """Calls the service."""
        raise NotImplementedError

    def save(self, form: SavingForm) -> Saved:
        self.run(form)
        return Saved(self.batch)

    def success_url(self, saved: Saved) -> str:
        return batch_url(self.batch)

    def refused(self) -> str:
        """Where the user goes when the service refuses; the reasons go along as messages."""
        return batch_url(self.batch)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("intake:batch", key=self.batch.key)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        try:
            if form.is_valid():
                if self.batch.state not in self.states:
                    return self._leave(batch_url(self.batch))  # a second click, or somebody else was faster
                return self._leave(self._save_once(form))
        except ValidationError as exc:
            for problem in problems_of(exc):
                messages.error(request, problem.message)
            return self._leave(self.refused())
        return self._leave(batch_url(self.batch))
