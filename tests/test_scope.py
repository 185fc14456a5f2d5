"""Who sees what: every address of the project, for every role, with people of the own commune and of others.

The addresses come from the resolver. One that stands neither in the table below nor follows the pattern of the admin
fails the test, so that a new page cannot be forgotten."""

import re
import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db import models
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from ehr.audit.models import AccessLog
from ehr.records.models import Person
from reports.models import PrintJob, ReportBatch
from stations.roles import RIGHTS
from stations.scope import scope_of
from tests import doors
from tests.factories import programmes, vaccination
from tests.factories import records as made
from tests.factories.claims import ClaimEntryFactory, ClaimFactory, ClaimFileFactory
from tests.factories.intake import ImportBatchFactory, ImportFileFactory, ImportRowFactory

ROLES = ("clerk", "head", "centre", "department", "admin", "partner", "nobody", "anonymous")
WIDE = ("centre", "department")  # their places hold more than the own commune, so a stranger lives in another province
LIKE_OTHERS = ("head", "department", "partner")  # in the admin: pages of lists and forms are walked as clerk and centre
ADMIN_KINDS = ("changelist", "add", "change", "delete", "history", "export", "import", "process_import")
FINE = (200, 302, 405, 422)  # a page, a redirect after work, a page that only takes posts, a form that asks for more


# --- the people ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A person with a row in every table, and the texts by which nobody else can be meant."""

    person: Person
    rows: dict
    marks: tuple[str, ...]


def whole_record(village, name, number, phone):
    person = made.PersonFactory(
        village=village, full_name=name, phone_mobile=phone, sex="2", birth_date=date(1990, 5, 17)
    )
    person = Person.objects.get(pk=person.pk)
    membership = made.MembershipFactory(person=person, is_head=True)
    encounter = made.EncounterFactory(person=person)
    dose = vaccination.ImmunizationFactory(person=person)
    book = programmes.NcdRegistrationFactory(person=person)
    rows = {
        "person": person, "membership": membership, "household": membership.household, "village": village,
        "identifier": made.IdentifierFactory(person=person, value=number),
        "address": made.AddressFactory(person=person), "relative": made.RelativeFactory(person=person),
        "healthhistory": made.HealthHistoryFactory(person=person), "allergy": made.AllergyFactory(person=person),
        "condition": made.ConditionFactory(person=person), "disability": made.DisabilityFactory(person=person),
        "surgery": made.SurgeryFactory(person=person), "familyhistory": made.FamilyHistoryFactory(person=person),
        "encounter": encounter, "examfinding": made.ExamFindingFactory(encounter=encounter),
        "labresult": made.LabResultFactory(encounter=encounter),
        "diagnosis": made.DiagnosisFactory(encounter=encounter),
        "medication": made.MedicationFactory(encounter=encounter),
        "procedure": made.ProcedureFactory(encounter=encounter),
        "clinicalnote": made.ClinicalNoteFactory(encounter=encounter),
        "caredocument": made.CareDocumentFactory(person=person, encounter=encounter),
        "appointment": made.AppointmentFactory(person=person, encounter=encounter),
        "delivery": made.DeliveryFactory(person=person, encounter=encounter),
        "vaccinationrecord": vaccination.VaccinationRecordFactory(person=person),
        "immunization": dose, "adverseevent": programmes.AdverseEventFactory(immunization=dose),
        "pregnancy": programmes.PregnancyFactory(person=person), "ncdregistration": book,
        "ncdvisit": programmes.NcdVisitFactory(registration=book, encounter=encounter),
        "healthcheck": programmes.HealthCheckFactory(encounter=encounter),
        "contraception": programmes.ContraceptionFactory(person=person),
        "abortion": programmes.AbortionFactory(person=person),
    }  # fmt: skip
    return Side(person, rows, (name, name.upper(), person.code, number, phone))


@pytest.fixture
def own(places):
    return whole_record(places.villages[0], "Đỗ Thị Trong Xã", "038190000111", "0912000111")


@pytest.fixture
def strangers(places):
    """(in another commune of the province, in another province)."""
    return (
        whole_record(places.other_village, "Vũ Thị Xã Bên", "038190000222", "0912000222"),
        whole_record(places.far_village, "Lò Thị Tỉnh Khác", "011190000333", "0912000333"),
    )


