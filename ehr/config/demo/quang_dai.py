"""The demo commune of a first run: the five villages of the former xã Quảng Đại, with 7,219 invented residents.

Villages and numbers are those of the commune's plan of 2024. On 1 July 2025 xã Quảng Đại (16537) went whole to phường
Nam Sầm Sơn (16516). Station names follow the law's pattern; facility codes (38X…) are invented."""

from __future__ import annotations

import datetime as dt

from ehr.common.text import plain
from ehr.config.demo import load, making, places, programmes
from ehr.config.demo.context import Tally
from ehr.config.demo.places import Area
from stations.models import AdminUnit, FacilityCode, Organization, PopulationFigure, ServiceArea, Village, VillageTarget
from stations.queries import TWO_TIERS_SINCE

OLD_COMMUNE, COMMUNE = "16537", "16516"
VILLAGES = (("Huệ Nghiêm", 1180), ("Hòa Đông", 1001), ("Kênh Lâm", 884), ("Thủ Phú", 2381), ("Phú Xá", 1773))
RESIDENTS = sum(people for _, people in VILLAGES)  # 7,219
PLAN = "Kế hoạch triển khai hồ sơ sức khỏe điện tử năm 2024 của xã Quảng Đại"
SAMPLE = "Số liệu mẫu, không phải thống kê"
CODE_SOURCE = "Mã mẫu của bản chạy thử, không phải mã thật"
DEAD, MOVED = 61, 92  # beside the living
FULL_FORMS = 0.45
SEED = "quang-dai"


def units() -> tuple[AdminUnit, AdminUnit]:
    """The old commune and the new one. Raises AdminUnit.DoesNotExist before the reference data are loaded."""
    commune = AdminUnit.objects.select_related("parent").get(scheme="new", level="commune", code=COMMUNE)
    old = AdminUnit.objects.select_related("parent").get(scheme="old", level="commune", code=OLD_COMMUNE)
    return old, commune


def make_villages(old: AdminUnit, commune: AdminUnit) -> list[Village]:
    """The five villages; those that are there already stay as they are."""
    found = {village.name: village for village in Village.objects.filter(commune=commune, old_commune=old)}
    new = [
        Village(
            code=f"QD{position:02d}",
            name=name,
            plain_name=plain(name),
            kind="thon",
            commune=commune,
            old_commune=old,
            position=position,
        )
        for position, (name, _) in enumerate(VILLAGES, start=1)
        if name not in found
    ]
    found |= {village.name: village for village in places.store_villages(new)}
    return [found[name] for name, _ in VILLAGES]


def make_organizations(commune: AdminUnit, villages: list[Village]) -> dict[str, Organization]:
    """Department, area centre, station and site, with invented facility codes; by role of the demo accounts."""
    made: dict[str, Organization] = {}
    for role, name, kind, parent, unit, code in (
        ("department", "Sở Y tế Thanh Hóa", "department", "", commune.parent, "38X99"),
        ("centre", "Trung tâm y tế khu vực Sầm Sơn", "centre", "department", None, "38X10"),
        ("station", "Trạm Y tế phường Nam Sầm Sơn", "station", "centre", commune, "38X01"),
        ("site", "Điểm trạm Quảng Đại", "site", "station", commune, "38X02"),
    ):
        organization, created = Organization.objects.get_or_create(
            name=name, kind=kind, defaults={"plain_name": plain(name), "parent": made.get(parent), "unit": unit}
        )
        made[role] = organization
        if created:
            FacilityCode.objects.get_or_create(
                kind="claims", code=code, valid_to=None, defaults={"organization": organization, "source": CODE_SOURCE}
            )
    for role in ("station", "site"):
        for village in villages:
            ServiceArea.objects.get_or_create(
                organization=made[role], village=village, valid_to=None, defaults={"valid_from": TWO_TIERS_SINCE}
            )
    return made


def make_figures(old: AdminUnit, commune: AdminUnit, villages: list[Village], as_of: dt.date) -> None:
    """Population and targets: 2024 as in the plan, later years a little more; for villages and both communes.

    The commune's own figure is that of these five villages: the rest of the ward has no records in the demo."""
    for year in range(2024, max(as_of.year, 2026) + 1):
        source = PLAN if year == 2024 else SAMPLE
        period = {"period_start": dt.date(year, 1, 1), "period_end": dt.date(year, 12, 31)}
        total = 0
        for number, (village, (_, people)) in enumerate(zip(villages, VILLAGES, strict=True)):
            # The third village grows slower than its records: a ratio above 100 % is part of the demo.
            growth = 0.0 if year == 2024 else (0.004, 0.003, -0.012, 0.002, 0.005)[number] * (year - 2024)
            population = round(people * (1 + growth))
            total += population
            PopulationFigure.objects.get_or_create(
                village=village, unit=None, **period, defaults={"population": population, "source": source}
            )
            VillageTarget.objects.get_or_create(village=village, year=year, defaults={"target": people, "source": PLAN})
        for unit in (old, commune):
            if unit is commune or year <= TWO_TIERS_SINCE.year:
                PopulationFigure.objects.get_or_create(
                    unit=unit, village=None, **period, defaults={"population": total, "source": source}
                )


def make_people(
    commune: AdminUnit, old: AdminUnit, villages: list[Village], station: Organization, as_of: dt.date
) -> Tally:
    """7,219 living residents, exactly as many per village as the plan says, and some dead and gone beside them."""
    context = places.make_context(seed=SEED, as_of=as_of, full_forms=FULL_FORMS)
    staff, area = places.doctors(SEED, commune), Area(commune, old)
    living = [people for _, people in VILLAGES]
    dead, moved = places.spread(DEAD, living), places.spread(MOVED, living)
    shares = [
        (places.place_of(area, village, station, staff), village.name, *numbers)
        for village, *numbers in zip(villages, living, dead, moved, strict=True)
    ]
    tally = load.load_here(context, making.with_keys(places.jobs_for(shares)))
    tally.add(programmes.fill([commune.pk], as_of=as_of, seed=SEED))
    return tally
