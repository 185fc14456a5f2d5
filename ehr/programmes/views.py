"""The tab "Chương trình" of a person: what is open, opening and closing, marks of a visit."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse

from ehr.audit.changes import changes
from ehr.programmes.forms import EpisodeForm, VisitFactsForm
from ehr.programmes.models import HealthCheck, NcdVisit, Pregnancy
from ehr.programmes.queries import open_books, programmes_of, proposed_target
from ehr.programmes.services import KINDS, save_episode, save_visit_facts
from ehr.programmes.services.episodes import births_of
from ehr.records.facts import codes_of
from ehr.records.models import Encounter
from ehr.records.services.common import Saved
from ehr.records.views.base import DOOR, PersonFormPage, PersonPage

PATHS = {"thai-ky": "pregnancy", "so-benh": "ncd", "tranh-thai": "contraception", "pha-thai": "abortion"}
WOMEN = ("pregnancy", "abortion")


class ProgrammesView(PersonPage):
    """Everything about one person."""

    tab = "programmes"
    template_name = "programmes/person.html"

    def context(self) -> dict[str, Any]:
        found = programmes_of(self.person)
        recent = Encounter.objects.filter(person=self.person, status=Encounter.Status.FINISHED)
        targets = codes_of("check-target")
        return {
            "found": found,
            "for_women": self.person.sex != "1" or found.pregnancies or found.abortions,
            "visits": list(recent.order_by("-exam_date", "-pk")[:10]),
            "checks": [
                (row, [f"{code} {targets[code].name}" if code in targets else code for code in row.target_groups])
                for row in found.checks
            ],
            "funding": {code: row.name for code, row in codes_of("check-funding").items()},
        }


class OfKind:
    """The kind of episode of the address. Raises Http404."""

    def prepare(self) -> None:
        super().prepare()  # type: ignore[misc]
        self.kind = PATHS.get(self.kwargs["kind"], "")  # type: ignore[attr-defined]
        if not self.kind or (self.kind in WOMEN and self.person.sex == "1"):  # type: ignore[attr-defined]
            raise Http404


class EpisodePage(OfKind, PersonFormPage):
    """A new episode, or one that is stored."""

    tab = "programmes"
    template_name = "programmes/episode_form.html"
    episode: Any = None

    def prepare(self) -> None:
        super().prepare()
        if "pk" in self.kwargs:
            self.episode = KINDS[self.kind].model.objects.filter(person=self.person, pk=self.kwargs["pk"]).first()
            if self.episode is None:
                raise Http404

    def context(self) -> dict[str, Any]:
        return {"kind": self.kind, "episode": self.episode, "title": KINDS[self.kind].model._meta.verbose_name}

    def page(self, status: int = 200, **more: Any) -> Any:
        form: EpisodeForm = more["form"]
        rows = form.rows("children") if "children" in form._tables else []
        empty = form.empty_row("children") if rows else None
        return super().page(status, **more, child_rows=rows, empty_child=empty)

    def make_form(self, data: Any = None) -> EpisodeForm:
        births = births_of(self.episode) if isinstance(self.episode, Pregnancy) else ()
        return EpisodeForm(data, kind=self.kind, stored=self.episode, births=births)

    def save(self, form: EpisodeForm) -> Saved:  # type: ignore[override]
        return save_episode(
            kind=self.kind, person=self.person, values=form.values(), by=self.request.user, door=DOOR,
            episode=self.episode, version=form.opened_version, children=form.children,
        )  # fmt: skip

    def success_url(self, saved: Saved) -> str:
        return reverse("programmes:person", args=[self.person.code])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        row = KINDS[self.kind].model.objects.get(pk=self.episode.pk)
        now = {name: getattr(row, name) for name in KINDS[self.kind].columns}
        return row.version, now, changes([(type(row), {"id": row.pk})], limit=5)


class VisitFactsPage(PersonFormPage):
    """Marks of registered diseases and the sheet of a check, for one visit."""

    tab = "programmes"
    template_name = "programmes/visit_form.html"

    def prepare(self) -> None:
        super().prepare()
        visits = Encounter.objects.filter(person=self.person, status=Encounter.Status.FINISHED)
        visit = visits.filter(pk=self.kwargs["pk"]).select_related("facility").first()
        if visit is None:
            raise Http404
        visit.person = self.person
        self.visit = visit
        self.books = open_books(self.person, visit.exam_date)

    def context(self) -> dict[str, Any]:
        return {"visit": self.visit, "books": self.books, "is_check": self._is_check()}

    def _is_check(self) -> bool:
        return self.visit.kind == Encounter.Kind.CHECK

    def make_form(self, data: Any = None) -> VisitFactsForm:
        stored = {row.registration_id: row for row in NcdVisit.objects.filter(encounter=self.visit)}
        proposed = {book.pk: proposed_target(book, self.visit, self.books) for book in self.books}
        check = HealthCheck.objects.filter(encounter=self.visit).first() if self._is_check() else None
        return VisitFactsForm(
            data, books=self.books, stored=stored, proposed=proposed, check=check, with_check=self._is_check(),
            version=self.visit.version,
        )  # fmt: skip

    def save(self, form: VisitFactsForm) -> Saved:  # type: ignore[override]
        return save_visit_facts(
            encounter=self.visit, by=self.request.user, door=DOOR, marks=form.marks(), check=form.check(),
            version=form.opened_version,
        )  # fmt: skip

    def success_url(self, saved: Saved) -> str:
        return reverse("programmes:person", args=[self.person.code])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        visit = Encounter.objects.get(pk=self.visit.pk)
        tracked: list[Any] = [(table, {"encounter_id": visit.pk}) for table in (NcdVisit, HealthCheck)]
        return visit.version, self.make_form().initial, changes([*tracked, (Encounter, {"id": visit.pk})], limit=5)
