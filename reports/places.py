"""Which people a question is about, and which line of the table each of them belongs to.

People live in villages of new communes; an old unit is known by its villages (REQ-ADM-04, -05). A person without a
village, or in a village without an old commune, gets a line of its own, so that the sums by old and by new units agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from ehr.common.validity import is_valid_on
from reports.questions import Question, day_of, names_of
from stations.models import AdminUnit, AdminUnitSuccession, ServiceArea, Village

NO_VILLAGE = "Chưa rõ thôn"
UNMAPPED = "Chưa ánh xạ đơn vị cũ"
NO_SITE = "Chưa phân công điểm trạm"

AMBIGUOUS = "ambiguous"

Spot = tuple[int | None, int]  # (village, new commune) of a person


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `village` or `unit` say whose population figure it takes; `parts` are the lines' smaller
    places, whose figures are summed when it has none. `shown_empty`: stays in the table when nobody lives there."""

    key: str
    name: str
    village: int | None = None
    unit: int | None = None
    parts: tuple["Line", ...] = ()
    shown_empty: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """The answer to "who and where": new communes to look in, villages known there, lines, and the way from a person's
    village and commune to a line. `line_of` gives None for a person outside, `AMBIGUOUS` when nobody can tell."""

    communes: frozenset[int]
    villages: Mapping[int, Village]
    lines: tuple[Line, ...]
    unit_line: Line
    name: str
    all_inside: bool
    outside_villages: bool
    village_lines: Mapping[int, str]
    commune_lines: Mapping[int, str] = field(default_factory=dict)

    def people(self, prefix: str = "") -> Q:
        """Condition on people, or on rows with a path to the person; a superset that `line_of` sorts out."""
        where = Q(**{f"{prefix}commune__in": sorted(self.communes)})
        if self.all_inside:
            return where
        places = Q(**{f"{prefix}village__in": sorted(self.villages)})
        if self.commune_lines:
            places |= Q(**{f"{prefix}village": None})
        return where & places

    def holds(self, spot: Spot) -> bool:
        """Whether `people` is true for somebody who lives there."""
        village, commune = spot
        if commune not in self.communes:
            return False
        return self.all_inside or (bool(self.commune_lines) if village is None else village in self.villages)

    def line_of(self, spot: Spot) -> str | None:
        """Key of the line that counts this person; AMBIGUOUS when the old unit cannot be told; None when outside."""
        village, commune = spot
        found = self.village_lines.get(village) if village is not None else None
        return found or self.commune_lines.get(commune)


def around(places: Iterable[Place]) -> Place:
    """All communes of these places, to count in; it has no lines."""
    communes = frozenset(commune for place in places for commune in place.communes)
    return Place(communes, {}, (), Line("all", ""), "", True, False, {})


def place_of(question: Question) -> Place:
    """Lines and people of the question. At most five queries, whatever the size of the unit."""
    if question.unit.scheme == "old":
        return _old_place(question)
    return _new_place(question)


