"""Screens of claim files: sending, ledger, answers by HOSO, one claim, decisions, tasks, restricted claims."""

import io
import uuid
import zipfile
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ehr.audit.models import AccessLog
from ehr.claims import services
from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimTask
from ehr.records.models import Person
from tests.ehr.claims.builders import SAMPLES
from tests.ehr.claims.services.files import made, visit
from tests.factories.claims import (
    ClaimEntryFactory,
    ClaimFactory,
    ClaimFileFactory,
    ClaimTaskFactory,
    ClaimVersionFactory,
)
from tests.factories.records import IdentifierFactory, PersonFactory

pytestmark = pytest.mark.django_db
SENT = "/nhap-xml/"


def upload(client, *files, key=None):
    given = [SimpleUploadedFile(name, data, "text/xml") for name, data in files]
    return client.post(SENT, {"submission_key": str(key or uuid.uuid4()), "file": given})


@pytest.fixture
def file(users):
    """Two visits of unknown people of elsewhere, taken in by the clerk; the second breaks rules."""
    data = made(visit(1), visit(2, NGAY_RA=None))
    (file,) = services.receive(data=data, name="thang-11.xml", by=users.clerk, door="screen", wait=True)
    return file


def problem(table, line, column, level, message):
    return {
        "table": table, "line": line, "column": column, "value": "", "rule": "R", "level": level, "message": message,
    }  # fmt: skip


def open_file(file):
    return f"/nhap-xml/{file.key}/"


# --- Sending ---------------------------------------------------------------------------------------------------------


def test_a_file_is_sent_and_leads_to_its_page(clerk_client, users):
    answer = upload(clerk_client, ("mot.xml", made(visit(1))))
    file = ClaimFile.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, open_file(file))
    assert (file.by, file.door, file.name) == (users.clerk, "screen", "mot.xml")


