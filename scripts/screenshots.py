"""Pictures of the main screens from the demo data, for docs/images/ and for looking at.

    python scripts/screenshots.py [--url http://127.0.0.1:8000] [--out docs/images] [--phone]

The server must be running on the same database (make run). The script opens a session for the demo accounts by itself,
so that no password is needed; it needs Debian's chromium and the development requirements."""

# ruff: noqa: E402 Django is set up before its models are imported
import argparse
import os
import sys
from collections.abc import Callable
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

from ehr.common.templatetags.vietnamese import partial_date
from ehr.records.models import Household, Person
from scripts.sample_claims import shoot_claims
from scripts.sample_sheet import Known, survey
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


def known_people() -> tuple[str, list[Known]]:
    """A village and some of its people, as a sheet names them: the first by number, the others by name and year."""
    people = Person.objects.filter(
        status="active", sex="1", birth_precision="day", identifier_set__kind="SDDCN", identifier_set__valid_to=None,
        membership_set__is_head=True, membership_set__valid_to=None,
    ).order_by("village_id", "pk")  # fmt: skip
    first = people.select_related("village").first()
    if first is None or first.village is None:
        raise SystemExit("Chưa có dữ liệu minh họa: chạy manage.py demo_commune trước.")
    rows = people.filter(village=first.village).values_list(
        "full_name", "birth_date", "birth_precision", "membership_set__household__code", "identifier_set__value"
    )[:4]
    known = [
        Known(name, "Nam", partial_date(date, precision), code, number) for name, date, precision, code, number in rows
    ]
    return str(first.village), known


def shoot_intake(page: Page, url: str, shoot: Callable[[str, str], None], wanted: set[str]) -> None:
    """A sheet is sent, looked at, written and taken back: the demo data are as before."""
    if wanted and not any(name.startswith("nhap-tep") for name in wanted):
        return
    village, known = known_people()
    shoot("nhap-tep-gui", "/nhap-tep/")
    page.goto(f"{url}/nhap-tep/")
    sheet = survey(known, village=village)
    page.set_input_files(
        "#id_file", {"name": f"Phiếu {village}.xlsx", "mimeType": "application/octet-stream", "buffer": sheet}
    )
    page.click("[data-upload] [data-save]")
    page.wait_for_selector(".fates", timeout=60_000)
    batch = page.url.removeprefix(url)
    shoot("nhap-tep-xem-truoc", batch)
    shoot("nhap-tep-tu-choi", f"{batch}?loc=tu-choi")
    shoot("nhap-tep-ghep-cot", f"{batch}cot/")
    shoot("nhap-tep-nghi-trung", f"{batch}quyet-dinh/")
    page.goto(url + batch)
    page.click(".batchbar button.primary")
    page.wait_for_selector(".batchbar >> text=Đã ghi", timeout=60_000)
    shoot("nhap-tep-ket-qua", batch)
    shoot("nhap-tep-hoan-tac", f"{batch}hoan-tac/")
    page.goto(f"{url}{batch}hoan-tac/")
    page.click("main button.danger")
    page.wait_for_selector(".fates", timeout=60_000)


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
        shoot_intake(page, options.url, shoot, wanted)
        shoot_claims(page, options.url, shoot, wanted)
        browser.close()


if __name__ == "__main__":
    main()
