"""A station uploads its price list: through the page of the admin, by those responsible for the place."""

import datetime as dt
import io
from decimal import Decimal

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from ehr.claims.prices.models import PriceItem
from ehr.claims.prices.resources import BillingTermsResource, PriceItemResource
from tests.factories.claims import BillingTermsFactory, PriceItemFactory

pytestmark = pytest.mark.django_db
HEADERS = ["Mã CSKCB", "Loại", "Nhóm chi phí", "Mã thuốc, dịch vụ, vật tư", "Tên theo danh mục", "Hàm lượng",
           "Đơn vị tính", "Mã đường dùng", "Số đăng ký", "Thông tin thầu", "Đơn giá", "Tính vào mỗi lượt khám",
           "Áp dụng từ ngày"]  # fmt: skip
DRUG = ["99001", "Thuốc", "Thuốc trong danh mục", "40.491", "Amlodipin", "5mg", "Viên", "1.01", "VD-1",
        "730/QĐ-SYT;G1;N3;2024", "105,5", "Không", "01/01/2025"]  # fmt: skip
EXAM = ["99001", "Dịch vụ kỹ thuật", "Khám bệnh", "02.1896", "Khám bệnh", "", "Lần", "", "", "", "36500", "Có",
        "01/01/2025"]  # fmt: skip


def sheet(*rows):
    return tablib.Dataset(*rows, headers=HEADERS)


def told(result):
    return [str(error.error) for row in result.rows for error in row.errors] + [
        str(each.error) for each in result.invalid_rows
    ]


def test_a_list_comes_in_and_again_changes_nothing(station, users):
    first = PriceItemResource().import_data(sheet(DRUG, EXAM), user=users.head)
    assert told(first) == []
    drug, exam = PriceItem.objects.order_by("code").reverse()
    assert (drug.price, drug.facility, drug.route_code, drug.plain_name) == (
        Decimal("105.5"), station, "1.01", "amlodipin",
    )  # fmt: skip
    assert (exam.each_visit, exam.group, exam.valid_from) == (True, "13", dt.date(2025, 1, 1))
    again = PriceItemResource().import_data(sheet(DRUG, EXAM), user=users.head)
    assert (again.totals["skip"], PriceItem.objects.count()) == (2, 2)
    dearer = [*DRUG[:10], "110", *DRUG[11:]]
    assert told(PriceItemResource().import_data(sheet(dearer), user=users.head)) == []
    assert PriceItem.objects.get(code="40.491").price == 110


def test_wrong_rows_are_named_in_the_preview(station, users):
    wrong = [*DRUG[:2], "Nhóm lạ", *DRUG[3:]]
    found = told(PriceItemResource().import_data(sheet(EXAM, wrong), user=users.head, dry_run=True))
    assert any("Nhóm lạ" in message for message in found)
    other = ["00000", *DRUG[1:]]
    assert any(
        "00000" in message
        for message in told(PriceItemResource().import_data(sheet(other), user=users.head, dry_run=True))
    )
    assert not PriceItem.objects.exists()


def test_only_those_of_the_place_bring_prices_in(station, users):
    found = told(PriceItemResource().import_data(sheet(DRUG), user=users.far))
    assert any("không thuộc địa bàn" in message for message in found)
    assert not PriceItem.objects.exists()


def test_what_is_exported_comes_back_unchanged(station, users):
    PriceItemFactory(facility=station)
    BillingTermsFactory(facility=station)
    for resource in (PriceItemResource, BillingTermsResource):
        out = resource().export()
        assert out["Mã CSKCB"] == ["99001"]
        result = resource().import_data(out, user=users.head)
        assert told(result) == []
        assert result.totals["skip"] == 1


def test_the_page_shows_a_preview_of_the_sheet(station, users, login):
    book = Workbook()
    for row in (HEADERS, DRUG, EXAM):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    client, url = login(users.head), "/quan-tri/claims/priceitem/import/"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"import_file": SimpleUploadedFile("gia.xlsx", out.getvalue()), "format": "0"})
    assert answer.status_code == 200
    assert "Amlodipin" in answer.content.decode()
    assert not PriceItem.objects.exists()
    assert login(users.clerk).get(url).status_code == 404