def test_several_files_and_an_archive(clerk_client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/hai.xml", made(visit(2)))
        archive.writestr("a/ba.xml", made(visit(3)))
    answer = upload(clerk_client, ("mot.xml", made(visit(1))), ("goi.zip", packed.getvalue()))
    assert answer.headers["Location"] == SENT
    assert ClaimFile.objects.count() == 3


def test_the_same_file_again_is_said_and_changes_nothing(clerk_client, file):
    data = made(visit(1), visit(2, NGAY_RA=None))
    answer = upload(clerk_client, ("lai.xml", data))
    assert answer.headers["Location"] == open_file(file)
    assert "đã gửi trước đây" in clerk_client.get(open_file(file)).content.decode()
    assert ClaimFile.objects.count() == 1


def test_a_double_click_sends_once(clerk_client):
    key = uuid.uuid4()
    answers = {upload(clerk_client, ("mot.xml", made(visit(1))), key=key).headers["Location"] for _ in range(2)}
    assert len(answers) == 1
    assert ClaimFile.objects.count() == 1


def test_a_broken_archive_is_refused_in_words(clerk_client):
    answer = upload(clerk_client, ("hong.zip", b"PK\x03\x04" + b"x" * 200))
    assert answer.status_code == 422
    assert "hong.zip" in answer.content.decode()
    assert not ClaimFile.objects.exists()


def test_nothing_chosen(clerk_client):
    answer = clerk_client.post(SENT, {"submission_key": str(uuid.uuid4())})
    assert answer.status_code == 422
    assert "Chưa chọn tệp." in answer.content.decode()


@pytest.mark.parametrize("name", ["centre", "department"])
def test_who_changes_nothing_sends_nothing(login, users, name):
    client = login(getattr(users, name))
    assert client.get(SENT).status_code == 200
    assert upload(client, ("mot.xml", made(visit(1)))).status_code == 404


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_who_sees_no_records_has_no_such_page(login, users, name, file):
    for address in (SENT, open_file(file), "/nhap-xml/quyet-dinh/", "/nhap-xml/viec/"):
        assert login(getattr(users, name)).get(address).status_code == 404


# --- The file --------------------------------------------------------------------------------------------------------


def test_the_page_of_a_file(clerk_client, file):
    page = clerk_client.get(open_file(file)).content.decode()
    assert "thang-11.xml" in page
    for entry in ClaimEntry.objects.filter(file=file):
        assert entry.ma_lk in page
    assert AccessLog.objects.filter(object__contains="Tệp hồ sơ BHYT").exists()


def test_somebody_elsewhere_does_not_see_it(login, users, file):
    client = login(users.far)
    for address in ("", "1/", "loi.xlsx", "hoan-tac/"):
        assert client.get(open_file(file) + address).status_code == 404
    assert "thang-11.xml" not in client.get(SENT).content.decode()


def test_filters_count_and_choose(clerk_client, users):
    file = ClaimFileFactory(by=users.clerk, state="done", total=3)
    unknown = ClaimFactory(match="foreign")
    ClaimEntryFactory(file=file, index=1, claim=unknown, outcome="stored", worst="error", label="Người Thứ Nhất")
    ClaimEntryFactory(file=file, index=2, outcome="rejected", worst="reject", label="Người Thứ Hai")
    ClaimEntryFactory(file=file, index=3, outcome="stored", worst="", label="Người Thứ Ba")
    answers = {
        "kq=tu-choi": {"Hai"}, "kq=da-nhan": {"Nhất", "Ba"}, "muc=loi": {"Nhất"}, "muc=khong-loi": {"Ba"},
        "gan=ngoai-dia-ban": {"Nhất"}, "kq=da-nhan&muc=khong-loi": {"Ba"}, "kq=la": {"Nhất", "Hai", "Ba"},
    }  # fmt: skip
    for query, names in answers.items():
        page = clerk_client.get(f"{open_file(file)}?{query}").content.decode()
        assert {name for name in ("Nhất", "Hai", "Ba") if f"Người Thứ {name}" in page} == names, query


def test_a_page_of_a_file_takes_as_many_queries_for_few_as_for_many(clerk_client, users, places):
    counts = []
    for number in (2, 40):
        file = ClaimFileFactory(by=users.clerk, state="done", total=number)
        for at in range(number):
            person = PersonFactory(village=places.villages[0])
            claim = ClaimFactory(person=person, match="matched")
            ClaimEntryFactory(file=file, index=at + 1, claim=claim, problems=[{"level": "error", "message": "x"}])
        clerk_client.get(open_file(file))
        with CaptureQueriesContext(connection) as queries:
            assert clerk_client.get(open_file(file)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_work_in_progress_asks_again_by_itself(clerk_client, users):
    file = ClaimFileFactory(by=users.clerk, state="working", total=1000, done=250)
    page = clerk_client.get(open_file(file)).content.decode()
    assert "25%" in page
    part = clerk_client.get(open_file(file), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    ClaimFile.objects.update(state="done")
    assert clerk_client.get(open_file(file), headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_findings_as_a_sheet(clerk_client, users):
    file = ClaimFileFactory(
        by=users.clerk,
        state="done",
        standard="3176",
        problems=[{"level": "warning", "message": "Số hồ sơ khác khai báo.", "rule": "CLM-ENV-05"}],
    )
    ClaimEntryFactory(
        file=file,
        index=7,
        worst="error",
        problems=[
            {
                "table": "XML1",
                "line": 1,
                "column": "GIOI_TINH",
                "value": "=9",
                "rule": "CLM-T1-05",
                "level": "error",
                "message": "Mã 9 không có.",
            },
        ],
    )
    answer = clerk_client.get(open_file(file) + "loi.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][2] == "Cả tệp"
    assert rows[2][0] == 7
    assert rows[2][3:10] == ("Lỗi", "XML1", 1, "GIOI_TINH", "Giới tính", "'=9", "Mã 9 không có.")
    assert AccessLog.objects.filter(action="export").exists()


def test_a_refused_file_says_why(clerk_client):
    upload(clerk_client, ("kham.xml", b"<KHAMSUCKHOE/>"))
    file = ClaimFile.objects.get()
    services.process(file)
    page = clerk_client.get(open_file(file)).content.decode()
    assert "Không nhận được tệp" in page
    file.refresh_from_db()
    assert file.message in page


def test_undo_asks_first_and_works_once(clerk_client, file):
    assert "Hoàn tác tệp này?" in clerk_client.get(open_file(file) + "hoan-tac/").content.decode()
    key = str(uuid.uuid4())
    for _ in range(2):
        assert clerk_client.post(open_file(file) + "hoan-tac/", {"submission_key": key}).status_code == 302
    file.refresh_from_db()
    assert file.state == "undoing"
    services.run_undo(file)
    assert "Đã hoàn tác" in clerk_client.get(open_file(file)).content.decode()


# --- One claim -------------------------------------------------------------------------------------------------------


def of_sample(users, name):
    path = next(SAMPLES.glob(f"{name}*.xml"))
    services.receive(data=path.read_bytes(), name=path.name, by=users.clerk, door="screen", wait=True)
    return Claim.objects.order_by("pk")


def test_a_claim_with_its_tables(clerk_client, users):
    (claim, *_) = of_sample(users, "s04")
    page = clerk_client.get(f"/nhap-xml/ho-so/{claim.key}/").content.decode()
    for words in ("Tổng hợp khám bệnh, chữa bệnh", "Họ và tên", "Chi tiết thuốc", "Giấy ra viện", "TEN_THUOC"):
        assert words in page
    assert AccessLog.objects.filter(object="Hồ sơ BHYT").count() == 1


def test_versions_and_what_changed(clerk_client, users):
    for at, (name, made_on) in enumerate([("NGUYỄN VĂN CŨ", date(2025, 11, 1)), ("NGUYỄN VĂN MỚI", date(2025, 11, 9))]):
        data = made(visit(1, HO_TEN=name), made_on=made_on)
        services.receive(data=data, name=f"{at}.xml", by=users.clerk, door="screen", wait=True)
    claim = Claim.objects.get()
    address = f"/nhap-xml/ho-so/{claim.key}/"
    page = clerk_client.get(address).content.decode()
    assert "Bản 2 khác bản trước ở 1 chỗ" in page
    assert (
        '<td class="was" data-label="Trước">NGUYỄN VĂN CŨ</td><td class="now" data-label="Nay">NGUYỄN VĂN MỚI</td>'
        in page
    )
    first = clerk_client.get(address + "?ban=1").content.decode()
    assert "NGUYỄN VĂN CŨ" in first
    assert "khác bản trước" not in first
    assert clerk_client.get(address + "?ban=9").status_code == 404


def test_findings_stand_at_their_cells(clerk_client, users):
    file = ClaimFileFactory(by=users.clerk, state="done", standard="3176")
    claim = ClaimFactory()
    version = ClaimVersionFactory(
        claim=claim,
        file=file,
        content={"XML1": [{"MA_LK": "K", "GIOI_TINH": "9"}], "XML2": [{"STT": "1"}, {"STT": "2"}]},
    )
    Claim.objects.update(current=version)
    found = [
        problem("XML1", 1, "GIOI_TINH", "error", "Giới tính lạ."),
        problem("XML2", 2, "TEN_THUOC", "warning", "Thiếu tên thuốc."),
        problem("XML7", 0, "", "error", "Thiếu giấy ra viện."),
    ]  # fmt: skip
    ClaimEntryFactory(file=file, index=1, claim=claim, version=version, worst="error", problems=found)
    page = clerk_client.get(f"/nhap-xml/ho-so/{claim.key}/").content.decode()
    assert '<div class="error"><dt>Giới tính <code>GIOI_TINH</code></dt>' in page
    assert '<td class="warning">' in page
    for words in ("Giới tính lạ.", "Thiếu tên thuốc.", "Thiếu giấy ra viện.", "Giấy ra viện"):
        assert words in page


def test_what_was_not_taken_in_has_a_page_of_its_own(clerk_client, users):
    file = ClaimFileFactory(by=users.clerk, state="done", standard="3176")
    found = [problem("XML1", 1, "MA_LK", "reject", "Thiếu MA_LK.")]
    ClaimEntryFactory(file=file, index=4, outcome="rejected", worst="reject", problems=found)
    page = clerk_client.get(open_file(file) + "4/").content.decode()
    assert "Hồ sơ thứ 4" in page
    assert "Thiếu MA_LK." in page
    assert clerk_client.get(open_file(file) + "5/").status_code == 404


# --- Decisions -------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(users, places):
    """A claim of a resident of the own commune who may be a person of the register, not surely."""
    person = PersonFactory(full_name="Lê Thị Lý", sex="2", birth_date=date(1980, 3, 12), village=places.villages[0])
    data = made(visit(1, HO_TEN="LÊ THỊ LÝ", NGAY_SINH="198003120000", GIOI_TINH="2", MAXA_CU_TRU="16516",
                      MATINH_CU_TRU="38",
                      SO_CCCD="", MA_THE_BHYT="", DIA_CHI=""))  # fmt: skip
    services.receive(data=data, name="nghi.xml", by=users.clerk, door="screen", wait=True)
    claim = Claim.objects.get()
    assert claim.match == "ambiguous"
    return claim, person


ASK = "/nhap-xml/quyet-dinh/"


def test_one_press_decides(clerk_client, users, doubtful):
    claim, person = doubtful
    page = clerk_client.get(ASK).content.decode()
    assert "Lê Thị Lý" in page
    assert 'data-key="1"' in page
    answer = clerk_client.post(ASK, {"hs": str(claim.key), "chon": str(person.pk)})
    assert answer.status_code == 302
    claim.refresh_from_db()
    assert (claim.person, claim.match, claim.decided_by) == (person, "matched", users.clerk)
    assert "Không còn hồ sơ nào" in clerk_client.get(answer.headers["Location"]).content.decode()


def test_a_decision_is_taken_back(clerk_client, doubtful):
    claim, person = doubtful
    clerk_client.post(ASK, {"hs": str(claim.key), "chon": str(person.pk)})
    clerk_client.post(ASK, {"hs": str(claim.key), "chon": "undo"})
    claim.refresh_from_db()
    assert (claim.person, claim.match, claim.decided_by) == (None, "ambiguous", None)


def test_a_new_person_is_made(clerk_client, doubtful):
    claim, person = doubtful
    clerk_client.post(ASK, {"hs": str(claim.key), "chon": "new"})
    claim.refresh_from_db()
    assert claim.match == "new"
    assert claim.person != person
    assert Person.objects.count() == 2


def test_not_of_ours(clerk_client, doubtful):
    claim, _ = doubtful
    clerk_client.post(ASK, {"hs": str(claim.key), "chon": "foreign"})
    claim.refresh_from_db()
    assert (claim.person, claim.match) == (None, "foreign")


def test_twice_is_once(clerk_client, doubtful):
    claim, person = doubtful
    clerk_client.post(ASK, {"hs": str(claim.key), "chon": str(person.pk)})
    answer = clerk_client.post(ASK, {"hs": str(claim.key), "chon": "new"})
    assert answer.status_code == 422
    assert Person.objects.count() == 1


def test_nobody_elsewhere_decides(login, users, doubtful):
    claim, person = doubtful
    other = PersonFactory(village=doubtful[1].village)
    assert login(users.far).post(ASK, {"hs": str(claim.key), "chon": str(person.pk)}).status_code == 404
    assert login(users.clerk).post(ASK, {"hs": str(claim.key), "chon": str(other.pk)}).status_code == 404
    assert login(users.department).get(ASK).status_code == 404


# --- Tasks -----------------------------------------------------------------------------------------------------------


def test_tasks_by_kind(clerk_client, places):
    person = PersonFactory(village=places.villages[0])
    ClaimTaskFactory(person=person)
    ClaimTaskFactory(person=person, kind="referral", field="", claimed="Chuyển từ bệnh viện")
    page = clerk_client.get("/nhap-xml/viec/").content.decode()
    assert "Chuyển từ bệnh viện" in page
    assert "Giữ như hồ sơ" in page
    assert "Chuyển từ bệnh viện" not in clerk_client.get("/nhap-xml/viec/?loai=khac-ho-so").content.decode()


def test_a_task_is_kept_once(clerk_client, users, places):
    task = ClaimTaskFactory(person=PersonFactory(village=places.villages[0]))
    for _ in range(2):
        assert clerk_client.post("/nhap-xml/viec/", {"viec": task.pk, "chon": "keep"}).status_code == 302
    task.refresh_from_db()
    assert (task.state, task.decided_by) == ("kept", users.clerk)


def test_tasks_of_others_do_not_exist(login, users, places):
    task = ClaimTaskFactory(person=PersonFactory(village=places.villages[0]))
    client = login(users.far)
    assert "Giữ như hồ sơ" not in client.get("/nhap-xml/viec/").content.decode()
    assert client.post("/nhap-xml/viec/", {"viec": task.pk, "chon": "keep"}).status_code == 404
    assert ClaimTask.objects.get().state == "open"


# --- Restricted ------------------------------------------------------------------------------------------------------


@pytest.fixture
def restricted(users, places):
    """A claim with an HIV code of a person of the own commune, in a file of the clerk's."""
    person = PersonFactory(full_name="Phạm Hữu Giả", sex="1", birth_date=date(1985, 5, 5), village=places.villages[0])
    IdentifierFactory(person=person, value="038085900009", kind="SDDCN")
    hidden = visit(1, HO_TEN="PHẠM HỮU GIẢ", SO_CCCD="038085900009", NGAY_SINH="198505050000", GIOI_TINH="1",
                   MA_BENH_CHINH="B20",
                   CHAN_DOAN_RV="Bệnh kín đáo")  # fmt: skip
    services.receive(data=made(hidden, visit(2)), name="hai.xml", by=users.clerk, door="screen", wait=True)
    claim = Claim.objects.exclude(restricted=[]).get()
    assert (claim.person, claim.restricted) == (person, ["hiv"])
    return claim, person


@pytest.mark.parametrize("name", ["clerk", "head", "centre", "department"])
def test_to_others_a_restricted_claim_does_not_exist(login, users, restricted, name):
    claim, person = restricted
    client = login(getattr(users, name))
    for address in (
        f"/nhap-xml/ho-so/{claim.key}/", f"/nhap-xml/han-che/{claim.key}/", "/nhap-xml/han-che/",
        f"/nhap-xml/han-che/nguoi/{person.code}/",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert "han-che" not in client.get(SENT).content.decode()


def test_lists_counts_and_exports_of_others_do_not_tell(clerk_client, restricted):
    claim, _ = restricted
    file = ClaimFile.objects.get()
    page = clerk_client.get(open_file(file)).content.decode()
    assert claim.ma_lk not in page
    assert "<b>1</b> Đã nhận" in page
    sheet = b"".join(clerk_client.get(open_file(file) + "loi.xlsx").streaming_content)
    cells = {
        cell for row in openpyxl.load_workbook(io.BytesIO(sheet)).active.iter_rows(values_only=True) for cell in row
    }
    assert claim.ma_lk not in cells
    assert clerk_client.get(f"{open_file(file)}1/").status_code == 404


def test_the_officer_of_the_programme_reads_it_and_that_is_logged(login, users, restricted):
    claim, person = restricted
    client = login(users.programme)
    for address in ("/nhap-xml/han-che/", f"/nhap-xml/han-che/nguoi/{person.code}/"):
        page = client.get(address).content.decode()
        assert str(claim.key) in page
        assert "HIV" in page
    page = client.get(f"/nhap-xml/han-che/{claim.key}/").content.decode()
    assert "Bệnh kín đáo" in page
    assert client.get(f"/nhap-xml/ho-so/{claim.key}/").status_code == 404
    assert AccessLog.objects.filter(object="Hồ sơ hạn chế", person_id=person.pk, user=users.programme).count() == 3


def test_an_officer_of_elsewhere_sees_nothing(login, users, restricted, places):
    from tests.factories.users import AssignmentFactory

    claim, person = restricted
    AssignmentFactory(user=users.nobody, role="programme", unit=places.far_commune)
    client = login(users.nobody)
    assert client.get(f"/nhap-xml/han-che/{claim.key}/").status_code == 404
    assert client.get(f"/nhap-xml/han-che/nguoi/{person.code}/").status_code == 404
    assert str(claim.key) not in client.get("/nhap-xml/han-che/").content.decode()
