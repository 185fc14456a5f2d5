"""Where invented people live: communes, their villages (invented when there are none), stations, population figures."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from random import Random

from django.utils.timezone import localdate

from ehr.common.text import plain
from ehr.config.demo.context import Context, Job, Place
from ehr.config.demo.diseases import CANCERS, ICD10, OTHER_DISEASES
from ehr.config.demo.names import FEMALE, MALE, Names
from ehr.config.demo.picks import read
from ehr.config.demo.reference import codes_needed, doses
from ehr.config.demo.visits import ALL_ICD10, LABS
from ehr.records.models import Household, Identifier
from stations.models import (
    AdminUnit,
    AdminUnitSuccession,
    Organization,
    PopulationFigure,
    ServiceArea,
    Village,
    VillagePlacement,
    VillageTarget,
)
from stations.queries import TWO_TIERS_SINCE

PEOPLE_PER_VILLAGE = 480
LARGEST_CHUNK = 2_500
FEWEST_PER_AREA = 250
SOURCE = "Số liệu mẫu, không phải thống kê"
DEAD, MOVED, VISITS = 0.008, 0.012, 0.35  # shares of the people
WEIGHTS = {"Phường": 1.5, "Thị trấn": 1.3}

LOWLAND = (
    [
        "Đông",
        "Tây",
        "Nam",
        "Trung",
        "Phú",
        "Xuân",
        "Thanh",
        "Hòa",
        "An",
        "Tân",
        "Yên",
        "Minh",
        "Vĩnh",
        "Quang",
        "Thái",
        "Bình",
        "Đại",
        "Long",
        "Ngọc",
    ],
    [
        "Sơn",
        "Thành",
        "Lâm",
        "Tiến",
        "Thắng",
        "Lộc",
        "Phong",
        "Giang",
        "Mỹ",
        "Lợi",
        "Thịnh",
        "Khê",
        "Trạch",
        "Hưng",
        "Quý",
        "Thọ",
        "Nghĩa",
        "Hợp",
    ],
)
UPLAND = (
    ["Nà", "Pá", "Huổi", "Co", "Na", "Phiêng", "Noong", "Bó", "Pom", "Tà", "Háng", "Nậm", "Púng", "Pú", "Hua"],
    [
        "Lặc",
        "Hỏm",
        "Khoang",
        "Luông",
        "Mắt",
        "Cọ",
        "Tấu",
        "Sản",
        "Ngum",
        "Cay",
        "Lềnh",
        "Hốc",
        "Pục",
        "Thín",
        "Bua",
        "Ten",
        "Sáng",
        "Mường",
    ],
)


@dataclass
class Area:
    """A commune, or the part of it that was one old commune, with the people it is to get."""

    commune: AdminUnit
    old: AdminUnit | None
    people: int = 0


def areas_of(*, communes: list[AdminUnit], district: AdminUnit | None, people: int, seed: str) -> list[Area]:
    """Areas of the new `communes`, one per old commune whose default successor they are (only those of `district`, if
    given), with `people` spread over them. Few people are not spread thin: some areas stay empty then."""
    eve = TWO_TIERS_SINCE - dt.timedelta(days=1)
    old = AdminUnit.objects.valid_on(eve).filter(level="commune", scheme="old")
    if district:
        old = old.filter(parent=district)
    steps = AdminUnitSuccession.objects.filter(is_default=True, new__in=communes, old__in=old)
    by_key = {commune.pk: commune for commune in communes}
    areas = [Area(by_key[step.new_id], step.old) for step in steps.select_related("old__parent").order_by("old__code")]
    covered = {area.commune.pk for area in areas}
    if not district:
        areas += [Area(commune, None) for commune in communes if commune.pk not in covered]
    rng = Random(f"{seed}/areas")  # noqa: S311 - invented people, not secrets
    wanted = max(1, people // FEWEST_PER_AREA)
    if wanted < len(areas):
        areas = sorted(
            rng.sample(areas, wanted), key=lambda area: (area.commune.code, area.old.code if area.old else "")
        )
    weights = [WEIGHTS.get((area.old or area.commune).unit_type, 1.0) * (0.6 + rng.random() * 0.8) for area in areas]
    for area, number in zip(areas, spread(people, weights), strict=True):
        area.people = number
    return [area for area in areas if area.people]


def spread(total: int, weights: list[float]) -> list[int]:
    """`total` in whole parts by weight; the parts add up."""
    whole, parts, given, summed = sum(weights), [], 0, 0.0
    for weight in weights:
        summed += weight
        parts.append(round(total * summed / whole) - given)
        given += parts[-1]
    return parts


def villages_of(area: Area, seed: str) -> list[Village]:
    """The area's villages today; invented and stored when it has none."""
    today = Village.objects.valid_on(localdate()).filter(commune=area.commune).select_related("old_commune")
    found = list(today.filter(old_commune=area.old).order_by("position", "code"))
    return found or list(today.filter(old_commune=None).order_by("position", "code")) or _invent_villages(area, seed)


