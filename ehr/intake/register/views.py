"""The comparison on the screen: counts by group, lines with old → new, accepting, deciding, undoing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property

from ehr.common.problems import problems_of
from ehr.common.templatetags.vietnamese import vnnumber
from ehr.intake.forms import ActionForm
from ehr.intake.models import ImportRow, Kind
from ehr.intake.register import queries, services
from ehr.intake.register.forms import AcceptForm, ScopeForm
from ehr.intake.register.models import Group, RegisterAcceptance, RegisterComparison, RegisterLine
from ehr.intake.register.services.accepting import BY_ITSELF, DATED
from ehr.intake.register.shown import ShownLine, show
from ehr.intake.views.base import Action, BatchPage, State
from ehr.records.forms.base import SavingForm
from ehr.records.models import Person
from stations.scope import scope_of

PAGE = 50
SAYS = {
    Group.AMBIGUOUS: "Chưa chắc là ai: so với các hồ sơ bên cạnh rồi chọn. Máy không tự đoán.",
    Group.BORN: "Trẻ dưới 24 tháng có trong danh sách, chưa có trong sổ. Nhận là lập hồ sơ và nối với hồ sơ của mẹ.",
    Group.MOVED_IN: "Danh sách ghi chuyển đến, hoặc sổ ghi đã chuyển đi nay trở lại.",
    Group.MISSING_HERE: "Có trong danh sách, chưa có trong sổ. Nhận là lập hồ sơ mới.",
    Group.NUMBER: "Số giấy tờ mới hoặc đổi (CMND 9 số sang 12 số…). Số cũ được giữ lại là số trước đây.",
    Group.MOVED_WITHIN: "Ở thôn khác trong cùng xã. Nơi ở cũ được giữ trong lịch sử cư trú.",
    Group.CHANGED: "Thông tin khác với sổ. Ô để trống trong danh sách không xóa gì trong sổ.",
    Group.DIED: "Danh sách ghi đã mất. Dòng không ghi ngày mất cần nhập ngày.",
    Group.MOVED_OUT: "Danh sách ghi đã chuyển đi. Dòng không ghi ngày cần nhập ngày.",
    Group.MISSING_THERE: "Có trong sổ, không còn trong danh sách: chọn đã chuyển đi, đã mất, hay để nguyên.",
    Group.REFUSED: "Dòng có lỗi nên chưa so sánh được: sửa trên tệp rồi gửi lại.",
}


class RegisterPage(BatchPage):
    """A page of the comparison of one batch; other kinds of batches have none."""

    def prepare(self) -> None:
        super().prepare()
        if self.batch.kind != Kind.REGISTER:
            raise Http404
        self.comparison = RegisterComparison.objects.filter(batch=self.batch).first()

    @cached_property
    def counts(self) -> queries.Counts:
        return queries.counts(self.batch)


class Comparison(RegisterPage):
    """?nhom= a group, ?thon= the key of a village ("khac": without one), ?tt=xong settled lines, ?trang= the page."""

    template_name = "intake/register/comparison.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        made = queries.acceptances(self.batch)
        if request.htmx:  # type: ignore[attr-defined]
            if not any(each.working for each in made):
                return HttpResponse(headers={"HX-Refresh": "true"})
            return render(request, "intake/register/_working.html", self.context() | _working(made))
        if self.comparison is None:
            return self.page(**_working(made))
        return self.page(**_working(made), **self._lines(request), **self._scope(made))

    def context(self) -> dict[str, Any]:
        user = self.request.user
        return super().context() | {
            "mine": {user.pk} if scope_of(user).can("record.change") else set(),
            "comparison": self.comparison, "action": ActionForm(),
            "open": self._open,
        }  # fmt: skip

    @property
    def _open(self) -> bool:
        return self.batch.state in (State.PREVIEW, State.DONE)

    def _lines(self, request: HttpRequest) -> dict[str, Any]:
        groups = self.counts.groups
        wanted = request.GET.get("nhom", "")
        group = Group(wanted) if wanted in Group.values else _first(self.counts)
        village, settled = _village(request.GET.get("thon", "")), request.GET.get("tt") == "xong"
        tally = self.counts.villages[village, group] if village != "" else groups[group]  # type: ignore[index]
        found = queries.lines(self.batch, group=group, village=village, waiting=not settled)
        known = tally.done if settled else tally.waiting
        page = queries.CountedPaginator(found, PAGE, known).get_page(request.GET.get("trang"))
        shown = show(self.batch, list(page.object_list), user=request.user)
        self._log(shown)
        may_change = self._open and scope_of(request.user).can("record.change")
        place = f"thon={request.GET.get('thon')}&" if village != "" else ""
        return {
            "groups": [(each, groups[each], each == group) for each in Group if groups[each].total or each == group],
            "group": group, "says": SAYS[group], "tally": tally, "settled": settled, "page": page, "lines": shown,
            "query": f"nhom={group.value}&{place}{'tt=xong&' if settled else ''}", "place": place, "village": village,
            "form": AcceptForm(group=group.value), "dated": group in DATED,
            "by_itself": group in BY_ITSELF,
            "choosing": may_change and group not in (Group.AMBIGUOUS, Group.REFUSED),
            "deciding": reverse("intake:register_decide", args=[self.batch.key]) if may_change else "",
            "without_day": self._without_day(group), "thon": request.GET.get("thon", "") if village != "" else "",
        }  # fmt: skip

    def _without_day(self, group: Group) -> int:
        if group not in (Group.DIED, Group.MOVED_OUT):
            return 0
        waiting = RegisterLine.objects.filter(batch=self.batch, group=group, state__in=queries.WAITING, day=None)
        return waiting.count()

    def _scope(self, made: list[RegisterAcceptance]) -> dict[str, Any]:
        rows = queries.village_rows(self.batch, self.comparison, self.counts)
        known = [row for row in rows if row.key and row.known]
        choices = [
            (row.key, f"{row.name}: {vnnumber(row.listed)}/{vnnumber(row.known)}", row.compared) for row in known
        ]
        fixed = any(each.state != RegisterAcceptance.State.UNDONE for each in made)
        return {
            "villages": rows, "fixed": fixed,
            "scope_form": None if fixed else ScopeForm(), "scope_choices": choices,
            "compared": [row.name for row in rows if row.compared],
        }  # fmt: skip

    def _log(self, shown: list[ShownLine]) -> None:
        """Lines show what records hold: a read of each of these people."""
        self.log((person.pk for line in shown for person in _people(line)), "So sánh danh sách dân cư")


class RegisterAction(Action, RegisterPage):
    """A button of the comparison. It leads back to the lines it stood under."""

    states = frozenset({State.PREVIEW, State.DONE})
    saved_message = ""

    def success_url(self, saved: Any) -> str:
        url = reverse("intake:register", args=[self.batch.key])
        query = self.request.POST.get("ve", "")
        return f"{url}?{query}" if query and all(part.isalnum() or part in "=&_-" for part in query) else url

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal is said above the lines that it is about, not on the page of the batch."""
        form = self.make_form(request.POST)
        try:
            if form.is_valid() and self.batch.state in self.states:
                return self._leave(self._save_once(form))
            for message in (message for found in form.errors.values() for message in found):
                messages.error(request, message)
        except ValidationError as exc:
            for problem in problems_of(exc):
                messages.error(request, problem.message)
        return self._leave(self.success_url(None))