def strangers_of(role, strangers):
    return strangers[1:] if role in WIDE else strangers


# --- the addresses ---------------------------------------------------------------------------------------------------


def walk(resolver, spaces=(), route=""):
    """(full name, route) of each pattern of the project."""
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield ":".join([*spaces, pattern.name or ""]), here, pattern
        else:
            yield from walk(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces, here)


def by_code(side):
    return [side.person.code]


def by_visit(side):
    return [side.person.code, side.rows["encounter"].pk]


def by_household(side):
    return [side.rows["household"].pk]


REPORT = "lien-thong"

# Addresses that name a person, household or visit: name → (arguments from a side, right needed on the own side).
OF_PEOPLE = {
    "records:household": (by_household, "record.view"),
    "records:household_edit": (by_household, "record.change"),
    "records:household_members": (by_household, "record.change"),
    "records:household_adopt": (by_household, "record.change"),
    "records:person": (by_code, "record.view"),
    "records:person_edit": (by_code, "record.change"),
    "records:person_move": (by_code, "record.change"),
    "records:person_leave": (by_code, "record.change"),
    "records:history": (by_code, "record.view"),
    "records:history_edit": (by_code, "record.change"),
    "records:encounters": (by_code, "record.view"),
    "records:encounter_new": (by_code, "record.change"),
    "records:encounter": (by_visit, "record.view"),
    "records:encounter_edit": (by_visit, "record.change"),
    "records:encounter_cancel": (by_visit, "record.change"),
    "records:timeline": (by_code, "record.view"),
    "records:accesses": (by_code, "access.view"),
    "records:changes": (by_code, "record.view"),
    "vaccination:record": (by_code, "record.view"),
    "vaccination:record_edit": (by_code, "record.change"),
    "programmes:person": (by_code, "record.view"),
    "programmes:visit": (by_visit, "record.change"),
    "programmes:episode_new": (lambda side: [side.person.code, "so-benh"], "record.change"),
    "programmes:episode": (
        lambda side: [side.person.code, "so-benh", side.rows["ncdregistration"].pk],
        "record.change",
    ),
    "claims:restricted_person": (by_code, "restricted.view"),
    "claims_export:visit": (by_visit, "record.change"),
    "form831:person": (by_code, "record.export"),
    "form831:person_file": (by_code, "record.export"),
    "prints:person": (by_code, "record.print"),
    "prints:questionnaire": (by_household, "record.print"),
    "prints:village_questionnaires": (lambda side: [side.rows["village"].pk], "record.print"),
}
# Print jobs belong to who asked for them, whoever else may see the village.
OF_JOBS = ("prints:job", "prints:job_file", "prints:batch", "prints:batch_file")
# Files that came in, by the key of the batch: name → (further arguments, right needed on the own side).
OF_BATCHES = {
    "intake:batch": ([], "record.view"),
    "intake:refused": ([], "record.view"),
    "intake:columns": ([], "record.change"),
    "intake:header": ([], "record.change"),
    "intake:decisions": ([], "record.change"),
    "intake:confirm": ([], "record.change"),
    "intake:cancel": ([], "record.change"),
    "intake:undo": ([], "record.change"),
    "intake:register": ([], "record.view"),
    "intake:register_accept": ([], "record.change"),
    "intake:register_decide": ([], "record.change"),
    "intake:register_compare": ([], "record.change"),
    "intake:register_undo": ([1], "record.change"),
}
# Claim files and claims, by their keys: name → (what the key is of, further arguments, right needed on the own side).
OF_CLAIMS = {
    "claims:file": ("file", [], "record.view"),
    "claims:findings": ("file", [], "record.view"),
    "claims:entry": ("file", [1], "record.view"),
    "claims:undo": ("file", [], "batch.undo"),
    "claims:retry": ("file", [], "record.change"),
    "claims:claim": ("claim", [], "record.view"),
    "claims:restricted_claim": ("hidden", [], "restricted.view"),
    "exchange:claim-file": ("file", [], "record.view"),
    "exchange:claim-entries": ("file", [], "record.view"),
}
# Reports about a unit: name → arguments after the report's path, query.
OF_UNITS = {
    "reports:show": ([], ""),
    "reports:file": (["csv"], ""),
    "reports:people": ([], "&column=managed&line=total"),
}
# Pages without a person in the address: right needed, "" for everybody who is logged in.
LISTS = {
    "home": "",
    "records:find": "record.view",
    "records:units": "",  # units and villages are public lists
    "records:villages": "",
    "records:icd10": "list.view",
    "records:facilities": "list.view",
    "records:households": "record.view",
    "records:household_new": "record.change",
    "records:person_new": "record.change",
    "reports:index": "report.view",
    "intake:index": "record.view",
    "claims:index": "record.view",
    "claims:decisions": "record.change",
    "claims:tasks": "record.view",
    "claims:restricted": "restricted.view",
    "claims_export:index": "record.export",
    "form831:import": "record.change",
    "submission:calendar": "report.view",
    "submission:closed": "report.view",
    "dashboard:overview": "report.view",
    "password_change": "",
}
TEMPLATES = "intake:template"  # empty sheets: the villages of a commune stand in their lists
OPEN_TO_ALL = {"login", "logout"}
REST = {  # name → (arguments, methods)
    "exchange:person": (by_code, "get patch"),
    "exchange:person-form831": (by_code, "get"),
    "exchange:history": (by_code, "get patch"),
    "exchange:vaccinations": (by_code, "get patch"),
    "exchange:visits": (by_code, "get post"),
    "exchange:visit": (lambda side: [side.rows["encounter"].pk], "get patch"),
    "exchange:visit-cancel": (lambda side: [side.rows["encounter"].pk], "post"),
    "exchange:household": (by_household, "get patch"),
    "exchange:members": (by_household, "post"),
}
REST_BATCHES = {  # name → (further arguments, method)
    "exchange:import": ([], "get"),
    "exchange:import-result": ([], "get"),
    "exchange:import-layout": ([], "get"),
    "exchange:import-refused": ([], "get"),
    "exchange:import-rows": ([], "get"),
    "exchange:import-decision": ([0], "post"),
    "exchange:import-confirm": ([], "post"),
    "exchange:import-cancel": ([], "post"),
    "exchange:import-undo": ([], "post"),
}
REST_LISTS = (
    "claims", "imports", "me", "people", "people-search", "households", "systems", "units", "villages", "vaccines",
    "coverage", "reports", "submissions", "nowhere",
)  # fmt: skip
REST_OTHER = {"exchange:codes": ["icd10"], "exchange:report": ["coverage"], "exchange:schema": [], "exchange:docs": []}
# A facility with its days, a file, or a report that was made stands in the question: their own tests ask as others.
ASKED = {
    "claims_export:held", "exchange:claims-export", "exchange:claims-export-preview", "exchange:form831",
    "reports:explain", "prints:batch_start",
    *(f"submission:{name}" for name in ("prepare", "show", "file", "sign", "receive", "give_back", "drop",
                                        "closed_table", "closed_file")),
    *(f"exchange:submission{name}" for name in ("", "-figures", "-sign", "-receive", "-return", "-drop")),
}  # fmt: skip
ADMIN_OTHER = {
    "admin:index", "admin:login", "admin:logout", "admin:password_change_done", "admin:autocomplete", "admin:jsi18n",
    "admin:password_change", "admin:search", "admin:app_list", "admin:auth_user_password_change",
}  # fmt: skip


