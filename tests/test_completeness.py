"""Nothing of form 831 is forgotten: each of its field codes has a store, a box on the screens, a place in the admin, a
place on the printed form and a name in the exchange; each model has an admin, a factory, Vietnamese names."""

import csv
import importlib
import inspect
import pkgutil

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.test import RequestFactory

import tests.factories
from ehr.codes.models import Code
from ehr.common.sections import FORM831
from ehr.records.admin.base import SHOWN
from ehr.records.admin.encounter import CLAIMED
from ehr.records.models import (
    Address,
    Allergy,
    Appointment,
    CareDocument,
    ClinicalNote,
    Condition,
    Delivery,
    Diagnosis,
    Disability,
    Encounter,
    ExamFinding,
    FamilyHistory,
    HealthHistory,
    Household,
    Identifier,
    LabResult,
    Medication,
    Membership,
    Person,
    Procedure,
    Relative,
    Surgery,
)  # fmt: skip
from ehr.records.sections import SECTION_A, SECTION_B, SECTION_D, a, b, d
from ehr.vaccination.models import FormRow, Immunization, VaccinationRecord
from ehr.vaccination.sections import SECTION_C
from tests.factories.records import ChildFactory, WomanFactory

SECTIONS = (SECTION_A, SECTION_B, SECTION_C, SECTION_D)
with FORM831.open(encoding="utf-8", newline="") as file:
    CODES = {row["field_code"]: row for row in csv.DictReader(file)}
ITEMS = {item.code: item for section in SECTIONS for item in section.items()}
TABLES = {
    "person": Person, "household": Household, "membership": Membership, "identifier": Identifier, "address": Address,
    "relative": Relative, "history": HealthHistory, "allergy": Allergy, "condition": Condition,
    "disability": Disability, "surgery": Surgery, "family_allergy": FamilyHistory, "family_disease": FamilyHistory,
    "encounter": Encounter, "finding": ExamFinding, "lab": LabResult, "diagnosis": Diagnosis,
    "immunization": Immunization, "record": VaccinationRecord, "row": FormRow,
}  # fmt: skip
KINDS = {
    "allergy": "allergy-kind", "family_allergy": "allergy-kind", "condition": "own-disease",
    "family_disease": "own-disease", "disability": "disability-kind", "finding": "organ-system", "lab": "lab-group",
}  # fmt: skip
OURS = (
    "stations", "codes", "audit", "records", "vaccination", "programmes", "intake", "claims", "exchange", "reports",
    "submission", "dashboard",
)  # fmt: skip


def our_models():
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS and not hasattr(model, "pgh_tracked_model")
    ]


def test_the_project_carries_all_231_fields():
    assert len(CODES) == 231
    assert set(ITEMS) == set(CODES)


# --- store -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("code", CODES)
def test_field_has_a_store(code):
    table, _, rest = ITEMS[code].store.partition(".")
    model, (kind, _, column) = TABLES[table], rest.partition(".")

    if table == "row":
        assert FormRow.objects.filter(code=rest).exists()
    elif table in KINDS and kind != "*":
        assert Code.objects.of(KINDS[table]).filter(code=kind).exists()
        assert not column or model._meta.get_field(column)
    elif table == "identifier":
        assert kind == "identity" or kind in Identifier.Kind.values
        assert not column or model._meta.get_field(column)
    elif table == "address":
        assert kind in Address.Use.values and model._meta.get_field(column)
    elif table == "relative":
        assert kind in Relative.Role.values and model._meta.get_field(column)
    elif table == "surgery":
        assert model._meta.get_field("body_part")
    else:
        assert model._meta.get_field(column or kind)


# --- screens ---------------------------------------------------------------------------------------------------------

NO_BOX = {"bmi": "computed by the database; shown, never typed"}


