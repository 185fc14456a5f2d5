"""One file: progress while it is in work, then the answer for each HOSO; its findings as a sheet; taking it back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property

from ehr.audit.models import NO_RECORD
from ehr.claims import services
from ehr.claims.forms import ActionForm
from ehr.claims.models import Claim, ClaimEntry
from ehr.claims.views.base import BUSY, FileAction, OneFilePage, State
from ehr.claims.views.findings_xlsx import workbook
from ehr.common.text import plain
from ehr.intake.views.progress import look
from ehr.records.forms.base import SavingForm
from ehr.records.models import Person

PAGE = 100
MOST_BLOCKERS = 50
MOST_PROBLEMS = 3  # of a HOSO in the list; all of them stand on its own page
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Outcome, Match = ClaimEntry.Outcome, Claim.Match
OUTCOMES = {
    "da-nhan": Outcome.STORED, "ban-moi": Outcome.VERSION, "khong-doi": Outcome.UNCHANGED, "cu-hon": Outcome.OLDER,
    "tu-choi": Outcome.REJECTED,
}  # fmt: skip
LEVELS = {"loi-nang": ("reject", "Từ chối"), "loi": ("error", "Lỗi"), "canh-bao": ("warning", "Cảnh báo"),
          "khong-loi": ("", "Không có lỗi")}  # fmt: skip
MATCHES = {
    "da-gan": Match.MATCHED, "lap-moi": Match.NEW, "cho-quyet": Match.AMBIGUOUS, "ngoai-dia-ban": Match.FOREIGN,
    "chua-thay": Match.UNMATCHED,
}  # fmt: skip
BADGES = {
    Outcome.STORED: "ok", Outcome.VERSION: "info", Outcome.REJECTED: "error", Outcome.OLDER: "warning",
    Outcome.UNCHANGED: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A count that leads to its HOSO. `query`: the address with this filter put on, or taken off again."""

    label: str
    count: int
    current: bool
    query: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One HOSO of the list. `person`: its record, when the user may open it."""

    entry: ClaimEntry
    badge: str
    person: Person | None
    problems: list[dict[str, Any]]
    more: int
    openable: bool


class PageCounted(Paginator):
    """The number of rows is known from the counts of the filters: it is not asked again."""

    def __init__(self, rows: QuerySet, size: int, number: int) -> None:
        super().__init__(rows, size)
        self._number = number

    @cached_property
    def count(self) -> int:
        return self._number


class FileView(OneFilePage):
    """?kq= an outcome, ?muc= a level, ?gan= a match, ?trang= the page. Queries do not grow with the rows."""

    template_name = "claims/file.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        busy = self.file.state in BUSY
        if request.htmx:  # type: ignore[attr-defined]
            if not busy:
                return HttpResponse(headers={"HX-Refresh": "true"})
            return render(request, "claims/_progress.html", self.context() | self._progress())
        return self.page(**(self._progress() if busy else {}), **self._rows(), action=ActionForm())

    def _progress(self) -> dict[str, Any]:
        """How far the file is, and what was found so far."""
        return {"progress": look(self.file, kind="claims")}

    def _rows(self) -> dict[str, Any]:
        entries = ClaimEntry.objects.visible_to(self.request.user).filter(file=self.file)
        asked = {name: self.request.GET.get(name, "") for name in ("kq", "muc", "gan")}
        numbers = _numbers(entries)
        chosen = _chosen(asked)
        total = sum(count for key, count in numbers.items() if _fits(key, chosen))
        rows = (
            entries.filter(**_conditions(chosen)).select_related("claim").defer("claim__candidates").order_by("index")
        )
        page = PageCounted(rows, PAGE, total).get_page(self.request.GET.get("trang"))
        undecided = sum(count for (_, _, match), count in numbers.items() if match == Match.AMBIGUOUS)
        return {
            "page": page, "rows": self._shown(page.object_list), "filters": _filters(numbers, asked),
            "query": _query(asked), "undecided": undecided, "any": bool(numbers), "filtered": bool(chosen),
            "may_undo": self.file.state in Undo.states and services.may_undo(self.file, self.request.user),
            "problems": any(level for (_, level, _), _ in numbers.items()) or bool(self.file.problems),
            "speed": _speed(self.file),
            **(filled_in(self) if self.file.counts.get("facts_kept") and self.file.state == State.UNDONE else {}),
        }  # fmt: skip

    def _shown(self, entries: Any) -> list[Shown]:
        """The rows of the page. Two queries: people, and claims that may be opened."""
        entries = list(entries)
        user = self.request.user
        keys = {entry.claim.person_id for entry in entries if entry.claim and entry.claim.person_id}
        people = Person.objects.visible_to(user).only("code", "full_name").in_bulk(sorted(keys)) if keys else {}
        claims = [entry.claim_id for entry in entries if entry.claim_id]
        seen = set(Claim.objects.visible_to(user).filter(pk__in=claims).order_by().values_list("pk", flat=True))
        self.log([*people, NO_RECORD] if entries else [], f"Tệp hồ sơ BHYT {self.file.pk}")
        return [
            Shown(
                entry, BADGES[Outcome(entry.outcome)],
                people.get(entry.claim.person_id) if entry.claim and entry.claim.person_id else None,
                entry.problems[:MOST_PROBLEMS], max(0, len(entry.problems) - MOST_PROBLEMS),
                entry.claim_id is None or entry.claim_id in seen,
            )
            for entry in entries
        ]  # fmt: skip


Numbers = dict[tuple[str, str, str], int]


def _numbers(entries: QuerySet[ClaimEntry]) -> Numbers:
    """How many HOSO there are of each outcome, level and match. One query."""
    rows = entries.order_by().values_list("outcome", "worst", "claim__match").annotate(n=Count("pk"))
    return {(outcome, worst, match or ""): count for outcome, worst, match, count in rows}


def _chosen(asked: dict[str, str]) -> dict[int, str]:
    """Position in a key of `Numbers` → wanted value."""
    chosen: dict[int, str] = {}
    if asked["kq"] in OUTCOMES:
        chosen[0] = OUTCOMES[asked["kq"]].value
    if asked["muc"] in LEVELS:
        chosen[1] = LEVELS[asked["muc"]][0]
    if asked["gan"] in MATCHES:
        chosen[2] = MATCHES[asked["gan"]].value
    return chosen


def _conditions(chosen: dict[int, str]) -> dict[str, str]:
    return {("outcome", "worst", "claim__match")[at]: value for at, value in chosen.items()}


def _fits(key: tuple[str, str, str], chosen: dict[int, str], but: int = -1) -> bool:
    return all(key[at] == value for at, value in chosen.items() if at != but)


def _query(asked: dict[str, str]) -> str:
    """Only known words stand in an address."""
    known: dict[str, Collection[str]] = {"kq": OUTCOMES, "muc": LEVELS, "gan": MATCHES}
    return "".join(f"{name}={value}&" for name, value in asked.items() if value in known[name])


def _filters(numbers: Numbers, asked: dict[str, str]) -> list[tuple[str, list[Choice]]]:
    """Three rows of counts; each counts what the two others leave."""
    chosen = _chosen(asked)
    groups: list[tuple[str, str, int, list[tuple[str, str, str]]]] = [
        ("Kết quả", "kq", 0, [(key, value.value, str(value.label)) for key, value in OUTCOMES.items()]),
        ("Mức nặng nhất", "muc", 1, [(key, level, label) for key, (level, label) in LEVELS.items()]),
        ("Gắn với người", "gan", 2, [(key, value.value, str(value.label)) for key, value in MATCHES.items()]),
    ]
    found = []
    for title, name, at, options in groups:
        choices = []
        for key, value, label in options:
            count = sum(n for each, n in numbers.items() if each[at] == value and _fits(each, chosen, at))
            current = asked[name] == key
            if count or current:
                query = _query(asked | {name: "" if current else key})
                choices.append(Choice(label, count, current, query, value or "none"))
        if choices:
            found.append((title, choices))
    return found


def _speed(file: Any) -> int:
    """HOSO a minute over the whole work, 0 when it is not known."""
    if not (file.started_at and file.finished_at and file.total):
        return 0
    seconds = max((file.finished_at - file.started_at).total_seconds(), 0.1)
    return int(file.total * 60 / seconds)


class Findings(OneFilePage):
    """All findings of the file as a sheet, one row each. ?muc= only those of a level."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        if self.file.state in BUSY:
            raise Http404
        level = LEVELS.get(request.GET.get("muc", ""), ("", ""))[0]
        out = workbook(self.file, request.user, level=level)
        self.log([NO_RECORD], f"Lỗi của tệp hồ sơ BHYT {self.file.pk}", action="export")
        stem = plain(self.file.name.rpartition("/")[2].rpartition(".")[0]).replace(" ", "-")[:80] or "tep"
        return FileResponse(out, as_attachment=True, filename=f"loi-{stem}.xlsx", content_type=XLSX)


