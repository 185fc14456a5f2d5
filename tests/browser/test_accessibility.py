"""axe on every working screen, at the size of the stations' screens and of a phone; and no refused policy anywhere."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE
from tests.factories.records import (
    EncounterFactory,
    HealthHistoryFactory,
    IdentifierFactory,
    MembershipFactory,
    PersonFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
SERIOUS = ("serious", "critical")


@pytest.fixture
def paths(village):
    person = PersonFactory(village=village)
    IdentifierFactory(person=person)
    membership = MembershipFactory(person=person, is_head=True)
    HealthHistoryFactory(person=person)
    EncounterFactory(person=person)
    person.refresh_from_db()
    one, household = f"/nguoi/{person.code}", f"/ho/{membership.household_id}"
    return [
        "/", "/tim/", "/ho/", f"{household}/", f"{household}/sua/", f"{household}/thanh-vien/", "/ho/moi/",
        "/nguoi/moi/",
        f"{one}/", f"{one}/sua/", f"{one}/chuyen-ho/", f"{one}/dien-bien/", f"{one}/lich-su/", f"{one}/luot-xem/",
        f"{one}/tien-su/", f"{one}/tien-su/sua/", f"{one}/tiem-chung/", f"{one}/kham/", f"{one}/kham/moi/",
        "/doi-mat-khau/", "/khong-co-trang-nay/",
    ]  # fmt: skip


def faults(page):
    """Serious findings as "rule: selector". Without the frames that axe looks for by eval, which the policy refuses."""
    answer = Axe().run(page, options={"iframes": False}).response
    assert len(answer["passes"]) > 10
    return [
        f"{page.url} {rule['id']}: {' | '.join(str(node['target']) for node in rule['nodes'][:4])}"
        for rule in answer["violations"]
        if rule["impact"] in SERIOUS
    ]


def test_no_serious_fault_on_any_screen(live_server, page, sign_in, head, paths):
    page.goto(f"{live_server.url}/dang-nhap/")
    found = faults(page)
    sign_in(head)
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        found += faults(page)
    page.goto(f"{live_server.url}/tim/")
    page.fill("#q", "nguyen")
    page.wait_for_timeout(700)
    found += faults(page)
    page.goto(f"{live_server.url}/nguoi/moi/")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".errors-top")
    found += faults(page)
    page.faults[:] = [fault for fault in page.faults if "status of 404" not in fault]
    assert found == []


def test_a_phone_needs_no_sideways_scrolling(live_server, page, sign_in, head, paths):
    sign_in(head)
    page.set_viewport_size(PHONE)
    wide = []
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    page.faults[:] = [fault for fault in page.faults if "status of 404" not in fault]
    assert wide == []