class Accept(RegisterAction):
    """POST `lam`: "nhom" the whole group, "chon" the chosen lines, "giu" keeps them as they are, "mo" opens kept ones
    again; or `mot`: the key of one line. `dong`: keys of the chosen lines."""

    def make_form(self, data: Any = None) -> AcceptForm:
        return AcceptForm(data)

    def run(self, form: SavingForm) -> None:
        chosen = _keys(self.request.POST.getlist("dong"))
        one = _keys([self.request.POST.get("mot", "")])
        what = self.request.POST.get("lam", "")
        if what in ("giu", "mo"):
            work = services.keep if what == "giu" else services.reopen
            number = work(self.batch, lines=chosen, by=self.request.user)
            text = f"Để nguyên {number} dòng." if what == "giu" else f"Mở lại {number} dòng."
            messages.success(self.request, text)
            return
        if not one and what != "nhom" and not chosen:
            raise ValidationError("Chưa chọn dòng nào.", code="register.lines")
        village = _village(self.request.POST.get("thon", ""))
        made = services.accept(
            self.batch, by=self.request.user, key=form.submission_key, village=village,
            lines=one or (None if what == "nhom" else chosen), **form.values(),
        )  # fmt: skip
        self._say(made)

    def _say(self, made: RegisterAcceptance | None) -> None:
        if made is None:
            messages.info(self.request, "Không có dòng nào nhận được: đã nhận rồi, hoặc còn thiếu ngày hay lựa chọn.")
        elif made.state != RegisterAcceptance.State.DONE:
            messages.info(self.request, f"Đang ghi {made.total} người. Có thể đóng trang này, máy vẫn ghi tiếp.")
        else:
            if made.accepted:
                messages.success(self.request, f"Đã ghi {made.accepted} người.")
            if made.refused:
                messages.warning(self.request, f"{made.refused} người không ghi được: xem lý do ở từng dòng.")


