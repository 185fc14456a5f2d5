"""Files that come in, in a real browser: sent by mouse and by drag and drop, decided by keys, written, taken back."""

import base64
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ehr.common import background
from ehr.config.celery import app
from ehr.intake.models import ImportBatch, ImportRow
from ehr.records.models import Person
from scripts.sample_sheet import Known, survey
from tests.browser.conftest import PHONE
from tests.factories.records import IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NUMBER = "038080900001"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Tasks run in the request that hands them over: there is no worker here."""
    app.loader.import_default_modules()
    monkeypatch.setattr(background, "_send", [lambda task, args: app.tasks[task](*args)])


@pytest.fixture
def known(village):
    """Two people who have a record; the sheet names the first with the number, the second by name and year only."""
    first = PersonFactory(full_name="Lê Văn Quen", village=village, birth_date=date(1980, 3, 12))
    IdentifierFactory(person=first, value=NUMBER)
    MembershipFactory(person=first, is_head=True)
    second = PersonFactory(full_name="Phạm Hữu Biết", village=village, birth_date=date(1966, 5, 1))
    MembershipFactory(person=second)
    return [
        Known("Lê Văn Quen", "Nam", "12/03/1980", "", NUMBER),
        Known("Phạm Hữu Biết", "Nam", "01/05/1966"),
    ]


@pytest.fixture
def sheet(known, village):
    return survey(known, village=village.name, commune="Phường Nam Sầm Sơn")


def file_of(sheet, name="Phiếu thôn Đông Hải.xlsx"):
    return {"name": name, "mimeType": XLSX, "buffer": sheet}


def send(page, live_server, sheet, name="Phiếu thôn Đông Hải.xlsx"):
    page.goto(f"{live_server.url}/nhap-tep/")
    page.set_input_files("#id_file", file_of(sheet, name))
    page.click("text=Gửi và xem trước")
    page.wait_for_url("**/nhap-tep/*-*/")
    expect(page.locator(".fates")).to_be_visible()


def test_from_the_file_to_the_records_and_back(live_server, page, sign_in, clerk, sheet, known):
    sign_in(clerk)
    send(page, live_server, sheet)
    batch = ImportBatch.objects.get()
    assert Person.objects.count() == len(known)
    expect(page.locator(".fates .refused b")).not_to_have_text("0")
    page.click(".fates .refused")
    expect(page.locator("tbody")).to_contain_text("31/02/2010")
    with page.expect_download() as download:
        page.click("text=Tải dòng bị từ chối")
    assert download.value.suggested_filename.endswith(".xlsx")

    page.click("text=/Xác nhận ghi \\d+ dòng/")
    expect(page.locator(".batchbar")).to_contain_text("Đã ghi")
    written = Person.objects.count()
    assert written > len(known)
    page.click("tbody a >> nth=0")
    page.wait_for_url("**/nguoi/**")

    page.goto(f"{live_server.url}/nhap-tep/{batch.key}/")
    page.click("text=Hoàn tác…")
    page.click("button.danger")
    expect(page.locator("main")).to_contain_text("Đã hoàn tác")
    assert Person.objects.filter(status="active").count() == len(known)


def test_a_file_is_dropped_on_the_page(live_server, page, sign_in, clerk, sheet):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nhap-tep/")
    data = page.evaluate_handle(
        """([content, type]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "Thả vào.xlsx", { type }));
            return transfer;
        }""",
        [base64.b64encode(sheet).decode(), XLSX],
    )
    page.dispatch_event("h1", "dragover", {"dataTransfer": data})
    expect(page.locator(".dropzone.over")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": data})
    expect(page.locator("[data-drop-hint]")).to_contain_text("Thả vào.xlsx")
    expect(page.locator("[data-upload] [data-save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thả vào.xlsx")


def test_a_wrong_form_keeps_the_chosen_file(live_server, page, sign_in, clerk, places, sheet):
    from tests.factories.users import AssignmentFactory

    AssignmentFactory(user=clerk, role="clerk", unit=places.other_commune)
    sign_in(clerk)
    page.goto(f"{live_server.url}/nhap-tep/")
    page.set_input_files("#id_file", file_of(sheet))
    page.click("text=Gửi và xem trước")
    expect(page.locator(".errors-top")).to_contain_text("Chọn xã/phường")
    assert page.evaluate("document.querySelector('#id_file').files.length") == 1
    page.select_option("#id_commune", str(places.commune.pk))
    page.click("text=Gửi và xem trước")
    expect(page.locator(".fates")).to_be_visible()


def test_one_key_decides(live_server, page, sign_in, clerk, sheet, village, known):
    twin = PersonFactory(full_name="Phạm Hữu Biết", village=village, birth_date=date(1966, 8, 9))
    MembershipFactory(person=twin)
    sign_in(clerk)
    send(page, live_server, sheet)
    total = ImportRow.objects.filter(fate="possible_duplicate").count()
    assert total >= 1
    page.click("text=/Quyết định \\d+ dòng nghi trùng/")
    page.wait_for_url("**/quyet-dinh/")  # loaded: the keys are listened to
    expect(page.locator("#quyet")).to_contain_text(f"0/{total}")
    row = ImportRow.objects.filter(fate="possible_duplicate").first()
    offered = [entry["person"] for entry in row.candidates]
    assert twin.pk in offered

    page.keyboard.press(str(offered.index(twin.pk) + 1))
    expect(page.locator("#quyet")).to_contain_text(f"1/{total}")
    row.refresh_from_db()
    assert (row.decision, row.person_id) == ("same", twin.pk)

    page.keyboard.press("z")
    expect(page.locator("#quyet")).to_contain_text(f"0/{total}")
    row.refresh_from_db()
    assert row.decision == ""

    page.keyboard.press("ArrowDown")
    expect(page.locator("#quyet [data-pick]").first).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator("#quyet")).to_contain_text(f"1/{total}")
    row.refresh_from_db()
    assert row.decision == "new"


def test_a_key_right_after_the_answer_is_not_lost(live_server, page, sign_in, clerk, sheet, village, known):
    """Focus is placed while the new row comes in, not a moment later, when it would take back what a fast key did."""
    sign_in(clerk)
    send(page, live_server, sheet)
    page.click("text=/Quyết định \\d+ dòng nghi trùng/")
    page.wait_for_url("**/quyet-dinh/")
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
            setTimeout(() => { document.body.dataset.settled = "1"; }, 200);
        }), { once: true })"""
    )

    page.keyboard.press("b")
    expect(page.locator("body[data-settled]")).to_be_attached()
    expect(page.locator("#quyet [data-pick]").first).to_be_focused()


