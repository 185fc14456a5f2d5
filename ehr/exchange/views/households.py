"""Households: list, one with its members, new members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem
from ehr.exchange import queries
from ehr.exchange.examples import HOUSEHOLD_CREATE, MEMBER_ADD
from ehr.exchange.places import resolve_place
from ehr.exchange.serializers.common import page_of
from ehr.exchange.serializers.households import (
    NAMES,
    HouseholdCreate,
    HouseholdPatch,
    HouseholdRead,
    HouseholdsQuery,
    HouseholdSummary,
    MemberAdd,
    Members,
)
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.views.base import DOOR, PartnerView, describe, found, renamed
from ehr.records.models import Household
from ehr.records.services import save_household, save_person

TAG = "Hộ gia đình"
COLUMN_OF = {"current_commune": "commune"} | {column: name for name, column in NAMES.items()}


class HouseholdsView(PartnerView):
    query = HouseholdsQuery

    @describe("households_list", "Danh sách hộ", answer=page_of(HouseholdSummary), query=HouseholdsQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(HouseholdsQuery)
        rows = queries.households(request.user, asked | resolve_place(asked.get("commune"), asked.get("village")))
        return self.page(rows, HouseholdSummary, lambda page: [_values(row) for row in page])

    @describe(
        "households_create",
        "Thêm hộ",
        answer=HouseholdRead,
        code=201,
        body=HouseholdCreate,
        tag=TAG,
        write=True,
        examples=HOUSEHOLD_CREATE,
    )
    def post(self, request: Request) -> Response:
        values = self.body(HouseholdCreate)

        def do() -> tuple[int, list[Problem]]:
            saved = _save(values, by=request.user)
            return saved.object.pk, saved.warnings

        return self.write(do, lambda pk: show_household(self, int(pk), "change"), code=201, link="exchange:household")


class HouseholdView(PartnerView):
    @describe("household_read", "Đọc một hộ và các thành viên", answer=HouseholdRead, tag=TAG)
    def get(self, request: Request, pk: int) -> Response:
        return Response(show_household(self, pk, "view"))

    @describe("household_update", "Sửa hộ", answer=HouseholdRead, body=HouseholdPatch, tag=TAG, write=True)
    def patch(self, request: Request, pk: int) -> Response:
        values = self.body(HouseholdPatch)
        version = values.pop("version")

        def do() -> tuple[int, list[Problem]]:
            household = own_household(self, pk)
            saved = _save(values, by=request.user, household=household, version=version)
            return pk, saved.warnings

        return self.write(do, lambda _: show_household(self, pk, "change"))


class MembersView(PartnerView):
    @describe("members_list", "Các thành viên hiện tại", answer=Members, tag=TAG)
    def get(self, request: Request, pk: int) -> Response:
        return Response({"members": show_household(self, pk, "view")["members"]})

    @describe(
        "members_add",
        "Đưa một người vào hộ",
        answer=HouseholdRead,
        body=MemberAdd,
        tag=TAG,
        write=True,
        examples=MEMBER_ADD,
        text="Người đó rời hộ cũ (lịch sử được giữ), nơi ở hiện tại theo hộ mới. Người đã ở trong hộ: chỉ sửa quan hệ.",
    )
    def post(self, request: Request, pk: int) -> Response:
        asked = self.body(MemberAdd)

        def do() -> tuple[int, list[Problem]]:
            household = own_household(self, pk)
            person = found(lambda: queries.person(request.user, asked["person"]))
            saved = save_person(
                values={"relation_to_head": asked.get("relation_to_head")}, household=household, person=person,
                by=request.user, door=DOOR,
            )  # fmt: skip
            return pk, saved.warnings

        return self.write(do, lambda _: show_household(self, pk, "change"))


def _save(values: Mapping[str, Any], *, by: Any, household: Household | None = None, version: int | None = None) -> Any:
    """Calls the service in its words; its errors come back with the names of the JSON."""
    columns: dict[str, Any] = {NAMES[name]: value for name, value in values.items()}
    if "commune" in columns or "village" in columns:
        commune = columns.get("commune") or (household.commune.code if household else None)
        columns |= resolve_place(commune, columns.get("village"))
    columns = {name: _stored(name, value) for name, value in columns.items()}
    with renamed(lambda name: COLUMN_OF.get(name, name)):
        return save_household(values=columns, by=by, door=DOOR, household=household, version=version)


def _stored(name: str, value: Any) -> Any:
    """Null as the column keeps it."""
    if value is None and not Household._meta.get_field(name).null:
        return None if isinstance(value, Model) or name == "commune" else ""
    return value


def own_household(view: PartnerView, pk: int) -> Household:
    """The household, in scope; else 404."""
    rows = queries.households(view.request.user, {})
    household: Household = found(lambda: rows.get(pk=pk))
    return household


def show_household(view: PartnerView, pk: int, action: str) -> dict[str, Any]:
    """One household with its members as JSON; logs the access to each of them."""
    household = own_household(view, pk)
    members = queries.members(view.request.user, household)
    values = _values(household) | {"members": [queries.member_values(row) for row in members]}
    view.log([row.person_id for row in members], action, "household")
    return rendered(HouseholdRead, values)


def _values(row: Household) -> dict[str, Any]:
    columns = {name: getattr(row, column) for name, column in NAMES.items()}
    return columns | {"id": row.pk, "version": row.version, "updated_at": row.updated_at}
