"""The doors of export: command, screen, spreadsheet, REST."""

import datetime as dt
import io
import json
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from ehr.claims.export.models import ClaimExport
from ehr.claims.xml import read_claims
from tests.ehr.claims.services.files import key, visit, visits
from tests.ehr.exchange.conftest import Rest, partner_of

pytestmark = pytest.mark.django_db
PERIOD = {"facility": "99001", "first": "01/08/2025", "last": "31/12/2025"}


def run(*arguments):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("export_claims", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def command(path, *more):
    return run("--facility", "99001", "--from", "01/08/2025", "--to", "2025-12-31", "-o", str(path), *more)


def test_the_command_writes_what_can_go_and_says_what_stays(station, take, tmp_path):
    take(visit(1), visit(2, MA_TTDV=""))
    path = tmp_path / "goi.xml"
    code, out, _ = command(path, "--json")
    found = json.loads(out)
    assert (code, found["exported"], found["held"]) == (0, 1, 1)
    assert [claim.ma_lk for claim in read_claims(path)] == [key(1)]
    assert found["problems"][0]["column"] == "MA_TTDV"


def test_the_command_ends_with_one_when_nothing_can_go(station, take, tmp_path):
    take(visit(1, MA_TTDV=""))
    path = tmp_path / "goi.xml"
    code, _, err = command(path)
    assert (code, path.exists()) == (1, False)
    assert "MA_TTDV" in err


def test_the_command_keeps_to_the_places_of_the_account(station, users, take, tmp_path):
    take(visit(1))
    with pytest.raises(CommandError):
        command(tmp_path / "a.xml", "--user", users.far.username)
    with pytest.raises(CommandError):
        command(tmp_path / "a.xml", "--user", users.clerk.username, "--restricted")
    assert list(tmp_path.iterdir()) == []


# --- Screen ----------------------------------------------------------------------------------------------------------


def test_the_screen_shows_what_goes_and_what_stays_and_gives_the_file(station, take, login, users):
    take(visit(1), visit(2, MA_TTDV=""))
    client = login(users.clerk)
    page = client.get("/xuat-xml/", PERIOD).content.decode()
    assert key(2) in page
    assert "CLM-T1-24" in page
    assert not ClaimExport.objects.exists()
    answer = client.post("/xuat-xml/", {**PERIOD, "kind": "xml"})
    data = b"".join(answer.streaming_content)
    assert [claim.ma_lk for claim in read_claims(data)] == [key(1)]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="99001_20250801-20251231.xml"'
    kept = ClaimExport.objects.get()
    assert kept.by == users.clerk
    assert kept.sha256[:16] in client.get("/xuat-xml/").content.decode()
    packed = b"".join(client.post("/xuat-xml/", {**PERIOD, "kind": "zip"}).streaming_content)
    assert len(zipfile.ZipFile(io.BytesIO(packed)).namelist()) == 1


def test_the_visits_that_stay_as_a_spreadsheet(station, take, login, users):
    take(visit(1, MA_TTDV="", HO_TEN=""))
    answer = login(users.clerk).get("/xuat-xml/giu-lai.xlsx", PERIOD)
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert {row[3] for row in rows} >= {"MA_TTDV", "HO_TEN"}
    assert {row[0] for row in rows} == {key(1)}


def test_wrong_days_are_named(station, login, users):
    page = login(users.clerk).get("/xuat-xml/", {**PERIOD, "last": "01/07/2025"})
    assert page.status_code == 422
    assert "Ngày cuối trước ngày đầu." in page.content.decode()


@pytest.mark.parametrize("name", ["far", "nobody", "admin"])
def test_for_others_the_facility_does_not_exist(station, take, login, users, name):
    take(visit(1))
    client = login(getattr(users, name))
    assert client.get("/xuat-xml/", PERIOD).status_code == 404
    assert client.post("/xuat-xml/", {**PERIOD, "kind": "xml"}).status_code == 404
    assert client.get("/xuat-xml/giu-lai.xlsx", PERIOD).status_code == 404
    assert not ClaimExport.objects.exists()


# --- REST ------------------------------------------------------------------------------------------------------------


def test_rest_gives_the_package_to_the_partner_of_the_place(station, take, users):
    take(*visits(2))
    rest = Rest(partner_of(users.partner)[1])
    address = "claims/export/?facility=99001&first=2025-08-01&last=2025-12-31"
    answer = rest.get(address)
    assert answer.status_code == 200, answer.content
    assert len(list(read_claims(b"".join(answer.streaming_content)))) == 2
    assert (answer.headers["X-Exported"], answer.headers["X-Held"]) == ("2", "0")
    preview = rest.get(address.replace("export/", "export/preview/")).json()
    assert (preview["exported"], preview["unchanged"], preview["problems"]) == (2, 2, [])
    assert rest.get(address + "&changed=true").status_code == 204


def test_rest_of_another_place_finds_nothing(station, take, users, places):
    from tests.factories.users import AssignmentFactory, UserFactory

    take(visit(1))
    user = UserFactory(username="doitacxa")
    AssignmentFactory(user=user, role="partner", unit=places.far_commune, valid_from=dt.date(2025, 1, 1))
    rest = Rest(partner_of(user)[1])
    assert rest.get("claims/export/?facility=99001&first=2025-08-01&last=2025-12-31").status_code == 404
    assert not ClaimExport.objects.exists()
