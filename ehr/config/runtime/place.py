"""Where the embedded servers keep their files, and as which operating-system user they run.

Normally both live under var/. PostgreSQL refuses to run as root, so root starts the servers as a user of their own;
when that user cannot reach var/ (a project below /root, say) the servers' files go to /var/lib/ehr-<hash> instead.
"""

import functools
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ehr.config.runtime import StartupError, reason

ACCOUNT = "ehr-postgres"
MAX_SOCKET_PATH = 100  # the kernel allows 107 bytes; PostgreSQL appends ".lock" to its own file only


@dataclass(frozen=True)
class Place:
    """The folders of one pair of embedded servers; `root` is var/ itself or its replacement in /var/lib."""

    var: Path
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def log(self) -> Path:
        """The data servers' own logs; what the application writes lies in var/log beside it."""
        return self.root / "log" / "servers"

    @property
    def sock(self) -> Path:
        return self.root / "sock"

    @property
    def run(self) -> Path:
        """Passwords, ports and lock files; belongs to the user who starts the system."""
        return self.root / "run"

    @property
    def socket_fits(self) -> bool:
        return len(os.fsencode(self.sock / ".s.PGSQL.5432")) < MAX_SOCKET_PATH


@dataclass(frozen=True)
class Account:
    """The user the servers run as; None in both fields means: the one who calls."""

    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> dict:
        """Keyword arguments that make subprocess.Popen run as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hands `path` over to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@functools.cache
def place_of(var_dir: Path) -> Place:
    """The place of the servers that belong to `var_dir`; starts and writes nothing."""
    var = Path(os.path.abspath(var_dir))
    if os.geteuid() != 0:
        return Place(var, var)
    spare = Path("/var/lib") / f"ehr-{hashlib.sha256(os.fsencode(os.path.realpath(var))).hexdigest()[:10]}"
    if (spare / "postgres").exists():
        return Place(var, spare)
    if (var / "postgres").exists() or others_can_reach(var.parent):
        return Place(var, var)
    return Place(var, spare)


def others_can_reach(path: Path) -> bool:
    """True when a user without special rights may walk through `path` and all folders above it."""
    real = Path(os.path.realpath(path))
    for folder in (real, *real.parents):
        try:
            if not folder.stat().st_mode & stat.S_IXOTH:
                return False
        except FileNotFoundError:
            continue
    return True


def account_for(place: Place) -> Account:
    """The user to run the servers as. Root takes the owner of existing data, else a system user made for this."""
    if os.geteuid() != 0:
        return Account()
    for existing in (place.data, place.sock):
        if existing.exists() and existing.stat().st_uid != 0:
            return Account(existing.stat().st_uid, existing.stat().st_gid)
    for name in (ACCOUNT, "postgres", "nobody"):
        if name == ACCOUNT:
            _add_account(name)
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StartupError("PostgreSQL không chạy được bằng quyền root: hãy tạo người dùng hệ thống ehr-postgres.")


def _add_account(name: str) -> None:
    """Creates the system user `name` unless it exists; without useradd the caller falls back to another user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if command:
            options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
            shell = ["--shell", "/usr/sbin/nologin"]
            subprocess.run([command, *options, *shell, name], check=False, capture_output=True)


def make_folders(place: Place, account: Account) -> None:
    """Creates the folders of `place` with the narrowest rights that work. Raises StartupError when it may not."""
    try:
        for folder in (place.var, place.root, place.var / "log", place.root / "log"):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                # Another user runs the servers: it must walk through, and see nothing else.
                folder.chmod(0o700 if account.uid is None else 0o711)
        place.run.mkdir(mode=0o700, exist_ok=True)
        for folder in (place.log, place.sock, place.valkey):
            folder.mkdir(mode=0o700, exist_ok=True)
            account.give(folder)
    except OSError as error:
        where = error.filename or place.root
        raise StartupError(f"Không ghi được vào thư mục {where} ({reason(error)}).") from error
    if not os.access(place.run, os.W_OK) or (account.uid is None and not os.access(place.log, os.W_OK)):
        raise StartupError(
            f"Thư mục {place.root} thuộc về người dùng khác: hãy chạy bằng người dùng đó, hoặc đặt VAR_DIR khác."
        )
