"""The screens: who may ask what, and that every figure is as long as its list."""

import datetime as dt
import io
import json

import openpyxl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reports.models import ReportRun
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
DONE = {"section_a_complete_on": dt.date(2024, 2, 1), "identity_confirmed_on": dt.date(2024, 2, 1)}


@pytest.fixture
def world():
    """Province with two communes; an old district that holds the villages of the first."""
    province = make.unit("province", "Tỉnh Thử")
    district = make.unit("district", "Huyện Cũ", make.unit("province", "Tỉnh Thử", scheme="old"), "old")
    old = make.unit("commune", "Xã Cũ", district, "old")
    first, second = make.unit("commune", "Xã Một", province), make.unit("commune", "Xã Hai", province)
    make.succession(old, first)
    home = make.village(first, "Thôn A", old)
    make.visits(make.people(2, home, **DONE), dt.date(2025, 1, 1))
    make.people(3, home)
    make.people(1, first, **DONE)
    make.people(60, make.village(second, "Thôn B"), **DONE)
    return {"province": province, "district": district, "old": old, "first": first, "second": second}


def token(unit):
    return f"{unit.scheme}-{unit.code}"


def address(unit, part="", period="2025-09", **more):
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"/bao-cao/lien-thong/{part}?unit={token(unit)}&period={period}{extra}"


# ---------------------------------------------------------------------------------------------------------------- scope
@pytest.mark.parametrize("part", ["", "tai.csv", "tai.xlsx", "tai.pdf", "tai.json", "nguoi/"])
def test_a_clerk_of_one_commune_gets_404_for_another(world, login, part):
    client = login(make.user(world["first"]))
    for unit in (world["second"], world["province"]):
        response = client.get(address(unit, part, column="managed", line="all"))
        assert response.status_code == 404
        assert "Thôn B" not in response.content.decode()


@pytest.mark.parametrize(
    ("place", "role", "open_units"),
    [
        ("first", "clerk", {"first", "district", "old"}),  # the old units lie wholly inside the commune
        ("second", "head", {"second"}),
        ("district", "centre", {"district", "old", "first"}),
        ("province", "department", {"province", "first", "second", "district", "old"}),
    ],
)
def test_who_sees_which_unit(world, login, place, role, open_units):
    client = login(make.user(world[place], role))
    answers = {name: client.get(address(unit)).status_code for name, unit in world.items()}
    assert {name for name, status in answers.items() if status == 200} == open_units
    assert {answers[name] for name in answers if name not in open_units} <= {404}


def test_without_the_right_there_are_no_reports(world, login):
    client = login(make.user(None, "admin"))
    assert client.get("/bao-cao/").status_code == 404
    assert client.get(address(world["first"])).status_code == 404
    assert login(None).get("/bao-cao/").status_code == 302


def test_a_centre_of_an_old_district_sees_its_villages_of_a_shared_commune(world, login):
    make.people(5, make.village(world["first"], "Thôn Khác"), **DONE)
    page = login(make.user(world["district"], "centre")).get(address(world["first"])).content.decode()
    assert "Thôn A" in page
    assert "Thôn Khác" not in page
    assert "Chưa rõ thôn" not in page
    assert "Chỉ gồm các thôn trong phạm vi" in page


def test_a_site_sees_the_villages_it_serves(world, login):
    from stations.models import Organization, ServiceArea

    site = Organization.objects.create(
        name="Điểm trạm thử", plain_name="diem tram thu", kind="site", unit=world["first"]
    )
    served = make.village(world["first"], "Thôn Phục Vụ")
    ServiceArea.objects.create(organization=site, village=served)
    page = login(make.user(site)).get(address(world["first"])).content.decode()
    assert "Thôn Phục Vụ" in page
    assert "Thôn A" not in page


# -------------------------------------------------------------------------------------------------------------- screens
def test_index_and_first_page_need_no_typing(world, login):
    client = login(make.user(world["first"]))
    assert "Liên thông và bao phủ" in client.get("/bao-cao/").content.decode()
    page = client.get("/bao-cao/lien-thong/").content.decode()
    assert "Thôn A" in page
    assert "Tổng cộng" in page
    assert client.get("/bao-cao/chi-tieu/").status_code == 200
    assert client.get("/bao-cao/khong-co/").status_code == 404


@pytest.mark.parametrize("period", ["13/2025", "abc", "2099-01", "", "<b>"])
def test_a_wrong_period_keeps_the_form(world, login, period):
    response = login(make.user(world["first"])).get(address(world["first"], period=period))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in page
    assert "<b>" not in page.split("report-question")[1].split("</form>")[0]
    assert "Tổng cộng" not in page


@pytest.mark.parametrize("unit", ["new-99999", "new-", "xx", "old-000", "' or 1=1", "new-\u0000"])
def test_a_unit_that_does_not_exist_is_404(world, login, unit):
    client = login(make.user(world["first"]))
    assert client.get("/bao-cao/lien-thong/", {"unit": unit, "period": "2025-09"}).status_code == 404


def test_screen_has_nothing_inline(world, login):
    page = login(make.user(world["province"], "department")).get(address(world["province"])).content.decode()
    main = page.split("report-question", 1)[1]
    assert "style=" not in main
    assert "<script>" not in main
    assert "onclick" not in main