def _invent_villages(area: Area, seed: str) -> list[Village]:
    rng = Random(f"{seed}/villages/{area.commune.code}/{area.old.code if area.old else ''}")  # noqa: S311
    taken = {name.lower() for name in Village.objects.filter(commune=area.commune).values_list("name", flat=True)}
    first = Village.objects.filter(commune=area.commune).count() + 1
    upland, urban = is_upland(mix_of(area)), (area.old or area.commune).unit_type in ("Phường", "Thị trấn")
    number = min(max(round(area.people / PEOPLE_PER_VILLAGE), 1), 40)
    villages = []
    for position in range(first, first + number):
        kind, name = _village_name(rng, position, taken, upland=upland, urban=urban)
        taken.add(name.lower())
        villages.append(
            Village(
                code=f"{'B' if kind == 'ban' else 'T'}{position:02d}",
                name=name,
                plain_name=plain(name),
                kind=kind,
                commune=area.commune,
                old_commune=area.old,
                position=position,
            )
        )
    return store_villages(villages)


def store_villages(villages: list[Village]) -> list[Village]:
    """Stores villages with the communes they belonged to before and since 1 July 2025."""
    Village.objects.bulk_create(villages)
    placements = []
    for village in villages:
        if village.old_commune:
            placements.append(VillagePlacement(village=village, commune=village.old_commune, valid_to=TWO_TIERS_SINCE))
        placements.append(VillagePlacement(village=village, commune=village.commune, valid_from=TWO_TIERS_SINCE))
    VillagePlacement.objects.bulk_create(placements)
    return villages


def _village_name(rng: Random, position: int, taken: set[str], *, upland: bool, urban: bool) -> tuple[str, str]:
    if urban and not upland:
        return "tdp", f"Tổ dân phố {position}"
    kind, title, (first, second) = ("ban", "Bản", UPLAND) if upland else ("thon", "Thôn", LOWLAND)
    for _attempt in range(200):
        name = f"{title} {rng.choice(first)} {rng.choice(second)}"
        if name.lower() not in taken:
            return kind, name
    return kind, f"{title} {position}"


def mix_of(area: Area) -> tuple[tuple[str, float], ...]:
    """Ethnic groups of the old district, else of the province, else Kinh."""
    shares = _mixes()
    district = area.old.parent if area.old else None
    keys = [("old", district.code)] if district else []
    keys.append(("new", area.commune.parent.code))
    return next((shares[key] for key in keys if key in shares), (("01", 1.0),))


def _mixes() -> dict[tuple[str, str], tuple[tuple[str, float], ...]]:
    found: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for row in read("ethnic_mix.csv"):
        found[row["scheme"], row["unit_code"]].append((row["ethnic_code"], float(row["weight"])))
    return {key: tuple(shares) for key, shares in found.items()}


def is_upland(mix: tuple[tuple[str, float], ...]) -> bool:
    return dict(mix).get("01", 0.0) < 0.6 * sum(weight for _, weight in mix)


def station_of(commune: AdminUnit, villages: list[Village]) -> Organization:
    """The commune's station, made when there is none, serving the villages."""
    station = Organization.objects.filter(kind="station", unit=commune).order_by("pk").first()
    if station is None:
        name = f"Trạm Y tế {commune.full_name[:1].lower()}{commune.full_name[1:]}"
        station = Organization.objects.create(name=name, plain_name=plain(name), kind="station", unit=commune)
    served = set(ServiceArea.objects.filter(organization=station, valid_to=None).values_list("village_id", flat=True))
    ServiceArea.objects.bulk_create(
        ServiceArea(organization=station, village=village) for village in villages if village.pk not in served
    )
    return station


