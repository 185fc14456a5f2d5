"""The promises of the working screens, in a real browser and by keyboard."""

from datetime import date

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from ehr.records.models import Household, Person
from tests.browser.conftest import watch
from tests.factories.records import HouseholdFactory, IdentifierFactory, MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = "<img src=x onerror=alert(1)> An"


@pytest.fixture
def person(village):
    made = PersonFactory(
        full_name="Nguyễn Văn An", village=village, birth_date=date(1980, 3, 12), phone_mobile="0987000831"
    )
    IdentifierFactory(person=made)
    MembershipFactory(person=made, is_head=True)
    made.refresh_from_db()
    return made


def expire_sessions():
    Session.objects.all().delete()
    cache.clear()


def test_find_by_keyboard_alone(live_server, page, sign_in, clerk, person, village):
    PersonFactory(full_name="Nguyễn Văn Anh", village=village)
    sign_in(clerk)
    page.keyboard.press("Tab")
    page.locator("body").press("/")
    page.keyboard.type("nguyen van an")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/tim/")
    expect(page.locator("[data-result]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-result]").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/nguoi/{person.code}/")
    page.go_back()
    expect(page.locator("[data-result]")).to_have_count(2)
    expect(page.locator("#q")).to_have_value("nguyen van an")


def test_new_household_with_members_by_keyboard_alone(live_server, page, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/ho/moi/")
    keys = page.keyboard
    page.focus("#id_code")
    for text in ("H0831", "dong hai"):
        keys.type(text)
        keys.press("Enter")
    page.focus("#id_ethnicity")
    for text in (
        "kinh",
        "LÊ VĂN CHỦ", "chu ho", "1", "1975", "", "không", "0987000831", "",
        "Lê Thị Vợ", "vo", "2", "03/1978", "", "", "", "",
        "Lê Văn Con", "con de", "1", "12/03/2010", "", "", "", "",
        "Lê Thị Út", "con de", "2", "01/06/2026", "", "", "", "",
        "Lê Thị Bà", "bo me", "2", "?", "", "", "", "",
    ):  # fmt: skip
        keys.type(text)
        keys.press("Enter")
    keys.press("Control+s")
    expect(page.locator("h1")).to_have_text("Hộ H0831")
    household = Household.objects.get()
    expect(page).to_have_url(f"{live_server.url}/ho/{household.pk}/")
    assert household.village == village
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(page.locator("tbody tr").first).to_contain_text("Lê Văn Chủ")
    assert set(Person.objects.values_list("full_name", "birth_precision")) == {
        ("Lê Văn Chủ", "year"), ("Lê Thị Vợ", "month"), ("Lê Văn Con", "day"), ("Lê Thị Út", "day"),
        ("Lê Thị Bà", "unknown"),
    }  # fmt: skip


def test_bad_rows_stay_in_the_grid(live_server, page, sign_in, clerk, village):
    household = HouseholdFactory(village=village)
    sign_in(clerk)
    page.goto(f"{live_server.url}/ho/{household.pk}/thanh-vien/")
    for row, (name, born) in enumerate((("Lê Văn Một", "1980"), ("Lê Văn Hai", "31/02/1980"))):
        page.fill(f"#id_row-{row}-full_name", name)
        page.select_option(f"#id_row-{row}-sex", "1")
        page.fill(f"#id_row-{row}-birth_date", born)
    page.keyboard.press("Control+s")
    expect(page.locator(".errors-top")).to_be_focused()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#id_row-1-full_name")).to_have_value("Lê Văn Hai")
    page.fill("#id_row-1-birth_date", "28/02/1980")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(f"{live_server.url}/ho/{household.pk}/")
    assert Person.objects.count() == 2


def test_editing_section_a_with_suggestions(live_server, page, sign_in, clerk, person):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/{person.code}/sua/")
    page.focus("#id_occupation")
    page.keyboard.type("nong")
    expect(page.locator("#id_occupation_list [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.focus("#id_permanent_commune")
    page.keyboard.type("nam sam son")
    expect(page.locator("#id_permanent_commune_list [role=option]").first).to_contain_text("Nam Sầm Sơn")
    page.keyboard.press("Tab")
    page.focus("#id_sex_0")
    page.keyboard.press("2")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(f"{live_server.url}/nguoi/{person.code}/")
    person.refresh_from_db()
    assert person.sex == "2" and "nông" in person.occupation.name.lower()
    assert person.address_set.get(use="permanent").commune.name == "Nam Sầm Sơn"


def test_the_second_clerk_keeps_what_was_typed(live_server, page, sign_in, clerk, person):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/{person.code}/sua/")
    Person.objects.filter(pk=person.pk).update(phone_mobile="0912000831", version=person.version + 1)
    page.fill("#id_note", "tôi nhập")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Người khác vừa lưu bản này")).to_be_visible()
    expect(page.locator("#id_note")).to_have_value("tôi nhập")
    expect(page.locator(".note.warning table")).to_contain_text("0912000831")
    page.fill("#id_phone_mobile", "0912000831")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(f"{live_server.url}/nguoi/{person.code}/")
    person.refresh_from_db()
    assert (person.note, person.phone_mobile) == ("tôi nhập", "0912000831")


def fill_new(page, name="Trần Thị Bình"):
    page.fill("#id_full_name", name)
    page.locator("label[for=id_sex_1]").click()
    page.fill("#id_birth_date", "12/03/1990")


def test_a_double_click_saves_once(live_server, page, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/moi/")
    fill_new(page)
    page.locator("[data-save]").dblclick()
    page.wait_for_url("**/nguoi/HS*/")
    assert Person.objects.count() == 1


def test_a_lost_connection_can_be_retried(live_server, page, context, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/moi/")
    fill_new(page)
    context.set_offline(True)
    page.locator("[data-save]").click()
    expect(page.get_by_text("Mất kết nối. Nội dung vẫn còn, bấm Lưu lại để gửi lại.")).to_be_visible()
    expect(page.locator("#id_full_name")).to_have_value("Trần Thị Bình")
    context.set_offline(False)
    page.get_by_role("button", name="Lưu lại").click()
    page.wait_for_url("**/nguoi/HS*/")
    assert Person.objects.count() == 1


def test_an_answer_that_was_lost_does_not_save_twice(live_server, page, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/moi/")
    fill_new(page)

    def lose(route):
        route.fetch()  # the server stores it, the browser never hears
        route.abort("connectionreset")

    page.faults.clear()
    page.route("**/nguoi/moi/", lose)
    page.locator("[data-save]").click()
    expect(page.get_by_text("Mất kết nối")).to_be_visible()
    page.unroute("**/nguoi/moi/")
    page.get_by_role("button", name="Lưu lại").click()
    page.wait_for_url("**/nguoi/HS*/")
    assert Person.objects.count() == 1
    page.faults[:] = [fault for fault in page.faults if "ERR_CONNECTION_RESET" not in fault]


def test_an_expired_session_keeps_the_form(live_server, page, context, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/moi/")
    fill_new(page)
    expire_sessions()
    page.locator("[data-save]").click()
    expect(page.get_by_text("Phiên làm việc đã hết.")).to_be_visible()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Đăng nhập lại ở thẻ mới").click()
    sign_in(clerk, at=watch(opened.value))
    assert opened.value.faults == []
    expect(page.locator("#id_full_name")).to_have_value("Trần Thị Bình")
    page.get_by_role("button", name="Lưu lại").click()
    page.wait_for_url("**/nguoi/HS*/")
    assert Person.objects.count() == 1


def test_a_reload_offers_what_was_typed_and_logout_forgets_it(live_server, page, sign_in, clerk, village):
    sign_in(clerk)
    page.goto(f"{live_server.url}/nguoi/moi/")
    fill_new(page)
    page.wait_for_timeout(600)  # drafts are kept a moment after the last key
    assert page.evaluate("Object.keys(sessionStorage)") == [f"draft:{clerk.pk}:/nguoi/moi/"]
    page.reload()
    page.get_by_role("button", name="Khôi phục").click()
    expect(page.locator("#id_full_name")).to_have_value("Trần Thị Bình")
    expect(page.locator("#id_sex_1")).to_be_checked()
    page.locator(".usermenu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/dang-nhap/")
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_hostile_names_are_text_everywhere(live_server, page, sign_in, head, village):
    person = PersonFactory(full_name=HOSTILE, village=village)
    membership = MembershipFactory(person=person, is_head=True)
    person.refresh_from_db()
    sign_in(head)
    for path in (
        f"/nguoi/{person.code}/", f"/nguoi/{person.code}/sua/", f"/nguoi/{person.code}/lich-su/", "/", "/ho/",
        f"/ho/{membership.household_id}/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}{path}")
        assert page.locator("img").count() == 0
    page.goto(f"{live_server.url}/tim/")
    page.fill("#q", "onerror")
    expect(page.locator("[data-result]")).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0


def test_the_screens_work_without_scripts(live_server, chromium, sign_in, clerk, village, person):
    context = chromium.new_context(java_script_enabled=False)
    page = sign_in(clerk, at=context.new_page())
    page.goto(f"{live_server.url}/ho/")
    page.fill("#tim-nhanh", "nguyen van an")
    page.click(".topbar .search button")
    expect(page.locator("[data-result]")).to_have_count(1)
    page.goto(f"{live_server.url}/nguoi/moi/")
    page.fill("#id_full_name", "Trần Thị Bình")
    page.check("#id_sex_1", force=True)
    page.fill("#id_birth_date", "12/03/1990")
    page.select_option("#id_current_village_code", str(village.pk))
    page.click("[data-save]")
    expect(page.locator("h1")).to_have_text("Trần Thị Bình")
    assert Person.objects.get(full_name="Trần Thị Bình").village == village
    context.close()