def test_queries_of_the_page_do_not_grow(world, login):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = login(make.user(world["province"], "department"))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(world["province"])).status_code == 200
        return len(captured)

    small = queries()
    for number in range(12):
        commune = make.unit("commune", f"Xã Thêm {number}", world["province"])
        make.people(2, make.village(commune, "Thôn"), **DONE)
    assert queries() == small


# --------------------------------------------------------------------------------------------------------------- people
@pytest.mark.parametrize("root", ["province", "first", "district"])
@pytest.mark.parametrize("by", ["village", "commune", "district"])
@pytest.mark.parametrize("period", ["2025-09", "2025-03"])
def test_every_figure_is_as_long_as_its_list(world, login, root, by, period):
    client = login(make.user(world["province"], "head"))
    page = client.get(address(world[root], period=period, by=by))
    rows = [*page.context["table"].rows, page.context["table"].total]

    checked = 0
    for row in rows:
        for key in ("linked", "examined", "managed"):
            found = client.get(address(world[root], "nguoi/", period=period, by=by, column=key, line=row.key))
            assert found.context["page"].paginator.count == getattr(row, key)
            checked += 1
    assert checked == 3 * len(rows)


def test_lists_explain_what_the_table_flags(world, login):
    make.population(world["first"].villages.get(), 1)
    make.visits(make.people(9, world["first"].villages.get()), dt.date(2025, 2, 2))
    make.people(2, world["first"], section_a_complete_on=dt.date(2025, 2, 2))
    client = login(make.user(world["first"]))
    page = client.get(address(world["first"]))
    found = {text: client.get(where).context["page"].paginator.count for text, where in page.context["lists"]}
    assert found == {
        "Đã khám nhưng không thuộc diện quản lý – Thôn A": 9,
        "Đã khám nhưng không thuộc diện quản lý – Tổng cộng": 9,
        "Đã quản lý nhưng chưa liên thông, chưa xác minh danh tính – Tổng cộng": 2,
        "Đã quản lý nhưng chưa liên thông, chưa xác minh danh tính – Chưa rõ thôn": 2,
        "Hồ sơ của người đã mất hoặc đã chuyển đi – Tổng cộng": 0,
    }


def test_list_of_people_is_paged_and_refuses_unknown_cells(world, login):
    client = login(make.user(world["second"]))
    page = client.get(address(world["second"], "nguoi/", column="managed", line="all", page="2"))
    assert len(page.context["page"].object_list) == 10
    assert client.get(address(world["second"], "nguoi/", column="full_name", line="all")).status_code == 404
    assert client.get(address(world["second"], "nguoi/", column="managed", line="village:0")).status_code == 404


# ---------------------------------------------------------------------------------------------------- files and command
def test_files_keep_a_run_with_the_user(world, login):
    user = make.user(world["first"])
    response = login(user).get(address(world["first"], "tai.xlsx"))
    assert response["Content-Disposition"].startswith('attachment; filename="lien-thong_')
    assert openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.title == "Báo cáo"
    run = ReportRun.objects.get()
    assert (run.user, run.format, run.grouping, run.unit) == (user, "xlsx", "village", world["first"])


def test_command_writes_the_rows_of_the_screen(world, login, tmp_path):
    target = tmp_path / "out.json"
    call_command(
        "report",
        "coverage",
        unit=world["province"].code,
        period="2025-09",
        by="commune",
        format="json",
        output=str(target),
    )
    table = login(make.user(world["province"], "head")).get(address(world["province"])).context["table"]
    data = json.loads(target.read_text())
    assert [row["managed"] for row in data["rows"]] == [row.managed for row in table.rows]
    assert data["total"]["managed"] == table.total.managed == 63
    assert (data["period"]["value"], data["period"]["by"]) == ("2025-09", "commune")


@pytest.mark.parametrize("format", ["csv", "xlsx", "pdf"])
def test_command_writes_every_format(world, tmp_path, format):
    target = tmp_path / f"out.{format}"
    call_command("report", "plan", unit=world["first"].code, period="2025-09", format=format, output=str(target))
    assert target.stat().st_size > 100


def test_a_code_of_both_schemes_means_the_new_one_and_says_so(world, capsys, tmp_path):
    make.unit("commune", "Xã Trùng Mã", world["district"], "old", code=world["first"].code)
    for scheme, name in ((None, "Xã Một"), ("old", "Xã Trùng Mã (cũ)")):
        target = tmp_path / "out.json"
        options = {"scheme": scheme} if scheme else {}
        call_command(
            "report",
            "coverage",
            unit=world["first"].code,
            period="2025-09",
            format="json",
            output=str(target),
            **options,
        )
        assert json.loads(target.read_text())["unit"]["name"] == name
    assert "thêm --scheme old để lấy Xã Trùng Mã" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Thiếu --unit"),
        ({"unit": "99999"}, "Không có đơn vị mã"),
        ({"unit": "first", "period": "2025-13"}, "Không có kỳ"),
        ({"unit": "first", "by": "district"}, "--by chỉ có thể là village"),
        ({"unit": "first", "output": "/khong/co/tep"}, "Không ghi được"),
    ],
)
def test_command_says_what_is_wrong(world, options, message):
    options = options | ({"unit": world["first"].code} if options.get("unit") == "first" else {})
    with pytest.raises(CommandError, match=message):
        call_command("report", "coverage", **options)


def test_command_alone_lists_the_reports(capsys):
    call_command("report")
    assert "coverage" in (text := capsys.readouterr().out)
    assert "--by commune|commune_old|district|village|site|province" in text
    assert "2026" in text
    assert "Quý III/2026" in text