@pytest.fixture
def screen_fields(users, village):
    """Field code → name of its box, for all screens together; a woman's form has every box."""
    from ehr.records.forms import encounter, history
    from ehr.records.forms.person import PersonForm
    from ehr.vaccination import forms as vaccination

    woman, child = WomanFactory(village=village), ChildFactory(village=village, sex="2")
    forms = {
        "A": (PersonForm(user=users.clerk), {code: code for code in SECTION_A.names}),
        "B": (history.HistoryForm(person=woman), history.field_codes()),
        "C": (vaccination.VaccinationForm(person=child), vaccination.field_codes()),
        "D": (encounter.EncounterForm(person=woman), encounter.field_codes()),
    }
    return {code: name for form, names in forms.values() for code, name in names.items() if name in form.fields}


def test_field_has_a_box_on_the_screens(screen_fields):
    assert set(CODES) - set(screen_fields) == set(NO_BOX)


# --- admin -----------------------------------------------------------------------------------------------------------

PAGES = {"A": Person, "B": HealthHistory, "C": VaccinationRecord, "D": Encounter}


def admin_places(section, request, obj):
    """Field codes that the admin page of a section has a box, a line or a column for."""
    page = admin.site._registry[PAGES[section.code]]
    boxes = {name.removeprefix(SHOWN) for name in flatten_fieldsets(page.get_fieldsets(request, obj))}
    columns = {
        (inline.model, name)
        for inline in page.get_inline_instances(request, obj)
        for name in flatten_fieldsets(inline.get_fieldsets(request, obj))
    }
    for item in section.items():
        table, _, rest = item.store.partition(".")
        column = rest.rpartition(".")[2]
        if item.code in boxes or (TABLES[table], column) in columns:
            yield item.code
        elif table in ("lab", "row"):  # the kind of the row: its group, its line of the form
            wanted = {"lab": (LabResult, "group"), "row": (Immunization, "form_row")}[table]
            if wanted in columns:
                yield item.code


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.code)
def test_field_has_a_place_in_the_admin(section, users, village):
    from tests.factories import records, vaccination

    person = WomanFactory(village=village)
    made = {
        "A": lambda: person, "B": lambda: records.HealthHistoryFactory(person=person),
        "C": lambda: vaccination.VaccinationRecordFactory(person=person),
        "D": lambda: records.EncounterFactory(person=person),
    }  # fmt: skip
    request = RequestFactory().get("/")
    request.user = users.clerk

    assert set(section.names) - set(admin_places(section, request, made[section.code]())) == set()


# --- paper -----------------------------------------------------------------------------------------------------------


def test_field_has_a_place_on_the_printed_form():
    from reports.prints.record import printed_codes

    on_paper = {code for code, item in ITEMS.items() if item.paper}  # the others are only in the exchange XML

    assert sorted(on_paper - printed_codes()) == []
    assert sorted(printed_codes() - set(CODES) - {*a.EXTRA_STORES, *b.EXTRA_STORES, *d.EXTRA_STORES}) == []
    assert len(on_paper) > 200


# --- exchange --------------------------------------------------------------------------------------------------------

REST_NAMES = {  # where the exchange says it with a row instead of a field of its own
    "lab": {"lab_haematology", "lab_blood_chemistry", "lab_urine_chemistry", "lab_abdominal_ultrasound"},
}


def rest_codes():
    """Field codes that the shapes of REST v1 name, those of rows by the column that keeps them."""
    from ehr.exchange.serializers import history, person, vaccinations, visits

    names = set()
    for shape in (person.PersonRead, history.HistoryRead, visits.VisitRead, vaccinations.Rows):
        names |= set(shape().fields)
    names |= {"mother_tetanus_dose_count"} & set(vaccinations.VaccinationsRead().fields)
    columns = {
        "lab": set(visits.Lab().fields), "diagnosis": set(visits.DiagnosisLine().fields),
        "immunization": set(vaccinations.ExtraDose().fields),
    }  # fmt: skip
    for code, item in ITEMS.items():
        table, _, rest = item.store.partition(".")
        column = rest.rpartition(".")[2]
        if column in columns.get(table, ()) or (code in REST_NAMES["lab"] and "group" in columns["lab"]):
            names.add(code)
    return names


