"""The doors of form-831 XML: commands, REST, the button on the person's page."""

import json
import zipfile
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from ehr.audit.models import AccessLog
from ehr.records.models import Person
from tests.ehr.exchange.conftest import Rest, partner_of
from tests.ehr.exchange.form831.people import document, full_person, general
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def upload(rest, data, commune="16516"):
    return rest.client.post(
        "/api/v1/form831/",
        {"file": SimpleUploadedFile("a.xml", data, "text/xml"), "commune": commune},
        headers={"Authorization": f"Bearer {rest.token}"},
    )


# --- Commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.xml", "out.zip"])
def test_a_commune_goes_out_and_comes_back_unchanged(places, tmp_path, name):
    full_person()
    PersonFactory.create_batch(3)
    PersonFactory(village=places.far_village)
    path = tmp_path / name
    code, out, _ = run("export_831", "--commune", "16516", "-o", str(path), "--json")
    assert (code, json.loads(out)["people"]) == (0, 4)
    assert AccessLog.objects.filter(action="export", door="command").count() == 4
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            assert sorted(archive.namelist()) == sorted(
                f"{each}.xml" for each in Person.objects.filter(commune=places.commune).values_list("code", flat=True)
            )
    code, out, _ = run("import_831", str(path), "--commune", "16516", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["counts"]["unchanged"] == 4, found["people"]
    assert Person.objects.count() == 5


def test_what_was_lost_is_told(places, tmp_path):
    PersonFactory(note="Ghi chú riêng", status="dead", death_date="2026-01-01")
    _, out, _ = run("export_831", "--commune", "16516", "-o", str(tmp_path / "a.xml"))
    assert "Ngày mất" in out
    assert "Ghi chú" in out


def test_a_refused_file_ends_with_one_and_a_sentence(places, tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<!DOCTYPE a []><DATA/>")
    code, _, err = run("import_831", str(path), "--commune", "16516")
    assert code == 1
    assert "DOCTYPE" in err


def test_commands_keep_to_the_places_of_the_account(places, users, tmp_path):
    (tmp_path / "a.xml").write_bytes(document(general()))
    with pytest.raises(CommandError):
        run("import_831", str(tmp_path / "a.xml"), "--commune", "16516", "--user", users.far.username)
    with pytest.raises(CommandError):
        run("export_831", "--commune", "16516", "-o", str(tmp_path / "b.xml"), "--user", users.far.username)
    assert not (tmp_path / "b.xml").exists()
    assert Person.objects.count() == 0


# --- The person's page -----------------------------------------------------------------------------------------------


def test_the_button_leads_to_the_file_which_is_logged(places, users, login):
    person = full_person()
    client = login(users.clerk)
    assert f"/nguoi/{person.code}/xml-831/" in client.get(f"/nguoi/{person.code}/").content.decode()
    page = client.get(f"/nguoi/{person.code}/xml-831/")
    assert "Mọi mục của hồ sơ đều có trong tệp" in page.content.decode()
    response = client.get(f"/nguoi/{person.code}/xml-831/tep/")
    assert response.headers["Content-Disposition"] == f'attachment; filename="831-{person.code}.xml"'
    assert b"<HOSOSUCKHOE>" in response.content
    assert AccessLog.objects.filter(person_id=person.pk, action="export", user=users.clerk).count() == 1


@pytest.mark.parametrize("name", ["far", "nobody", "admin"])
@pytest.mark.parametrize("part", ["", "tep/"])
def test_for_others_the_file_does_not_exist(places, users, login, name, part):
    person = PersonFactory()
    assert login(getattr(users, name)).get(f"/nguoi/{person.code}/xml-831/{part}").status_code == 404
    assert not AccessLog.objects.exists()


# --- REST ------------------------------------------------------------------------------------------------------------


def test_rest_gives_the_record_and_takes_it(places, rest):
    person = full_person()
    response = rest.get(f"people/{person.code}/form831.xml")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/xml"
    assert response.headers["X-Not-Carried"] == "0"
    answer = upload(rest, response.content)
    assert answer.status_code == 200, answer.content
    assert answer.json()["counts"]["unchanged"] == 1, answer.json()
    assert answer.json()["people"][0]["person"] == person.code


def test_rest_of_another_commune_finds_nothing(places, far_rest, users):
    person = PersonFactory()
    assert far_rest.get(f"people/{person.code}/form831.xml").status_code == 404
    assert upload(far_rest, document(general())).status_code == 404
    clerk = Rest(partner_of(users.admin)[1])
    assert clerk.get(f"people/{person.code}/form831.xml").status_code == 404
    assert Person.objects.count() == 1


def test_rest_names_what_it_refuses(places, rest):
    answer = upload(rest, b"<!DOCTYPE a []><DATA/>").json()
    assert answer["files"][0]["refused"]["code"] == "form831.doctype"
    answer = upload(rest, document(general(birth="x"))).json()
    assert answer["people"][0]["fate"] == "refused"
    assert answer["people"][0]["problems"][0]["field"] == "birth_date"
