"""One batch: progress, preview with a page of rows for each fate, what the buttons do, the rows that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ehr.audit.models import NO_RECORD
from ehr.common.text import plain
from ehr.intake import services
from ehr.intake.columns import Layout
from ehr.intake.files import FileRefused
from ehr.intake.forms import ActionForm
from ehr.intake.models import Fate, ImportBatch, ImportRow
from ehr.intake.services import access
from ehr.intake.services.reading import LEFT_OUT
from ehr.intake.services.writing import to_write
from ehr.intake.views.base import BUSY, Action, BatchPage, State
from ehr.intake.views.ledger import XLSX
from ehr.intake.views.progress import look
from ehr.intake.views.shown import Shown, show
from ehr.records.forms.base import SavingForm

PAGE = 100
MOST_BLOCKERS = 50
MOST_SKIPPED = 12  # lines of "why this row holds no person" that the page shows of a sheet
CLEANED = "da-lam-sach"
FATES = {
    "moi": Fate.NEW, "cap-nhat": Fate.UPDATE, "khong-doi": Fate.UNCHANGED, "nghi-trung": Fate.DUPLICATE,
    "tu-choi": Fate.REFUSED,
}  # fmt: skip
COUNTS = {
    Fate.NEW: "new", Fate.UPDATE: "updated", Fate.UNCHANGED: "unchanged", Fate.DUPLICATE: "possible_duplicate",
    Fate.REFUSED: "refused",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """A count that leads to its rows."""

    key: str
    label: str
    count: int
    current: bool
    level: str = ""


@dataclass(frozen=True, slots=True)
class SheetShown:
    """What was recognised in one sheet: how many columns are read, which rows hold no person and why."""

    name: str
    header_row: int
    used: int
    ignored: list[str]
    unsure: list[str]
    skipped: list[tuple[str, str]]
    more: int
    notes: list[str]
    left_out: list[str]  # which sheets hold no people: said quietly, covers and lists are common


def sheets_of(batch: ImportBatch) -> list[SheetShown]:
    """The recognised sheets, from the layout that the batch keeps."""
    found = []
    for data in batch.layout:
        layout = Layout.from_json(data)
        skipped = together(layout.skipped)
        named = [column for column in layout.columns if column.header]
        found.append(
            SheetShown(
                layout.sheet, layout.header_row, sum(bool(column.field) for column in layout.columns),
                [column.header for column in named if not column.field],
                [column.header for column in named if column.field and not column.sure],
                skipped[:MOST_SKIPPED], max(0, len(skipped) - MOST_SKIPPED),
                [note for note in layout.notes if not note.startswith(LEFT_OUT)],
                [note for note in layout.notes if note.startswith(LEFT_OUT)],
            )
        )  # fmt: skip
    return found


def together(skipped: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """Neighbouring rows with the same reason as one line: [("12–15", "dòng trống"), …]."""
    lines: list[list[Any]] = []
    for number, why in skipped:
        why = why[:1].lower() + why[1:].rstrip(".")
        if lines and lines[-1][2] == why and lines[-1][1] == number - 1:
            lines[-1][1] = number
        else:
            lines.append([number, number, why])
    return [(str(first) if first == last else f"{first}–{last}", why) for first, last, why in lines]


class BatchView(BatchPage):
    """The page of a batch: progress while it is in work, else its counts and rows. ?loc= a fate, ?trang= the page."""

    template_name = "intake/batch.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        busy = self.batch.state in BUSY
        if request.htmx:  # type: ignore[attr-defined]
            if not busy:
                return HttpResponse(headers={"HX-Refresh": "true"})
            return render(request, "intake/_progress.html", {"batch": self.batch, "progress": look(self.batch)})
        if busy:
            return self.page(progress=look(self.batch))
        return self.page(**self._rows())

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "action": ActionForm(),
            "sheets": sheets_of(self.batch),
            "can_point": _can_point(self.batch),
        }

    def _rows(self) -> dict[str, Any]:
        """The counts as filters, the page of rows, what is still to decide, how many rows would be written."""
        rows = ImportRow.objects.filter(batch=self.batch).order_by("position")
        chosen = self.request.GET.get("loc", "")
        page = Paginator(self._filtered(rows, chosen), PAGE).get_page(self.request.GET.get("trang"))
        shown = show(self.batch, page.object_list, user=self.request.user)
        self._log(shown)
        doubtful = rows.filter(fate=Fate.DUPLICATE, state=ImportRow.State.WAITING)
        decided = dict(doubtful.order_by().values_list("decision").annotate(n=Count("pk")))
        return {
            "filters": self._filters(chosen), "filter": chosen, "page": page, "rows": shown,
            "query": f"loc={chosen}&" if chosen in FATES or chosen == CLEANED else "",
            "undecided": decided.get("", 0), "decided": sum(decided.values()) - decided.get("", 0),
            "to_write": to_write(self.batch).count(),
            "several": len({row.row.sheet for row in shown}) > 1 or len(self.batch.layout) > 1,
            "finished": self.batch.state in (State.DONE, State.UNDONE),
        }  # fmt: skip

    def _filtered(self, rows: QuerySet[ImportRow], chosen: str) -> QuerySet[ImportRow]:
        if chosen == CLEANED:
            return rows.exclude(cleaned=[])
        return rows.filter(fate=FATES[chosen]) if chosen in FATES else rows

    def _filters(self, chosen: str) -> list[Filter]:
        counts = self.batch.counts
        filters = [Filter("", "Tất cả", counts.get("rows", 0), chosen not in FATES and chosen != CLEANED)]
        for key, fate in FATES.items():
            filters.append(Filter(key, str(fate.label), counts.get(COUNTS[fate], 0), chosen == key, fate.value))
        filters.append(Filter(CLEANED, "Đã làm sạch", counts.get("cleaned", 0), chosen == CLEANED, "cleaned"))
        return filters

    def _log(self, shown: list[Shown]) -> None:
        """A row leads to a record, shows what it would change, or who it may be: a read of each of these people."""
        people = {row.person.pk for row in shown if row.person is not None}
        people |= {like.person.pk for row in shown for like in row.candidates if like.person is not None}
        self.log(people, "Xem trước tệp nhập")


def _can_point(batch: ImportBatch) -> bool:
    """Whether the file can be read once the officer says where its table begins."""
    return batch.message_code in ("file.no_table", "file.no_header", "file.no_rows")


class Confirm(Action):
    """Starts the writing."""

    saved_message = "Đã bắt đầu ghi. Có thể đóng trang này, máy vẫn ghi tiếp."
    states = frozenset({State.PREVIEW, State.DONE})  # rows that were decided later are written later

    def run(self, form: SavingForm) -> None:
        services.confirm(self.batch, by=self.request.user)


class Cancel(Action):
    """Gives the file up, or stops the writing: what is written then stays and can be undone."""

    saved_message = "Đã hủy, không dòng nào được ghi."
    states = frozenset({State.PREVIEW, State.READING, State.QUEUED, State.WRITING, State.REFUSED})

    def run(self, form: SavingForm) -> None:
        if services.cancel(self.batch, by=self.request.user).state == State.DONE:
            self.saved_message = "Đã dừng ghi. Phần đã ghi vẫn giữ và hoàn tác được."


class Undo(Action):
    """What undoing takes back, who stands in the way, and the button."""

    template_name = "intake/undo.html"
    saved_message = "Đã bắt đầu hoàn tác."
    states = frozenset({State.DONE})

    def prepare(self) -> None:
        super().prepare()
        if not access.may_undo(self.batch, self.request.user):
            raise Http404

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.batch.state not in self.states or self.batch.cleared_at:
            return redirect("intake:batch", key=self.batch.key)
        blockers = services.blockers(self.batch, by=request.user)
        return self.page(
            form=self.make_form(), blocked=len(blockers), blockers=blockers[:MOST_BLOCKERS],
            more=max(0, len(blockers) - MOST_BLOCKERS),
        )  # fmt: skip

    def refused(self) -> str:
        return reverse("intake:undo", args=[self.batch.key])  # says who stands in the way now

    def run(self, form: SavingForm) -> None:
        services.undo(self.batch, by=self.request.user, rest=self.request.POST.get("rest") == "on")


class RefusedRows(BatchPage):
    """The refused rows as they came, with the reason in the last column: to correct and send again."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.batch.counts.get("refused") or self.batch.cleared_at:
            raise Http404
        try:
            content = services.refused_workbook(self.batch)
        except FileRefused as exc:  # the limits were made narrower since
            messages.error(request, exc.message)
            return redirect("intake:batch", key=self.batch.key)
        refused = services.people_of_refused(self.batch, by=request.user)
        self.log(refused or [NO_RECORD], f"Dòng bị từ chối, lần nhập {self.batch.pk}", action="export")
        response = HttpResponse(content, content_type=XLSX)
        stem = plain(self.batch.file_name.rpartition(".")[0]).replace(" ", "-")[:80] or "tep"
        response["Content-Disposition"] = f'attachment; filename="tu-choi-{stem}.xlsx"'
        return response
