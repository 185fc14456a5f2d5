"""Pictures of the main screens from the demo data, for docs/images/ and for looking at.

    python scripts/screenshots.py [--url http://127.0.0.1:8000] [--out docs/images] [--phone]

The server must be running on the same database (make run). The script opens a session for the demo accounts by itself,
so that no password is needed; it needs Debian's chromium and the development requirements."""

# ruff: noqa: E402 Django is set up before its models are imported
import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehr.config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

import django

django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db.models import Count
from playwright.sync_api import ConsoleMessage, Page, ViewportSize, sync_playwright

from ehr.records.models import Household, Person
from stations.models import User

DESKTOP, PHONE = ViewportSize(width=1366, height=768), ViewportSize(width=390, height=844)


def session_of(username: str) -> str:
    """A session of this account in the database of the running server."""
    user = User.objects.get(username=username)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "stations.backends.SessionBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def tell(message: ConsoleMessage) -> None:
    if message.type == "error":
        print("console:", message.text)


def typed(page: Page, selector: str, text: str) -> None:
    page.fill(selector, text)
    page.wait_for_timeout(900)


def paths() -> dict[str, str]:
    """File name: address. The household is the largest of the demo commune, the person its head."""
    household = (
        Household.objects.filter(memberships__valid_to=None)
        .annotate(n=Count("memberships"))
        .order_by("-n", "pk")
        .first()
    )
    person = Person.objects.filter(membership_set__household=household, membership_set__is_head=True).first()
    if household is None or person is None:
        raise SystemExit("Chưa có dữ liệu minh họa: chạy manage.py demo_commune trước.")
    one = f"/nguoi/{person.code}"
    return {
        "trang-dau": "/", "tim-nguoi": "/tim/", "ho-gia-dinh": "/ho/", "ho": f"/ho/{household.pk}/",
        "them-ho": "/ho/moi/",
        "thanh-vien": f"/ho/{household.pk}/thanh-vien/", "phan-a": f"{one}/", "sua-phan-a": f"{one}/sua/",
        "ho-so-moi": "/nguoi/moi/", "chuyen-ho": f"{one}/chuyen-ho/", "phan-b": f"{one}/tien-su/",
        "sua-phan-b": f"{one}/tien-su/sua/", "phan-c": f"{one}/tiem-chung/", "phan-d": f"{one}/kham/",
        "luot-kham-moi": f"{one}/kham/moi/", "dien-bien": f"{one}/dien-bien/", "lich-su": f"{one}/lich-su/",
        "luot-xem": f"{one}/luot-xem/",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", default="docs/images", type=Path)
    parser.add_argument("--only", default="", help="names of pictures, with commas between")
    parser.add_argument("--phone", action="store_true", help="390×844 instead of 1366×768")
    parser.add_argument("--full", action="store_true", help="the whole page, not only the window")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, options.only.split(",")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport=PHONE if options.phone else DESKTOP, locale="vi-VN")
        page = context.new_page()
        page.on("console", tell)

        def shoot(name: str, path: str) -> None:
            if wanted and name not in wanted:
                return
            answer = page.goto(options.url + path)
            page.wait_for_load_state("networkidle")
            if name == "tim-nguoi":
                typed(page, "#q", "nguyen thi hoa")
            page.screenshot(path=options.out / f"{name}.png", full_page=options.full)
            print(answer.status if answer else "?", name)

        shoot("dang-nhap", "/dang-nhap/")
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session_of("tramtruong"), "url": options.url}]
        )
        for name, path in paths().items():
            shoot(name, path)
        browser.close()


if __name__ == "__main__":
    main()
