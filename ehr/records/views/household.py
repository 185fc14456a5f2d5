"""Households: list, page, typing the household and all its members, joining and leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ehr.audit import services as audit
from ehr.audit.changes import changes
from ehr.common.admin import CappedPaginator
from ehr.common.problems import Problem, raise_errors
from ehr.records import facts, queries
from ehr.records.forms.base import SavingForm
from ehr.records.forms.household import (
    AdoptForm,
    HouseholdForm,
    LeaveForm,
    MemberGrid,
    MemberRow,
    MoveForm,
    household_values,
)  # fmt: skip
from ehr.records.forms.places import offered_communes, offered_villages
from ehr.records.models import Household, Person
from ehr.records.recent import touch
from ehr.records.services.common import Saved
from ehr.records.services.household import end_membership, save_household
from ehr.records.services.person import save_person
from ehr.records.views.base import DOOR, FormPage, PersonFormPage, RightPage, SavingMixin, age_text
from ehr.records.views.person import row_label
from stations.scope import scope_of

PAGE = 100


class Households(RightPage):
    """Households by village; ?thon= the key of a village, ?trang= the page. Both are no personal data."""

    template_name = "records/households.html"

    def context(self) -> dict[str, Any]:
        villages = queries.villages_of_user(user=self.request.user)
        wanted = self.request.GET.get("thon", "")
        village = next((village for village in villages if str(village.pk) == wanted), None)
        found = queries.households(
            user=self.request.user, village=village, text=self.request.POST.get("ma", "").strip()[:30]
        )
        page = CappedPaginator(found, PAGE).get_page(self.request.GET.get("trang"))
        return {
            "villages": villages,
            "village": village,
            "page": page,
            "query": f"thon={village.pk}&" if village else "",
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The number of a household is typed, so it comes by POST."""
        return self.page(code=request.POST.get("ma", "")[:30])


class HouseholdPage(RightPage):
    """A page of one household at the user's places."""

    template_name = "records/household.html"

    def prepare(self) -> None:
        household = queries.visible_household(self.request.user, self.kwargs["pk"])
        if household is None:
            raise Http404
        self.household = household

    def context(self) -> dict[str, Any]:
        members = queries.members_of(user=self.request.user, household=self.household)
        touch(self.request.user, "household", self.household.pk)
        # The page names each member with birth date and phone: a read of each, as one INSERT.
        audit.log_accesses(
            by=self.request.user, person_ids=[person.pk for person in members], action="view", door=DOOR,
            object="Trang hộ gia đình", address=self.request.META.get("REMOTE_ADDR"),
        )  # fmt: skip
        return {
            "household": self.household,
            "members": [(person, age_text(person)) for person in members],
            "headless": bool(members) and not any(person.is_head for person in members),
            "adopt": AdoptForm(),
        }


class HouseholdEdit(SavingMixin, HouseholdPage):
    """The household itself."""

    template_name = "records/household_form.html"
    saved_message = "Đã lưu hộ."

    def context(self) -> dict[str, Any]:
        return {"household": self.household}

    def make_form(self, data: Any = None) -> HouseholdForm:
        return HouseholdForm(
            data, user=self.request.user, initial=household_values(self.household), version=self.household.version
        )

    def save(self, form: SavingForm) -> Saved:
        return save_household(
            values=form.values(), by=self.request.user, door=DOOR, household=self.household, version=form.opened_version
        )

    def success_url(self, saved: Saved) -> str:
        return reverse("records:household", args=[self.household.pk])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        household = Household.objects.select_related("village", "commune__parent").get(pk=self.household.pk)
        latest = changes([(Household, {"id": household.pk})], label=row_label, limit=5)
        return household.version, household_values(household), latest


class MembersMixin:
    """Saving the rows of a grid: every good row is stored by itself, the others stay with their errors."""

    def save_rows(self, household: Household, grid: MemberGrid) -> tuple[int, list[MemberRow]]:
        """Number of rows stored now or by an earlier try, and the rows that were refused."""
        user = self.request.user  # type: ignore[attr-defined]
        stored, refused = 0, []
        for key, row in grid.keyed(grid.all_rows()):
            if row.is_valid():
                try:
                    with transaction.atomic():
                        if audit.claim(key=key, by=user):
                            values = {**grid.common(), **row.values()}
                            saved = save_person(values=values, by=user, door=DOOR, household=household)
                            audit.settle(key=key, result=saved.object.code)
                    stored += 1
                    continue
                except ValidationError as exc:
                    row.refuse(exc)
            refused.append(row)
        return stored, refused

    def finish(self, household: Household, grid: MemberGrid) -> HttpResponse:
        """Stores the rows; the household page when all are good, else the grid with what is left."""
        stored, refused = self.save_rows(household, grid)
        if not refused:
            messages.success(self.request, f"Đã lưu {stored} thành viên." if stored else "Đã lưu hộ.")  # type: ignore[attr-defined]
            return self._leave(reverse("records:household", args=[household.pk]))  # type: ignore[attr-defined]
        grid.shown = refused
        self.template_name = "records/household_members.html"
        self.household = household
        action = reverse("records:household_members", args=[household.pk])
        return self.page(household=household, grid=grid, stored=stored, refused=len(refused), action=action, status=422)  # type: ignore[attr-defined]


