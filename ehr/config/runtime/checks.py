"""`make check`: every check that needs no test, two at a time, with the time each took."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ehr.config.runtime import StartupError, embedded
from ehr.config.runtime.environment import BASE_DIR

BIN = Path(sys.executable).parent
CODE = ("ehr", "stations", "reports", "tests", "scripts", "manage.py")
# Before the first release (a tag v…) there is no installation whose data a migration could lock: faults do not fail.
MIGRATION_LINTER = """
import subprocess, django
django.setup()
from django_migration_linter import MigrationLinter
linter = MigrationLinter(
    path=".", no_cache=True, ignore_initial_migrations=True, quiet=["ok", "ignore"],
    include_apps=["stations", "codes", "audit", "records", "vaccination", "exchange", "reports"],
)
linter.lint_all_migrations()
tags = subprocess.run(["git", "tag", "--list", "v*"], capture_output=True, text=True).stdout.split()
raise SystemExit(bool(linter.has_errors and tags))
"""
CHECKS: dict[str, list[str | Path]] = {
    "mypy": [BIN / "mypy", "ehr", "stations", "reports"],
    "ruff check": [BIN / "ruff", "check", "--quiet", *CODE],
    "ruff format": [BIN / "ruff", "format", "--check", "--quiet", *CODE],
    "lint-imports": [BIN / "lint-imports", "--no-cache"],
    "djlint": [BIN / "djlint", "templates", "--lint", "--quiet", "--allow-empty-input"],
    "makemigrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "migration linter": [sys.executable, "-c", MIGRATION_LINTER],
    "check --deploy": [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def environment_for_checks() -> dict[str, str]:
    """A server installation's variables, on the throw-away database of the tests."""
    var_dir = BASE_DIR / "var" / "test"
    embedded.ensure_running(var_dir, durable=False)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ehr.config.settings",
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": embedded.database_url(var_dir),
        "REDIS_URL": embedded.redis_url(var_dir),
        "SECRET_KEY": "".join(chr(33 + number) for number in range(80)),
        "FIELD_KEYS": "Y2hlY2tzLW9ubHktY2hlY2tzLW9ubHktY2hlY2tzLTE=",
        "ALLOWED_HOSTS": "example.org",
        "HTTPS": "true",
        "DEBUG": "false",
        "LOG_LEVEL": "WARNING",
    }


def run(name: str, environment: dict[str, str]) -> tuple[bool, str]:
    """Runs one check; returns (passed, what to print)."""
    begin = time.monotonic()
    done = subprocess.run(CHECKS[name], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    line = f"{'ok  ' if passed else 'FAIL'} {name} ({time.monotonic() - begin:.1f} s)"
    return passed, line if passed else f"{line}\n{(done.stdout + done.stderr).rstrip()}"


def main(names: list[str]) -> int:
    """Runs the named checks, or all; 0 when every one passed."""
    environment = environment_for_checks()
    outcome = True
    with ThreadPoolExecutor(max_workers=2) as pool:
        for passed, text in pool.map(lambda name: run(name, environment), names or CHECKS):
            print(text, flush=True)
            outcome = outcome and passed
    return 0 if outcome else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StartupError as error:
        sys.exit(str(error))