class Decide(RegisterAction):
    """POST `quyet`: "<line>:new", "<line>:skip", "<line>:<person>"; of a child "<line>:me:<person>" or "<line>:me:"."""

    def run(self, form: SavingForm) -> None:
        key, _, choice = self.request.POST.get("quyet", "").partition(":")
        line = RegisterLine.objects.filter(batch=self.batch, pk__in=_keys([key])).first()
        if line is None:
            raise Http404
        if choice.startswith("me:"):
            services.choose_mother(line, by=self.request.user, mother=self._person(choice.removeprefix("me:")))
        elif choice in (ImportRow.Decision.NEW, ImportRow.Decision.SKIP):
            services.decide(line, choice, by=self.request.user)
        else:
            services.decide(line, ImportRow.Decision.SAME, by=self.request.user, person=self._person(choice))

    def _person(self, text: str) -> Person | None:
        if not text:
            return None
        person = Person.objects.visible_to(self.request.user).filter(pk__in=_keys([text])).first()
        if person is None:
            raise Http404
        return person


class Compare(RegisterAction):
    """POST `villages`: compares again with these villages."""

    saved_message = "Đã so sánh lại."

    def make_form(self, data: Any = None) -> SavingForm:
        found = queries.village_rows(self.batch, self.comparison or RegisterComparison(), self.counts)
        return ScopeForm(data, villages=[(row.key, row.name) for row in found if row.key])

    def run(self, form: SavingForm) -> None:
        chosen = form.cleaned_data["villages"] if "chon" in self.request.POST else None
        services.compare(self.batch, villages=chosen, by=self.request.user)


class Undo(RegisterAction):
    """Takes one acceptance back; `rest` leaves people who were changed since as they are."""

    def run(self, form: SavingForm) -> None:
        made = RegisterAcceptance.objects.filter(batch=self.batch, pk=self.kwargs["pk"]).first()
        if made is None:
            raise Http404
        undone = services.undo(made, by=self.request.user, rest="rest" in self.request.POST)
        if undone.state == RegisterAcceptance.State.UNDONE:
            kept = f" Giữ lại {undone.kept} người đã được sửa sau đó." if undone.kept else ""
            messages.success(self.request, f"Đã hoàn tác.{kept}")
        else:
            messages.info(self.request, "Đang hoàn tác.")


def _working(made: list[RegisterAcceptance]) -> dict[str, Any]:
    return {"acceptances": made, "working": [each for each in made if each.working]}


def _first(counts: queries.Counts) -> Group:
    """The first group in which lines wait, else the first with lines."""
    waiting = (group for group in Group if counts.groups[group].waiting)
    there = (group for group in Group if counts.groups[group].total)
    return next(waiting, None) or next(there, Group.CHANGED)


def _village(text: str) -> int | str | None:
    """The key of a village, None for "khac", "" for all."""
    if text == "khac":
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else ""


def _keys(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 18]


def _people(line: ShownLine) -> list[Person]:
    found = [candidate.person for candidate in line.candidates]
    return found + [person for person in (line.person, line.mother) if person is not None]
