"""Bases of all pages: rights, the person of the address with header and tabs, and saving without loss or doubling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views import View

from ehr.audit import services as audit
from ehr.common.dates import age_on, months_on
from ehr.common.problems import StaleError
from ehr.common.transactions import one_transaction
from ehr.records import timeline
from ehr.records.facts import household_of
from ehr.records.forms.base import Conflict, SavingForm, differences
from ehr.records.models import Person
from ehr.records.queries import tab_counts, visible_person
from ehr.records.services.common import Saved
from stations.scope import scope_of

FETCH_HEADER = "X-Fetch"  # set by static/js/save.js; the answer then names the next page instead of redirecting
DOOR = "screen"


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool
    count: int | None = None


class RightPage(LoginRequiredMixin, View):
    """A page for users who hold `right`; for the others it does not exist."""

    right = "record.view"
    template_name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if self.right and not scope_of(request.user).can(self.right):
            raise Http404
        self.prepare()
        return super().dispatch(request, *args, **kwargs)

    def prepare(self) -> None:
        """Loads what the address names. Raises Http404."""

    def context(self) -> dict[str, Any]:
        """What the template shows beside the form."""
        return {}

    def page(self, status: int = 200, **more: Any) -> HttpResponse:
        return render(self.request, self.template_name, self.context() | more, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page()


def age_text(person: Person) -> str:
    """ "45 tuổi", "7 tháng tuổi", "" when unknown; at death for the dead."""
    day = person.death_date or localdate()
    years = age_on(person.birth_date, person.birth_precision, day)
    if years is None:
        return ""
    months = months_on(person.birth_date, person.birth_precision, day)
    return f"{months} tháng tuổi" if months is not None and months < 72 else f"{years} tuổi"


class PersonPage(RightPage):
    """A page of one person: `self.person` with its places, header and tabs; a shown page is a read that is logged.

    The person comes with one query, counts of the tabs included when the page is shown; the household with a second."""

    tab = "A"  #: which tab is current, and what the access log calls the page
    logged = ""  #: what the access log calls a page that is no section of the form

    def prepare(self) -> None:
        person = visible_person(self.request.user, self.kwargs["code"], counted=self.request.method == "GET")
        if person is None:
            raise Http404
        self.person = person

    def header(self) -> dict[str, Any]:
        """`person`, `household`, `membership`, `age`, `tabs`: what templates/records/person_page.html shows on top."""
        if not hasattr(self, "_household"):
            self._household = household_of(self.person)
        household, membership = self._household
        counts = tab_counts(self.person)
        tabs = [
            Tab(
                tab.label,
                reverse(tab.url_name, args=[self.person.code]),
                tab.key == self.tab,
                counts.get(tab.key),
            )
            for tab in timeline.tabs()
        ]
        return {
            "person": self.person, "household": household, "membership": membership, "age": age_text(self.person),
            "tabs": tabs, "tab": self.tab,
        }  # fmt: skip

    def page(self, status: int = 200, **more: Any) -> HttpResponse:
        response = super().page(status, **self.header(), **more)
        if self.request.method == "GET":
            audit.log_access(
                by=self.request.user, person_id=self.person.pk, action="view", door=DOOR,
                object=self.logged or self.tab,
                address=self.request.META.get("REMOTE_ADDR") or None,
            )  # fmt: skip
        return response


class _SentBefore(Exception):
    """The same submission was stored by another request."""


class SavingMixin:
    """GET shows the form; POST saves once, whatever the browser repeats, and never loses what was typed.

    A subclass gives `make_form(data)`, `save(form)` and `success_url(saved)`; for edits also `stored()`."""

    right = "record.change"
    saved_message = "Đã lưu."

    def make_form(self, data: Any = None) -> SavingForm:
        raise NotImplementedError

    def save(self, form: SavingForm) -> Saved:
        """Calls the service. Raises ValidationError, StaleError."""
        raise NotImplementedError

    def success_url(self, saved: Saved) -> str:
        raise NotImplementedError

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        """After a StaleError: the version now stored, its values by field, and who changed what since."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(form=self.make_form())  # type: ignore[attr-defined]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if form.is_valid():
            try:
                return self._leave(self._save_once(form))
            except ValidationError as exc:
                form.refuse(exc)
            except StaleError as exc:
                return self._conflict(form, exc)
        return self.page(form=form, status=422)  # type: ignore[attr-defined]

    def _save_once(self, form: SavingForm) -> str:
        """Stores the form and its key in one transaction. Of two equal requests the second finds its form stale or
        refused, or the key taken; then it is answered with what the first one stored."""
        user, key = self.request.user, form.submission_key  # type: ignore[attr-defined]
        try:
            with one_transaction():
                saved = self.save(form)
                url = self.success_url(saved)
                if not audit.keep(key=key, by=user, result=url):
                    raise _SentBefore
        except (ValidationError, StaleError, _SentBefore):
            first = audit.first_result(key=key, by=user)
            if first is None:
                raise
            return first
        for problem in saved.warnings:
            messages.warning(self.request, problem.message)  # type: ignore[attr-defined]
        messages.success(self.request, self.saved_message)  # type: ignore[attr-defined]
        return url

    def _leave(self, url: str) -> HttpResponse:
        if self.request.headers.get(FETCH_HEADER):  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"X-Location": url})
        return redirect(url)

    def _conflict(self, form: SavingForm, exc: StaleError) -> HttpResponse:
        version, values, changes = self.stored()
        form.set_version(version)
        conflict = Conflict(exc.message, self.request.path, changes, differences(form, values))  # type: ignore[attr-defined]
        return self.page(form=form, conflict=conflict, status=409)  # type: ignore[attr-defined]


class FormPage(SavingMixin, RightPage):
    """A form that belongs to no person yet."""


class PersonFormPage(SavingMixin, PersonPage):
    """A form about one person."""
