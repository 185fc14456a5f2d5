"""Small places and many people for the reports, written straight to the tables. Invented throughout."""

import datetime as dt
from itertools import count
from string import ascii_uppercase
from typing import Any

from django.utils import timezone

from ehr.common.text import plain
from ehr.records.models import Encounter, Person
from reports.periods import Period
from reports.questions import Question
from stations.models import AdminUnit, AdminUnitSuccession, Assignment, Organization, PopulationFigure, User, Village

TODAY = dt.date(2026, 3, 20)
_numbers = count(1)

WARDS = (  # printed table of the pilot report, 2024: (3) (4) (5) (6) and (7) as printed
    ("Phường Cổ Nhuế 1", 47199, 48900, 10662, 48296, "102,32%"),
    ("Phường Cổ Nhuế 2", 47297, 47209, 10050, 47102, "99,59%"),
    ("Phường Đông Ngạc", 34109, 35763, 8246, 35415, "103,83%"),
    ("Phường Đức Thắng", 20403, 20402, 8865, 20402, "100,00%"),
    ("Phường Liên Mạc", 12627, 12649, 2109, 12649, "100,17%"),
    ("Phường Minh Khai", 30838, 30775, 12533, 30775, "99,80%"),
    ("Phường Phú Diễn", 45429, 45346, 8565, 45346, "99,82%"),
    ("Phường Phúc Diễn", 24812, 24834, 3536, 24832, "100,08%"),
    ("Phường Thụy Phương", 14089, 14092, 3208, 14092, "100,02%"),
    ("Phường Tây Tựu", 21714, 21677, 2384, 21676, "99,82%"),
    ("Phường Thượng Cát", 8782, 8804, 4005, 8804, "100,25%"),
    ("Phường Xuân Đình", 40990, 40812, 16771, 40812, "99,57%"),
    ("Phường Xuân Tảo", 22430, 22455, 6028, 22455, "100,11%"),
)
VILLAGES = (  # table of the commune plan of 2024: population and target
    ("Huệ Nghiêm", 1180), ("Hòa Đông", 1001), ("Kênh Lâm", 884), ("Thủ Phú", 2381), ("Phú Xá", 1773),
)  # fmt: skip


def unit(level: str, full_name: str, parent: AdminUnit | None = None, scheme: str = "new", **more: Any) -> AdminUnit:
    """A unit with a code that no real list has: it begins with a letter."""
    width = {"province": 2, "district": 3, "commune": 5}[level]
    number = next(_numbers)
    code = more.pop("code", ascii_uppercase[number // 10 % 26] + f"{number:05}"[1 - width :])
    name = full_name.split(" ", 1)[1]
    return AdminUnit.objects.create(
        scheme=scheme, level=level, code=code, full_name=full_name, name=name, parent=parent,
        unit_type=full_name.split(" ", 1)[0], plain_name=plain(name), **more,
    )  # fmt: skip


def village(commune: AdminUnit, name: str, old: AdminUnit | None = None, **more: Any) -> Village:
    position = next(_numbers)
    return Village.objects.create(
        commune=commune,
        name=name,
        code=f"T{position}",
        plain_name=plain(name),
        old_commune=old,
        position=position,
        **more,
    )


def people(
    number: int, home: Village | AdminUnit, *, created: dt.date = dt.date(2024, 1, 5), **fields: Any
) -> list[Person]:
    """`number` people in a village, or in a commune without a village."""
    commune = home.commune if isinstance(home, Village) else home
    name = fields.pop("full_name", "Nguyễn Thị Thử")
    made = Person.objects.bulk_create(
        [
            Person(
                full_name=name, plain_name=plain(name), sort_name=plain(name),
                village=home if isinstance(home, Village) else None, commune=commune, province=commune.parent,
                **{"sex": "2", "birth_date": dt.date(1980, 1, 1)} | fields,
            )
            for _ in range(number)
        ]
    )  # fmt: skip
    moment = timezone.make_aware(dt.datetime.combine(created, dt.time(9)))
    Person.objects.filter(pk__in=[person.pk for person in made]).update(created_at=moment)
    return made


def visits(found: list[Person], day: dt.date, **fields: Any) -> None:
    """One finished visit each, entered on the same day."""
    made = Encounter.objects.bulk_create([Encounter(person=person, exam_date=day, **fields) for person in found])
    moment = timezone.make_aware(dt.datetime.combine(day, dt.time(15)))
    Encounter.objects.filter(pk__in=[visit.pk for visit in made]).update(created_at=moment)


def population(place: AdminUnit | Village, number: int, start: str = "2024-01-01", end: str = "2026-12-31") -> None:
    key = "village" if isinstance(place, Village) else "unit"
    PopulationFigure.objects.create(
        **{key: place},
        population=number,
        period_start=dt.date.fromisoformat(start),
        period_end=dt.date.fromisoformat(end),
        source="Niên giám thử nghiệm",
    )


def succession(old: AdminUnit, new: AdminUnit, *, default: bool = True) -> None:
    AdminUnitSuccession.objects.create(
        old=old,
        new=new,
        part="whole" if default else "partial",
        is_default=default,
        effective=dt.date(2025, 7, 1),
        basis="thử",
    )


def user(place: AdminUnit | Organization | None, role: str = "clerk") -> User:
    key = "organization" if isinstance(place, Organization) else "unit"
    made = User.objects.create_user(f"u{next(_numbers)}", full_name="Người Dùng Thử", must_change_password=False)
    Assignment.objects.create(user=made, role=role, valid_from=dt.date(2020, 1, 1), **{key: place})
    return made


def ask(
    about: AdminUnit, period: str = "2026-03", by: str = "village", by_user: User | None = None, **more: Any
) -> Question:
    return Question(unit=about, period=Period.parse(period, today=TODAY), by=by, user=by_user, today=TODAY, **more)
