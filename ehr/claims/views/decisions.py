"""Claims that may be of somebody who has a record: one at a time beside the candidates, one key press decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ehr.claims.identity.later import decide
from ehr.claims.models import Claim, ClaimFile
from ehr.claims.patient import told
from ehr.claims.views.base import ClaimsPage
from ehr.common.identifiers import classify_identity_number
from ehr.common.problems import problems_of
from ehr.common.templatetags.vietnamese import partial_date
from ehr.common.text import plain
from ehr.intake.matching import Span
from ehr.intake.views.decisions import MOST_CANDIDATES, Candidate, Cell
from ehr.records.facts import IDENTITY_KINDS
from ehr.records.models import Identifier, Person
from ehr.records.models.person import Sex
from stations.models import User

LABELS = {
    "full_name": "Họ và tên", "birth": "Ngày sinh", "sex": "Giới tính", "number": "Số giấy tờ",
    "card": "Thẻ BHYT, mã BHXH", "commune": "Xã/phường",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One claim and who it may be. `lines`: (label, value of the claim, one cell per candidate). `elsewhere`: how many
    candidates the user may not see."""

    claim: Claim
    name: str
    candidates: list[Candidate]
    lines: list[tuple[str, str, list[Cell]]]
    elsewhere: int


def question_of(claim: Claim, *, user: User) -> Question:
    """Two queries, whatever the number of candidates."""
    wanted = {int(key): str(why) for key, why in claim.candidates or []}
    people = Person.objects.visible_to(user).select_related("commune").in_bulk(list(wanted)[:MOST_CANDIDATES])
    stored = _stored(people)
    own = _own(claim)
    candidates = []
    for number, (key, person) in enumerate(((key, people[key]) for key in wanted if key in people), start=1):
        cells = [_cell(name, own[name], stored[key][name]) for name in LABELS]
        candidates.append(Candidate(str(number), person, wanted[key], cells, claim.person_id == key))
    lines = []
    for index, (name, label) in enumerate(LABELS.items()):
        cells = [candidate.cells[index] for candidate in candidates]
        if own[name] or any(cell.text for cell in cells):
            lines.append((label, own[name], cells))
    return Question(claim, own["full_name"], candidates, lines, len(wanted) - len(candidates))


def _own(claim: Claim) -> dict[str, str]:
    said = told(claim)
    span = Span.parse(said.birth) if said.birth else None
    precision = {4: "year", 7: "month"}.get(len(said.birth), "day")
    return {
        "full_name": said.full_name, "birth": partial_date(span.first, precision) if span else "",
        "sex": dict(Sex.choices).get(said.sex, ""), "number": said.number, "card": ", ".join(said.cards),
        "commune": claim.commune.full_name if claim.commune else "",
    }  # fmt: skip


def _stored(people: Mapping[int, Person]) -> dict[int, dict[str, str]]:
    """What the records hold of LABELS, by person."""
    found = {
        key: {
            "full_name": person.full_name, "birth": partial_date(person.birth_date, person.birth_precision),
            "sex": person.get_sex_display(), "number": "", "card": "", "commune": person.commune.full_name,
        }
        for key, person in people.items()
    }  # fmt: skip
    for row in Identifier.objects.filter(person__in=people).order_by("-valid_to", "pk"):
        name = "number" if row.kind in IDENTITY_KINDS else "card" if row.kind in ("BHYT_CARD", "BHXH_NO") else ""
        if name:
            known = found[row.person_id][name]
            found[row.person_id][name] = f"{known}, {row.value}" if known else row.value
    return found


def _cell(name: str, own: str, text: str) -> Cell:
    if not own or not text:
        return Cell(text)
    if name == "birth" and own != text and (text.endswith(f"/{own}") or own.endswith(f"/{text}")):
        return Cell(text)  # one side knows the year only: neither the same nor different
    if name in ("number", "card"):
        both = {value[-10:] if name == "card" else value for value in own.split(", ")}
        held = {value[-10:] if name == "card" else value for value in text.split(", ")}
        if both & held:
            return Cell(text, "same")
        twelve = all(classify_identity_number(value) == "SDDCN" for value in (own, text))
        return Cell(text, "differs" if name == "card" or twelve else "")
    return Cell(text, "same" if plain(own) == plain(text) else "differs")


