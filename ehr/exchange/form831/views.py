"""Form-831 XML on screens: the record of one person out, what the format cannot carry; files of records in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ehr.audit import services as audit
from ehr.exchange.form831 import services
from ehr.exchange.form831.files import sent_files
from ehr.exchange.form831.forms import ImportForm
from ehr.exchange.form831.preview import preview
from ehr.records.models import Person
from ehr.records.views.base import DOOR, PersonPage, RightPage

SHOWN = 200  # people on the page: those that ask for something come first
FATES = {
    "new": ("Lập mới", "ok"), "update": ("Cập nhật", "info"), "unchanged": ("Không đổi", ""),
    "ambiguous": ("Cần người xem", "warning"), "refused": ("Từ chối", "error"),
}  # fmt: skip
_FIRST = ("refused", "ambiguous", "update", "new", "unchanged")


class PersonXml(PersonPage):
    """What is about to go out."""

    right = services.RIGHT
    template_name = "exchange/form831.html"
    logged = "XML mẫu 831"

    def context(self) -> dict[str, Any]:
        written = services.written_of(self.person)
        return {"lost": written.lost, "size": len(written.xml.encode())}


class PersonXmlFile(PersonPage):
    """The file; logged as an export."""

    right = services.RIGHT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR") or None
        data, _ = services.person_xml(self.person, by=request.user, door=DOOR, address=address)
        response = HttpResponse(data, content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="831-{self.person.code}.xml"'
        return response


class Import(RightPage):
    """Sending files: what they would do ("preview"), or what they did. Nothing is kept of a preview."""

    right = "record.change"
    template_name = "exchange/form831_import.html"

    def prepare(self) -> None:
        if not ImportForm(user=self.request.user).fields["commune"].queryset.exists():  # type: ignore[attr-defined]
            raise Http404

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(form=ImportForm(user=request.user))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ImportForm(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self.answer(422, form=form)
        trial = request.POST.get("kind") != "take"
        work = preview if trial else services.receive
        files = _streams(form.cleaned_data["file"])
        try:
            found = work(files, commune=form.cleaned_data["commune"], by=request.user, door=DOOR)
        except PermissionDenied:
            raise Http404 from None
        people = self.people(found)
        if not trial:
            audit.log_accesses(
                by=request.user, person_ids=sorted(person.pk for person in people.values()), action="change",
                door=DOOR, object="form831", address=request.META.get("REMOTE_ADDR") or None,
            )  # fmt: skip
        return self.answer(200, form=form, trial=trial, result=found, lines=_lines(found, people),
                           total=len(found.people), shown=SHOWN, counts=_counts(found))  # fmt: skip

    def answer(self, status: int, **more: Any) -> HttpResponse:
        """The whole page, or for scripts its result only: the form then keeps the files that were chosen."""
        if self.request.htmx:  # type: ignore[attr-defined]
            return render(self.request, "exchange/_form831_result.html", more)
        return self.page(status, **more)

    def people(self, found: services.Received) -> dict[str, Person]:
        """People that answers name and the user may see, by code. One query."""
        codes = {code for each in found.people for code in (each["person"], *each["candidates"])} - {""}
        seen = Person.objects.visible_to(self.request.user).filter(code__in=codes)
        return {person.code: person for person in seen.only("code", "full_name").order_by("pk")}


def _streams(files: list[Any]) -> Iterator[tuple[str, BinaryIO]]:
    """The files and those inside archives. An archive that cannot be read ends only itself: the chain goes on."""
    return chain(*map(_of_one, files))


def _of_one(file: Any) -> Iterator[tuple[str, BinaryIO]]:
    try:
        yield from sent_files(file.name, file.file)
    except services.FormFileRefused as refused:
        raise services.FormFileRefused(refused.code, f"{file.name[:100]}: {refused.message}") from None


def _counts(found: services.Received) -> list[tuple[str, str, int]]:
    """(label, badge, how many) of each fate that occurs."""
    return [(*FATES[fate], found.counts[fate]) for fate in services.FATES if found.counts[fate]]


def _lines(found: services.Received, people: dict[str, Person]) -> list[dict[str, Any]]:
    """Answers in the order in which they ask for somebody, as the page shows them."""
    order = sorted(found.people, key=lambda each: _FIRST.index(each["fate"]))
    several = len(found.files) > 1
    return [
        {
            **each, "label": FATES[each["fate"]][0], "badge": FATES[each["fate"]][1],
            "file": each["file"] if several else "", "who": people.get(each["person"]),
            "like": [people[code] for code in each["candidates"] if code in people],
        }
        for each in order[:SHOWN]
    ]  # fmt: skip