class HouseholdNew(MembersMixin, FormPage):
    """A new household with its members in one pass."""

    template_name = "records/household_new.html"

    def make_form(self, data: Any = None) -> HouseholdForm:
        values: dict[str, Any] = {}
        if data is None:
            scope = scope_of(self.request.user)
            communes = offered_communes(scope)
            if len(communes) == 1:
                villages = offered_villages([communes[0].pk])
                wanted = self.request.GET.get("thon", "")
                values = {"commune": communes[0], "village": next((v for v in villages if str(v.pk) == wanted), None)}
        form = HouseholdForm(data, user=self.request.user, initial=values)
        del form.fields["closed_on"]
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form()
        return self.page(form=form, grid=MemberGrid(initial={"submission": form.initial["submission"]}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, grid = self.make_form(request.POST), MemberGrid(request.POST)
        if form.is_valid() & grid.is_valid():
            try:
                household = self._household_once(form)
                return self.finish(household, grid)
            except ValidationError as exc:
                form.refuse(exc)
        return self.page(form=form, grid=grid, status=422)

    def _household_once(self, form: HouseholdForm) -> Household:
        user, key = self.request.user, form.submission_key
        with transaction.atomic():
            if audit.claim(key=key, by=user):
                household = save_household(values=form.values(), by=user, door=DOOR).object
                audit.settle(key=key, result=str(household.pk))
                return household
        found = Household.objects.visible_to(user).select_related("village", "commune__parent")
        return found.get(pk=int(audit.first_result(key=key, by=user) or 0))


class HouseholdMembers(MembersMixin, SavingMixin, HouseholdPage):
    """More members of a household."""

    template_name = "records/household_members.html"

    def context(self) -> dict[str, Any]:
        return {"household": self.household}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(grid=MemberGrid())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        grid = MemberGrid(request.POST)
        if not grid.is_valid():
            return self.page(grid=grid, status=422)
        return self.finish(self.household, grid)


class HouseholdAdopt(SavingMixin, HouseholdPage):
    """Somebody who has a record already joins the household."""

    saved_message = "Đã nhận vào hộ."

    def context(self) -> dict[str, Any]:
        context = super().context()
        context.pop("adopt")
        return context

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("records:household", pk=self.household.pk)

    def page(self, status: int = 200, **more: Any) -> HttpResponse:
        return super().page(status, adopt=more.pop("form", None), **more)

    def make_form(self, data: Any = None) -> AdoptForm:
        return AdoptForm(data)

    def save(self, form: SavingForm) -> Saved:
        found = queries.find_people(user=self.request.user, text=form.cleaned_data["number"])
        if found.how != "number" or len(found.people) != 1:
            many = len(found.people) > 1
            message = (
                "Số này có ở nhiều hồ sơ: nhập mã hồ sơ." if many else "Không thấy hồ sơ nào mang số này trong địa bàn."
            )
            raise_errors([Problem("number", "number.not_found", message)])
        person = Person.objects.get(pk=found.people[0].pk)
        return join(person, self.household, form.cleaned_data["relation_to_head"], self.request.user)

    def success_url(self, saved: Saved) -> str:
        return reverse("records:household", args=[self.household.pk])


def join(person: Person, household: Household, relation: str, user: Any) -> Saved:
    """Moves a person with the residence into the household."""
    values = {
        "relation_to_head": relation, "current_commune": household.commune, "current_village_code": household.village,
        "current_address_detail": household.address_detail,
    }  # fmt: skip
    return save_person(values=values, by=user, door=DOOR, person=person, household=household)


class PersonMove(PersonFormPage):
    """From one household to another of the user's places."""

    template_name = "records/person_move.html"
    saved_message = "Đã chuyển hộ."

    def make_form(self, data: Any = None) -> MoveForm:
        form = MoveForm(data, initial={"village": self.person.village})
        form.fields["village"].widget.offer = lambda: queries.villages_of_user(user=self.request.user)
        return form

    def context(self) -> dict[str, Any]:
        return {"leave": LeaveForm()}

    def save(self, form: SavingForm) -> Saved:
        code, village = form.cleaned_data["household_code"], form.cleaned_data["village"]
        found = Household.objects.visible_to(self.request.user).filter(code=code, closed_on=None).exclude(code="")
        found = found.filter(village=village) if village else found
        rows = list(found.select_related("village", "commune__parent")[:2])
        if len(rows) != 1:
            message = "Có nhiều hộ mang mã này: chọn thôn." if rows else "Không thấy hộ mang mã này trong địa bàn."
            raise_errors([Problem("household_code", "household_code.not_found", message)])
        return join(self.person, rows[0], form.cleaned_data["relation_to_head"], self.request.user)

    def success_url(self, saved: Saved) -> str:
        household, _ = facts.household_of(self.person)
        return (
            reverse("records:household", args=[household.pk])
            if household
            else reverse("records:person", args=[self.person.code])
        )


class PersonLeave(PersonMove):
    """Out of the household, without another."""

    saved_message = "Đã ghi ra khỏi hộ."

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("records:person_move", code=self.person.code)

    def make_form(self, data: Any = None) -> LeaveForm:  # type: ignore[override]
        return LeaveForm(data)

    def context(self) -> dict[str, Any]:
        return {}

    def _move_form(self) -> MoveForm:
        form = MoveForm(initial={"village": self.person.village})
        form.fields["village"].widget.offer = lambda: queries.villages_of_user(user=self.request.user)
        return form

    def page(self, status: int = 200, **more: Any) -> HttpResponse:
        leave = more.pop("form", None)
        return super().page(status, leave=leave, form=self._move_form(), **more)

    def save(self, form: SavingForm) -> Saved:
        return end_membership(person=self.person, by=self.request.user, door=DOOR, on=form.cleaned_data["left_on"])

    def success_url(self, saved: Saved) -> str:
        return reverse("records:person", args=[self.person.code])