def admin_pages():
    """(name, model, kind) of the pages that each model of the admin has."""
    for model, page in admin.site._registry.items():
        for kind in ADMIN_KINDS:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}"
            yield name, model, kind, page


def test_every_address_is_in_a_table():
    known = {
        *OF_PEOPLE, *OF_JOBS, *OF_BATCHES, *OF_CLAIMS, TEMPLATES, *OF_UNITS, *LISTS, *OPEN_TO_ALL, *REST, *REST_BATCHES,
        *REST_OTHER, *ADMIN_OTHER, *ASKED,
        *(f"exchange:{name}" for name in REST_LISTS), *(name for name, *_ in admin_pages()),
    }  # fmt: skip
    nameless = ("quan-tri/(?P<url>.*)$",)  # Django's own "add a slash, else 404"

    unknown = [
        f"{name} {route}"
        for name, route, _ in walk(get_resolver())
        if name not in known and not (name.endswith(":") and (route.endswith("<path:object_id>/") or route in nameless))
    ]

    assert unknown == []


# --- walking ---------------------------------------------------------------------------------------------------------


def client_of(role, users, login):
    return login(None if role == "anonymous" else getattr(users, role))


def can(role, users, right):
    return role != "anonymous" and (not right or scope_of(getattr(users, role)).can(right))