def test_field_has_a_name_in_the_exchange():
    assert sorted(set(CODES) - rest_codes()) == []


# --- models ----------------------------------------------------------------------------------------------------------

NO_FACTORY = {
    "audit.AccessLog": "written by reading a page: tests read pages",
    "audit.Submission": "written by saving a form: tests save forms",
    "exchange.Partner": "tests/ehr/exchange issues keys through the service",
    "exchange.ApiKey": "tests/ehr/exchange issues keys through the service",
    "reports.ReportRun": "written by making a report: tests make reports",
    "reports.PrintJob": "written by starting a print: tests start prints",
    "reports.ReportBatch": "written by starting a batch: tests start batches",
    "submission.ReportDuty": "loaded from the project's own list",
    "dashboard.DailyCount": "written by counting: tests count",
}


def test_every_model_has_an_admin_page():
    assert [model._meta.label for model in our_models() if model not in admin.site._registry] == []


def test_every_model_has_a_factory():
    made = set()
    for module in pkgutil.iter_modules(tests.factories.__path__):
        factories = importlib.import_module(f"tests.factories.{module.name}")
        for _, factory in inspect.getmembers(factories, inspect.isclass):
            made.add(getattr(getattr(factory, "_meta", None), "model", None))

    lacking = [m._meta.label for m in our_models() if m not in made and m._meta.label not in NO_FACTORY]

    assert lacking == []


# Of Django's user model; its own catalogue translates them.
DJANGO_COLUMNS = {
    "id",
    "last_login",
    "is_superuser",
    "is_staff",
    "username",
    "password",
    "email",
    "is_active",
    "date_joined",
}
WITHOUT_MARKS = {  # correct names that happen to have none
    "ATC", "CVX", "Cao (cm)", "Email", "LOINC", "MA_LK", "SHA-256", "URI (FHIR)", "Theo",
}  # fmt: skip


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_models_and_columns_speak_vietnamese(model):
    """A name given by hand has marks; a name that Django made from the English column has none."""
    names = {"model": model._meta.verbose_name, "models": model._meta.verbose_name_plural}
    names |= {f.name: f.verbose_name for f in model._meta.concrete_fields if f.name not in DJANGO_COLUMNS}

    english = {
        where: str(name) for where, name in names.items() if str(name).isascii() and str(name) not in WITHOUT_MARKS
    }

    assert english == {}


# --- columns ---------------------------------------------------------------------------------------------------------

