"""Registers: many rows about people, paged, streamed, logged, and only for those who may."""

import csv
import datetime as dt
import io
import json

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import timezone

from ehr.audit.models import AccessLog
from ehr.common.text import plain
from reports import pdf, registry, rest, services
from reports.places import place_of
from reports.report import Report
from reports.tables import Column, PlainRow, QueryRows, Table
from stations.models import Organization, ServiceArea
from stations.roles import RIGHTS
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("name", "Họ và tên", "(2)", "text", 48, group="Người"),
    Column("born", "Ngày sinh", "(3)", "date", 24, group="Người"),
)


def build(question):
    place = place_of(question)
    found = question.people().filter(place.people()).order_by("sort_name", "pk")

    def row(number, person):
        values = {"number": number, "name": person.full_name, "born": person.birth_date}
        return PlainRow(f"person:{person.pk}", values, person_id=person.pk)

    return Table(
        "sample", "Sổ thử", "Thử", question.unit, place.name, question.period, question.by, COLUMNS,
        QueryRows(found, row),
    )  # fmt: skip


SAMPLE = Report("sample", "so-thu", "Sổ thử", "Để thử.", build, {"commune": ("village",)}, personal=True)


@pytest.fixture
def book(monkeypatch):
    monkeypatch.setitem(registry.REPORTS, "sample", SAMPLE)
    monkeypatch.setitem(registry.BY_PATH, "so-thu", SAMPLE)
    commune = make.unit("commune", "Xã Thử", make.unit("province", "Tỉnh Thử"))
    home = make.village(commune, "Thôn A")
    make.people(205, home)
    make.people(1, home, full_name="=1+1", birth_date=None, birth_precision="unknown")
    return commune


def address(commune, part="", **more):
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"/bao-cao/so-thu/{part}?unit=new-{commune.code}&period=2026-03{extra}"


def test_screen_shows_pages_and_logs_whom_it_showed(book, login, django_assert_max_num_queries):
    user = make.user(book)
    client = login(user)
    with django_assert_max_num_queries(30):
        page = client.get(address(book, page=3))
    assert len(page.context["view"].rows) == 6
    assert page.context["view"].rows[0][0].text == "201"
    assert "Trang 3/3" in page.content.decode()
    logs = AccessLog.objects.filter(user=user)
    assert {(log.action, log.object) for log in logs} == {("view", "báo cáo sample")}
    assert logs.count() == 6
    client.get(address(book, page=1))
    assert logs.all().count() == 106


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_files_stream_all_rows_and_log_the_export(book, login, format):
    user = make.user(book)
    response = login(user).get(address(book, f"tai.{format}"))
    content = b"".join(response.streaming_content)
    assert AccessLog.objects.filter(user=user, action="export").count() == 206
    if format == "csv":
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert len(lines) == 207
        assert lines[0][1] == "Người – Họ và tên"
        assert ["1", "'=1+1", ""] in lines
    elif format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        cells = [cell for line in sheet.iter_rows() for cell in line]
        assert not [cell for cell in cells if cell.data_type == "f"]
        assert sum(cell.value == "Nguyễn Thị Thử" for cell in cells) == 205
        assert dt.datetime(1980, 1, 1) in [cell.value for cell in cells]
        assert sheet.print_title_rows == "$8:$10"
    else:
        assert len(json.loads(content)["rows"]) == 206


def test_hash_of_a_streamed_file_is_the_hash_of_the_table(book, login):
    assert b"".join(login(make.user(book)).get(address(book, "tai.csv")).streaming_content)
    run = services.ReportRun.objects.get()
    assert run.data_hash == build(make.ask(book, "2026-03")).data_hash()


def test_pdf_is_a_print(book, login):
    user = make.user(book)
    response = login(user).get(address(book, "tai.pdf"))
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert set(AccessLog.objects.filter(user=user).values_list("action", flat=True)) == {"print"}


def test_pdf_of_too_many_rows_says_what_to_do(book, login, monkeypatch):
    monkeypatch.setattr(pdf, "MOST_ROWS", 100)
    response = login(make.user(book)).get(address(book, "tai.pdf"))
    assert response.status_code == 503
    assert "206 dòng" in response.content.decode()