def leaks(response, sides, asked=""):
    """Texts of strangers in an answer, apart from what was asked for and is only repeated."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = body.decode(errors="replace")
    return [mark for side in sides for mark in side.marks if mark in text and mark not in asked]


def expect(response, wanted, where):
    assert response.status_code != 403, where
    assert response.status_code in wanted, f"{where}: {response.status_code}"


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_people(role, users, login, own, strangers):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    for name, (arguments, right) in OF_PEOPLE.items():
        for side in foreign:
            url = reverse(name, args=arguments(side))
            for method in ("get", "post"):
                response = getattr(client, method)(url)
                wanted = (302,) if role == "anonymous" else (404, 405)
                expect(response, wanted, f"{role} {method} {name} of strangers")
                assert leaks(response, foreign) == [], f"{role} {method} {name}"
                if role == "anonymous":
                    assert reverse("login") in response.headers["Location"]
        response = client.get(reverse(name, args=arguments(own)))
        wanted = (302,) if role == "anonymous" else FINE if can(role, users, right) else (404,)
        expect(response, wanted, f"{role} {name} of the own commune")
        assert leaks(response, foreign) == [], f"{role} {name}"
    assert Person.objects.filter(status="active").count() == 3


@pytest.mark.parametrize("role", ROLES)
def test_pages_without_a_person_in_the_address(role, users, login, own, strangers):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    questions = [
        text for side in foreign for text in (side.person.full_name, side.rows["identifier"].value, side.person.code)
    ]
    for name, right in LISTS.items():
        for question in ("", *questions):
            response = client.get(reverse(name), {"q": question} if question else {})
            wanted = (302,) if role == "anonymous" else FINE if can(role, users, right) else (404,)
            expect(response, wanted, f"{role} {name}")
            assert leaks(response, foreign, question) == [], f"{role} {name}?q={question}"


@pytest.mark.parametrize("role", ROLES)
def test_reports_about_units(role, users, login, own, strangers):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    for name, (more, query) in OF_UNITS.items():
        url = reverse(name, args=[REPORT, *more])
        for side in (own, *foreign):
            # A centre works in an old district, whose reports are about the communes of that time.
            code = "old-16537" if role == "centre" and side is own else f"new-{side.person.commune.code}"
            response = client.get(f"{url}?unit={code}&month=2026-02&by=village{query}")
            inside = side is own and can(role, users, "report.view")
            wanted = (302,) if role == "anonymous" else (200, 404, 422) if inside else (404,)
            expect(response, wanted, f"{role} {name} {code}")
            assert leaks(response, foreign) == [], f"{role} {name}"


def test_prints_belong_to_who_asked_for_them(users, login, places):
    job = PrintJob.objects.create(village=places.villages[0], user=users.head)
    batch = ReportBatch.objects.create(report="coverage", unit=places.district, period="2026-02", user=users.head)

    for name in OF_JOBS:
        for key in (job.key, batch.key):
            assert login(users.clerk).get(reverse(name, args=[key])).status_code == 404
        assert login(users.head).get(reverse(name, args=[uuid.uuid4()])).status_code == 404
    assert login(users.head).get(reverse("prints:job", args=[job.key])).status_code == 200


@pytest.fixture
def batches(own, strangers):
    """(a batch about the own person, those about the strangers), sent by the system, with rows that name the person."""

    def batch(side):
        name = side.person.full_name
        sheet = ImportFileFactory(data=f"Họ và tên,Ngày sinh,Giới tính\n{name},12/03/1980,Nam\n".encode())
        made = ImportBatchFactory(
            commune=side.person.commune, kind="register", file=sheet, file_name="Danh sách.csv",
            counts={"rows": 2, "refused": 1},
        )  # fmt: skip
        common = {"batch": made, "label": name, "values": {"full_name": name, "phone_mobile": side.person.phone_mobile}}
        ImportRowFactory(**common, person=side.person, fate="update", changes={"phone_mobile": ["", "0912000999"]})
        ImportRowFactory(
            **common, fate="possible_duplicate", candidates=[{"person": side.person.pk, "why": "cùng tên"}]
        )
        return made

    return batch(own), [batch(side) for side in strangers]


@pytest.mark.parametrize("role", ROLES)
def test_files_that_came_in(role, users, login, own, strangers, batches):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    mine, others = batches[0], batches[1][1:] if role in WIDE else batches[1]
    for name, (more, right) in OF_BATCHES.items():
        for batch in others:
            for method in ("get", "post"):
                response = getattr(client, method)(reverse(name, args=[batch.key, *more]))
                expect(response, (302,) if role == "anonymous" else (404, 405), f"{role} {method} {name} of strangers")
                assert leaks(response, foreign) == [], f"{role} {method} {name}"
        response = client.get(reverse(name, args=[mine.key, *more]))
        wanted = (302,) if role == "anonymous" else (*FINE, 404) if can(role, users, right) else (404,)
        expect(response, wanted, f"{role} {name} of the own commune")
        assert leaks(response, foreign) == [], f"{role} {name}"
    ledger = client.get(reverse("intake:index"))
    for batch in others:
        assert str(batch.key) not in ledger.content.decode()
    for batch in (mine, *others):
        batch.refresh_from_db()
        assert batch.state == "preview"


@pytest.mark.parametrize("role", ROLES)
def test_empty_sheets_name_villages_of_the_own_places_only(role, users, login, places):
    client = client_of(role, users, login)

    response = client.get(reverse(TEMPLATES, args=["survey"]), {"xa": str(places.far_commune.pk)})

    inside = role in ("clerk", "head", "centre", "department", "partner")
    expect(response, (302,) if role == "anonymous" else (200,) if inside else (404,), role)
    if inside:
        assert places.far_commune.code not in response.headers["Content-Disposition"]


OF_PEOPLE_APPS = ("records", "vaccination", "programmes")


def row_of(model, side):
    """The side's row of a model whose rows belong to people; None for lists and places."""
    return side.rows.get(model._meta.model_name) if model._meta.app_label in OF_PEOPLE_APPS else None


