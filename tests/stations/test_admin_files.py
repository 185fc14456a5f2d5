"""Search, exports and imports of the admin: harmless sheets, Vietnamese pages, a preview before anything is written."""

import pytest
from django.urls import reverse

from stations.models import Village
from tests.factories.stations import VillageFactory

pytestmark = pytest.mark.django_db


def url(label, page="changelist", *args):
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


@pytest.fixture
def queries_of():
    """queries_of() → a context whose length is the number of queries inside it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


# --------------------------------------------------------------------------------------------------- search and exports
def test_search_needs_no_tones_and_boxes_say_where_a_unit_lies(login, users):
    client = login(users.clerk)
    page = client.get(url("stations.adminunit"), {"q": "quang dai"}).content.decode()
    assert "Xã Quảng Đại" in page
    parameters = {"app_label": "stations", "model_name": "village", "field_name": "commune", "term": "nam sầm sơn"}
    [result] = client.get(reverse("admin:autocomplete"), parameters).json()["results"]
    assert result["text"] == "Phường Nam Sầm Sơn, Thanh Hóa (16516)"


def test_search_boxes_ask_rights(login, users):
    parameters = {"app_label": "stations", "model_name": "assignment", "field_name": "user", "term": "a"}
    assert login(users.clerk).get(reverse("admin:autocomplete"), parameters).status_code == 404
    assert login(users.admin).get(reverse("admin:autocomplete"), parameters).status_code == 200


def export(client, label, file_format, **filters):
    from ehr.common.resources import FORMATS

    address = url(label, "export") + ("?" + "&".join(f"{k}={v}" for k, v in filters.items()) if filters else "")
    form = client.get(address).context["form"]
    names = [name for name in form.fields if name not in ("format", "resource", "export_items")]
    number = [each.__name__ for each in FORMATS].index(file_format)
    return client.post(address, {"format": number, "resource": 0} | {name: "on" for name in names})


def test_an_export_defuses_formulas(login, users, places):
    for number, name in enumerate(["=HYPERLINK(1)", "+84 x", "-1+2", "@SUM(A1)", "<img onerror>"]):
        VillageFactory(commune=places.commune, name=name, code=f"N{number}", position=number)
    response = export(login(users.clerk), "stations.village", "CSV", q="16516")
    assert response["Content-Type"].startswith("text/csv")
    text = response.content.decode("utf-8-sig")
    assert "Tên thôn, bản, tổ dân phố" in text.splitlines()[0]
    for name in ("'=HYPERLINK(1)", "'+84 x", "'-1+2", "'@SUM(A1)"):
        assert f",{name}," in text
    assert ",<img onerror>," in text


def test_a_sheet_holds_no_formula(login, users, places):
    from io import BytesIO

    from openpyxl import load_workbook

    VillageFactory(commune=places.commune, name="=1+1", code="N1")
    response = export(login(users.clerk), "stations.village", "XLSX", q="16516")
    cells = [cell for row in load_workbook(BytesIO(response.content)).active.iter_rows() for cell in row]
    assert "'=1+1" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}


def test_exporting_costs_the_same_number_of_queries_at_two_sizes(login, users, places, queries_of):
    client = login(users.clerk)
    counts = []
    for number in range(2):
        VillageFactory.create_batch(number * 10 + 1, commune=places.commune)
        with queries_of() as queries:
            export(client, "stations.village", "CSV", q="16516")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_those_who_see_a_list_export_it(login, users):
    assert login(users.nobody).get(url("stations.village", "export")).status_code == 404


# -------------------------------------------------------------------------------------------------------------- imports
def send(client, label, text):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from ehr.common.resources import FORMATS

    number = [each.__name__ for each in FORMATS].index("CSV")
    file = SimpleUploadedFile("thon.csv", text.encode(), content_type="text/csv")
    return client.post(url(label, "import"), {"import_file": file, "format": number, "resource": 0})


def confirm(client, response, label):
    form = response.context["confirm_form"]
    return client.post(url(label, "process_import"), {name: form[name].value() for name in form.fields})


HEADER = 'Mã xã,Mã thôn,"Tên thôn, bản, tổ dân phố",Loại,Mã xã cũ,Thứ tự\n'


def test_an_administrator_imports_villages_after_a_preview(login, users, places):
    client = login(users.admin)
    response = send(client, "stations.village", HEADER + "16516,M1,Thôn Một,thon,16537,1\n16516,M2,'=1+1,tdp,,2\n")
    assert not Village.objects.filter(code="M1").exists()
    assert response.context["result"].totals["new"] == 2
    assert confirm(client, response, "stations.village").status_code == 302
    first = Village.objects.get(code="M1")
    assert (first.plain_name, first.old_commune.code, first.placements.count()) == ("thon mot", "16537", 2)
    assert Village.objects.get(code="M2").name == "=1+1"


def test_a_bad_row_is_named_and_nothing_is_written(login, users, places):
    client = login(users.admin)
    response = send(
        client, "stations.village", HEADER + "16516,M1,Thôn Một,thon,,1\n99999,M2,Thôn Hai,thon,,2\n16516,M3,,thon,,3\n"
    )
    page = response.content.decode()
    assert "Không có xã mang mã 99999" in page
    assert "confirm_form" not in response.context or response.context["confirm_form"] is None
    assert not Village.objects.filter(code__in=["M1", "M2", "M3"]).exists()


def test_a_head_does_not_import(login, users):
    assert login(users.head).get(url("stations.village", "import")).status_code == 404
    assert login(users.clerk).get(url("codes.code", "import")).status_code == 404


def test_targets_are_imported_by_codes(login, users, places):
    client = login(users.admin)
    response = send(
        client, "stations.villagetarget", "Mã xã,Mã thôn,Năm,Chỉ tiêu lập hồ sơ,Nguồn\n16516,T1,2026,1443,Kế hoạch\n"
    )
    confirm(client, response, "stations.villagetarget")
    assert list(places.villages[0].targets.values_list("year", "target")) == [(2026, 1443)]


ORGANIZATIONS = "Tên cơ sở,Loại,Mã CSKCB,Mã GLN,Đơn vị quản lý,Mã địa bàn,Địa chỉ\n"


def test_organizations_are_imported_with_their_codes(login, users, places):
    from stations.models import Organization

    client = login(users.admin)
    text = ORGANIZATIONS + "Trạm Mới,Trạm y tế,38Y01,,Trung tâm Y tế khu vực thử nghiệm,16516,Thôn Một\n"
    response = send(client, "stations.organization", text)
    assert not Organization.objects.filter(name="Trạm Mới").exists()  # a preview writes nothing
    assert response.context["result"].totals["new"] == 1
    confirm(client, response, "stations.organization")
    made = Organization.objects.get(name="Trạm Mới")
    assert (made.kind, made.parent, made.unit, made.plain_name) == (
        "station",
        places.centre,
        places.commune,
        "tram moi",
    )
    assert [(row.kind, row.code) for row in made.codes.all()] == [("claims", "38Y01")]
    again = send(client, "stations.organization", text)
    assert again.context["result"].totals["skip"] == 1
    renamed = send(client, "stations.organization", text.replace("Trạm Mới", "Trạm Đổi Tên"))
    assert renamed.context["result"].totals["update"] == 1  # known by its code
    confirm(client, renamed, "stations.organization")
    assert Organization.objects.get(pk=made.pk).name == "Trạm Đổi Tên"
    exported = export(client, "stations.organization", "CSV").content.decode("utf-8-sig")
    assert "Trạm Đổi Tên,Trạm y tế,38Y01,,Trung tâm Y tế khu vực thử nghiệm,16516,Thôn Một" in exported


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Trạm Mới,Nhà thuốc,,,,16516,", "không có trong các lựa chọn"),
        ("Trạm Mới,Trạm y tế,,,Không Có,16516,", "Không có cơ sở tên"),
        ("Trạm Mới,Trạm y tế,,,,99999,", "Không có đơn vị mang mã 99999"),
    ],
)
def test_a_bad_organization_is_named(login, users, places, row, message):
    response = send(login(users.admin), "stations.organization", ORGANIZATIONS + row + "\n")
    assert message in response.content.decode()


def test_units_are_corrected_from_a_sheet(login, users, places):
    from stations.models import AdminUnit

    client = login(users.admin)
    head = "Danh mục,Mã,Cấp,Loại,Tên đầy đủ,Tên,Mã cấp trên\n"
    row = "Hai cấp (từ 01/07/2025),16516,Xã/phường/đặc khu,Phường,Phường Tên Mới,Tên Mới,38\n"
    before = AdminUnit.objects.count()
    response = send(client, "stations.adminunit", head + row)
    assert response.context["result"].totals["update"] == 1
    confirm(client, response, "stations.adminunit")
    unit = AdminUnit.objects.get(pk=places.commune.pk)
    assert (unit.full_name, unit.plain_name, unit.parent) == ("Phường Tên Mới", "phuong ten moi", places.province)
    assert AdminUnit.objects.count() == before
    wrong = send(client, "stations.adminunit", head + row.replace(",38\n", ",99\n"))
    assert "Không có đơn vị mang mã 99" in wrong.content.decode()


@pytest.mark.parametrize(
    "label",
    ["codes.code", "stations.adminunit", "stations.organization", "stations.village", "stations.populationfigure",
     "stations.villagetarget", "vaccination.vaccine", "vaccination.scheduledose", "vaccination.formrow"],
)  # fmt: skip
def test_lists_are_imported_by_the_administrator_only(login, users, label):
    assert login(users.admin).get(url(label, "import")).status_code == 200
    for user in (users.clerk, users.head, users.centre, users.department, users.nobody):
        assert login(user).get(url(label, "import")).status_code == 404


def test_pages_of_the_libraries_are_vietnamese(login, users):
    client = login(users.admin)
    assert "Xuất tệp" in client.get(url("stations.village")).content.decode()
    export_page = client.get(url("stations.village", "export")).content.decode()
    assert "Các cột được xuất" in export_page
    assert "Tên thôn, bản, tổ dân phố" in export_page
    assert "Tệp cần nhập" in client.get(url("stations.village", "import")).content.decode()