def test_columns_are_mapped_by_keyboard(live_server, page, sign_in, clerk, sheet):
    sign_in(clerk)
    send(page, live_server, sheet)
    page.click("text=Sửa ghép cột")
    layout = ImportBatch.objects.get().layout[0]
    note = next(column for column in layout["columns"] if column["header"] == "Trình độ học vấn")
    assert note["field"] == ""
    page.focus(f"#c0-{note['index']}[role=combobox]")
    page.keyboard.type("nghe nghiep")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(page.locator(".fates")).to_be_visible()
    columns = ImportBatch.objects.get().layout[0]["columns"]
    assert next(column for column in columns if column["index"] == note["index"])["field"] == "occupation"


def test_without_scripts(live_server, chromium, users, sheet):
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{live_server.url}/dang-nhap/")
    plain.fill("#id_username", users.clerk.username)
    plain.fill("#id_password", "Mat-khau-thu-nghiem-831")
    plain.click("main button[type=submit]")
    plain.goto(f"{live_server.url}/nhap-tep/")
    plain.set_input_files("#id_file", file_of(sheet))
    plain.click("text=Gửi và xem trước")
    expect(plain.locator(".fates")).to_be_visible()
    plain.click("text=/Quyết định \\d+ dòng nghi trùng/")
    plain.click("button[value=skip]")
    expect(plain.locator("#quyet")).to_contain_text("1/")
    plain.goto(f"{live_server.url}/nhap-tep/{ImportBatch.objects.get().key}/")
    plain.click("text=/Xác nhận ghi \\d+ dòng/")
    expect(plain.locator(".batchbar")).to_contain_text("Đã ghi")
    context.close()


def faults(page):
    answer = Axe().run(page, options={"iframes": False}).response
    return [
        f"{page.url} {rule['id']}: {' | '.join(str(node['target']) for node in rule['nodes'][:4])}"
        for rule in answer["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


def test_accessible_and_narrow_enough_for_a_phone(live_server, page, sign_in, clerk, sheet):
    sign_in(clerk)
    send(page, live_server, sheet)
    batch = ImportBatch.objects.get()
    one = f"/nhap-tep/{batch.key}/"
    found, wide = [], []
    paths = ["/nhap-tep/", one, f"{one}?loc=tu-choi", f"{one}?loc=da-lam-sach", f"{one}cot/", f"{one}quyet-dinh/"]

    def look(path):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(f"{live_server.url}{path}")
        found.extend(faults(page))
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)

    for path in paths:
        look(path)
    ImportBatch.objects.update(state="writing", done=3, total=9)
    look(one)
    ImportBatch.objects.update(state="done", counts=batch.counts | {"written": 4})
    look(f"{one}hoan-tac/")
    ImportBatch.objects.update(state="refused", message="Tệp có mật khẩu.")
    look(one)
    assert (found, wide) == ([], [])
