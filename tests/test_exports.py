"""Every file that leaves: no cell runs as a formula, no row leaves that its reader may not see, people are logged."""

import csv
import importlib
import inspect
import pkgutil
from io import BytesIO, StringIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import reverse
from factory.django import DjangoModelFactory
from openpyxl import load_workbook

import tests.factories
from ehr.audit.models import AccessLog
from ehr.common.admin import ExportAdmin
from ehr.common.resources import FORMATS
from ehr.intake import services
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
NO_EXPORT = {
    "stations.User": "accounts and the digests of their passwords",
    "stations.Assignment": "who may do what",
    "exchange.Partner": "accounts of partners",
    "exchange.ApiKey": "digests of keys",
    "audit.Submission": "technical",
    "reports.PrintJob": "pages that only the asker may fetch",
    "reports.ReportBatch": "files that only the asker may fetch",
    "intake.ImportFile": "the bytes of files",
    "intake.ImportRow": "rows leave through the batch: result and refused rows",
    "intake.ImportBefore": "rows as they were, for the undo",
    "intake.ImportPlan": "rows prepared for writing, gone when they are written",
    "intake.SavedMapping": "headers",
    "intake.RegisterComparison": "shown on its screen",
    "intake.RegisterAcceptance": "shown on its screen",
    "intake.RegisterLine": "shown on its screen",
    "claims.ClaimFilePart": "the bytes of files",
    "claims.ClaimChunk": "parts of the work",
    "claims.ClaimEntry": "answers leave as the findings of their file",
    "claims.Claim": "claims leave as packages of a facility, and on the screens of their people",
    "claims.ClaimVersion": "documents of claims, shown on their screens",
    "claims.ClaimTask": "shown on its screen",
    "claims.ExportedVisit": "digests of what went out",
    "submission.Snapshot": "frozen tables leave as files from their screens",
    "dashboard.DailyCount": "figures leave as reports",
}  # fmt: skip
HOSTILE = '=HYPERLINK("http://x","Lê Thử")'
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def exporting():
    return [model for model, page in admin.site._registry.items() if isinstance(page, ExportAdmin)]


def factory_of(model):
    for module in pkgutil.iter_modules(tests.factories.__path__):
        found = importlib.import_module(f"tests.factories.{module.name}")
        for _, factory in inspect.getmembers(found, inspect.isclass):
            if issubclass(factory, DjangoModelFactory) and factory._meta.model is model:
                return factory
    return None


def spoiled(model, village):
    """A row of the model whose free texts are hostile; codes, choices and checked columns stay as they are."""
    factory = factory_of(model)
    if factory is None:
        return None
    person = PersonFactory(village=village, full_name=HOSTILE)
    names = {field.name for field in model._meta.fields}
    given = {"person": person} if "person" in names else {"person_id": person.pk} if "person_id" in names else {}
    if model._meta.label == "records.Person":
        return person
    if model is AccessLog:  # never changed once it is written
        return factory(**given, object=HOSTILE)
    row = factory(**given)
    for field in _free(model):
        model.objects.filter(pk=row.pk).update(**{field.name: HOSTILE})
    return row


def _texts(model):
    """Free texts of the model that its export has."""
    page = admin.site._registry[model]
    names = [set(resource().fields) for resource in page.get_resource_classes(None)]
    return [field for field in _free(model) if field.name in names[0]]


def _free(model):
    fields = [f for f in model._meta.fields if isinstance(f, models.CharField | models.TextField)]
    return [
        field
        for field in fields
        if not field.choices and not field.unique and (field.max_length or 999) >= 60
        and field.name not in ("icd10_code", "sha256", "data_hash")
    ]  # fmt: skip


def url(model, page):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def exported(client, model, file_format, row=None):
    """All columns of the rows that the user sees, or of one of them; None when the user finds no such page."""
    address = url(model, "export") + (f"?id__exact={row.pk}" if row is not None else "")
    page = client.get(address)
    if page.status_code == 404:
        return None
    names = [name for name in page.context["form"].fields if name not in ("format", "resource", "export_items")]
    number = [each.__name__ for each in FORMATS].index(file_format)
    return client.post(address, {"format": number, "resource": 0} | dict.fromkeys(names, "on"))


