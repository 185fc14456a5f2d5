"""Fixtures of all tests: a database with reference data, no network, places, one user per role, logged-in clients."""

import socket
from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings

from ehr.records import facts
from stations import memory, scope
from stations.models import AdminUnit, Organization, ServiceArea, Village
from tests import databases

SMALL_LISTS = (
    "allergy-kind", "own-disease", "disability-kind", "organ-system", "lab-group", "relation-831", "ethnicity",
    "country", "religion", "occupation", "id-missing-reason",
)  # fmt: skip

# No test fails because the machine was slow.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


# --- Database -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """A copy of the prepared database per worker. `--reuse-db` is not needed and not looked at."""
    name = connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        original = connection.settings_dict["NAME"]
        databases.renew(name)
        _fill_kinds()
    yield
    with django_db_blocker.unblock():
        databases.drop(name)
        connection.settings_dict["NAME"] = original


def _fill_kinds():
    """Small code lists are read once a minute; with all of them read, query counts do not depend on the clock."""
    facts._KINDS.clear()
    facts._KEEP_SECONDS = float("inf")
    for key in SMALL_LISTS:
        facts.codes_of(key)


@pytest.fixture(autouse=True)
def _kinds():
    """What a test adds to a code list ends with the test; no place or scope of another test is remembered."""
    kept = dict(facts._KINDS)
    memory.forget()
    scope.forget()
    yield
    facts._KINDS.clear()
    facts._KINDS.update(kept)


def _renew_after_commit(self):
    """After a test that really commits: Django would empty all tables, reference data too; the access log refuses."""
    databases.renew(connection.settings_dict["NAME"])


TransactionTestCase._fixture_teardown = _renew_after_commit


# --- No network ------------------------------------------------------------------------------------------------------


class NetworkUsed(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise NetworkUsed(f"connection to {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


# --- Places ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Two communes of one province and one of another, real units of the lists, with invented villages and stations."""

    province: AdminUnit
    district: AdminUnit  # old unit of both communes
    commune: AdminUnit  # "own": where the users of the fixtures work
    old_commune: AdminUnit
    villages: tuple[Village, Village]
    station: Organization
    centre: Organization
    department: Organization
    other_commune: AdminUnit
    other_village: Village
    other_station: Organization
    far_commune: AdminUnit  # in another province
    far_village: Village


def _unit(scheme, level, code):
    return AdminUnit.objects.select_related("parent").get(scheme=scheme, level=level, code=code)


def _village(commune, name, number, old_commune=None):
    return Village.objects.create(
        commune=commune, name=name, plain_name=name.lower(), code=f"T{number}", position=number, old_commune=old_commune
    )


def _organization(name, kind, unit=None, parent=None):
    return Organization.objects.create(name=name, plain_name=name.lower(), kind=kind, unit=unit, parent=parent)


@pytest.fixture
def places(db):
    """Thanh Hóa: Phường Nam Sầm Sơn (own) and Phường Sầm Sơn (other); a commune of Điện Biên is far away."""
    province, district = _unit("new", "province", "38"), _unit("old", "district", "382")
    commune, other, far = (_unit("new", "commune", code) for code in ("16516", "16531", "03164"))
    old_commune = _unit("old", "commune", "16537")
    villages = _village(commune, "Thôn Đông Hải", 1, old_commune), _village(commune, "Thôn Bắc Nam", 2, old_commune)
    department = _organization("Sở Y tế thử nghiệm", "department", province)
    centre = _organization("Trung tâm Y tế khu vực thử nghiệm", "centre", district, department)
    station = _organization("Trạm Y tế Nam thử nghiệm", "station", commune, centre)
    other_station = _organization("Trạm Y tế Bắc thử nghiệm", "station", other, centre)
    ServiceArea.objects.bulk_create(ServiceArea(organization=station, village=village) for village in villages)
    return Places(
        province=province, district=district, commune=commune, old_commune=old_commune, villages=villages,
        station=station, centre=centre, department=department, other_commune=other,
        other_village=_village(other, "Thôn Người Khác", 1), other_station=other_station,
        far_commune=far, far_village=_village(far, "Bản Xa", 1),
    )  # fmt: skip


@pytest.fixture
def commune(places):
    return places.commune


@pytest.fixture
def village(places):
    return places.villages[0]


# --- Users -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Users:
    """One user per role. Clerk, head and partner work in the own commune, the centre in its old district, the
    department in its province; `nobody` has an account without an assignment, `far` is a clerk of the far commune."""

    clerk: object
    head: object
    centre: object
    department: object
    admin: object
    partner: object
    nobody: object
    far: object
    programme: object  # officer of HIV, tuberculosis and mental health in the own commune


@pytest.fixture
def users(places):
    from tests.factories.users import AssignmentFactory, UserFactory

    def user(username, role="", **place):
        made = UserFactory(username=username)
        if role:
            AssignmentFactory(user=made, role=role, valid_from=date(2025, 1, 1), **place)
        return made

    return Users(
        clerk=user("nhaplieu", "clerk", unit=places.commune),
        head=user("truongtram", "head", organization=places.station),
        centre=user("trungtam", "centre", organization=places.centre),
        department=user("soyte", "department", organization=places.department),
        admin=user("quantri", "admin"),
        partner=user("doitac", "partner", unit=places.commune),
        nobody=user("chuaphancong"),
        far=user("noikhac", "clerk", unit=places.far_commune),
        programme=user("chuongtrinh", "programme", unit=places.commune),
    )


@pytest.fixture
def login():
    """login(user) → a client with this user's session; login(None) → a client without one."""

    def client(user):
        made = Client()
        if user is not None:
            made.force_login(user, backend="stations.backends.SessionBackend")
        return made

    return client


@pytest.fixture
def clerk(users):
    return users.clerk


@pytest.fixture
def head(users):
    return users.head


@pytest.fixture
def clerk_client(login, users):
    return login(users.clerk)


@pytest.fixture
def head_client(login, users):
    return login(users.head)


@pytest.fixture
def admin_client(login, users):
    """The system administrator: lists and accounts, no clinical data. (Replaces pytest-django's superuser.)"""
    return login(users.admin)
