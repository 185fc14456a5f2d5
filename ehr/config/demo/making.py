"""From areas to jobs: how many people, dead, gone; which village; which keys."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from ehr.config.demo import load, places
from ehr.config.demo.context import Job
from ehr.config.demo.places import DEAD, MOVED, Area
from stations.models import AdminUnit, Village


def plan(areas: list[Area], *, seed: str) -> tuple[list[Job], dict[Village, int]]:
    """Jobs for all people of the areas, without keys, and the living per village. Makes villages and stations."""
    villages = [(area, places.villages_of(area, seed)) for area in areas]
    by_commune: dict[AdminUnit, list[Village]] = defaultdict(list)
    for area, own in villages:
        by_commune[area.commune] += own
    stations = {commune: places.station_of(commune, own) for commune, own in by_commune.items()}
    staff = {commune: places.doctors(seed, commune) for commune in by_commune}
    rows = [
        (area, village, people)
        for area, own in villages
        for village, people in zip(own, places.spread(area.people, _weights(own)), strict=True)
    ]
    everybody = [people for _, _, people in rows]
    dead, moved = ([*_exact(everybody, share)] for share in (DEAD, MOVED))
    shares, living = [], defaultdict(int)
    for (area, village, people), gone, left in zip(rows, dead, moved, strict=True):
        if people:
            key = f"{area.commune.code}/{area.old.code if area.old else ''}/{village.code}"
            place = places.place_of(area, village, stations[area.commune], staff[area.commune])
            shares.append((place, key, people - gone - left, gone, left))
            living[village] += people - gone - left
    return places.jobs_for(shares), dict(living)


def _weights(villages: list[Village]) -> list[float]:
    """Villages differ in size, the same way every time."""
    return [0.7 + (number * 7 % 11) / 15 for number in range(len(villages))]


def _exact(counts: list[int], share: float) -> list[int]:
    """A share of each count in whole numbers whose sum is the share of the sum; small villages keep some living."""
    parts, summed, given = [], 0, 0
    for count in counts:
        summed += count
        parts.append(min(max(int(summed * share) - given, 0), count // 4))
        given += parts[-1]
    return parts


def with_keys(jobs: list[Job]) -> list[Job]:
    """The jobs with their ranges of keys, taken from the sequences now."""
    first = load.take_keys(sum(job.people for job in jobs), sum(job.visits for job in jobs))
    person, household, encounter = first["records_person"], first["records_household"], first["records_encounter"]
    ready = []
    for job in jobs:
        ready.append(replace(job, first_person=person, first_household=household, first_encounter=encounter))
        person, household, encounter = person + job.people, household + job.people, encounter + job.visits
    return ready


def store_places(areas: list[Area], living: dict[Village, int], *, as_of: dt.date) -> None:
    """Population figures and targets of the villages, and figures of their communes, for this year and two before."""
    units: dict[AdminUnit, list[Village]] = defaultdict(list)
    by_commune = {area.commune.pk: area.commune for area in areas}
    for village in living:
        units[by_commune[village.commune_id]].append(village)
    places.store_figures(living, years=range(as_of.year - 2, as_of.year + 1), units=dict(units))