class Decisions(ClaimsPage):
    """?tep= the key of a file whose claims alone are asked; ?hs= a claim, else the first undecided one; ?truoc= the
    claim decided last, for taking it back. Keys are random and say nothing."""

    right = "record.change"
    template_name = "claims/decisions.html"

    def prepare(self) -> None:
        user = self.request.user
        self.file: ClaimFile | None = None
        claims: QuerySet[Claim] = Claim.objects.visible_to(user).filter(state=Claim.State.ACTIVE)
        wanted = self.request.GET.get("tep", "")
        if wanted:
            files = ClaimFile.objects.visible_to(user)
            self.file = files.filter(key=wanted).only("key", "name").first() if _is_key(wanted) else None
            if self.file is None:
                raise Http404
            claims = claims.filter(entries__file=self.file).distinct()
        self.claims = claims.select_related("commune", "facility").order_by("pk")
        self.open = self.claims.filter(match=Claim.Match.AMBIGUOUS)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.GET.get("hs", "")
        claim = self._named(self.open, wanted) if wanted else self.open.first()
        return self.page(**self._question(claim, self._named(self.claims, request.GET.get("truoc", ""))))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """`hs`: key of the claim; `chon`: "new", "foreign", "skip", "undo" or the key of a candidate."""
        choice = request.POST.get("chon", "")
        claim = self._named(self.claims, request.POST.get("hs", ""))
        if claim is None:
            raise Http404
        if choice == "skip":
            return self._answer(self._next(claim), None)
        try:
            self._decide(claim, choice)
        except ValidationError as exc:
            return self._answer(claim if claim.match == Claim.Match.AMBIGUOUS else self.open.first(), None,
                                problems_of(exc)[0].message)  # fmt: skip
        if choice == "undo":
            return self._answer(self.open.filter(pk=claim.pk).first(), None)
        return self._answer(self._next(claim), claim)

    def _decide(self, claim: Claim, choice: str) -> None:
        by = self.request.user
        if choice in ("new", "foreign", "undo"):
            decide(claim, by=by, new=choice == "new", foreign=choice == "foreign")
            return
        offered = {str(key) for key, _ in claim.candidates or []}
        person = Person.objects.visible_to(by).filter(pk=choice).first() if choice in offered else None
        if person is None:
            raise Http404
        decide(claim, by=by, person=person)

    def _named(self, claims: QuerySet[Claim], key: str) -> Claim | None:
        return claims.filter(key=key).first() if _is_key(key) else None

    def _next(self, claim: Claim) -> Claim | None:
        """The next one that waits; after the last one, the first that was passed over."""
        return self.open.filter(pk__gt=claim.pk).first() or self.open.exclude(pk=claim.pk).first()

    def _question(self, claim: Claim | None, last: Claim | None, fault: str = "") -> dict[str, Any]:
        left = self.open.count()
        found: dict[str, Any] = {
            "left": left, "last": last, "fault": fault, "file": self.file,
            "suffix": f"?tep={self.file.key}" if self.file else "",
        }  # fmt: skip
        if claim is None:
            return found | {"question": None}
        question = question_of(claim, user=self.request.user)
        self.log([each.person.pk for each in question.candidates] or [0], "Quyết định hồ sơ BHYT")
        return found | {
            "question": question,
            "before": self.open.filter(pk__lt=claim.pk).last(), "after": self.open.filter(pk__gt=claim.pk).first(),
        }  # fmt: skip

    def _answer(self, claim: Claim | None, last: Claim | None, fault: str = "") -> HttpResponse:
        """The next question: in place where scripts run, else by a redirect to it."""
        if self.request.htmx:  # type: ignore[attr-defined]
            return render(self.request, "claims/_question.html", self._question(claim, last, fault))
        if fault:
            return self.page(**self._question(claim, last, fault), status=422)
        query: dict[str, Any] = {"tep": self.file.key} if self.file else {}
        query |= {"hs": claim.key} if claim is not None else {}
        query |= {"truoc": last.key} if last is not None else {}
        address = reverse("claims:decisions")
        return redirect(f"{address}?{urlencode(query)}" if query else address)


def _is_key(text: str) -> bool:
    return len(text) == 36 and text.replace("-", "").isalnum() and text.isascii() and text.count("-") == 4