# ------------------------------------------------------------------------------------------------------------ new units
def _new_place(question: Question) -> Place:
    unit = question.unit
    if unit.level == "province":
        rows = AdminUnit.objects.filter(parent=unit, level="commune").order_by("plain_name", "code")
        communes = {commune.pk: commune for commune in rows}
    else:
        communes = {unit.pk: unit}
    villages = _villages(question, Q(commune__in=communes))
    before = question.by == "commune" and question.period.before_new_units
    if question.by in ("district", "commune_old") or before:
        return _by_old_units(question, communes, villages)
    names = names_of([unit, *communes.values()], question.period)
    partial = question.only_villages is not None
    homes: dict[int, list[Village]] = {pk: [] for pk in communes}
    for village in villages.values():
        homes[village.commune_id].append(village)
    lines = [
        Line(
            f"unit:{pk}", names[pk], unit=pk,
            parts=tuple(_village_line(v) for v in homes[pk] if _valid(v, question)),
            shown_empty=_valid(commune, question),
        )
        for pk, commune in communes.items()
    ]  # fmt: skip
    several = unit.level == "province"
    whole = Line("all", names[unit.pk], unit=unit.pk, parts=tuple(lines) if several else lines[0].parts)
    if question.by in ("unit", "province"):
        one = Line("unit:all", names[unit.pk], unit=unit.pk, parts=whole.parts)
        return Place(
            frozenset(communes), villages, (one,), whole, names[unit.pk], not partial, partial,
            dict.fromkeys(villages, one.key) if partial else {},
            {} if partial else dict.fromkeys(communes, one.key),
        )  # fmt: skip
    if question.by == "site":
        lines, way = _site_lines(question, villages)
        rest = Line("no_site", NO_SITE, shown_empty=False)
        return Place(
            frozenset(communes), villages, (*lines, rest), whole, names[unit.pk], not partial, partial,
            way | {pk: rest.key for pk in villages if pk not in way},
            {} if partial else dict.fromkeys(communes, rest.key),
        )  # fmt: skip
    if question.by == "commune":
        return Place(
            frozenset(communes), villages, tuple(lines), whole, names[unit.pk], True, False,
            {}, {pk: f"unit:{pk}" for pk in communes},
        )  # fmt: skip
    village_lines = [
        _village_line(v, f"{v.name} – {names[v.commune_id]}" if several else v.name, shown=_valid(v, question))
        for commune in communes
        for v in homes[commune]
    ]
    unknown = [
        Line(f"none:{pk}", f"{NO_VILLAGE} – {names[pk]}" if several else NO_VILLAGE, shown_empty=False)
        for pk in communes
        if not partial
    ]
    return Place(
        frozenset(communes), villages, (*village_lines, *unknown), whole, names[unit.pk], not partial, partial,
        {pk: f"village:{pk}" for pk in villages}, {} if partial else {pk: f"none:{pk}" for pk in communes},
    )  # fmt: skip


