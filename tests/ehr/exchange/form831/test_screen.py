"""The screen that takes form-831 files: preview, answers per person, places."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ehr.audit.models import AccessLog
from ehr.records.models import Encounter, Person
from tests.ehr.exchange.form831.people import document, full_person, general
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
URL = "/nhap-xml-831/"


def send(client, commune, *files, kind="take", **headers):
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(URL, {"commune": commune.pk, "file": sent, "kind": kind}, headers=headers)


def test_preview_says_what_taking_does_and_keeps_nothing(places, users, login):
    client = login(users.clerk)
    file = ("a.xml", document(general("Lê Văn Mới"), general(birth="31/31/1980")))
    page = send(client, places.commune, file, kind="preview").content.decode()
    assert "chưa ghi gì" in page and "Lập mới" in page and "Từ chối" in page
    assert not Person.objects.exists()
    page = send(client, places.commune, file).content.decode()
    person = Person.objects.get()
    assert "Đã nhận vào hồ sơ" in page and person.code in page
    assert AccessLog.objects.filter(person_id=person.pk, action="change", user=users.clerk).exists()
    page = send(client, places.commune, file).content.decode()
    assert "Không đổi" in page and Person.objects.count() == 1


def test_a_file_of_ours_comes_back_unchanged_through_the_screen(places, users, login):
    from ehr.exchange.form831 import services

    person = full_person()
    data, _ = services.person_xml(person, by=users.clerk, door="screen")
    page = send(login(users.clerk), places.commune, ("a.xml", data)).content.decode()
    assert "Không đổi" in page and person.full_name.split(" &")[0] in page
    assert (Person.objects.count(), Encounter.objects.count()) == (1, 1)


def test_one_bad_file_spoils_no_other(places, users, login):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b.xml", document(general("Lê Văn Thử")))
    files = [("hong.zip", b"PK\x03\x04xx"), ("x.xml", b"<!DOCTYPE a []><DATA/>"), ("tot.zip", out.getvalue())]
    page = send(login(users.clerk), places.commune, *files, **{"HX-Request": "true"}).content.decode()
    assert "hong.zip: Tệp nén bị hỏng" in page
    assert "DOCTYPE" in page and "Lập mới" in page and "<html" not in page
    assert Person.objects.count() == 1


def test_without_a_file_the_page_says_so(places, users, login):
    page = login(users.clerk).post(URL, {"commune": places.commune.pk})
    assert page.status_code == 422
    assert "Chưa chọn tệp." in page.content.decode()


@pytest.mark.parametrize("name", ["far", "nobody", "admin", "centre"])
def test_other_places_take_nothing_into_this_commune(places, users, login, name):
    stranger = PersonFactory(full_name="Vũ Thị Xã Bên")
    answer = send(login(getattr(users, name)), places.commune, ("a.xml", document(general())))
    assert answer.status_code in (404, 422)
    assert stranger.full_name not in answer.content.decode()
    assert Person.objects.count() == 1