def doctors(seed: str, commune: AdminUnit) -> tuple[str, ...]:
    """Four doctors of the station, invented."""
    names, rng = Names(), Random(f"{seed}/doctors/{commune.code}")  # noqa: S311
    return tuple(
        "BS. " + names.name(rng, family=names.family(rng, "01"), ethnic="01", sex=sex, year=1982, taken=set())[0]
        for sex in (MALE, FEMALE, FEMALE, MALE)
    )


def place_of(area: Area, village: Village, station: Organization | None, staff: tuple[str, ...]) -> Place:
    mix = mix_of(area)
    old = village.old_commune
    return Place(
        village=village.pk,
        village_name=village.name,
        commune=area.commune.pk,
        province=area.commune.parent_id,
        province_code=area.commune.parent.code,
        old_commune=old.pk if old else None,
        old_district=old.parent_id if old else None,
        station=station.pk if station else None,
        mix=mix,
        upland=is_upland(mix),
        doctors=staff,
    )


def jobs_for(shares: list[tuple[Place, str, int, int, int]]) -> list[Job]:
    """Jobs for villages: (place, key, living, dead, moved) each; large villages in parts. Keys come later."""
    parts = []
    for place, key, living, dead, moved in shares:
        number = -(-living // LARGEST_CHUNK) or 1
        equal = [1.0] * number
        columns = [spread(total, equal) for total in (living, dead, moved)]
        for part, (some, few, others) in enumerate(zip(*columns, strict=True)):
            parts.append((place, f"{key}/{part}", some, few, others))
    return [
        Job(
            key=key,
            place=place,
            living=living,
            dead=dead,
            moved=moved,
            visits=round(VISITS * living),
            serial=number / len(parts),
            serial_width=1 / len(parts),
        )
        for number, (place, key, living, dead, moved) in enumerate(parts)
    ]


def store_figures(counts: dict[Village, int], *, years: range, units: dict[AdminUnit, list[Village]]) -> None:
    """Population per village, and per unit in `units` as the sum of its villages, and targets, for `years`; growth of
    0.6 % a year towards the given counts. Existing figures stay."""
    last, figures, targets = years[-1], [], []
    for year in years:
        period = {"period_start": dt.date(year, 1, 1), "period_end": dt.date(year, 12, 31), "source": SOURCE}
        by_village = {village: round(count * (1 - 0.006 * (last - year))) for village, count in counts.items()}
        figures += [
            PopulationFigure(village=village, population=number, **period) for village, number in by_village.items()
        ]
        figures += [
            PopulationFigure(unit=unit, population=sum(by_village[village] for village in villages), **period)
            for unit, villages in units.items()
        ]
        targets += [
            VillageTarget(village=v, year=year, target=number, source=SOURCE) for v, number in by_village.items()
        ]
    PopulationFigure.objects.bulk_create(figures, ignore_conflicts=True)
    VillageTarget.objects.bulk_create(targets, ignore_conflicts=True)


def make_context(*, seed: str, as_of: dt.date, full_forms: float) -> Context:
    """Keys of all reference rows that the generator names. Raises LookupError when a list is not loaded."""
    wanted = {*ALL_ICD10, *ICD10.values(), *(lab.loinc for lab in LABS.values())}
    wanted |= {code for pick in (*CANCERS, OTHER_DISEASES) for _, code in pick.items} - {""}
    codes, names, version = codes_needed(wanted)
    child, service, tetanus = doses()
    old = AdminUnit.objects.filter(scheme="old", level="province").order_by("code").values_list("code", "pk")
    taken = set(Identifier.objects.filter(kind="SDDCN").values_list("value", flat=True))
    taken |= set(Household.objects.exclude(code="").values_list("code", flat=True))
    return Context(
        seed=seed,
        as_of=as_of.toordinal(),
        codes=codes,
        icd10_names=names,
        icd10_version=version,
        child_doses=child,
        service_doses=service,
        tetanus_doses=tetanus,
        birth_provinces=dict(old),
        full_forms=full_forms,
        taken=frozenset(taken),
    )