@pytest.mark.parametrize("missing", ["record.view", "record.export", "record.print", "report.view"])
def test_rights(book, login, monkeypatch, missing):
    monkeypatch.setitem(RIGHTS, "clerk", RIGHTS["clerk"] - {missing})
    client = login(make.user(book))
    answers = {}
    for part in ("", "tai.csv", "tai.pdf"):
        response = client.get(address(book, part))
        answers[part] = response.status_code
        assert response.content if not response.streaming else b"".join(response.streaming_content)
    closed = {
        "record.view": {"", "tai.csv", "tai.pdf"}, "report.view": {"", "tai.csv", "tai.pdf"},
        "record.export": {"tai.csv"}, "record.print": {"tai.pdf"},
    }  # fmt: skip
    assert {part for part, status in answers.items() if status == 404} == closed[missing]


def test_a_stranger_meets_nobody(book, login):
    other = make.unit("commune", "Xã Khác", book.parent)
    make.village(other, "Thôn Khác")
    client = login(make.user(other))
    assert client.get(address(book)).status_code == 404
    assert "Không có ai" in client.get(address(other)).content.decode()


def test_rest_gives_pages_and_logs_them(book, monkeypatch):
    monkeypatch.setattr(rest, "ROWS_PER_PAGE", 100)
    user = make.user(book, "partner")
    asked = {"report": "sample", "unit": book.code, "period": "2026-03"}
    first, last = rest.report(user, asked), rest.report(user, asked | {"page": 3})
    assert (len(first["rows"]), first["next_page"], len(last["rows"]), last["next_page"]) == (100, 2, 6, None)
    assert AccessLog.objects.filter(user=user, door="rest", action="export").count() == 106
    assert "sample" in [one["report"] for one in rest.listed(user, {})["results"]]


def test_the_command_writes_a_register(book, tmp_path):
    target = tmp_path / "so.csv"
    call_command("report", "sample", unit=book.code, period="2026-03", output=str(target))
    assert len(target.read_text("utf-8-sig").splitlines()) == 207


# ---------------------------------------------------------------------------------------------------------------- sites
def test_lines_by_site_hold_everybody_once():
    province = make.unit("province", "Tỉnh Thử")
    commune = make.unit("commune", "Xã Thử", province)
    homes = [make.village(commune, name) for name in ("Thôn A", "Thôn B", "Thôn C")]
    made = [
        Organization.objects.create(name=name, plain_name=plain(name), kind=kind, unit=commune)
        for name, kind in (("Trạm chính", "station"), ("Điểm trạm hai", "site"))
    ]
    for organization, village in ((made[0], homes[0]), (made[0], homes[1]), (made[1], homes[1])):
        ServiceArea.objects.create(organization=organization, village=village)
    for number, home in enumerate(homes, start=1):
        make.population(home, 10 * number)
        make.people(number, home, section_a_complete_on=dt.date(2025, 1, 1))
    make.people(4, commune, section_a_complete_on=dt.date(2025, 1, 1))

    table = services.make_table(report=registry.REPORTS["coverage"], question=make.ask(commune, by="site"))

    assert [(row.unit, row.population, row.managed) for row in (*table.rows, table.total)] == [
        ("Điểm trạm hai", 20, 2), ("Trạm chính", 10, 1), ("Chưa phân công điểm trạm", None, 7), ("Tổng cộng", 30, 10),
    ]  # fmt: skip
    ServiceArea.objects.filter(organization=made[1]).update(valid_to=timezone.localdate() - dt.timedelta(days=9999))
    later = services.make_table(report=registry.REPORTS["coverage"], question=make.ask(commune, by="site"))
    assert [(row.unit, row.managed) for row in later.rows] == [("Trạm chính", 3), ("Chưa phân công điểm trạm", 7)]


@pytest.mark.parametrize("by", ["commune", "commune_old", "district", "village", "site", "province"])
def test_sums_are_the_same_however_grouped(by):
    province = make.unit("province", "Tỉnh Thử")
    district = make.unit("district", "Huyện Cũ", make.unit("province", "Tỉnh Cũ", scheme="old"), "old")
    old = make.unit("commune", "Xã Cũ", district, "old")
    commune = make.unit("commune", "Xã Thử", province)
    make.succession(old, commune)
    for name, was in (("Thôn A", old), ("Thôn B", None)):
        make.people(3, make.village(commune, name, was), section_a_complete_on=dt.date(2025, 1, 1))
    make.people(2, commune, section_a_complete_on=dt.date(2025, 1, 1))
    table = services.make_table(report=registry.REPORTS["coverage"], question=make.ask(province, by=by))
    assert table.total.managed == sum(row.managed for row in table.rows) == 8
