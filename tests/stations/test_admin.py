"""The admin: rights and places decide, never Django's flags; lists cost the same at any size; exports are harmless."""

import re
from datetime import date

import pytest
from django.contrib import admin
from django.urls import reverse

from stations.models import AdminUnit, Assignment, Organization, User, Village, VillagePlacement
from tests.factories.codes import (
    AccessLogFactory,
    ApiKeyFactory,
    CodeFactory,
    PartnerFactory,
    ReportRunFactory,
    SubmissionFactory,
)
from tests.factories.records import PersonFactory
from tests.factories.stations import (
    AdminUnitNameFactory,
    AdminUnitSuccessionFactory,
    CommuneFactory,
    FacilityCodeFactory,
    OldCommuneFactory,
    OrganizationFactory,
    PopulationFigureFactory,
    ServiceAreaFactory,
    VillageFactory,
    VillagePlacementFactory,
    VillageTargetFactory,
)  # fmt: skip
from tests.factories.users import PASSWORD, AssignmentFactory, UserFactory

pytestmark = pytest.mark.django_db
OUR_APPS = {"stations", "codes", "audit", "exchange", "reports"}
LISTS = {  # (factory, roles that see the list)
    "stations.adminunit": (CommuneFactory, "clerk head admin"),
    "stations.adminunitname": (AdminUnitNameFactory, "clerk admin"),
    "stations.adminunitsuccession": (AdminUnitSuccessionFactory, "clerk admin"),
    "stations.village": (VillageFactory, "clerk head admin"),
    "stations.villageplacement": (VillagePlacementFactory, "clerk admin"),
    "stations.organization": (OrganizationFactory, "clerk admin"),
    "stations.facilitycode": (FacilityCodeFactory, "clerk admin"),
    "stations.servicearea": (ServiceAreaFactory, "head admin"),
    "stations.populationfigure": (PopulationFigureFactory, "head admin"),
    "stations.villagetarget": (VillageTargetFactory, "head admin"),
    "stations.user": (UserFactory, "admin"),
    "stations.assignment": (lambda: AssignmentFactory(unit=CommuneFactory()), "admin"),
    "codes.codesystem": (lambda: CodeFactory().system, "clerk admin"),
    "codes.release": (lambda: CodeFactory().release, "clerk admin"),
    "codes.code": (CodeFactory, "clerk admin"),
    "exchange.partner": (PartnerFactory, "admin"),
    "exchange.apikey": (ApiKeyFactory, "admin"),
    "audit.submission": (SubmissionFactory, "admin"),
}
ROLES = ("clerk", "head", "admin", "nobody")


def url(label, page="changelist", *args):
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def test_every_model_of_these_apps_has_a_page():
    registered = {model._meta.label_lower for model in admin.site._registry if model._meta.app_label in OUR_APPS}
    assert registered == {*LISTS, "audit.accesslog", "reports.printjob", "reports.reportbatch", "reports.reportrun"}


@pytest.mark.parametrize("label", LISTS)
def test_lists_and_rows_are_found_by_their_roles_only(label, users, login):
    make, roles = LISTS[label]
    row = make()
    # Every role that views lists sees the places and codes; the table names those that matter most.
    sees_lists = label.split(".")[0] in ("stations", "codes") and label not in ("stations.user", "stations.assignment")
    for role in ROLES:
        client = login(getattr(users, role))
        allowed = role in roles.split() or (sees_lists and role != "nobody")
        for address in (url(label), url(label, "change", row.pk)):
            assert client.get(address).status_code == (200 if allowed else 404), (role, address)


@pytest.mark.parametrize("label", LISTS)
def test_a_list_costs_the_same_number_of_queries_at_two_sizes(label, users, login, queries_of):
    make, _ = LISTS[label]
    client = login(users.admin)
    make()
    client.get(url(label))
    with queries_of() as small:
        client.get(url(label))
    for _ in range(12):
        make()
    client.get(url(label))  # new places: scopes and places in memory are read again, once
    with queries_of() as large:
        assert client.get(url(label)).status_code == 200
    assert len(large) == len(small) <= 9


