"""Sheets through REST: send, follow, look at rows, decide, write, take back."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ehr.audit.models import AccessLog
from ehr.intake import services
from ehr.intake.models import ImportBatch, ImportFile, ImportRow
from ehr.records.models import Person
from tests.ehr.exchange.conftest import problems
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
CSV = (
    "Hộ số,Họ và tên,Quan hệ với chủ hộ,Giới tính,Ngày sinh,Số CMND/CCCD,Thôn\n"
    "H01,Lê Văn Thử,Chủ hộ,Nam,12/03/1980,038080900001,Thôn Đông Hải\n"
    "H01,Trần Thị Nghiệm,Vợ,Nữ,05/11/1984,038184900002,Thôn Đông Hải\n"
    "H01,Phạm Hữu Giả,Con,Nam,31/02/2010,,Thôn Đông Hải\n"
)


def send(rest, text=CSV, *, name="phieu.csv", commune="16516", headers=None, **fields):
    """POST of a form; the worker does not run in tests, so the file waits to be read."""
    data = {"commune": commune, "file": SimpleUploadedFile(name, text.encode()), **fields}
    data = {key: value for key, value in data.items() if value is not None}
    return rest.client.post(
        "/api/v1/imports/", data, headers={"Authorization": f"Bearer {rest.token}", **(headers or {})}
    )


@pytest.fixture
def sent(rest, places):
    """The key of a batch that was read."""
    key = send(rest).json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    return key


def test_a_file_is_taken_in_and_read_later(rest, places, users, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        response = send(rest)
    assert response.status_code == 201
    batch = ImportBatch.objects.get()
    body = response.json()
    assert (body["batch"], body["state"], body["commune"], body["kind"]) == (
        str(batch.key),
        "reading",
        "16516",
        "survey",
    )
    assert response.headers["Location"].endswith(f"/api/v1/imports/{batch.key}/")
    assert (batch.by, batch.door, batch.file_name) == (users.partner, "rest", "phieu.csv")
    assert len(later) == 1
    assert not Person.objects.exists()


def test_state_result_and_rows_of_a_preview(rest, sent):
    state = rest.get(f"imports/{sent}/").json()
    counts = {"rows": 3, "new": 2, "updated": 0, "unchanged": 0, "possible_duplicate": 0, "refused": 1}
    assert (state["state"], state["counts"]) == ("preview", counts)
    result = rest.get(f"imports/{sent}/result/").json()
    assert set(result) == {"batch", "counts", "problems"}
    [problem] = [each for each in result["problems"] if each["level"] == "error"]
    assert (problem["row"], problem["column"], problem["value"]) == (4, "E", "31/02/2010")
    page = rest.get(f"imports/{sent}/rows/?page_size=2").json()
    assert [row["row"] for row in page["results"]] == [2, 3] and page["next"]
    assert page["results"][0]["values"]["full_name"] == "Lê Văn Thử"
    assert len(rest.get(page["next"].removeprefix("http://testserver")).json()["results"]) == 1
    [refused] = rest.get(f"imports/{sent}/rows/?fate=refused").json()["results"]
    assert (refused["fate"], refused["row"], refused["person"]) == ("refused", 4, None)
    [listed] = rest.get("imports/?state=preview&commune=16516").json()["results"]
    assert listed["batch"] == sent


def test_confirm_writes_and_undo_takes_back(rest, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        assert rest.post(f"imports/{sent}/confirm/", {}).json()["state"] == "queued"
    assert len(later) == 1
    batch = ImportBatch.objects.get(key=sent)
    services.write(batch)
    assert rest.get(f"imports/{sent}/").json()["state"] == "done"
    assert Person.objects.count() == 2
    rows = rest.get(f"imports/{sent}/rows/?fate=new").json()["results"]
    assert {row["person"] for row in rows} == set(Person.objects.values_list("code", flat=True))
    assert AccessLog.objects.filter(door="rest", object="import").count() == 2
    assert rest.post(f"imports/{sent}/undo/", {}).json()["state"] == "undoing"
    services.run_undo(ImportBatch.objects.get(key=sent))
    assert rest.get(f"imports/{sent}/").json()["state"] == "undone"
    assert not Person.objects.exists()
    again = rest.post(f"imports/{sent}/confirm/", {})
    assert (again.status_code, problems(again)) == (400, {"": "batch.state"})


def test_a_possible_duplicate_is_decided(rest, places):
    known = PersonFactory(full_name="Lê Văn Thử", village=places.villages[1], birth_date=date(1980, 3, 12))
    key = send(rest).json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    found = rest.get(f"imports/{key}/rows/?fate=possible_duplicate").json()["results"]
    [row] = found
    assert row["candidates"][0]["person"] == Person.objects.get(pk=known.pk).code
    address = f"imports/{key}/rows/{row['position']}/"
    decided = rest.post(address, {"decision": "same", "person": row["candidates"][0]["person"]})
    assert (decided.status_code, decided.json()["decision"]) == (200, "same")
    assert rest.post(address, {"decision": None}).json()["decision"] == ""
    assert problems(rest.post(address, {"decision": "vielleicht"})) == {"decision": "invalid_choice"}


def test_rows_are_left_out_by_decision(rest, sent):
    position = ImportRow.objects.filter(fate="new").first().position
    assert rest.post(f"imports/{sent}/rows/{position}/", {"decision": "skip"}).json()["decision"] == "skip"
    rest.post(f"imports/{sent}/confirm/", {})
    services.write(ImportBatch.objects.get(key=sent))
    assert Person.objects.count() == 1


def test_cancel(rest, sent):
    assert rest.post(f"imports/{sent}/cancel/", {}).json()["state"] == "cancelled"
    assert not ImportRow.objects.exists()


def test_sending_twice_with_a_key_makes_one_batch(rest, places):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = send(rest, headers=headers), send(rest, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["batch"] == second.json()["batch"]
    assert second.headers["Idempotent-Replay"] == "true"
    assert ImportBatch.objects.count() == 1
    other = send(rest, CSV + "H02,Khác,Chủ hộ,Nam,1990,,Thôn Đông Hải\n", headers=headers)  # other bytes, same key
    assert (other.status_code, problems(other)) == (400, {"Idempotency-Key": "idempotency_key.reused"})
    confirm = {"Idempotency-Key": str(uuid.uuid4())}
    services.read(ImportBatch.objects.get())
    answers = [rest.post(f"imports/{first.json()['batch']}/confirm/", {}, **confirm) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("address", ["", "result/", "rows/", "rows/0/", "confirm/", "cancel/", "undo/"])
def test_a_batch_of_another_commune_is_not_there(far_rest, nobody_rest, sent, address):
    path = f"imports/{sent}/{address}"
    method = "GET" if address in ("", "result/", "rows/") else "POST"
    body = None if method == "GET" else {"decision": "skip"} if address == "rows/0/" else {}
    assert far_rest.send(method, path, body).status_code == 404
    assert nobody_rest.send(method, path, body).status_code == 401
    assert ImportBatch.objects.get().state == "preview"
    assert far_rest.get("imports/").json()["results"] == []


def test_a_file_for_another_commune_is_not_taken(rest, places):
    assert send(rest, commune=places.other_commune.code).status_code == 404
    assert send(rest, commune=places.far_commune.code).status_code == 404
    assert not ImportBatch.objects.exists() and not ImportFile.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"commune": "00000"}, "commune", "commune.unknown_code"),
        ({"commune": None}, "commune", "required"),
        ({"kind": "lạ"}, "kind", "invalid_choice"),
        ({"file": None}, "file", "required"),
        ({"file": "text"}, "file", "invalid"),
        ({"extra": "1"}, "extra", "unknown_field"),
        ({"commune": ["16516", "16531"]}, "", "form.repeated"),
    ],
)
def test_a_wrong_form_is_refused_by_name(rest, places, fields, field, code):
    response = send(rest, **fields)
    assert (response.status_code, problems(response)) == (400, {field: code})
    assert not ImportBatch.objects.exists()


def test_size_and_kind_of_content_are_limited(rest, places, settings):
    settings.INTAKE_MAX_MB = 1
    response = send(rest, "x" * (1024 * 1024 + 1))
    assert (response.status_code, problems(response)) == (413, {"": "body.too_large"})
    assert rest.post("imports/", {"commune": "16516"}).status_code == 415
    assert not ImportFile.objects.exists()


def test_a_file_that_cannot_be_read_says_why(rest, places):
    key = send(rest, "\x00\x01 not a sheet", name="anh.xlsx").json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    state = rest.get(f"imports/{key}/").json()
    assert state["state"] == "refused" and state["message"] and state["message_code"].startswith("file.")
    [problem] = rest.get(f"imports/{key}/result/").json()["problems"]
    assert (problem["row"], problem["code"]) == (None, state["message_code"])


def test_requests_are_throttled(rest, places, settings):
    settings.REST_REQUESTS_PER_MINUTE = 1
    assert rest.get("imports/").status_code == 200
    assert send(rest).status_code == 429
    assert not ImportBatch.objects.exists()


# --- header row, columns, refused rows -------------------------------------------------------------------------------

STRANGE = "Sổ của thôn,,\nDanh tính,Chào đời,Phái\nLê Văn Thử,12/03/1980,Nam\nTrần Thị Nghiệm,1984,Nữ\n"
MAPPED = {"sheets": [{"sheet": "so", "header_row": 2, "columns": {"A": "full_name", "B": "birth_date", "C": "sex"}}]}


@pytest.fixture
def strange(rest, places):
    """A file in which no table is found."""
    key = send(rest, STRANGE, name="so.csv").json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    return key


def test_columns_are_shown_and_corrected(rest, sent, users):
    layout = rest.get(f"imports/{sent}/layout/").json()
    [shown] = layout["sheets"]
    assert (shown["sheet"], shown["header_row"], shown["columns"][1]["field"]) == ("phieu", 1, "full_name")
    assert {"field": "full_name", "label": "Họ và tên"} in layout["choices"]
    assert layout["tops"][0]["rows"][1][1] == "Lê Văn Thử"
    ignored = {"sheets": [{"sheet": "phieu", "columns": {"E": ""}}], "save": True}
    assert rest.send("PUT", f"imports/{sent}/layout/", ignored).json()["state"] == "reading"
    batch = ImportBatch.objects.get(key=sent)
    services.read(batch)
    assert not any("birth_date" in row.values for row in batch.rows.all())
    assert AccessLog.objects.filter(object="import layout", person_id=0).count() == 1


def test_a_header_is_pointed_at_where_no_table_was_found(rest, strange):
    assert rest.get(f"imports/{strange}/").json()["message_code"] == "file.no_table"
    layout = rest.get(f"imports/{strange}/layout/").json()
    assert (layout["sheets"], layout["tops"][0]["rows"][1]) == ([], ["Danh tính", "Chào đời", "Phái"])
    assert rest.send("PUT", f"imports/{strange}/layout/", MAPPED).json()["state"] == "reading"
    services.read(ImportBatch.objects.get(key=strange))
    assert rest.get(f"imports/{strange}/").json()["counts"]["new"] == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sheet": "khac"}, "columns.sheet"),
        ({"header_row": 60}, "file.no_header"),
        ({"columns": {"A": "full_name", "Z": "sex"}}, "columns.letter"),
        ({"columns": {"A": "khong-co"}}, "columns.unknown"),
        ({"columns": {"A": "sex", "B": "sex"}}, "columns.twice"),
        ({"columns": {"B": "birth_date"}}, "columns.no_name"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(rest, strange, change, expected):
    asked = {**MAPPED["sheets"][0], **change}
    if change == {"sheet": "khac"}:
        asked.pop("header_row")
    answer = rest.send("PUT", f"imports/{strange}/layout/", {"sheets": [asked]})
    assert (answer.status_code, list(problems(answer).values())) == (400, [expected])
    assert ImportBatch.objects.get(key=strange).state == "refused"


def test_a_layout_of_another_shape_is_refused(rest, strange):
    for body in ({}, {"sheets": []}, {"sheets": [{"columns": {}}]}, {"sheets": [{"sheet": "so", "hader_row": 1}]}):
        assert rest.send("PUT", f"imports/{strange}/layout/", body).status_code == 400, body


def test_the_header_row_comes_with_the_file(rest, places):
    key = send(rest, STRANGE.replace("Danh tính", "Họ tên"), name="so.csv", header_row="2").json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    assert rest.get(f"imports/{key}/").json()["counts"]["rows"] == 2


def test_refused_rows_are_downloaded_and_logged(rest, far_rest, sent):
    answer = rest.get(f"imports/{sent}/refused.xlsx")
    assert answer.status_code == 200 and answer.content[:2] == b"PK"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert AccessLog.objects.filter(object="import refused", action="export", person_id=0).count() == 1
    assert far_rest.get(f"imports/{sent}/refused.xlsx").status_code == 404
    assert far_rest.get(f"imports/{sent}/layout/").status_code == 404
    assert far_rest.send("PUT", f"imports/{sent}/layout/", MAPPED).status_code == 404


def test_a_decision_about_a_population_list_moves_its_line(rest, places):
    from ehr.intake.register.models import RegisterLine

    born = date(1980, 3, 12)
    for _ in range(2):
        PersonFactory(full_name="Lê Văn Thử", village=places.villages[0], birth_date=born, sex="1")
    key = send(rest, CSV.replace(",038080900001,", ",,"), kind="register").json()["batch"]
    services.read(ImportBatch.objects.get(key=key))
    line = RegisterLine.objects.get(batch__key=key, group="ambiguous")
    address = f"imports/{key}/rows/{line.row.position}/"
    assert rest.post(address, {"decision": "skip"}).json()["decision"] == "skip"
    line.refresh_from_db()
    assert line.state == "kept"
    assert rest.post(address, {"decision": None}).json()["decision"] == ""
    person = Person.objects.get(pk=line.candidates[0]["person"])
    assert rest.post(address, {"decision": "same", "person": person.code}).json()["person"] == person.code
    groups = set(RegisterLine.objects.filter(batch__key=key).values_list("group", flat=True))
    assert "ambiguous" not in groups
    assert problems(rest.post(address, {"decision": "new"})) == {"": "row.state"}
