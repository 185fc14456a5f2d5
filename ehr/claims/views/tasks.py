"""What claims say that somebody has to look at: differences from the record, proposals, things to do. By kind."""

from __future__ import annotations

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
from ehr.claims.record import tasks
from ehr.claims.views.base import ClaimsPage
from ehr.common.problems import problems_of
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
    Kind.PREGNANCY: ("Đã ghi nhận", "Không đúng"), Kind.NEWBORN: ("Nhận", "Không đúng"),
    Kind.RELATIVE: ("Ghi quan hệ", "Không đúng"), Kind.REFERRAL: ("Đã tiếp nhận", "Không đến"),
    Kind.HOME_VISIT: ("Đã thăm", "Không cần"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindChoice:
    key: str
    label: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class TaskShown:
    task: ClaimTask
    accept: str
    keep: str


class Tasks(ClaimsPage):
    """?loai= a kind, ?trang= the page. POST: `viec` the task, `chon` accept or keep; done twice it is done once."""

    template_name = "claims/tasks.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.get("loai", "")
        found = ClaimTask.objects.visible_to(request.user).filter(state=State.OPEN)
        counts = dict(found.order_by().values_list("kind").annotate(n=Count("pk")))
        rows = found.filter(kind=KINDS[chosen]) if chosen in KINDS else found
        rows = rows.select_related("claim__facility", "person__commune").order_by("-id")
        page = Paginator(rows, PAGE).get_page(request.GET.get("trang"))
        shown = [TaskShown(task, *BUTTONS[Kind(task.kind)]) for task in page.object_list]
        self.log((each.task.person_id for each in shown), "Việc cần xem từ hồ sơ BHYT")
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
        number, choice = request.POST.get("viec", ""), request.POST.get("chon", "")
        found = ClaimTask.objects.visible_to(request.user).select_related("claim", "person")
        task = found.filter(pk=number).first() if number.isdigit() and len(number) < 19 else None
        if task is None or choice not in ("accept", "keep") or not self._may():
            raise Http404
        if task.state == State.OPEN:
            try:
                (tasks.accept if choice == "accept" else tasks.keep)(task, request.user)
                messages.success(request, "Đã nhận vào hồ sơ." if choice == "accept" else "Đã giữ như hồ sơ.")
            except ValidationError as exc:
                for problem in problems_of(exc):
                    messages.error(request, problem.message)
        chosen = request.POST.get("loai", "")
        return redirect(reverse("claims:tasks") + (f"?loai={chosen}" if chosen in KINDS else ""))

    def _may(self) -> bool:
        return scope_of(self.request.user).can("record.change")
