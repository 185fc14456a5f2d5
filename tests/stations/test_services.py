"""Villages keep their history; users and assignments; figures are replaced, not doubled."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.timezone import localdate

from stations import services
from stations.models import Assignment, FacilityCode, PopulationFigure, Village, VillagePlacement
from tests.factories.stations import (
    CommuneFactory,
    OldCommuneFactory,
    OrganizationFactory,
    ProvinceFactory,
    VillageFactory,
)
from tests.factories.users import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def placements(village):
    rows = VillagePlacement.objects.filter(village=village).order_by("valid_from")
    return {(row.commune_id, row.valid_from, row.valid_to) for row in rows}


def new_village(**fields):
    commune = fields.pop("commune", None) or CommuneFactory()
    village = Village(commune=commune, code="T01", name="Thôn  Đông\u200b Hải", **fields)
    return services.save_village(village=village, by=None)


def test_a_new_village_has_its_search_name_and_both_placements():
    old = OldCommuneFactory()
    village = new_village(old_commune=old)
    assert (village.name, village.plain_name) == ("Thôn Đông Hải", "thon dong hai")
    assert placements(village) == {
        (old.pk, None, date(2025, 7, 1)),
        (village.commune_id, date(2025, 7, 1), None),
    }


def test_moving_a_village_ends_one_placement_and_begins_the_next():
    village, target = new_village(), CommuneFactory()
    first = village.commune_id
    services.place_village(village=village, commune=target, valid_from=date(2026, 5, 1), document="NQ thử", by=None)
    village.refresh_from_db()
    assert village.commune == target
    assert placements(village) == {
        (first, date(2025, 7, 1), date(2026, 5, 1)),
        (target.pk, date(2026, 5, 1), None),
    }


def test_moving_before_a_later_move_is_refused_and_nothing_changes():
    village = new_village()
    services.place_village(village=village, commune=CommuneFactory(), valid_from=date(2026, 5, 1), by=None)
    before = placements(village)
    with pytest.raises(ValidationError) as error:
        services.place_village(village=village, commune=CommuneFactory(), valid_from=date(2026, 1, 1), by=None)
    assert error.value.error_dict["commune"][0].code == "placement.later"
    assert placements(village) == before


def test_naming_the_old_commune_again_corrects_the_history():
    village = new_village(old_commune=OldCommuneFactory())
    right = OldCommuneFactory()
    services.place_village(village=village, commune=right, by=None)
    assert (right.pk, None, date(2025, 7, 1)) in placements(village)
    assert len(placements(village)) == 2


@pytest.mark.parametrize(("field", "unit"), [("commune", OldCommuneFactory), ("commune", ProvinceFactory)])
def test_a_village_lies_in_a_commune_of_the_two_tier_list(field, unit):
    with pytest.raises(ValidationError) as error:
        new_village(**{field: unit()})
    assert error.value.error_dict[field][0].code == "commune.not_a_commune"


def test_a_head_changes_villages_of_the_own_commune_only(places, users):
    services.save_village(village=Village(commune=places.commune, code="M1", name="Thôn Mới"), by=users.head)
    with pytest.raises(PermissionDenied):
        services.save_village(village=Village(commune=places.other_commune, code="M1", name="Thôn Mới"), by=users.head)
    with pytest.raises(PermissionDenied):
        services.place_village(village=places.villages[0], commune=places.other_commune, by=users.head)
    with pytest.raises(PermissionDenied):
        services.set_target(village=places.villages[0], year=2026, target=1, source="thử", by=users.clerk)


def test_figures_and_targets_are_replaced_when_entered_again():
    village = VillageFactory()
    period = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31), "source": "Công an xã"}
    for population in (1200, 1210):
        services.set_population(village=village, population=population, by=None, **period)
    for target in (900, 950):
        services.set_target(village=village, year=2026, target=target, source="Kế hoạch", by=None)
    assert list(PopulationFigure.objects.filter(village=village).values_list("population", flat=True)) == [1210]
    assert list(village.targets.values_list("year", "target")) == [(2026, 950)]


def test_a_figure_belongs_to_one_place():
    with pytest.raises(ValidationError):
        services.set_population(
            period_start=date(2026, 1, 1), period_end=date(2026, 1, 31), population=1, source="thử", by=None
        )


def test_an_organization_changes_its_code_and_keeps_the_former_one():
    organization = OrganizationFactory.build(unit=None, valid_from=date(2020, 1, 1))
    services.save_organization(organization=organization, claims_code="99x01", by=None)
    services.save_organization(organization=organization, claims_code="99X02", by=None)
    services.save_organization(organization=organization, claims_code="99X02", by=None)
    codes = FacilityCode.objects.filter(organization=organization).order_by("code")
    assert [(row.code, row.valid_from, row.valid_to) for row in codes] == [
        ("99X01", date(2020, 1, 1), localdate()),
        ("99X02", localdate(), None),
    ]


def test_only_stations_and_sites_serve_villages():
    village = VillageFactory()
    with pytest.raises(ValidationError):
        services.serve_village(organization=OrganizationFactory(kind="hospital"), village=village, by=None)
    station = OrganizationFactory()
    first = services.serve_village(organization=station, village=village, by=None)
    assert services.serve_village(organization=station, village=village, by=None) == first


# ---------------------------------------------------------------------------------------------------------------- staff
def test_a_user_gets_a_checked_password_and_must_change_it():
    user = services.create_user(username="moi", full_name="Người Mới Thử", password=PASSWORD, by=None)
    assert user.check_password(PASSWORD)
    assert user.must_change_password
    with pytest.raises(ValidationError) as error:
        services.create_user(username="yeu", full_name="Người Yếu Thử", password="12345678", by=None)
    assert set(error.value.error_dict) == {"password"}


def test_an_account_without_password_cannot_log_in():
    assert not services.create_user(username="doitac-1", full_name="Phần mềm thử", by=None).has_usable_password()


def test_the_same_assignment_is_not_made_twice_and_ends_today():
    user, unit = UserFactory(), CommuneFactory()
    first = services.assign(user=user, role="clerk", unit=unit, valid_from=date(2026, 1, 1), by=None)
    assert services.assign(user=user, role="clerk", unit=unit, by=None) == first
    services.end_assignment(assignment=first, by=None)
    assert not Assignment.objects.valid_on(localdate()).filter(user=user).exists()
    today = services.assign(user=user, role="clerk", unit=unit, by=None)
    services.end_assignment(assignment=today, by=None)
    assert list(Assignment.objects.filter(user=user)) == [first]


@pytest.mark.parametrize("place", [{}, {"unit": CommuneFactory, "organization": OrganizationFactory}])
def test_a_clerk_has_exactly_one_place(place):
    with pytest.raises(ValidationError):
        services.assign(user=UserFactory(), role="clerk", by=None, **{key: make() for key, make in place.items()})


def test_only_administrators_make_accounts(users):
    assert services.create_user(username="boi-quantri", full_name="Người Mới Thử", by=users.admin).pk
    with pytest.raises(PermissionDenied):
        services.create_user(username="boi-truong", full_name="Người Mới Thử", by=users.head)
    with pytest.raises(PermissionDenied):
        services.assign(user=users.nobody, role="admin", by=users.clerk)
