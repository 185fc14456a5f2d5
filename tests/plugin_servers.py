"""pytest plugin: the embedded servers of the tests, in var/test, so that no test can touch real data.

Loaded by `-p` before pytest-django reads the settings. Several test runs may go on at once: each takes a slot, and a
slot has its own database name and its own numbers in Valkey (one per xdist worker).
DATABASE_URL and REDIS_URL in the environment (not in .env) point the tests to other servers.
"""

import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from ehr.config.runtime import embedded
from ehr.config.runtime.place import place_of

VAR_DIR = Path(__file__).resolve().parent.parent / "var" / "test"
SLOTS = 12
WORKERS_PER_SLOT = 20


def _take_slot() -> int:
    for number in range(SLOTS):
        # Never closed: the lock lasts until this process ends, however it ends.
        descriptor = os.open(place_of(VAR_DIR).run / f"slot-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return number
    raise pytest.UsageError(f"{SLOTS} test runs use this folder already.")


def _point_settings_to_test_servers() -> None:
    """Sets the environment that settings read; xdist workers inherit most of it from their controller."""
    controller = "EHR_TEST_SLOT" not in os.environ
    if controller:
        os.environ.update(
            VAR_DIR=str(VAR_DIR), HTTPS="false", DEBUG="false", EHR_TEST_SERVERS=",".join(embedded.wanted())
        )
        os.environ.setdefault("SECRET_KEY", "only-for-tests")
        os.environ.setdefault("FIELD_KEYS", "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDE=")
    names = [name for name in os.environ["EHR_TEST_SERVERS"].split(",") if name]
    embedded.ensure_running(VAR_DIR, names, durable=False)
    if controller:
        os.environ["EHR_TEST_SLOT"] = str(_take_slot())
    slot = int(os.environ["EHR_TEST_SLOT"])
    if "postgres" in names:
        os.environ["DATABASE_URL"] = embedded.database_url(VAR_DIR) + (f"_{slot}" if slot else "")
    if "valkey" in names:
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
        number = slot * WORKERS_PER_SLOT + worker % WORKERS_PER_SLOT
        os.environ["REDIS_URL"] = embedded.redis_url(VAR_DIR).removesuffix("/0") + f"/{number}"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None]:
    _point_settings_to_test_servers()
    return (yield)
