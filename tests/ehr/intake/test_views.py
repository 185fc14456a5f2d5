"""Screens of files that come in: who sees them, what they show, that a page costs the same whatever is on it."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ehr.audit.models import AccessLog
from ehr.intake.models import ImportBatch, ImportRow
from ehr.intake.pages import batch_entries
from ehr.records.models import Person
from tests.factories.intake import ImportBatchFactory, ImportRowFactory
from tests.factories.records import IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
State = ImportBatch.State
CSV = "STT;Hộ số;Họ và tên;Quan hệ với chủ hộ;Giới tính;Ngày sinh;Số CCCD;Thôn\n"


def make_batch(commune, by, *, state=State.PREVIEW, **columns):
    return ImportBatchFactory(commune=commune, by=by, state=state, **columns)


def make_row(batch, position, fate="new", **columns):
    values = {
        "full_name": f"Lê Văn Thử {position}", "sex": "1", "birth_date": "1980-03-12", "household_code": "H01",
    } | columns.pop("values", {})  # fmt: skip
    return ImportRowFactory(
        batch=batch, position=position, fate=fate, label=values["full_name"], values=values, **columns
    )


def layout_of(*columns, sheet="Thôn Đông Hải"):
    return {
        "sheet": sheet, "header_row": 3, "first_row": 4, "last_row": 20, "title": {}, "blocks": [], "notes": [],
        "skipped": [[20, "dòng cộng"], [21, "chữ ký"], [22, "chữ ký"]],
        "columns": [
            {"index": index, "letter": "ABCDEFGH"[index], "header": header, "field": field, "sure": sure,
             "samples": ["mẫu một", "mẫu hai"], "why": ""}
            for index, (header, field, sure) in enumerate(columns)
        ],
    }  # fmt: skip


LAYOUT = layout_of(("Họ tên", "full_name", True), ("Sinh", "birth_date", False), ("Ghi nhớ", "", True))


@pytest.fixture
def batch(places, users):
    return make_batch(
        places.commune, users.clerk, layout=[LAYOUT],
        counts={"rows": 5, "new": 1, "updated": 1, "unchanged": 1, "possible_duplicate": 1, "refused": 1, "cleaned": 1},
    )  # fmt: skip


@pytest.fixture
def person(village):
    made = PersonFactory(full_name="Lê Văn Thử", village=village, birth_date=date(1980, 3, 12))
    IdentifierFactory(person=made)
    MembershipFactory(person=made)
    return Person.objects.get(pk=made.pk)


def text_of(response):
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- who may ---------------------------------------------------------------------------------------------------------


def addresses(batch):
    key = [batch.key]
    pages = ("batch", "columns", "decisions", "undo", "refused", "header")
    return {
        "get": [reverse(f"intake:{name}", args=key) for name in pages],
        "post": [
            reverse(f"intake:{name}", args=key)
            for name in ("confirm", "cancel", "undo", "columns", "decisions")
        ],
    }  # fmt: skip


@pytest.mark.parametrize("role", ["far", "nobody", "admin"])
def test_batches_of_other_places_do_not_exist(role, users, login, batch):
    make_row(batch, 1)
    client = login(getattr(users, role))

    for method, urls in addresses(batch).items():
        for url in urls:
            assert getattr(client, method)(url).status_code == 404, f"{method} {url}"

    batch.refresh_from_db()
    assert batch.state == State.PREVIEW


@pytest.mark.parametrize("role", ["centre", "department"])
def test_who_only_reads_can_change_nothing(role, users, login, places, batch):
    client = login(getattr(users, role))
    make_row(batch, 1)

    for url in addresses(batch)["post"]:
        assert client.post(url).status_code == 404, url
    page = client.get(reverse("intake:index"))

    assert page.status_code == 200
    assert "data-upload" not in page.content.decode()
    assert client.post(reverse("intake:index"), {}).status_code == 404
    batch.refresh_from_db()
    assert batch.state == State.PREVIEW


def test_the_ledger_needs_a_login(login, batch):
    for url in ("/nhap-tep/", f"/nhap-tep/{batch.key}/"):
        assert login(None).get(url).headers["Location"].startswith(reverse("login"))


def test_unknown_keys_and_templates_are_404(clerk_client):
    assert clerk_client.get(f"/nhap-tep/{uuid.uuid4()}/").status_code == 404
    assert clerk_client.get("/nhap-tep/mau/khong-co.xlsx").status_code == 404


# --- ledger ----------------------------------------------------------------------------------------------------------


def test_the_ledger_shows_batches_of_the_own_places(clerk_client, users, places, batch):
    make_batch(places.far_commune, users.far)

    page = text_of(clerk_client.get("/nhap-tep/"))

    assert page.count("Phiếu thôn Đông Hải.xlsx") == 1
    assert str(batch.key) in page
    assert "Chờ xác nhận" in page and "Cán Bộ Thử Nghiệm" in page


@pytest.mark.parametrize("count", [1, 20])
def test_the_ledger_costs_the_same_at_any_length(count, clerk_client, users, places, django_assert_max_num_queries):
    for _ in range(count):
        make_batch(places.commune, users.clerk, counts={"rows": 3})
    clerk_client.get("/nhap-tep/")

    with django_assert_max_num_queries(9) as captured:
        page = text_of(clerk_client.get("/nhap-tep/"))

    assert page.count("Phiếu thôn Đông Hải.xlsx") == count
    assert_same("ledger", len(captured))


_SEEN = {}


def assert_same(name, queries):
    """The number of queries is that of the other size."""
    assert _SEEN.setdefault(name, queries) == queries


def test_long_ledgers_have_pages(clerk_client, users, places):
    for _ in range(51):
        make_batch(places.commune, users.clerk)

    assert "Trang 1/2" in text_of(clerk_client.get("/nhap-tep/"))
    assert text_of(clerk_client.get("/nhap-tep/?trang=2")).count("Phiếu thôn Đông Hải.xlsx") == 1


# --- sending ---------------------------------------------------------------------------------------------------------


def sent(client, data=b"x", name="a.csv", **fields):
    form = {"kind": "survey", "submission": str(uuid.uuid4()), "file": SimpleUploadedFile(name, data)} | fields
    return client.post("/nhap-tep/", {key: value for key, value in form.items() if value is not None})


def test_a_file_is_stored_and_read_in_the_background(clerk_client, users, places, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        response = sent(clerk_client, CSV.encode(), commune=places.commune.pk)

    batch = ImportBatch.objects.get()
    assert response.headers["Location"] == f"/nhap-tep/{batch.key}/"
    assert (batch.state, batch.by, batch.commune, batch.kind) == (State.READING, users.clerk, places.commune, "survey")
    assert bytes(batch.file.data) == CSV.encode()
    assert len(later) == 1


def test_a_double_click_sends_once(clerk_client, places):
    key = str(uuid.uuid4())

    answers = [sent(clerk_client, CSV.encode(), commune=places.commune.pk, submission=key) for _ in range(2)]

    assert ImportBatch.objects.count() == 1
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_sending_in_the_background_of_the_page_names_the_next_page(clerk_client, places):
    response = clerk_client.post(
        "/nhap-tep/",
        {"kind": "survey", "commune": places.commune.pk, "file": SimpleUploadedFile("a.csv", CSV.encode())},
        headers={"X-Fetch": "1"},
    )

    assert response.status_code == 204
    assert response.headers["X-Location"] == f"/nhap-tep/{ImportBatch.objects.get().key}/"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"file": None}, "Chưa chọn tệp."),
        ({"data": b""}, "Tệp rỗng"),
        ({"kind": None}, "Chọn loại danh sách."),
        ({"kind": "khac"}, ""),
        ({"commune": "999999"}, ""),
        ({"commune": "abc"}, ""),
    ],
)
def test_an_incomplete_form_comes_back_with_a_sentence(fields, message, clerk_client, places):
    data = fields.pop("data", CSV.encode())

    response = sent(clerk_client, data, **({"commune": places.commune.pk} | fields))

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_file_for_another_commune_is_refused(clerk_client, places):
    assert sent(clerk_client, CSV.encode(), commune=places.other_commune.pk).status_code == 422
    assert not ImportBatch.objects.exists()


def test_a_file_that_is_too_large_is_not_read(clerk_client, places, settings):
    settings.INTAKE_MAX_MB = 0

    response = sent(clerk_client, CSV.encode(), commune=places.commune.pk)

    assert response.status_code == 422
    assert "tối đa 0 MB" in response.content.decode()


def test_a_user_of_several_communes_chooses_one(users, login, places):
    from tests.factories.users import AssignmentFactory

    AssignmentFactory(user=users.clerk, role="clerk", unit=places.other_commune)
    client = login(users.clerk)

    page = text_of(client.get("/nhap-tep/"))
    assert '<select name="commune"' in page and "Phường Sầm Sơn" in page
    assert sent(client, CSV.encode()).status_code == 422
    assert sent(client, CSV.encode(), commune=places.other_commune.pk).status_code == 302
    assert ImportBatch.objects.get().commune == places.other_commune


@pytest.mark.parametrize("name", ["survey", "register", "vaccination", "exam"])
def test_templates_can_be_downloaded(name, clerk_client):
    response = clerk_client.get(f"/nhap-tep/mau/{name}.xlsx")

    assert response.content[:2] == b"PK"
    assert "16516.xlsx" in response.headers["Content-Disposition"]


# --- preview ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(batch, person):
    """One row of each fate."""
    return [
        make_row(batch, 1, cleaned=[
            {"column": "F", "field": "id_number", "was": "38196000123", "became": "038196000123",
             "why": "Thêm số 0 đầu bị mất"}
        ]),
        make_row(batch, 2, "update", person=person, changes={
            "sex": ["1", "2"], "birth_date": ["1980", "1980-03-12"], "phone_mobile": ["", "0912000111"],
        }),
        make_row(batch, 3, "unchanged", person=person),
        make_row(batch, 4, "possible_duplicate", candidates=[{"person": person.pk, "why": "cùng tên, cùng năm sinh"}]),
        make_row(batch, 5, "refused", problems=[
            {"column": "E", "field": "birth_date", "value": "31/02/1980", "code": "date.day", "level": "error",
             "message": "Tháng 02/1980 không có ngày 31."},
            {"column": "G", "field": "phone_mobile", "value": "<b>09</b>", "code": "phone.format", "level": "warning",
             "message": "Số điện thoại lạ."},
        ]),
    ]  # fmt: skip


def test_the_preview_says_what_becomes_of_each_row(clerk_client, batch, rows, person):
    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert "<del>38196000123</del> → <ins>038196000123</ins>" in page and "Thêm số 0 đầu bị mất" in page
    assert "Giới tính: <del>Nam</del> → <ins>Nữ</ins>" in page
    assert "Ngày sinh: <del>1980</del> → <ins>12/03/1980</ins>" in page
    assert "<del>–</del> → <ins>0912000111</ins>" in page
    assert "Cột E" in page and "31/02/1980" in page and "Tháng 02/1980 không có ngày 31." in page
    assert "<b>09</b>" not in page and "&lt;b&gt;09" in page
    assert f'href="/nguoi/{person.code}/"' in page
    assert "Xác nhận ghi 2 dòng" in page
    assert "1 dòng nghi trùng chưa quyết định" in page
    assert "20 (dòng cộng); 21–22 (chữ ký)" in page and "«Ghi nhớ»" in page


@pytest.mark.parametrize(
    ("name", "position"), [("moi", 1), ("cap-nhat", 2), ("khong-doi", 3), ("nghi-trung", 4), ("tu-choi", 5)]
)
def test_counts_lead_to_their_rows(name, position, clerk_client, batch, rows):
    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/?loc={name}"))

    assert f"Lê Văn Thử {position}" in page
    assert page.count("Lê Văn Thử ") == 1


def test_cleaned_cells_are_a_filter_of_their_own(clerk_client, batch, rows):
    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/?loc=da-lam-sach"))

    assert "Lê Văn Thử 1" in page and "Lê Văn Thử 2" not in page


def test_what_a_record_holds_is_shown_to_those_who_may_open_it(clerk_client, batch, places):
    stranger = PersonFactory(full_name="Vũ Thị Xã Bên", village=places.other_village)
    make_row(batch, 1, "update", person=stranger, changes={"phone_mobile": ["0912000222", "0912000333"]})

    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert "0912000222" not in page and "Vũ Thị" not in page
    assert not AccessLog.objects.exists()


def test_showing_what_a_record_holds_is_a_read(clerk_client, users, batch, rows, person):
    clerk_client.get(f"/nhap-tep/{batch.key}/?loc=cap-nhat")

    entry = AccessLog.objects.get()
    assert (entry.user, entry.person_id, entry.action) == (users.clerk, person.pk, "view")


def test_a_new_visit_shows_its_values_alone(clerk_client, users, places, person):
    batch = make_batch(places.commune, users.clerk, kind="exam", counts={"rows": 1, "new": 1})
    make_row(batch, 1, person=person, changes={"weight_kg": [None, "60.5"], "exam_date": [None, "2026-11-20"]})

    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert "Cân nặng: <ins>60,5</ins>" in page and "Ngày khám: <ins>20/11/2026</ins>" in page


@pytest.mark.parametrize("count", [2, 60])
def test_a_page_of_the_preview_costs_the_same_at_any_size(
    count, clerk_client, batch, village, django_assert_max_num_queries
):
    for position in range(1, count + 1):
        someone = PersonFactory(village=village)
        make_row(
            batch, position, "update", person=someone, values={"current_village_code": village.code},
            changes={"sex": ["1", "2"], "current_commune": ["16516", "16531"], "ethnicity": ["01", "02"]},
        )  # fmt: skip
    clerk_client.get(f"/nhap-tep/{batch.key}/")

    with django_assert_max_num_queries(14) as captured:
        page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert page.count("Thôn Đông Hải</td>") >= count
    assert_same("preview", len(captured))


def test_many_rows_have_pages(clerk_client, batch):
    ImportRow.objects.bulk_create(
        ImportRow(batch=batch, position=n, sheet="T", number=n, fate="new", label=f"Người {n}", values={})
        for n in range(1, 131)
    )

    first = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/?loc=moi"))
    second = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/?loc=moi&trang=2"))

    assert "?loc=moi&amp;trang=2" in first or "?loc=moi&trang=2" in first
    assert "Người 100<" in first and "Người 101<" not in first and "Người 101<" in second


def test_notes_about_the_file_stand_on_top_and_covers_are_named(clerk_client, users, places):
    notes = ["Đã chuyển phông chữ TCVN3 sang Unicode.", "Bỏ qua trang «Bìa»: không có bảng người."]
    batch = make_batch(places.commune, users.clerk, layout=[LAYOUT | {"notes": notes}], counts={"rows": 1})

    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert '<div class="note"><p>Đã chuyển phông chữ TCVN3 sang Unicode.</p></div>' in page
    assert '<p class="muted">Bỏ qua trang «Bìa»: không có bảng người.</p>' in page


def test_nothing_new_says_so(clerk_client, users, places, person):
    said = "Tệp này đã được nhập ngày 21/11/2026: không có gì thay đổi."
    batch = make_batch(places.commune, users.clerk, counts={"rows": 1, "unchanged": 1}, message=said)
    make_row(batch, 1, "unchanged", person=person)

    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert said in page and "Xác nhận ghi" not in page


def test_a_file_that_could_not_be_read_says_why(clerk_client, users, places):
    batch = make_batch(
        places.commune, users.clerk, state=State.REFUSED, message="Tệp có mật khẩu: bỏ mật khẩu rồi gửi lại."
    )

    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))

    assert "Tệp có mật khẩu" in page and "Không có gì được ghi" in page


# --- progress --------------------------------------------------------------------------------------------------------


def test_progress_asks_for_itself_until_the_work_is_done(clerk_client, users, places):
    batch = make_batch(places.commune, users.clerk, state=State.WRITING, done=250, total=1000)
    url = f"/nhap-tep/{batch.key}/"

    page = text_of(clerk_client.get(url))
    part = text_of(clerk_client.get(url, headers={"HX-Request": "true"}))
    ImportBatch.objects.update(state=State.DONE)
    last = clerk_client.get(url, headers={"HX-Request": "true"})

    assert "25%" in page and "250/1.000" in page and "Xem lại tiến độ" in page
    assert f'hx-get="{url}"' in part and "<html" not in part
    assert last.headers["HX-Refresh"] == "true"


def test_progress_after_the_session_has_ended_leads_to_the_login(login, batch):
    answer = login(None).get(f"/nhap-tep/{batch.key}/", headers={"HX-Request": "true"})

    assert (answer.content, answer.headers["HX-Refresh"]) == (b"", "true")


# --- columns ---------------------------------------------------------------------------------------------------------


def test_the_columns_are_shown_with_samples(clerk_client, batch):
    page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/cot/"))

    assert 'value="full_name" selected' in page
    assert "mẫu một" in page and "Ghi nhớ" in page and "chưa chắc" in page
    assert "<optgroup" in page


def chosen(**fields):
    return {"submission": str(uuid.uuid4()), "c0-0": "full_name", "c0-1": "birth_date", "c0-2": "", **fields}


def test_corrected_columns_are_read_again(clerk_client, batch, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        response = clerk_client.post(
            f"/nhap-tep/{batch.key}/cot/", chosen(**{"c0-2": "household_code", "remember": "1"})
        )

    batch.refresh_from_db()
    assert response.headers["Location"] == f"/nhap-tep/{batch.key}/"
    assert batch.state == State.READING and len(later) == 1
    assert [column["field"] for column in batch.layout[0]["columns"]] == ["full_name", "birth_date", "household_code"]


def test_tabs_with_the_same_header_are_corrected_once(clerk_client, users, places):
    other = layout_of(("Tên", "full_name", True), ("Mã", "", True), sheet="Khác")
    layouts = [LAYOUT, LAYOUT | {"sheet": "Thôn Bắc Nam"}, other]
    batch = make_batch(places.commune, users.clerk, layout=layouts)
    url = f"/nhap-tep/{batch.key}/cot/"

    page = text_of(clerk_client.get(url))
    clerk_client.post(url, chosen(**{"c0-2": "household_code", "c2-1": "id_number"}))

    assert page.count("<table") == 2 and "2 trang cùng tiêu đề" in page and "c1-0" not in page
    batch.refresh_from_db()
    fields = [[column["field"] for column in layout["columns"]] for layout in batch.layout]
    assert fields == [["full_name", "birth_date", "household_code"]] * 2 + [["full_name", "id_number"]]


def test_one_field_is_not_read_from_two_columns(clerk_client, batch):
    response = clerk_client.post(f"/nhap-tep/{batch.key}/cot/", chosen(**{"c0-2": "birth_date"}))

    assert response.status_code == 422
    assert "nhiều cột cùng ghép" in response.content.decode()
    batch.refresh_from_db()
    assert batch.state == State.PREVIEW


def test_fields_that_there_are_not_are_refused(clerk_client, batch):
    assert clerk_client.post(f"/nhap-tep/{batch.key}/cot/", chosen(**{"c0-2": "password"})).status_code == 422


# --- decisions -------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(batch, person):
    for position in (1, 2, 3):
        make_row(batch, position, "possible_duplicate", candidates=[{"person": person.pk, "why": "cùng tên"}])
    return f"/nhap-tep/{batch.key}/quyet-dinh/"


def decision(position):
    row = ImportRow.objects.get(position=position)
    return row.decision


def test_a_row_stands_beside_its_candidates(clerk_client, doubtful, person):
    page = text_of(clerk_client.get(doubtful))

    assert "Lê Văn Thử 1" in page and person.full_name in page and "cùng tên" in page
    assert 'class="same"' in page and 'class="differs"' in page
    assert "0/3" in page
    assert AccessLog.objects.filter(person_id=person.pk).count() == 1


def test_each_decision_leads_to_the_next_row(clerk_client, doubtful, person):
    first = clerk_client.post(doubtful, {"dong": "1", "chon": str(person.pk)}, follow=True)
    second = clerk_client.post(doubtful, {"dong": "2", "chon": "new"}, headers={"HX-Request": "true"})
    third = clerk_client.post(doubtful, {"dong": "3", "chon": "skip"}, headers={"HX-Request": "true"})

    assert "Lê Văn Thử 2" in text_of(first)
    assert "Lê Văn Thử 3" in text_of(second) and "<html" not in text_of(second)
    assert "Đã quyết định xong 3 dòng" in text_of(third)
    assert [decision(n) for n in (1, 2, 3)] == ["same", "new", "skip"]
    assert ImportRow.objects.get(position=1).person == person


def test_the_last_decision_can_be_taken_back(clerk_client, doubtful):
    page = text_of(clerk_client.post(doubtful, {"dong": "1", "chon": "new"}, follow=True))
    assert 'data-key="z"' in page

    back = text_of(clerk_client.post(doubtful, {"dong": "1", "chon": "undo"}, headers={"HX-Request": "true"}))

    assert "Lê Văn Thử 1" in back and decision(1) == ""


def test_only_candidates_that_the_user_may_see_can_be_chosen(clerk_client, doubtful, batch, places):
    stranger = PersonFactory(full_name="Vũ Thị Xã Bên", village=places.other_village)
    ImportRow.objects.filter(position=1).update(candidates=[{"person": stranger.pk, "why": "cùng số định danh"}])

    page = text_of(clerk_client.get(doubtful))
    answer = clerk_client.post(doubtful, {"dong": "1", "chon": str(stranger.pk)})

    assert "Vũ Thị" not in page and "ngoài địa bàn" in page
    assert answer.status_code == 404 and decision(1) == ""


@pytest.mark.parametrize("data", [{}, {"dong": "99", "chon": "new"}, {"dong": "1", "chon": "xyz"}, {"dong": "x"}])
def test_nonsense_decides_nothing(data, clerk_client, doubtful):
    assert clerk_client.post(doubtful, data).status_code == 404
    assert not ImportRow.objects.exclude(decision="").exists()


@pytest.mark.parametrize("count", [1, 8])
def test_a_decision_costs_the_same_with_any_number_of_candidates(
    count, clerk_client, batch, village, django_assert_max_num_queries
):
    people = [PersonFactory(village=village) for _ in range(count)]
    for one in people:
        IdentifierFactory(person=one)
        MembershipFactory(person=one)
    make_row(batch, 1, "possible_duplicate", candidates=[{"person": one.pk, "why": "cùng tên"} for one in people])
    clerk_client.get(f"/nhap-tep/{batch.key}/quyet-dinh/")

    with django_assert_max_num_queries(18) as captured:
        page = text_of(clerk_client.get(f"/nhap-tep/{batch.key}/quyet-dinh/"))

    assert page.count("Là người này") == count
    assert_same("decision", len(captured))


# --- buttons ---------------------------------------------------------------------------------------------------------


def press(client, batch, name, **fields):
    return client.post(reverse(f"intake:{name}", args=[batch.key]), {"submission": str(uuid.uuid4()), **fields})


def test_confirming_starts_the_writing_once(clerk_client, batch, rows, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later:
        press(clerk_client, batch, "confirm")
        press(clerk_client, batch, "confirm")

    batch.refresh_from_db()
    assert batch.state == State.QUEUED
    assert len(later) == 1


def test_cancelling_writes_nothing(clerk_client, batch, rows):
    assert press(clerk_client, batch, "cancel").status_code == 302

    batch.refresh_from_db()
    assert batch.state == State.CANCELLED
    assert "Đã hủy" in text_of(clerk_client.get(f"/nhap-tep/{batch.key}/"))


def test_undo_belongs_to_the_head_and_to_who_sent_the_file(users, login, places):
    batch = make_batch(places.commune, users.head, state=State.DONE, counts={"written": 1})
    url = reverse("intake:undo", args=[batch.key])

    assert login(users.clerk).get(url).status_code == 404
    assert login(users.clerk).post(url).status_code == 404
    assert "Hoàn tác 1 dòng" in text_of(login(users.head).get(url))
    ImportBatch.objects.update(by=users.clerk)
    assert login(users.clerk).get(url).status_code == 200


def test_undo_starts_in_the_background(head_client, batch, django_capture_on_commit_callbacks):
    ImportBatch.objects.update(state=State.DONE)
    with django_capture_on_commit_callbacks() as later:
        press(head_client, batch, "undo")

    batch.refresh_from_db()
    assert batch.state == State.UNDOING and len(later) == 1


def test_buttons_of_another_state_lead_back(head_client, batch):
    ImportBatch.objects.update(state=State.UNDONE)

    for name in ("confirm", "cancel", "undo"):
        assert press(head_client, batch, name).headers["Location"] == f"/nhap-tep/{batch.key}/"
    for name in ("columns", "decisions", "undo"):
        assert head_client.get(reverse(f"intake:{name}", args=[batch.key])).status_code == 302
    batch.refresh_from_db()
    assert batch.state == State.UNDONE


# --- a person's pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 6])
def test_the_timeline_of_a_person_names_the_files(
    count, clerk_client, users, places, person, django_assert_num_queries
):
    for position in range(count):
        batch = make_batch(places.commune, users.clerk, state=State.DONE)
        make_row(batch, position, "update", person=person, state="written")
    make_row(batch, count + 1, "refused", person=person, state="skipped")

    page = text_of(clerk_client.get(f"/nguoi/{person.code}/dien-bien/"))
    with django_assert_num_queries(1):
        entries = list(batch_entries(person))

    assert page.count("Ghi từ tệp «Phiếu thôn Đông Hải.xlsx»") == count == len(entries)
    assert f'href="/nhap-tep/{batch.key}/"' in page