class Retry(FileAction):
    """A file that was set aside is tried again."""

    saved_message = "Đã xếp lại vào hàng đợi."
    states = frozenset({State.FAILED})

    def run(self, form: SavingForm) -> None:
        services.retry(self.file, by=self.request.user)


def filled_in(page: OneFilePage) -> dict[str, Any]:
    """What the file filled into records: what an undo takes out and what stays, which is read of people."""
    facts = services.filled_facts(page.file, by=page.request.user)
    kept = facts.kept[:MOST_BLOCKERS] if facts else []
    page.log({fact.person.pk for fact in kept if fact.person}, f"Hoàn tác tệp hồ sơ BHYT {page.file.pk}")
    return {"facts": facts, "kept": kept, "more_kept": max(0, len(facts.kept) - MOST_BLOCKERS) if facts else 0}


class Undo(FileAction):
    """What undoing takes back, who stands in the way, and the button."""

    template_name = "claims/undo.html"
    saved_message = "Đã bắt đầu hoàn tác."
    states = frozenset({State.DONE, State.FAILED})

    def prepare(self) -> None:
        super().prepare()
        if not services.may_undo(self.file, self.request.user):
            raise Http404

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.file.state not in self.states:
            return redirect(reverse("claims:file", args=[self.file.key]))
        blockers = services.undo_blockers(self.file, by=request.user)
        return self.page(
            form=self.make_form(), blocked=len(blockers), blockers=blockers[:MOST_BLOCKERS],
            more=max(0, len(blockers) - MOST_BLOCKERS), **filled_in(self),
        )  # fmt: skip

    def run(self, form: SavingForm) -> None:
        services.undo(self.file, by=self.request.user, rest=self.request.POST.get("rest") == "on")
