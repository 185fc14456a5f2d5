"""Writing places, organisations, figures and users. `by` is the acting user; None is the system itself (commands)."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from ehr.common.plain_names import fill_plain_name
from stations.models import (
    AdminUnit,
    Assignment,
    FacilityCode,
    Organization,
    PopulationFigure,
    ServiceArea,
    User,
    Village,
    VillagePlacement,
    VillageTarget,
)
from stations.queries import TWO_TIERS_SINCE
from stations.scope import scope_of


def _demand(by: User | None, right: str) -> None:
    """Raises PermissionDenied (answered like a missing page) when the user lacks the right."""
    if by is not None and not scope_of(by).can(right):
        raise PermissionDenied


def may_change_place(user: User, *, village: Village | None = None, unit: AdminUnit | None = None) -> bool:
    """Whether the user may write about this place: administrators about any, others about places in their scope."""
    scope = scope_of(user)
    if not scope.can("place.change"):
        return False
    commune = village.commune if village else unit
    if scope.can("list.change") or (village and village.pk in scope.villages):
        return True
    return commune is not None and bool({commune.pk, commune.parent_id} & (scope.communes | scope.provinces) - {None})


def _demand_place(by: User | None, *, village: Village | None = None, unit: AdminUnit | None = None) -> None:
    if by is not None and not may_change_place(by, village=village, unit=unit):
        raise PermissionDenied


# --------------------------------------------------------------------------------------------------------------- places
def _store(row: AdminUnit | Village | Organization) -> None:
    fill_plain_name(row)
    row.full_clean()
    row.save()


def save_unit(*, unit: AdminUnit, by: User | None) -> AdminUnit:
    """Stores an administrative unit entered by hand. Raises ValidationError."""
    _demand(by, "list.change")
    _store(unit)
    return unit


def check_village(village: Village) -> None:
    """Raises ValidationError for a commune of the wrong list or level."""
    _check_commune(village.commune if village.commune_id else None, "new", "commune")
    _check_commune(village.old_commune if village.old_commune_id else None, "old", "old_commune")


@transaction.atomic
def save_village(*, village: Village, by: User | None, on: date | None = None, document: str = "") -> Village:
    """Stores a village and keeps the history of its communes: a new commune since `on` (today), the old one as history.

    Raises ValidationError, before anything is written, for a commune of the wrong list or level."""
    fill_plain_name(village)
    check_village(village)
    before = None
    if village.pk is not None:
        stored = Village.objects.select_related("commune").select_for_update(of=("self",))
        before = stored.get(pk=village.pk)
        _demand_place(by, village=before)
    if village.commune_id and (before is None or before.commune_id != village.commune_id):
        _demand_place(by, unit=village.commune)
    village.full_clean()
    village.save()
    if before is None or before.old_commune_id != village.old_commune_id:
        _place_in_old(village, document)
    if before is None:
        start = village.valid_from if village.valid_from and village.valid_from > TWO_TIERS_SINCE else TWO_TIERS_SINCE
        VillagePlacement.objects.create(village=village, commune=village.commune, valid_from=start, document=document)
    elif before.commune_id != village.commune_id:
        _move(village, on or localdate(), document)
    return village


def _check_commune(unit: AdminUnit | None, scheme: str, field: str) -> None:
    if unit and (unit.scheme != scheme or unit.level != "commune"):
        kind = "hai cấp (từ 01/07/2025)" if scheme == "new" else "ba cấp (đến 30/06/2025)"
        message = f"Chọn một xã, phường của danh mục {kind}."
        raise ValidationError({field: ValidationError(message, code=f"{field}.not_a_commune")})


def _place_in_old(village: Village, document: str) -> None:
    """The placement until 30/06/2025: one row, or none when the old commune is not known."""
    placements = VillagePlacement.objects.filter(village=village, valid_to=TWO_TIERS_SINCE)
    if village.old_commune is None:
        placements.delete()
    elif not placements.update(commune=village.old_commune):
        VillagePlacement.objects.create(
            village=village, commune=village.old_commune, valid_to=TWO_TIERS_SINCE, document=document
        )


def _move(village: Village, on: date, document: str) -> None:
    """Ends the present placement on `on` and begins the next; a move on the very first day corrects the placement."""
    placements = VillagePlacement.objects.filter(village=village, commune__scheme="new")
    if placements.filter(valid_from__gt=on).exists():
        raise ValidationError({"commune": ValidationError("Thôn đã chuyển xã sau ngày này.", code="placement.later")})
    placements.filter(valid_to=None).exclude(valid_from=on).update(valid_to=on)
    VillagePlacement.objects.update_or_create(
        village=village, valid_from=on, defaults={"commune": village.commune, "valid_to": None, "document": document}
    )


@transaction.atomic
def place_village(
    *, village: Village, commune: AdminUnit, valid_from: date | None = None, document: str = "", by: User | None
) -> Village:
    """Moves a village to another commune since `valid_from` (today), or names its old commune, by the unit's list.

    The village keeps its present and its old commune; VillagePlacement keeps all of them. Raises ValidationError."""
    village = Village.objects.get(pk=village.pk)
    if commune.scheme == "old":
        village.old_commune = commune
    else:
        village.commune = commune
    return save_village(village=village, by=by, on=valid_from, document=document)


@transaction.atomic
def save_organization(
    *, organization: Organization, by: User | None, claims_code: str = "", gln: str = "", source: str = ""
) -> Organization:
    """Stores an organisation and, where given, its codes: an open code that differs ends today."""
    _demand(by, "list.change")
    _store(organization)
    for kind, code in ((FacilityCode.Kind.CLAIMS, claims_code), (FacilityCode.Kind.GLN, gln)):
        if code:
            _give_code(organization, kind, code.strip().upper(), source)
    return organization


def _give_code(organization: Organization, kind: str, code: str, source: str) -> None:
    codes = organization.codes.filter(kind=kind)
    if codes.filter(code=code, valid_to=None).exists():
        return
    # The first code also holds for records that are older than its entry.
    start = localdate() if codes.exists() else organization.valid_from
    codes.filter(valid_to=None).update(valid_to=localdate())
    new = FacilityCode(organization=organization, kind=kind, code=code, valid_from=start, source=source)
    new.full_clean()
    new.save()


def serve_village(
    *, organization: Organization, village: Village, valid_from: date | None = None, by: User | None
) -> ServiceArea:
    """The station or site serves the village since `valid_from`; doing so twice changes nothing."""
    _demand_place(by, village=village)
    if organization.kind not in (Organization.Kind.STATION, Organization.Kind.SITE):
        raise ValidationError("Chỉ trạm y tế và điểm trạm phụ trách thôn.", code="service_area.kind")
    area, _ = ServiceArea.objects.get_or_create(
        organization=organization, village=village, valid_to=None, defaults={"valid_from": valid_from}
    )
    return area


# -------------------------------------------------------------------------------------------------------------- figures
@transaction.atomic
def set_population(
    *, unit: AdminUnit | None = None, village: Village | None = None, period_start: date, period_end: date,
    population: int, source: str, by: User | None,
) -> PopulationFigure:  # fmt: skip
    """The average population of one place in a period, as entered. Entering the period again replaces the figure."""
    _demand_place(by, village=village, unit=unit)
    key = {"unit": unit, "village": village, "period_start": period_start, "period_end": period_end}
    figure = PopulationFigure.objects.select_for_update().filter(**key).first() or PopulationFigure(**key)
    figure.population, figure.source = population, source
    figure.full_clean()
    figure.save()
    return figure


@transaction.atomic
def set_target(*, village: Village, year: int, target: int, source: str, by: User | None) -> VillageTarget:
    """How many records the village is to have by the end of the year. Entering the year again replaces the target."""
    _demand_place(by, village=village)
    row = VillageTarget.objects.select_for_update().filter(village=village, year=year).first()
    row = row or VillageTarget(village=village, year=year)
    row.target, row.source = target, source
    row.full_clean()
    row.save()
    return row


# ---------------------------------------------------------------------------------------------------------------- staff
@transaction.atomic
def create_user(
    *, username: str, full_name: str, password: str = "", phone: str = "", must_change_password: bool = True,
    by: User | None,
) -> User:  # fmt: skip
    """A personal account. Without a password nobody can log in with it (partner systems). Raises ValidationError."""
    _demand(by, "user.change")
    user = User(username=username, full_name=full_name, phone=phone, must_change_password=must_change_password)
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise ValidationError({"password": error.error_list}) from error
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.full_clean()
    user.save()
    return user


@transaction.atomic
def assign(
    *, user: User, role: str, unit: AdminUnit | None = None, organization: Organization | None = None,
    valid_from: date | None = None, valid_to: date | None = None, by: User | None,
) -> Assignment:  # fmt: skip
    """Gives a role at a place since `valid_from` (today). The same open assignment is not made twice."""
    _demand(by, "user.change")
    place = {"user": user, "role": role, "unit": unit, "organization": organization}
    today = localdate()
    open_one = Assignment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=today), **place).first()
    if open_one and open_one.valid_to == valid_to:
        return open_one
    assignment = Assignment(**place, valid_from=valid_from or today, valid_to=valid_to)
    assignment.full_clean()
    assignment.save()
    return assignment


def end_assignment(*, assignment: Assignment, on: date | None = None, by: User | None) -> None:
    """Takes the role away; `on` (today) is the first day without it. An assignment that had not begun is removed."""
    _demand(by, "user.change")
    end = on or localdate()
    if assignment.valid_from >= end:
        assignment.delete()
        return
    assignment.valid_to = end
    assignment.full_clean()
    assignment.save()
