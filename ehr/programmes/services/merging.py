"""Programmes of two records that turn out to be one person: what stands in the way, and moving the rest."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import F, Model

from ehr.audit import services as audit
from ehr.common.problems import Problem, raise_errors
from ehr.programmes.models import Abortion, Contraception, NcdRegistration, Pregnancy
from ehr.records.models import Person
from ehr.records.services.common import require_person
from stations.models import User

MOVED: tuple[type[Model], ...] = (Pregnancy, NcdRegistration, Contraception, Abortion)


def merge_conflicts(kept: Person, other: Person) -> Iterator[Problem]:
    """Two open pregnancies, or the same disease open in both: a person has one, and nobody but a human knows which of
    the two is right. Two queries."""
    both = [kept.pk, other.pk]
    open_ = Pregnancy.objects.filter(person__in=both, outcome="").order_by("registered_on")
    if len(days := [f"{row.registered_on:%d/%m/%Y}" for row in open_]) > 1:
        yield Problem(
            "pregnancy", "merge.pregnancies",
            f"Cả hai hồ sơ có thai kỳ đang mở (đăng ký {' và '.join(days)}): đóng hoặc sửa một thai kỳ rồi gộp.",
        )  # fmt: skip
    books: dict[str, list[NcdRegistration]] = {}
    for row in NcdRegistration.objects.filter(person__in=both, status="managed").order_by("disease", "registered_on"):
        books.setdefault(row.disease, []).append(row)
    for rows in books.values():
        if len(rows) > 1:
            days = [f"{row.registered_on:%d/%m/%Y}" for row in rows]
            yield Problem(
                "ncd", "merge.books",
                f"Cả hai hồ sơ đang ở sổ {rows[0]} (vào sổ {' và '.join(days)}): cho ra khỏi một sổ rồi gộp.",
            )  # fmt: skip


@transaction.atomic
def move_episodes(*, kept: Person, other: Person, by: User | None, door: str) -> int:
    """Moves pregnancies, books, contraception and abortions of `other` to `kept`; what belongs to visits and doses goes
    with them. One statement per table. Returns how many rows moved; again moves none.

    Raises ValidationError with the conflicts before anything is written, PermissionDenied."""
    for person in (kept, other):
        require_person(by, person)
    list(Person.objects.select_for_update().filter(pk__in=[kept.pk, other.pk]).order_by("pk").values_list("pk"))
    raise_errors(list(merge_conflicts(kept, other)))
    with audit.context(by=by, door=door):
        return sum(
            model._default_manager.filter(person=other).update(person=kept, version=F("version") + 1)
            for model in MOVED
        )  # fmt: skip