def _by_old_units(question: Question, communes: Mapping[int, AdminUnit], villages: Mapping[int, Village]) -> Place:
    """New communes, counted by the old communes or districts of their villages; the rest is listed as unmapped."""
    old = {s.old_id: s.old for s in _successions(Q(new__in=communes, is_default=True))}
    old |= {v.old_commune.pk: v.old_commune for v in villages.values() if v.old_commune}
    lines, way = _old_lines(question, old, villages)
    name = names_of([question.unit], question.period)[question.unit.pk]
    return Place(
        frozenset(communes), villages, (*lines, Line("unmapped", UNMAPPED, shown_empty=False)),
        Line("all", name, unit=question.unit.pk, parts=tuple(lines)), name, True, False,
        way, dict.fromkeys(communes, "unmapped"),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ old units
def _old_place(question: Question) -> Place:
    """An old unit: the villages that were in it, and people of its successors of whom the old unit is not recorded.

    Those count as unmapped when every old commune that went into their new commune lies in the unit asked for; else
    nobody can tell, and their number is said below the table."""
    unit = question.unit
    below = AdminUnit.objects.filter(Q(pk=unit.pk) | Q(parent=unit) | Q(parent__parent=unit), scheme="old")
    subtree = {u.pk: u for u in below.select_related("parent")}
    communes = {pk: u for pk, u in subtree.items() if u.level == "commune"}
    ways = _successions(Q(new__in=AdminUnitSuccession.objects.filter(old__in=subtree).values("new")))
    came_from: dict[int, set[int]] = {}
    for way in ways:
        if way.new.level == "commune":
            came_from.setdefault(way.new_id, set()).add(way.old_id)
    reached = _villages(question, Q(old_commune__in=communes) | Q(old_commune=None, commune__in=came_from))
    villages = {pk: v for pk, v in reached.items() if v.old_commune_id}
    lines, way_of = _old_lines(question, communes, villages)
    rest = {pk: "unmapped" if old <= set(subtree) else AMBIGUOUS for pk, old in came_from.items()}
    name = names_of([unit], question.period)[unit.pk]
    return Place(
        frozenset(v.commune_id for v in villages.values()) | frozenset(rest), reached,
        (*lines, Line("unmapped", UNMAPPED, shown_empty=False)),
        Line("all", name, unit=unit.pk, parts=tuple(lines)), name, False, False, way_of, rest,
    )  # fmt: skip


def _old_lines(
    question: Question, old: Mapping[int, AdminUnit], villages: Mapping[int, Village]
) -> tuple[list[Line], dict[int, str]]:
    """Lines by village, old commune or old district for the old communes `old`, and village → line. Two queries."""
    if question.by == "village":
        names = names_of(old.values(), question.period)
        several = len(old) > 1
        mapped = [(old[v.old_commune_id], v) for v in villages.values() if v.old_commune_id]
        lines = [
            _village_line(v, f"{v.name} – {names[was.pk]}" if several else v.name, shown=_valid(v, question))
            for was, v in sorted(mapped, key=lambda pair: (pair[0].code, pair[1].position, pair[1].name))
        ]
        return lines, {pk: f"village:{pk}" for pk in villages}
    if question.by == "site":
        lines, way = _site_lines(question, villages)
        rest = Line("no_site", NO_SITE, shown_empty=False)
        return [*lines, rest], {pk: way.get(pk, rest.key) for pk in villages}
    if question.by in ("unit", "province"):
        names = names_of([question.unit], question.period)
        one = Line("unit:all", names[question.unit.pk], unit=question.unit.pk)
        return [one], dict.fromkeys(villages, one.key)
    to_district = question.by == "district"
    group = {pk: (u.parent_id or pk) if to_district and u.level == "commune" else pk for pk, u in old.items()}
    units = {**old, **AdminUnit.objects.in_bulk(set(group.values()) - set(old))}
    names = names_of(units.values(), question.period)
    below: dict[int, list[Line]] = {}  # village lines of each old commune
    for village in villages.values():
        if village.old_commune_id and _valid(village, question):
            below.setdefault(village.old_commune_id, []).append(_village_line(village))
    parts: dict[int, list[Line]] = {}
    for pk, target in group.items():
        inside = tuple(below.get(pk, ()))
        line = Line(f"unit:{pk}", names[pk], unit=pk, parts=inside, shown_empty=_valid(units[pk], question))
        parts.setdefault(target, []).extend([line] if target != pk else [])
    lines = [
        Line(
            f"unit:{unit.pk}", names[unit.pk], unit=unit.pk, shown_empty=_valid(unit, question),
            parts=tuple(line for line in parts[unit.pk] if line.shown_empty) or tuple(below.get(unit.pk, ())),
        )
        for unit in sorted((units[pk] for pk in parts), key=lambda unit: (unit.plain_name, unit.code))
    ]  # fmt: skip
    return lines, {v.pk: f"unit:{group[v.old_commune_id]}" for v in villages.values() if v.old_commune_id in group}


# ---------------------------------------------------------------------------------------------------------------- sites
def _site_lines(question: Question, villages: Mapping[int, Village]) -> tuple[list[Line], dict[int, str]]:
    """A line per site or station that serves one of the villages on the period's last day; village → line. One query.

    A village that two of them serve counts at the site, or at the one that came first: nobody is counted twice."""
    areas = (
        ServiceArea.objects.valid_on(question.period.data_until(question.today))
        .filter(village__in=list(villages))
        .select_related("organization")
    )
    serving = {}
    for area in sorted(areas, key=lambda a: (a.organization.kind != "site", a.organization_id), reverse=True):
        serving[area.village_id] = area.organization  # the best one comes last
    parts: dict[int, list[Line]] = {}
    for pk, village in villages.items():
        if pk in serving and _valid(village, question):
            parts.setdefault(serving[pk].pk, []).append(_village_line(village))
    organizations = {organization.pk: organization for organization in serving.values()}
    lines = [
        Line(f"site:{pk}", organization.name, parts=tuple(parts.get(pk, ())))
        for pk, organization in sorted(organizations.items(), key=lambda pair: (pair[1].plain_name, pair[0]))
    ]
    return lines, {village: f"site:{organization.pk}" for village, organization in serving.items()}


# ------------------------------------------------------------------------------------------------------------- villages
def _villages(question: Question, condition: Q) -> dict[int, Village]:
    """Villages in the order of their commune; limited to those the user sees. One query."""
    rows = Village.objects.filter(condition).select_related("old_commune").order_by("commune", "position", "name", "pk")
    if question.only_villages is not None:
        rows = rows.filter(pk__in=question.only_villages)
    return {village.pk: village for village in rows}


def _village_line(village: Village, name: str = "", *, shown: bool = True) -> Line:
    return Line(f"village:{village.pk}", name or village.name, village=village.pk, shown_empty=shown)


def _valid(thing: Village | AdminUnit, question: Question) -> bool:
    """Whether a village existed on the period's last day, a unit on the nearest day of its scheme's time."""
    day = day_of(thing.scheme, question.period) if isinstance(thing, AdminUnit) else question.period.last_day
    return is_valid_on(thing, day)


def _successions(condition: Q) -> Iterable[AdminUnitSuccession]:
    return AdminUnitSuccession.objects.filter(condition).select_related("old__parent", "new")
