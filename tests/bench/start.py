"""Cold start to the first served page, and `manage.py check` against a bare project with the same libraries."""

import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ehr.config.runtime.environment import BASE_DIR
from ehr.config.runtime.postgres import free_port
from ehr.config.runtime.supervisor import FIRST_PAGE

VAR_DIR = BASE_DIR / "var" / "bench"
ROUNDS = 5
# The third-party applications of our settings, in use, and nothing of ours: what any project with these libraries pays.
BARE_SETTINGS = """
import ehr.config.settings as ours
SECRET_KEY = "bare"
INSTALLED_APPS = [name for name in ours.INSTALLED_APPS if name.split(".")[0] not in ("ehr", "stations", "reports")]
INSTALLED_APPS.append("django.contrib.admin")  # ours stands in the list under its own name
MIDDLEWARE = [name for name in ours.MIDDLEWARE if name.split(".")[0] not in ("ehr", "stations", "reports")]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
DATABASES = ours.DATABASES
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "bare_urls"
STATIC_URL = "/static/"
USE_TZ = True
SILENCED_SYSTEM_CHECKS = ["axes.W001", "axes.W002", "axes.W003", "axes.W006"]
"""
BARE_URLS = (
    "from django.contrib import admin\nfrom django.urls import path\nurlpatterns = [path('a/', admin.site.urls)]\n"
)


def main() -> None:
    """Prints medians in seconds, ratios and budgets."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    environment.update(VAR_DIR=str(VAR_DIR), DEMO="0", PORT=str(free_port()))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    check_ratio(environment)
    cold_starts(environment)


def check_ratio(environment: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare_settings.py").write_text(BARE_SETTINGS)
        Path(folder, "bare_urls.py").write_text(BARE_URLS)
        bare = {**environment, "PYTHONPATH": folder, "DJANGO_SETTINGS_MODULE": "bare_settings"}
        ours_seconds, bare_seconds = [], []
        for _ in range(ROUNDS + 1):  # in turn, so that a busy moment of the machine falls on both
            ours_seconds.append(seconds([sys.executable, "manage.py", "check"], environment))
            bare_seconds.append(seconds([sys.executable, "-m", "django", "check"], bare))
    ours, floor = statistics.median(ours_seconds[1:]), statistics.median(bare_seconds[1:])
    print(f"   check: {ours:.2f} s, bare project {floor:.2f} s, ratio {ours / floor:.2f} (budget 1.5)")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)
    return time.monotonic() - begin


def cold_starts(environment: dict[str, str]) -> None:
    first_page(environment)  # set-up, not measured
    stop_servers(environment)
    stopped = [first_page(environment, servers_before=False) for _ in range(ROUNDS)]
    running = [first_page(environment, servers_before=True) for _ in range(ROUNDS)]
    stop_servers(environment)
    print(f"   first page, servers stopped: {statistics.median(stopped):.2f} s (budget 3)")
    print(f"   first page, servers running: {statistics.median(running):.2f} s (budget 1.5)")


def stop_servers(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "servers", "stop"],
        cwd=BASE_DIR,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def first_page(environment: dict[str, str], *, servers_before: bool = False) -> float:
    """Seconds from `make run` to the log-in page; stops the system again."""
    if servers_before:
        command = [sys.executable, "manage.py", "servers", "start"]
        subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.DEVNULL)
    make = shutil.which("make") or "make"
    begin = time.monotonic()
    process = subprocess.Popen([make, "run"], cwd=BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not answered(int(environment["PORT"])):
            if process.poll() is not None:
                raise RuntimeError("make run ended before it served a page")
            time.sleep(0.01)
        return time.monotonic() - begin
    finally:
        process.terminate()
        process.wait()


def answered(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", FIRST_PAGE, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