@pytest.mark.parametrize("role", ROLES)
def test_admin_pages(role, users, login, own, strangers):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    for name, model, kind, page in admin_pages():
        about_people = row_of(model, own) is not None
        if kind in ("import", "process_import") and not hasattr(page, "import_action"):
            continue
        if kind == "export" and not hasattr(page, "export_action"):
            continue
        on_object = kind in ("change", "delete", "history")
        if on_object and about_people:
            for side in foreign:
                for method in ("get", "post"):
                    response = getattr(client, method)(reverse(name, args=[row_of(model, side).pk]))
                    expect(response, (302,) if role == "anonymous" else (404,), f"{role} {method} {name} of strangers")
                    assert leaks(response, foreign) == [], f"{role} {method} {name}"
        if role in LIKE_OTHERS and not (about_people and kind in ("changelist", "change")) and not own_rights(model):
            continue
        first = row_of(model, own) or (model._default_manager.order_by("pk").first() if on_object else None)
        if on_object and first is None:
            continue
        response = client.get(reverse(name, args=[first.pk] if on_object else []))
        expect(response, wanted_of(role, users, kind, page, about_people), f"{role} {name}")
        assert leaks(response, foreign) == [], f"{role} {name}"
        if kind == "changelist" and response.status_code == 200 and about_people:
            name_of_stranger = foreign[-1].person.full_name
            found = client.get(reverse(name), {"q": name_of_stranger})
            assert leaks(found, foreign, name_of_stranger) == [], f"{role} {name}?q="


def own_rights(model):
    """Pages that ask for rights which only some of the roles have."""
    return model._meta.app_label in ("audit", "reports")


def wanted_of(role, users, kind, page, about_people):
    """Statuses of an admin page about the own commune."""
    if role == "anonymous":
        return (302,)
    if not (can(role, users, "list.view") and can(role, users, page.view_right)):
        return (404,)
    if not about_people:
        return (200, 302, 404, 405)
    if kind in ("change", "changelist", "history"):
        return (200,)
    if kind == "export":
        return (200,) if can(role, users, "record.export") else (404,)
    if kind == "delete":
        return (404,)
    return (200, 404)  # "add": only where the rows are typed at all


