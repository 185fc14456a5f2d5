"""Claim files through REST: sent as a body, an archive or a form; followed; answered for each HOSO."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ehr.audit.models import AccessLog
from ehr.claims import services
from ehr.claims.models import Claim, ClaimFile
from tests.ehr.claims.services.files import made, visit
from tests.ehr.exchange.conftest import problems
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db


def send(rest, data, kind="application/xml"):
    headers = {"Authorization": f"Bearer {rest.token}"} if rest.token else {}
    return rest.client.generic("POST", "/api/v1/claims/", data, content_type=kind, headers=headers)


def test_a_file_is_taken_in_and_read_later(rest, users, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        response = send(rest, made(visit(1)))
    assert response.status_code == 202
    file = ClaimFile.objects.get()
    [body] = response.json()["files"]
    assert (body["file"], body["state"], body["counts"]["encounters"]) == (str(file.key), "waiting", 0)
    assert (file.by, file.door) == (users.partner, "rest")
    assert len(later) == 1


def test_the_same_bytes_again_are_the_same_file(rest):
    first = send(rest, made(visit(1))).json()["files"][0]["file"]
    again = send(rest, made(visit(1)), "text/xml")
    assert (again.status_code, again.json()["files"][0]["file"]) == (202, first)
    assert ClaimFile.objects.count() == 1


def test_an_archive_and_a_form(rest):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mot.xml", made(visit(1)))
        archive.writestr("hai.xml", made(visit(2)))
    assert len(send(rest, packed.getvalue(), "application/zip").json()["files"]) == 2
    headers = {"Authorization": f"Bearer {rest.token}"}
    form = {"file": SimpleUploadedFile("ba.xml", made(visit(3)))}
    answer = rest.client.post("/api/v1/claims/", form, headers=headers)
    assert (answer.status_code, answer.json()["files"][0]["name"]) == (202, "ba.xml")
    assert rest.client.post("/api/v1/claims/", {"khac": "x"}, headers=headers).status_code == 400


def test_state_and_answers(rest, places):
    person = PersonFactory(full_name="Lê Thị Lý", sex="2", village=places.villages[0])
    IdentifierFactory(person=person, value="038180900001", kind="SDDCN")
    known = visit(1, HO_TEN="LÊ THỊ LÝ", SO_CCCD="038180900001", GIOI_TINH="2")
    key = send(rest, made(known, visit(2))).json()["files"][0]["file"]
    services.process(ClaimFile.objects.get())
    file = ClaimFile.objects.get()
    while services.work(file.pk):
        pass
    state = rest.get(f"claims/{key}/").json()
    assert (state["state"], state["standard"], state["counts"]["encounters"]) == ("done", "3176", 2)
    page = rest.get(f"claims/{key}/entries/").json()["results"]
    assert [(each["index"], each["outcome"]) for each in page] == [(1, "stored"), (2, "stored")]
    assert (page[0]["match"], page[0]["person"], page[1]["person"]) == ("matched", person.code, None)
    assert AccessLog.objects.filter(person_id=person.pk, object="claims").count() == 1
    assert rest.get(f"claims/{key}/entries/?outcome=rejected").json()["results"] == []
    assert [each["file"] for each in rest.get("claims/?state=done").json()["results"]] == [key]


@pytest.mark.parametrize(("data", "kind"), [(b"PK\x03\x04" + b"x" * 99, "application/zip")])
def test_what_is_refused_whole_says_why(rest, data, kind):
    answer = send(rest, data, kind)
    assert answer.status_code == 400
    assert problems(answer)["file"].startswith("claims.zip")
    assert not ClaimFile.objects.exists()


def test_others_do_not_see_the_file(rest, far_rest, nobody_rest):
    key = send(rest, made(visit(1))).json()["files"][0]["file"]
    for address in (f"claims/{key}/", f"claims/{key}/entries/"):
        assert far_rest.get(address).status_code == 404
        assert nobody_rest.get(address).status_code == 401
    assert far_rest.get("claims/").json()["results"] == []
    assert send(nobody_rest, made(visit(2))).status_code == 401


def test_a_restricted_claim_is_not_told(rest):
    key = send(rest, made(visit(1, MA_BENH_CHINH="B20"), visit(2))).json()["files"][0]["file"]
    file = ClaimFile.objects.get()
    services.process(file)
    while services.work(file.pk):
        pass
    assert Claim.objects.exclude(restricted=[]).count() == 1
    assert [each["index"] for each in rest.get(f"claims/{key}/entries/").json()["results"]] == [2]
