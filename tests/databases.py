"""Test databases as copies of one prepared database.

Migrating and loading the reference lists takes many seconds of processor time, copying the result takes half a one. The
prepared database is named after the content of migrations and fixtures, made once under a lock, and kept between runs.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import ProgrammingError, connection
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "ehr/*/migrations/*.py", "stations/migrations/*.py", "reports/migrations/*.py", "ehr/*/fixtures/*",
    "stations/fixtures/*", "ehr/*/reference.py", "stations/reference.py", "ehr/codes/files.py", "ehr/codes/services.py",
    "ehr/common/text.py", "ehr/common/plain_names.py", "ehr/audit/operations.py", "ehr/audit/history.py",
    "ehr/config/management/commands/load_reference.py", "requirements.txt",
)  # fmt: skip
PREFIX = "prepared_"


def prepared_name() -> str:
    """Name of the prepared database that belongs to the present sources."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return PREFIX + digest.hexdigest()[:16]


def renew(name: str) -> None:
    """Makes `name` an unused copy of the prepared database, replacing what it was, and points the connection to it."""
    with _lock():
        prepared = prepared_name()
        if not _exists(prepared):
            _prepare(prepared)
        drop(name)
        # A plain copy of the files: the test server gives up safety for speed anyway.
        _run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, prepared)
    _use(name)


def drop(name: str) -> None:
    """Removes a test database, also when a crashed run still holds it.

    An autovacuum worker belongs to the superuser and may not be ended by us: it is waited for."""
    connection.close()
    for attempt in range(20):
        try:
            _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        except ProgrammingError:
            if attempt == 19:
                raise
            time.sleep(0.5)
        else:
            return


def _prepare(prepared: str) -> None:
    for former in _names(PREFIX):
        drop(former)
    building = f"building_{prepared}"
    drop(building)
    _run("CREATE DATABASE {}", building)
    _use(building)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_reference", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # query plans as in a real database
    connection.close()
    _run("ALTER DATABASE {} RENAME TO {}", building, prepared)


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def _lock() -> Iterator[None]:
    """One process at a time prepares and copies."""
    folder = ROOT / "var" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _exists(name: str) -> bool:
    return name in _names(name)


def _names(prefix: str) -> list[str]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in cursor.fetchall()]