@pytest.mark.parametrize("role", ROLES)
def test_other_admin_addresses(role, users, login, own, strangers):
    client, foreign = client_of(role, users, login), strangers_of(role, strangers)
    inside = can(role, users, "list.view")
    urls = [reverse("admin:index"), reverse("admin:search") + "?s=thi", reverse("admin:jsi18n")]
    urls += [
        reverse("admin:app_list", args=[label])
        for label in {model._meta.app_label for model in admin.site._registry}
        if re.fullmatch("records|vaccination|stations|codes", label)
    ]
    for url in urls:
        response = client.get(url)
        expect(response, (200, 302) if role == "anonymous" else (200, 302, 404), f"{role} {url}")
        assert leaks(response, foreign) == [], f"{role} {url}"
        if not inside and url == reverse("admin:index"):
            assert response.status_code == (302 if role == "anonymous" else 404)
    for field in ("records.encounter.person", "records.relative.linked_person", "records.person.mother"):
        app, model, column = field.split(".")
        for side in foreign:
            asked = {"app_label": app, "model_name": model, "field_name": column, "term": side.person.full_name}
            response = client.get(reverse("admin:autocomplete"), asked)
            expect(response, (302,) if role == "anonymous" else (200, 404), f"{role} autocomplete {field}")
            assert leaks(response, foreign) == [], f"{role} autocomplete {field}"


def test_passwords_of_others_are_the_administrators_work(users, login):
    url = reverse("admin:auth_user_password_change", args=[users.clerk.pk])

    assert login(users.head).get(url).status_code == 404
    assert login(users.admin).get(url).status_code == 200


# --- REST ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def partner(users):
    cache.clear()  # requests per minute are counted there
    doors.partner_key(users.partner)
    return Client(headers={"Authorization": f"Bearer {doors.KEY}"})


def test_rest_shows_a_partner_its_own_places_only(partner, own, strangers):
    for name, (arguments, methods) in REST.items():
        for side in strangers:
            for method in methods.split():
                url = reverse(name, args=arguments(side))
                body = {} if method == "get" else {"data": b'{"version": 1}', "content_type": "application/json"}
                response = getattr(partner, method)(url, **body)
                expect(response, (404, 400), f"{method} {name} of strangers")
                assert leaks(response, strangers) == [], name
                if method == "get":
                    assert response.status_code == 404, name
        if "get" in methods:
            response = partner.get(reverse(name, args=arguments(own)))
            expect(response, (200,), f"{name} of the own commune")
            assert leaks(response, strangers) == [], name


def test_rest_shows_a_partner_the_batches_of_its_own_places_only(partner, own, strangers, batches):
    mine, others = batches
    for name, (more, method) in REST_BATCHES.items():
        body = {} if method == "get" else {"data": b"{}", "content_type": "application/json"}
        for batch in others:
            response = getattr(partner, method)(reverse(name, args=[batch.key, *more]), **body)
            expect(response, (404,), f"{method} {name} of strangers")
            batch.refresh_from_db()
            assert batch.state == "preview"
        if method == "get":
            response = partner.get(reverse(name, args=[mine.key, *more]))
            expect(response, (200,), f"{name} of the own commune")
            assert leaks(response, strangers) == [], name
    listed = [row["batch"] for row in partner.get(reverse("exchange:imports")).json()["results"]]
    assert listed == [str(mine.key)]


def test_rest_lists_hold_no_stranger(partner, own, strangers):
    asked = {"coverage": {"unit": "16531", "month": "2026-02"}}
    for name in REST_LISTS:
        url = reverse(f"exchange:{name}")
        expect(partner.get(url, asked.get(name, {})), (200, 400, 404, 405), name)
        assert leaks(partner.get(url), strangers) == [], name
    for side in strangers:
        body = f'{{"identifier": "{side.rows["identifier"].value}"}}'
        response = partner.post(reverse("exchange:people-search"), body, content_type="application/json")
        assert response.status_code == 200
        assert response.json()["results"] == []


@pytest.mark.parametrize("role", ROLES)
def test_rest_knows_no_session(role, users, login, own):
    client = client_of(role, users, login)
    names = [(name, arguments(own)) for name, (arguments, _) in REST.items()]
    names += [(f"exchange:{name}", []) for name in REST_LISTS if name != "nowhere"]  # 404 for everybody
    names += [(name, [uuid.uuid4(), *more]) for name, (more, _) in REST_BATCHES.items()]
    for name, arguments in names:
        expect(client.get(reverse(name, args=arguments)), (401,), f"{role} {name}")


# --- models ----------------------------------------------------------------------------------------------------------

