"""What claims say that somebody has to look at: differences from the record, proposals, things to do. By kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ehr.claims.models import ClaimTask
from ehr.claims.record import maternal, tasks
from ehr.claims.views.base import ClaimsPage
from ehr.common.dates import format_date
from ehr.common.problems import problems_of
from ehr.records.models import Person
from stations.models import User
from stations.scope import scope_of

PAGE = 50
Kind, State = ClaimTask.Kind, ClaimTask.State
KINDS = {
    "khac-ho-so": Kind.CONFLICT, "di-ung": Kind.ALLERGY, "tu-vong": Kind.DEATH, "benh-man-tinh": Kind.CHRONIC,
    "thai-ky": Kind.PREGNANCY, "tre-moi-sinh": Kind.NEWBORN, "quan-he": Kind.RELATIVE, "chuyen-den": Kind.REFERRAL,
    "tham-nha": Kind.HOME_VISIT,
}  # fmt: skip
#: What the two buttons say: accept, keep.
BUTTONS = {
    Kind.CONFLICT: ("Nhận theo tệp BHYT", "Giữ như hồ sơ"),
    Kind.ALLERGY: ("Đã xem, đã xử trí", "Không phải dị ứng này"),
    Kind.DEATH: ("Ghi nhận đã mất", "Người này còn sống"), Kind.CHRONIC: ("Ghi vào tiền sử", "Không ghi"),
    Kind.PREGNANCY: ("Đã ghi nhận", "Không đúng"), Kind.NEWBORN: ("Đã xem", "Không đúng"),
    Kind.RELATIVE: ("Ghi quan hệ", "Không đúng"), Kind.REFERRAL: ("Đã tiếp nhận", "Không đến"),
    Kind.HOME_VISIT: ("Đã thăm", "Không cần"),
}  # fmt: skip


#: What accepting says where it depends on more than the kind.
ACCEPT = {
    "pregnancy": "Mở sổ thai", "birth": "Ghi thai kỳ đã sinh", "mother": "Đúng là mẹ: gắn, lập hồ sơ trẻ",
    "refused": "Lập hồ sơ trẻ", "diagnoses": "Thêm vào lượt khám", "medications": "Thêm vào lượt khám",
    "procedures": "Thêm vào lượt khám",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindChoice:
    key: str
    label: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Button:
    """`choice`: as `tasks.accept` takes it; `key`: the key that presses it, for the first task of the page."""

    label: str
    choice: str
    key: str


@dataclass(frozen=True, slots=True)
class TaskShown:
    task: ClaimTask
    accept: list[Button]
    keep: str
    first: bool


def _children(rows: Sequence[ClaimTask], user: User) -> dict[int, list[Person]]:
    """Task about a child's death → the children of whom it may tell. One query, when there are such tasks."""
    deaths = [task for task in rows if task.field == "child_death"]
    children = maternal.children_of([task.person_id for task in deaths], user) if deaths else []
    return {task.pk: maternal.candidates(task, children) for task in deaths}


def _shown(rows: Sequence[ClaimTask], children: Mapping[int, Sequence[Person]]) -> list[TaskShown]:
    found = []
    for task in rows:
        accept, keep = BUTTONS[Kind(task.kind)]
        options = [("", ACCEPT.get(task.field, accept))]
        if task.field == "pregnancy_end":
            options = [(key, f"Ghi thai kỳ kết thúc: {label.lower()}") for key, label in maternal.ENDINGS.items()]
        elif task.field == "child_death":
            options = [
                (str(child.pk), f"Ghi {child.full_name}, sinh {format_date(child.birth_date)}, đã mất")
                for child in children[task.pk]
            ] or [("", "Ghi trẻ đã mất")]
        buttons = [Button(label, choice, str(at)) for at, (choice, label) in enumerate(options[:9], 1)]
        found.append(TaskShown(task, buttons, keep, first=not found))
    return found


class Tasks(ClaimsPage):
    """?loai= a kind, ?trang= the page. POST: `viec` the task, `chon` accept, accept:<choice> or keep; done twice it is
    done once."""

    template_name = "claims/tasks.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.get("loai", "")
        found = ClaimTask.objects.visible_to(request.user).filter(state=State.OPEN)
        counts = dict(found.order_by().values_list("kind").annotate(n=Count("pk")))
        rows = found.filter(kind=KINDS[chosen]) if chosen in KINDS else found
        rows = rows.select_related("claim__facility", "person__commune").order_by("-id")
        page = Paginator(rows, PAGE).get_page(request.GET.get("trang"))
        children = _children(page.object_list, request.user)
        shown = _shown(page.object_list, children)
        named = [each.task.person_id for each in shown] + [child.pk for some in children.values() for child in some]
        self.log(named, "Việc cần xem từ hồ sơ BHYT")
        kinds = [KindChoice("", "Tất cả", sum(counts.values()), chosen not in KINDS)]
        kinds += [
            KindChoice(key, str(kind.label), counts[kind], chosen == key)
            for key, kind in KINDS.items()
            if kind in counts
        ]
        return self.page(
            page=page, rows=shown, kinds=kinds, query=f"loai={chosen}&" if chosen in KINDS else "",
            here=chosen if chosen in KINDS else "",
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        number = request.POST.get("viec", "")
        choice, _, which = request.POST.get("chon", "").partition(":")
        found = ClaimTask.objects.visible_to(request.user).select_related("claim", "person")
        task = found.filter(pk=number).first() if number.isdigit() and len(number) < 19 else None
        if task is None or choice not in ("accept", "keep") or not self._may():
            raise Http404
        if task.state == State.OPEN:
            try:
                said = "Đã giữ như hồ sơ."
                if choice == "accept":
                    said = tasks.accept(task, request.user, which.strip())
                else:
                    tasks.keep(task, request.user)
                messages.success(request, said)
            except ValidationError as exc:
                for problem in problems_of(exc):
                    messages.error(request, problem.message)
        chosen = request.POST.get("loai", "")
        return redirect(reverse("claims:tasks") + (f"?loai={chosen}" if chosen in KINDS else ""))

    def _may(self) -> bool:
        return scope_of(self.request.user).can("record.change")