@pytest.fixture
def queries_of():
    """queries_of() → a context whose length is the number of queries inside it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


# -------------------------------------------------------------------------------------------------------- who may enter
def test_strangers_are_sent_to_the_one_login_page(client):
    response = client.get(reverse("admin:index"))
    assert (response.status_code, response["Location"]) == (302, "/dang-nhap/?next=/quan-tri/")
    assert client.get(reverse("admin:login"))["Location"].startswith("/dang-nhap/")


def test_django_flags_give_nothing(login, places):
    flagged = UserFactory(is_staff=True, is_superuser=True)
    client = login(flagged)
    assert client.get(reverse("admin:index")).status_code == 404
    AssignmentFactory(user=flagged, role="clerk", unit=places.commune)
    client = login(User.objects.get(pk=flagged.pk))
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(url("stations.user")).status_code == 404
    assert client.get(url("codes.code", "add")).status_code == 404


def test_an_ended_assignment_ends_the_access(login, places):
    user = UserFactory()
    AssignmentFactory(user=user, role="clerk", unit=places.commune, valid_to=date(2025, 6, 1))
    assert login(user).get(reverse("admin:index")).status_code == 404


def test_a_row_that_never_was_is_the_same_404(login, users):
    assert login(users.clerk).get(url("stations.village", "change", 999_999_999)).status_code == 404


def test_the_shortcut_to_any_object_is_gone(login, users):
    assert login(users.admin).get("/quan-tri/r/1/1/").status_code == 404


# ------------------------------------------------------------------------------------------------------------- changing
def form_of(client, address, **changes):
    """What a browser would send: the values of the form, with changes."""
    form = client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None or value is False else value for name, value in data.items()}
    for formset in client.get(address).context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | changes


def test_a_head_adds_a_village_and_its_history(login, users, places):
    client = login(users.head)
    address = url("stations.village", "add")
    data = form_of(client, address, name="THÔN  Mới", code="M9", commune=places.commune.pk, kind="thon", position=9)
    assert client.post(address, data).status_code == 302
    village = Village.objects.get(code="M9")
    assert (village.name, village.plain_name) == ("THÔN Mới", "thon moi")
    assert VillagePlacement.objects.filter(village=village).count() == 1


def test_a_head_cannot_choose_another_commune_or_open_its_villages_for_change(login, users, places):
    client = login(users.head)
    address = url("stations.village", "add")
    data = form_of(
        client, address, name="Thôn Lạc", code="M9", commune=places.other_commune.pk, kind="thon", position=9
    )
    response = client.post(address, data)
    assert response.status_code == 200
    assert "commune" in response.context["adminform"].form.errors
    other = url("stations.village", "change", places.other_village.pk)
    assert client.get(other).status_code == 200  # looked at, without a field to type in
    assert client.post(other, {"name": "Đổi"}).status_code == 404
    places.other_village.refresh_from_db()
    assert places.other_village.name == "Thôn Người Khác"


def test_a_clerk_changes_no_list(login, users, places):
    client = login(users.clerk)
    for label in ("stations.village", "stations.adminunit", "stations.organization", "codes.code"):
        assert client.get(url(label, "add")).status_code == 404
        assert client.post(url(label, "add"), {}).status_code == 404
    assert client.post(url("stations.village", "change", places.villages[0].pk), {"name": "x"}).status_code == 404


def test_a_date_is_typed_day_first(login, users, places):
    client = login(users.admin)
    address = url("stations.village", "change", places.villages[0].pk)
    data = form_of(client, address, valid_from="12/03/2026", valid_to="")
    assert client.post(address, data).status_code == 302
    places.villages[0].refresh_from_db()
    assert places.villages[0].valid_from == date(2026, 3, 12)
    page = client.get(address).content.decode()
    assert 'value="12/03/2026"' in page


def test_an_administrator_makes_an_account_that_must_change_its_password(login, users):
    client = login(users.admin)
    data = {
        "username": "moi",
        "full_name": "Người Mới Thử",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    inline = {"assignments-TOTAL_FORMS": 0, "assignments-INITIAL_FORMS": 0}
    assert client.post(url("stations.user", "add"), data | inline).status_code == 302
    user = User.objects.get(username="moi")
    assert user.must_change_password
    assert not user.is_staff


def test_a_password_set_by_another_must_be_changed(login, users):
    client = login(users.admin)
    address = reverse("admin:auth_user_password_change", args=[users.clerk.pk])
    data = {"password1": PASSWORD + "x", "password2": PASSWORD + "x", "usable_password": "true"}
    assert client.post(address, data).status_code == 302
    users.clerk.refresh_from_db()
    assert users.clerk.must_change_password
    assert login(users.head).get(address).status_code == 404


def test_accounts_and_lists_are_never_deleted(login, users, places):
    client = login(users.admin)
    for row in (users.clerk, places.villages[0], places.station, places.commune):
        assert client.post(url(row._meta.label_lower, "delete", row.pk), {"post": "yes"}).status_code == 404
    assert User.objects.filter(pk=users.clerk.pk).exists()


def test_assignments_end_by_an_action(login, users, places):
    assignment = Assignment.objects.get(user=users.clerk)
    data = {"action": "end_today", "_selected_action": [assignment.pk]}
    assert login(users.admin).post(url("stations.assignment"), data).status_code == 302
    assert login(users.clerk).get(reverse("admin:index")).status_code == 404


# ----------------------------------------------------------------------------------------------------------------- logs
def test_the_access_log_shows_the_own_people_only(login, users, places):
    own, other = PersonFactory(village=places.villages[0]), PersonFactory(village=places.other_village)
    own_row, other_row = AccessLogFactory(person_id=own.pk), AccessLogFactory(person_id=other.pk)
    client = login(users.head)
    rows = client.get(url("audit.accesslog")).context["cl"].result_list
    assert {row.pk for row in rows} == {own_row.pk}
    assert client.get(url("audit.accesslog", "change", other_row.pk)).status_code == 404
    for role in ("clerk", "admin"):
        assert login(getattr(users, role)).get(url("audit.accesslog")).status_code == 404


def test_reports_show_the_own_units_only(login, users, places):
    own, other = ReportRunFactory(unit=places.commune), ReportRunFactory(unit=places.other_commune)
    client = login(users.clerk)
    assert [row.pk for row in client.get(url("reports.reportrun")).context["cl"].result_list] == [own.pk]
    assert client.get(url("reports.reportrun", "change", other.pk)).status_code == 404
    assert login(users.admin).get(url("reports.reportrun")).status_code == 404


def test_logs_are_not_written_by_hand(login, users, places):
    row = AccessLogFactory(person_id=PersonFactory(village=places.villages[0]).pk)
    client = login(users.head)
    assert client.get(url("audit.accesslog", "add")).status_code == 404
    assert client.post(url("audit.accesslog", "change", row.pk), {"door": "x"}).status_code == 404
    assert client.post(url("audit.accesslog", "delete", row.pk), {"post": "yes"}).status_code == 404


# ----------------------------------------------------------------------------------------------------------------- keys
def test_the_text_of_a_key_is_shown_once_and_works(login, users, client):
    from ehr.exchange.authentication import digest
    from ehr.exchange.models import ApiKey

    partner = PartnerFactory(user=users.partner)
    administrator = login(users.admin)
    data = {"partner": partner.pk, "label": "Máy chủ", "expires_at_0": "", "expires_at_1": ""}
    response = administrator.post(url("exchange.apikey", "add"), data)
    text = re.search(r'value="([\w-]{43})"', response.content.decode())[1]
    key = ApiKey.objects.get(label="Máy chủ")
    assert (key.digest, key.prefix) == (digest(text), text[:8])
    pages = [administrator.get(url("exchange.apikey")), administrator.get(url("exchange.apikey", "change", key.pk))]
    assert all(text not in page.content.decode() for page in pages)
    administrator.post(url("exchange.apikey"), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_names_with_markup_come_out_as_text(login, users, places):
    VillageFactory(commune=places.commune, name="<img src=x onerror=alert(1)>", code="N1")
    page = login(users.clerk).get(url("stations.village"), {"q": "16516"}).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_old_units_are_kept_apart_from_new_ones(login, users):
    OldCommuneFactory()
    page = login(users.clerk).get(url("stations.adminunit"), {"scheme__exact": "new", "level__exact": "province"})
    assert page.context["cl"].result_count == 34
    assert AdminUnit.objects.filter(scheme="old", level="province").exists()


def test_changing_an_organization_keeps_its_search_name(login, users, places):
    client = login(users.admin)
    address = url("stations.organization", "change", places.station.pk)
    assert client.post(address, form_of(client, address, name="Trạm Y tế Đổi Tên")).status_code == 302
    assert Organization.objects.get(pk=places.station.pk).plain_name == "tram y te doi ten"
