"""Rows that may be people who have a record already: one at a time beside their candidates, one key press decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ehr.common.problems import problems_of
from ehr.common.templatetags.vietnamese import partial_date
from ehr.common.text import plain
from ehr.intake import services
from ehr.intake.models import Fate, ImportRow
from ehr.intake.views.base import BatchPage, State, batch_url
from ehr.intake.views.shown import Texts
from ehr.records.facts import IDENTITY_KINDS
from ehr.records.models import Identifier, Membership, Person, Relative
from stations.models import User

Decision = ImportRow.Decision
COMPARED = (
    "full_name", "birth_date", "sex", "id_number", "health_insurance_number", "current_village_code", "household_code",
    "current_address_detail", "phone_mobile", "mother_name", "father_name",
)  # fmt: skip
OPEN = frozenset({State.PREVIEW, State.DONE})  # what stayed undecided can be decided after the writing, too
MOST_CANDIDATES = 9  # one key each


@dataclass(frozen=True, slots=True)
class Cell:
    """A value beside that of the row: "same", "differs", or "" when one of both is not known."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the person of the row. `key`: what to press. `cells` in the order of COMPARED."""

    key: str
    person: Person
    why: str
    cells: list[Cell]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One row and who it may be. `lines`: (label, value of the row, one cell per candidate). `elsewhere`: candidates
    that the user may not see."""

    row: ImportRow
    candidates: list[Candidate]
    lines: list[tuple[str, str, list[Cell]]]
    elsewhere: int


def question_of(row: ImportRow, *, user: User) -> Question:
    """Four queries, and one for names of villages, whatever the number of candidates."""
    wanted = {int(entry["person"]): str(entry.get("why", "")) for entry in row.candidates or []}
    people = Person.objects.visible_to(user).select_related("village").in_bulk(list(wanted)[:MOST_CANDIDATES])
    stored = _stored(people)
    texts = Texts(row.batch, [row])
    own = {code: texts.text(code, row.values.get(code)) for code in COMPARED}
    candidates = []
    for number, (key, person) in enumerate(((key, people[key]) for key in wanted if key in people), start=1):
        cells = [_cell(code, own[code], _text(code, stored[key], texts)) for code in COMPARED]
        chosen = row.decision == Decision.SAME and row.person_id == key
        candidates.append(Candidate(str(number), person, wanted[key], cells, chosen))
    lines = []
    for index, code in enumerate(COMPARED):
        cells = [candidate.cells[index] for candidate in candidates]
        if own[code] or any(cell.text for cell in cells):
            lines.append((texts.label(code), own[code], cells))
    return Question(row, candidates, lines, len(wanted) - len(candidates))


def _stored(people: Mapping[int, Person]) -> dict[int, dict[str, Any]]:
    """What the records hold of COMPARED, by person."""
    found: dict[int, dict[str, Any]] = {}
    for key, person in people.items():
        found[key] = {
            "full_name": person.full_name, "birth_date": person, "sex": person.sex,
            "current_village_code": person.village.name if person.village else "",
            "current_address_detail": person.address_detail, "phone_mobile": person.phone_mobile, "id_number": [],
        }  # fmt: skip
    for number in Identifier.objects.filter(person__in=people).order_by("-valid_to", "pk"):
        if number.kind in IDENTITY_KINDS:
            found[number.person_id]["id_number"].append(number.value)
        elif number.kind == "BHYT_CARD" and number.valid_to is None:
            found[number.person_id]["health_insurance_number"] = number.value
    for membership in Membership.objects.filter(person__in=people, valid_to=None).select_related("household"):
        found[membership.person_id]["household_code"] = membership.household.code
    for relative in Relative.objects.filter(person__in=people, role__in=("mother", "father")):
        found[relative.person_id][f"{relative.role}_name"] = relative.name
    return found


def _text(code: str, stored: Mapping[str, Any], texts: Texts) -> str:
    value = stored.get(code)
    if isinstance(value, Person):
        return partial_date(value.birth_date, value.birth_precision)
    if code == "current_village_code":
        return str(value or "")
    return ", ".join(value) if isinstance(value, list) else texts.text(code, value)


def _cell(code: str, own: str, text: str) -> Cell:
    if not own or not text:
        return Cell(text)
    if code == "birth_date" and own != text and (text.endswith(f"/{own}") or own.endswith(f"/{text}")):
        return Cell(text)  # one side knows the year only: neither the same nor different
    same = own in text.split(", ") if code == "id_number" else plain(own) == plain(text)
    return Cell(text, "same" if same else "differs")


class Decisions(BatchPage):
    """?dong= the position of a row, else the first undecided one; ?truoc= the row decided last, for taking it back."""

    right = "record.change"
    template_name = "intake/decisions.html"

    def prepare(self) -> None:
        super().prepare()
        self.rows: QuerySet[ImportRow] = ImportRow.objects.filter(
            batch=self.batch, fate=Fate.DUPLICATE, state=ImportRow.State.WAITING
        ).order_by("position")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.batch.state not in OPEN:
            return redirect(batch_url(self.batch))
        wanted = _position(request.GET.get("dong"))
        row = self.rows.filter(position=wanted).first() if wanted is not None else self._next(-1)
        return self.page(**self._question(row, _position(request.GET.get("truoc"))))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """`dong`: position of the row; `chon`: "new", "skip", "undo" or the key of a candidate."""
        if self.batch.state not in OPEN:
            return self._elsewhere(batch_url(self.batch))
        position, choice = _position(request.POST.get("dong")), request.POST.get("chon", "")
        row = self.rows.filter(position=position).first() if position is not None else None
        if row is None:
            raise Http404
        row.batch = self.batch
        try:
            self._decide(row, choice)
        except ValidationError as exc:
            return self._answer(row, row.position, problems_of(exc)[0].message)
        if choice == "undo":
            return self._answer(row, None)
        return self._answer(self._next(row.position), row.position)

    def _decide(self, row: ImportRow, choice: str) -> None:
        by = self.request.user
        if choice == "undo":
            services.decide(row, Decision.NONE, by=by)
        elif choice in (Decision.NEW, Decision.SKIP):
            services.decide(row, choice, by=by)
        else:
            offered = {str(entry["person"]) for entry in row.candidates or []}
            person = Person.objects.visible_to(by).filter(pk=choice).first() if choice in offered else None
            if person is None:
                raise Http404
            services.decide(row, Decision.SAME, by=by, person=person)

    def _next(self, position: int) -> ImportRow | None:
        """The next row without a decision; after the last one, the first that was passed over."""
        open_rows = self.rows.filter(decision=Decision.NONE)
        return open_rows.filter(position__gt=position).first() or open_rows.first()

    def _question(self, row: ImportRow | None, last: int | None, fault: str = "") -> dict[str, Any]:
        """What the template shows: the question, how far one is, the rows beside it."""
        numbers = dict(self.rows.order_by().values_list("decision").annotate(n=Count("pk")))
        total, left = sum(numbers.values()), numbers.get("", 0)
        found: dict[str, Any] = {"total": total, "decided": total - left, "left": left, "last": last, "fault": fault}
        if row is None:
            return found | {"question": None}
        row.batch = self.batch
        question = question_of(row, user=self.request.user)
        self._log(question)
        positions = self.rows.values_list("position", flat=True)
        return found | {
            "question": question,
            "here": positions.filter(position__lte=row.position).count(),
            "before": positions.filter(position__lt=row.position).last(),
            "after": positions.filter(position__gt=row.position).first(),
        }

    def _log(self, question: Question) -> None:
        """The page shows what the candidates' records hold: a read of each."""
        self.log([candidate.person.pk for candidate in question.candidates], "Quyết định dòng nghi trùng")

    def _answer(self, row: ImportRow | None, last: int | None, fault: str = "") -> HttpResponse:
        """The next question: in place where scripts run, else by a redirect to it."""
        if self.request.htmx:  # type: ignore[attr-defined]
            context = self.context() | self._question(row, last, fault)
            return render(self.request, "intake/_question.html", context)
        if fault:
            return self.page(**self._question(row, last, fault), status=422)
        here = {"dong": row.position} if row is not None else {}
        query = urlencode(here | ({"truoc": last} if last is not None else {}))
        address = reverse("intake:decisions", args=[self.batch.key])
        return redirect(f"{address}?{query}" if query else address)

    def _elsewhere(self, url: str) -> HttpResponse:
        if self.request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Redirect": url})
        return redirect(url)


def _position(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 10 else None
