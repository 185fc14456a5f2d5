"""Demo accounts, one per role, with random passwords that are written down once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.contrib.auth.hashers import make_password

from ehr.exchange.keys import issue_key
from ehr.exchange.models import Partner
from stations.models import AdminUnit, Assignment, Organization, User

# Without letters and digits that look alike; the four kinds that the password rules ask for.
KINDS = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "@#%+=?!")
PASSWORD_LENGTH = 14
SINCE = date(2025, 7, 1)
OTHER_COMMUNE = "16531"  # phường Sầm Sơn, the neighbour: its clerk must see nobody of ours


@dataclass(frozen=True)
class Account:
    """A line for the operator: who, what for, and the secret that is shown once ("" when the account existed)."""

    username: str
    role: str
    place: str
    secret: str


def random_password() -> str:
    """Fourteen characters of four kinds."""
    chosen = [secrets.choice(kind) for kind in KINDS]
    chosen += [secrets.choice("".join(KINDS)) for _ in range(PASSWORD_LENGTH - len(KINDS))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


# login, name, role
LOGINS = (
    ("nhaplieu", "Lê Thị Mẫu", "clerk"),
    ("tramtruong", "Nguyễn Văn Mẫu", "head"),
    ("trungtam", "Trần Thị Mẫu", "centre"),
    ("soyte", "Phạm Văn Mẫu", "department"),
    ("quantri", "Quản trị hệ thống (mẫu)", "admin"),
    ("nhaplieu.samson", "Đỗ Thị Mẫu", "clerk"),
)
Passwords = dict[str, tuple[str, "Future[str]"]]


def start_passwords(pool: ThreadPoolExecutor) -> Passwords:
    """A password and its hash for each login that is not there yet. Hashing is slow on purpose and needs no database:
    it goes on in `pool` while the people are written."""
    there = set(User.objects.filter(username__in=[login for login, _, _ in LOGINS]).values_list("username", flat=True))
    chosen = {login: random_password() for login, _, _ in LOGINS if login not in there}
    return {login: (password, pool.submit(make_password, password)) for login, password in chosen.items()}


def make_accounts(commune: AdminUnit, organizations: dict[str, Organization], passwords: Passwords) -> list[Account]:
    """One login per role, a clerk of the neighbour commune, a partner system with an API key. Existing ones stay."""
    places: dict[str, Callable[[], dict]] = {
        "nhaplieu": lambda: {"organization": organizations["station"]},
        "tramtruong": lambda: {"organization": organizations["station"]},
        "trungtam": lambda: {"unit": AdminUnit.objects.get(scheme="old", level="district", code="382")},
        "soyte": lambda: {"unit": commune.parent},
        "quantri": dict,
        "nhaplieu.samson": lambda: {"unit": AdminUnit.objects.get(scheme="new", level="commune", code=OTHER_COMMUNE)},
    }
    accounts = [_account(login, name, role, places[login](), passwords) for login, name, role in LOGINS]
    return [*accounts, _partner(commune)]


def _account(login: str, name: str, role: str, place: dict, passwords: Passwords) -> Account:
    secret = ""
    if login in passwords:
        secret, hashed = passwords[login]
        user = User.objects.create(username=login, full_name=name, must_change_password=False, password=hashed.result())
        Assignment.objects.create(user=user, role=role, valid_from=SINCE, **place)
    where = next((str(each) for each in place.values()), "toàn hệ thống")
    return Account(login, Assignment(role=role).get_role_display(), where, secret)


def _partner(commune: AdminUnit) -> Account:
    """A hospital's system that may read and write the commune's people through REST."""
    user, created = User.objects.get_or_create(
        username="doitac", defaults={"full_name": "Hệ thống đối tác (mẫu)", "must_change_password": False}
    )
    secret = ""
    if created:
        user.set_unusable_password()
        user.save()
        Assignment.objects.create(user=user, role="partner", unit=commune, valid_from=SINCE)
        partner = Partner.objects.create(name="Bệnh viện mẫu", user=user, contact="Không có thật")
        _, secret = issue_key(partner=partner, label="Khóa chạy thử")
    return Account("doitac", "Hệ thống đối tác (khóa API)", str(commune), secret)


def write_down(accounts: list[Account], path: Path) -> None:
    """The new secrets as a file that only its owner reads. Later runs add, never overwrite."""
    new = [account for account in accounts if account.secret]
    if not new:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("Tài khoản của bản chạy thử. Đổi hoặc khóa các tài khoản này trước khi dùng thật.\n")
        file.writelines(f"{line}\n" for line in table(new))


def table(accounts: list[Account]) -> list[str]:
    """Lines to read: login, secret, role, place."""
    return [
        f"{account.username:<16} {account.secret or '(đã tạo trước đây)':<45} {account.role:<28} {account.place}"
        for account in accounts
    ]