def cells_of(response, file_format):
    if file_format == "CSV":
        return [cell for row in csv.reader(StringIO(response.content.decode("utf-8-sig"))) for cell in row]
    cells = [cell for row in load_workbook(BytesIO(response.content)).active.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    return [cell.value for cell in cells if isinstance(cell.value, str)]


def harmless(cells):
    """No cell begins like a formula; our own marks for "no value" are one sign."""
    return [cell for cell in cells if cell.lstrip(" ").startswith(STARTS) and cell.strip() not in ("-", "+")] == []


def test_every_page_exports_or_says_why_not():
    without = {m._meta.label for m in admin.site._registry if m not in exporting() and m._meta.app_label != "axes"}
    assert without == set(NO_EXPORT)


def _reader(users, model):
    right = admin.site._registry[model].view_right
    return users.admin if right == "list.view" else users.head


@pytest.mark.parametrize("file_format", ["CSV", "XLSX"])
@pytest.mark.parametrize("model", exporting(), ids=lambda model: model._meta.label)
def test_no_cell_of_an_export_is_a_formula(login, users, places, model, file_format):
    row = spoiled(model, places.villages[0])
    response = exported(login(_reader(users, model)), model, file_format, row)
    assert response.status_code == 200
    cells = cells_of(response, file_format)
    assert harmless(cells)
    assert row is None or any(cell == f"'{HOSTILE}" for cell in cells) or not _texts(model)


@pytest.mark.parametrize(
    "model", [m for m in exporting() if admin.site._registry[m].is_scoped and m._meta.app_label != "intake"],
    ids=lambda model: model._meta.label,
)  # fmt: skip
def test_records_leave_only_for_their_readers_and_are_logged(login, users, places, model):
    row = spoiled(model, places.villages[0])
    person = getattr(row, "person_id", None) or (row.pk if model._meta.label == "records.Person" else None)
    before = AccessLog.objects.count()
    own = exported(login(users.head), model, "CSV")
    assert len(own.content.decode("utf-8-sig").splitlines()) >= 2
    logged = AccessLog.objects.filter(action="export", user=users.head)
    if person:
        assert logged.filter(person_id=person).exists()
    after = AccessLog.objects.count()
    assert after >= before
    elsewhere = exported(login(users.far), model, "CSV")
    assert len(elsewhere.content.decode("utf-8-sig").splitlines()) == 1  # headings only
    assert AccessLog.objects.count() == after
    for nobody in (users.admin, users.nobody):
        assert exported(login(nobody), model, "CSV") is None


def test_the_ledger_is_exported_within_its_place(login, users, places):
    services.upload(
        data=b"Ho so,Ho va ten\nH1,An\n", file_name="=cmd.csv", kind="survey", commune=places.commune, by=users.clerk,
        door="screen",
    )  # fmt: skip
    batch = apps.get_model("intake", "ImportBatch")
    own = exported(login(users.clerk), batch, "CSV").content.decode("utf-8-sig")
    assert "'=cmd.csv" in own and "Phường Nam Sầm Sơn" in own
    assert "cmd.csv" not in exported(login(users.far), batch, "CSV").content.decode("utf-8-sig")
    assert exported(login(users.admin), batch, "CSV") is None


@pytest.mark.parametrize("name", [HOSTILE, "+84912", "-1+2", "@SUM(A1)", "\t=1", "＝1+1"])
def test_refused_rows_leave_defused(users, places, name):
    quoted = '"' + name.replace('"', '""') + '"'
    data = (
        "Hộ số,Họ và tên,Quan hệ với chủ hộ,Giới tính,Ngày sinh,Thôn,Ghi chú\n"
        f"H1,Lê Văn Thử,Chủ hộ,Nam,31/02/1980,Thôn Đông Hải,{quoted}\n"
    )
    batch = services.upload(
        data=data.encode(), file_name="a.csv", kind="survey", commune=places.commune, by=None, door="command", wait=True
    )
    assert batch.counts["refused"] == 1
    sheet = load_workbook(BytesIO(services.refused_workbook(batch))).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "f" not in {cell.data_type for cell in cells}
    assert harmless([cell.value for cell in cells if isinstance(cell.value, str)])
    assert any(cell.value == "Lê Văn Thử" for cell in cells)