TECHNICAL = {"id", "person", "encounter", "created_at", "updated_at", "version", "position"}
NOT_IN_THE_SPEC = {
    Person: {
        "code": "made by the database; stands in addresses and QR codes",
        "plain_name": "search form of full_name", "sort_name": "sort form of full_name",
        "birth_precision": "part of birth_date, a PartialDate",
        "answered_none": "the answers «không có» of other columns", "answered_unknown": "the answers «không biết»",
        "recorded_commune": "what the papers of the three-tier era said (REQ-ADM-04)",
        "merged_into": "written by merging", "mother": "link between two records, beside the name on the form",
        "linked_on": "written by the answer of the upstream system", "section_a_complete_on": "computed by the service",
    },
    Identifier: {
        "kind": "told by the field code, or by the shape of the number", "value": "the number itself",
        "country": "of passports; corrected on its own page", "valid_from": "dated table", "valid_to": "dated table",
        "source": "dated table", "coverage_from": "period of an insurance card, from claims",
        "coverage_to": "period of an insurance card, from claims",
        "primary_facility": "of an insurance card, from claims",
    },
    Address: {
        "use": "told by the field code", "recorded_commune": "as on Person", "valid_from": "dated table",
        "valid_to": "dated table",
    },
    Relative: {"role": "told by the field code", "linked_person": "link to a record, set on its own page"},
    Household: {
        "village": "place of the household: its own form", "commune": "place of the household: its own form",
        "province": "follows the commune", "address_detail": "its own form", "phone": "its own form",
        "closed_on": "its own form", "note": "its own form",
    },
    Membership: {
        "household": "found by household_code", "is_head": "follows the relation", "valid_from": "dated table",
        "valid_to": "dated table",
    },
    HealthHistory: {"answered_none": "as on Person", "answered_unknown": "as on Person"},
    Allergy: {"kind": "told by the field code", "answer": "the tick", "detail": "the text beside it"},
    Condition: {
        "kind": "told by the field code", "answer": "the tick", "detail": "the text beside it",
        "icd10": "added on the page of the row", "onset_year": "added on the page of the row",
    },
    Disability: {"kind": "told by the field code", "answer": "the tick", "detail": "the text beside it"},
    Surgery: {"body_part": "the text of surgery_history", "year": "the year at the end of its line"},
    FamilyHistory: {
        "allergy_kind": "told by the field code", "disease_kind": "told by the field code", "answer": "the tick",
        "detail": "the text beside it",
    },
    Encounter: {"status": "changed by cancelling", "status_reason": "why a visit was cancelled"}
    | dict.fromkeys(CLAIMED, "told by insurance claims; nobody types it"),
    ExamFinding: {"system": "told by the field code", "finding": "the text of the field"},
    LabResult: {
        "group": "told by the field code", "loinc": "column of the table of results", "result": "the text of the field",
        "value": "the result when it is a number", "unit": "column of the table of results",
    }
    | dict.fromkeys(
        ("index_code", "description", "conclusion", "resulted_at"), "told by insurance claims; nobody types it"
    ),
    Diagnosis: {
        "icd10": "the row behind icd10_code", "icd10_version": "the list it was taken from (REQ-CLM-08)",
        "traditional_code": "told by insurance claims; nobody types it",
    },
    VaccinationRecord: {"answered_none": "as on Person", "answered_unknown": "as on Person"},
    Immunization: {
        "form_row": "told by the field code", "lot_number": "beside the form: traceability of a dose",
        "lot_expiry": "beside the form: traceability", "facility": "where the dose was given",
        "facility_name": "where the dose was given", "staff_name": "who gave it",
    },
}  # fmt: skip


# Tables that form 831 does not have at all: what hospitals tell of a visit with its claim.
BESIDE_THE_FORM = {Appointment, CareDocument, ClinicalNote, Delivery, Medication, Procedure}


@pytest.mark.parametrize("model", NOT_IN_THE_SPEC, ids=lambda model: model.__name__)
def test_every_column_is_in_the_spec_or_has_a_reason(model):
    stores = [item.store for item in ITEMS.values()]
    stores += [*a.EXTRA_STORES.values(), *b.EXTRA_STORES.values(), *d.EXTRA_STORES.values()]
    spec = {store.rpartition(".")[2] for store in stores if TABLES[store.partition(".")[0]] is model}
    columns = {field.name for field in model._meta.concrete_fields} - TECHNICAL

    assert sorted(columns - spec - set(NOT_IN_THE_SPEC[model])) == []
    assert sorted(set(NOT_IN_THE_SPEC[model]) - columns) == [], "a reason for a column that is not there"


def test_every_model_of_the_record_is_looked_at():
    def about_people(model):
        return bool({"person", "encounter"} & {field.name for field in model._meta.concrete_fields})

    of_record = [model for model in our_models() if model._meta.app_label in ("records", "vaccination")]
    of_people = {model for model in of_record if model in (Person, Household) or about_people(model)}

    assert of_people == set(NOT_IN_THE_SPEC) | BESIDE_THE_FORM
