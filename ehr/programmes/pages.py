"""What programmes add to a person's pages: a tab, and entries of the timeline."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from ehr.programmes.models import Abortion, Contraception, NcdRegistration, Pregnancy
from ehr.records.models import Person
from ehr.records.timeline import Entry, PersonTab, register_source, register_tab, register_tracked


def register() -> None:
    """Called once when the apps are ready."""
    register_tab(PersonTab("programmes", "Chương trình", "programmes:person", 45))
    register_source("programmes", entries)
    register_tracked(Pregnancy, NcdRegistration, Contraception, Abortion)


def entries(person: Person) -> Iterator[Entry]:
    """Beginnings and ends of pregnancies and of lines in the disease books. Two queries."""
    url = reverse("programmes:person", args=[person.code])
    for row in Pregnancy.objects.filter(person=person):
        yield Entry(row.registered_on, "programme", "Đăng ký quản lý thai", "", url)
        if row.ended_on:
            yield Entry(row.ended_on, "programme", f"Kết thúc thai kỳ: {row.get_outcome_display().lower()}", "", url)
    for book in NcdRegistration.objects.filter(person=person):
        yield Entry(book.registered_on, "programme", f"Vào sổ quản lý {book}", "", url)
        if book.left_on:
            yield Entry(book.left_on, "programme", f"Ra khỏi sổ {book}", book.get_status_display(), url)