NOT_SCOPED = {
    "audit.AccessLog": "keeps person numbers without a key; its pages filter by people visible to the reader",
    "reports.ReportRun": "figures about units, no rows of people",
}


def leads_to_a_person(model, seen=()):
    """Whether a chain of foreign keys of the project leads to a person or household."""
    if model._meta.label in ("records.Person", "records.Household"):
        return True
    return any(
        leads_to_a_person(field.related_model, (*seen, model))
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model not in (*seen, model)
    )


def test_every_model_with_people_in_it_has_visible_to():
    tables = [
        model
        for model in apps.get_models()
        if model._meta.app_label in (*OF_PEOPLE_APPS, "audit", "exchange", "reports", "stations", "codes")
        and not hasattr(model, "pgh_tracked_model")
        and leads_to_a_person(model)
    ]

    lacking = [
        model._meta.label
        for model in tables
        if not hasattr(model._default_manager, "visible_to") and model._meta.label not in NOT_SCOPED
    ]

    assert lacking == []
    assert len(tables) >= 18


@pytest.mark.parametrize("role", sorted(RIGHTS))
def test_visible_to_follows_the_right_to_see_records(role, users, own, strangers):
    user = getattr(users, role)
    for name, row in own.rows.items():
        model = type(row)
        if hasattr(model, "_default_manager") and hasattr(model._default_manager, "visible_to"):
            seen = set(model._default_manager.visible_to(user).values_list("pk", flat=True))
            assert (row.pk in seen) == ("record.view" in RIGHTS[role]), name
            for side in strangers_of(role, strangers):
                assert side.rows[name].pk not in seen, name


# --- access log ------------------------------------------------------------------------------------------------------


READING = [
    name
    for name, (arguments, right) in OF_PEOPLE.items()
    if right in ("record.view", "access.view") and arguments is not by_household  # which names members as a list does
]


@pytest.mark.parametrize("name", READING)
def test_reading_a_person_leaves_a_row(name, users, login, own):
    arguments, _ = OF_PEOPLE[name]

    assert login(users.head).get(reverse(name, args=arguments(own))).status_code == 200

    row = AccessLog.objects.get(person_id=own.person.pk)
    assert (row.user, row.action, row.roles) == (users.head, "view", "head")


def test_printing_and_exporting_leave_rows(users, login, own):
    client = login(users.head)

    assert client.get(reverse("prints:person", args=[own.person.code])).status_code == 200
    page = admin.site._registry[Person]
    fields = {f"personresource_{name}": "on" for name in page.resource_classes[0]().get_export_order()}
    file = client.post(reverse("admin:records_person_export"), {"format": "0", "resource": "0", **fields})

    assert file.status_code == 200, file.content
    assert list(AccessLog.objects.order_by("pk").values_list("action", "person_id")) == [
        ("print", own.person.pk),
        ("export", own.person.pk),
    ]


def test_settings_hide_the_difference_between_absent_and_forbidden():
    assert "ehr.config.middleware.HideForbiddenMiddleware" in settings.MIDDLEWARE


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in OF_CLAIMS if name.startswith("claims:")))
def test_claims_and_their_files_exist_only_where_they_belong(name, users, login, places):
    """The clerk and the head of the own commune see their file and claim; a clerk of elsewhere, an administrator and
    whoever has no assignment do not; a restricted claim is there for the officer of the programme only."""
    of, more, right = OF_CLAIMS[name]
    file = ClaimFileFactory(by=users.clerk, facility=places.station, state="done")
    person = made.PersonFactory(village=places.villages[0])
    claim, hidden = ClaimFactory(person=person), ClaimFactory(person=person, restricted=["hiv"])
    ClaimEntryFactory(file=file, index=1, claim=claim)
    address = reverse(name, args=[{"file": file, "claim": claim, "hidden": hidden}[of].key, *more])
    seen = {}
    for role in ("clerk", "head", "programme", "far", "admin", "nobody"):
        answer = login(getattr(users, role)).get(address)
        seen[role] = answer.status_code != 404
        if answer.streaming:
            list(answer.streaming_content)  # a sheet is a file, closed at its end
    inside = right != "restricted.view"
    assert seen == {
        "clerk": inside, "head": inside, "programme": name != "claims:undo", "far": False, "admin": False,
        "nobody": False,
    }  # fmt: skip
