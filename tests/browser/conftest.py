"""A real browser (Debian's chromium) on a live server. Every page is watched: an error in the console, a refused policy
or a request that failed without being expected fails the test."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.factories.users import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if not shutil.which(CHROMIUM):
                item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


@pytest.fixture(scope="session")
def chromium():
    # Playwright's synchronous interface keeps an event loop in this thread; Django would take it for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium):
    made = chromium.new_context(viewport=DESKTOP, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    made.set_default_timeout(10_000)
    yield made
    made.close()


def watch(page, expected=()):
    """Collects what went wrong in the console; `expected` are parts of messages that belong to the test."""
    faults = []

    def console(message):
        if message.type == "error" and not any(part in message.text for part in expected):
            faults.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.faults = faults
    return page


@pytest.fixture
def page(context):
    # 409 and 422 are answers of ours; the browser reports them as failed resources.
    made = watch(context.new_page(), expected=("status of 409", "status of 422", "ERR_INTERNET_DISCONNECTED"))
    yield made
    assert made.faults == []


@pytest.fixture
def sign_in(live_server, page):
    """sign_in(user): through the login page, like a person."""

    def run(user, at=page):
        at.goto(f"{live_server.url}/dang-nhap/")
        at.fill("#id_username", user.username)
        at.fill("#id_password", PASSWORD)
        at.keyboard.press("Enter")
        at.wait_for_url(f"{live_server.url}/")
        return at

    return run
