"""People: list, search, section A."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from ehr.common.problems import Problem, raise_errors
from ehr.exchange import queries
from ehr.exchange.examples import PERSON_CREATE, PERSON_PATCH, SEARCH
from ehr.exchange.places import resolve_place
from ehr.exchange.serializers.common import page_of, results_of
from ehr.exchange.serializers.person import (
    PeopleQuery,
    PeopleSearch,
    PersonCreate,
    PersonPatch,
    PersonRead,
    PersonSummary,
)
from ehr.exchange.serializers.shape import rendered
from ehr.exchange.views.base import DOOR, PartnerView, describe, found
from ehr.records.models import Person
from ehr.records.services import save_person

TAG = "Người dân (phần A)"


class PeopleView(PartnerView):
    query = PeopleQuery

    @describe("people_list", "Danh sách người", answer=page_of(PersonSummary), query=PeopleQuery, tag=TAG)
    def get(self, request: Request) -> Response:
        asked = self.ask(PeopleQuery)
        rows = queries.people(request.user, asked | resolve_place(asked.get("commune"), asked.get("village")))
        return self.page(rows, PersonSummary, self.show)

    def show(self, rows: list[Person]) -> list[dict[str, Any]]:
        self.log((person.pk for person in rows), "export", "people")
        return queries.summaries(rows)

    @describe(
        "people_create",
        "Thêm người",
        answer=PersonRead,
        code=201,
        body=PersonCreate,
        tag=TAG,
        write=True,
        examples=PERSON_CREATE,
        text="Tạo hồ sơ mới từ phần A. `household_code` tìm hộ trong thôn, hoặc mở hộ mới.",
    )
    def post(self, request: Request) -> Response:
        values = self.body(PersonCreate)

        def do() -> tuple[str, list[Problem]]:
            saved = save_person(values=values, by=request.user, door=DOOR)
            return Person.objects.values_list("code", flat=True).get(pk=saved.object.pk), saved.warnings

        return self.write(do, lambda code: show_person(self, code, "change"), code=201, link="exchange:person")


class PeopleSearchView(PartnerView):
    write_right = "record.view"  # POST only so that numbers and names stay out of addresses

    @describe(
        "people_search",
        "Tìm người theo số giấy tờ hoặc họ tên",
        answer=results_of(PersonSummary),
        body=PeopleSearch,
        tag=TAG,
        examples=SEARCH,
        text="Nhiều nhất 50 người. Số giấy tờ và họ tên chỉ gửi trong thân yêu cầu.",
    )
    def post(self, request: Request) -> Response:
        asked = self.body(PeopleSearch)
        by_name = bool(asked.get("full_name") and asked.get("birth_date"))
        if bool(asked.get("identifier")) == bool(asked.get("full_name") or asked.get("birth_date")) or not (
            asked.get("identifier") or by_name
        ):
            raise_errors([Problem("", "search.what", "Gửi identifier, hoặc full_name cùng birth_date.")])
        rows = queries.search(request.user, asked)
        self.log((person.pk for person in rows), "view", "search")
        return Response({"results": [rendered(PersonSummary, row) for row in queries.summaries(rows)]})


class PersonView(PartnerView):
    @describe("person_read", "Đọc phần A", answer=PersonRead, tag=TAG)
    def get(self, request: Request, code: str) -> Response:
        return Response(show_person(self, code, "view"))

    @describe(
        "person_update",
        "Sửa phần A",
        answer=PersonRead,
        body=PersonPatch,
        tag=TAG,
        write=True,
        examples=PERSON_PATCH,
        text="Chỉ gửi trường cần sửa và `version` đã đọc. Trường không gửi giữ nguyên; null xóa giá trị.",
    )
    def patch(self, request: Request, code: str) -> Response:
        values = self.body(PersonPatch)
        version = values.pop("version")

        def do() -> tuple[str, list[Problem]]:
            person = found(lambda: queries.person(request.user, code))
            saved = save_person(values=values, by=request.user, door=DOOR, person=person, version=version)
            return code, saved.warnings

        return self.write(do, lambda _: show_person(self, code, "change"))


def show_person(view: PartnerView, code: str, action: str) -> dict[str, Any]:
    """Section A as JSON; logs the access."""
    person = found(lambda: queries.person(view.request.user, code, whole=True))
    shown = rendered(PersonRead, queries.person_values(person))
    view.log([person.pk], action, "A")
    return shown
