"""Saving what clerks type, with history, access rules and the key against double saving, by 1, 10 and 50 clients.

Two real web servers stand on loopback: ours, and a plain Django project whose ModelForm writes one row of a table as
wide as our form. Every request of the last variant is sent twice at once with the same key, as an impatient hand does;
afterwards each must be stored once."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ehr.config.runtime.environment import BASE_DIR
from ehr.config.runtime.postgres import free_port
from ehr.config.runtime.supervisor import FIRST_PAGE
from tests.bench import _common
from tests.bench._common import Line

CLERKS = 10  # in communes of their own
CLIENTS = {1: 40, 10: 150, 50: 250}  # clients at once: requests of one kind
TWICE = 100
BUDGET_RATIO = {10: 1.5, 50: 2.0}
STATEMENTS = {"new person": 12, "visit with vitals": 10}
CSRF = "a" * 32
MARK = "đo tốc độ"


@dataclass
class Job:
    """One request. `mark`: a text that the stored row carries, to be counted afterwards."""

    cookie: str
    path: str
    body: str
    mark: str = ""


@dataclass
class Kind:
    """One save. `make`: a job for a person that no other job uses; `count`: how often a mark is stored."""

    title: str
    make: Callable[[Any, Any], tuple[str, dict[str, str], str]]
    count: Callable[[Sequence[str]], dict[str, int]]
    bare: str
    jobs: list[Job] = field(default_factory=list)


def main(people: int = _common.PEOPLE) -> None:
    """Prints a table of times and a line per kind about loss and doubling. Raises when a request fails, is lost or
    is stored twice."""
    _common.set_up(people)
    kinds = _kinds()
    with _bare_tables() as keys, server("ehr.config.settings") as ours, server("tests.bench.bare.settings") as bare:
        clerks = [(user, _cookie(user)) for user in map(_common.clerk, range(CLERKS))]
        for kind in kinds:
            _prepare(kind, clerks)
        statements = {kind.title: _statements(kind, *clerks[0]) for kind in kinds}
        lines = []
        for kind in kinds:
            _send(ours, [kind.jobs.pop() for _ in range(8)], 4)  # both workers have read what they keep
            _send(bare, _bare_jobs(kind, keys, clerks, 8), 4)
            for clients, number in CLIENTS.items():
                seconds = _send(ours, [kind.jobs.pop() for _ in range(number)], clients)
                floor = _send(bare, _bare_jobs(kind, keys, clerks, number), clients)
                most = STATEMENTS.get(kind.title)
                lines.append(
                    Line(
                        f"{kind.title}, {clients} at once", seconds, floor, statements=statements[kind.title],
                        most_statements=most, budget_ratio=BUDGET_RATIO.get(clients),
                    )
                )  # fmt: skip
        _common.show("saves, floor: a plain ModelForm on a table as wide", lines)
        for kind in kinds:
            _twice(ours, kind)


# ------------------------------------------------------------------------------------------------------- what is sent
def _kinds() -> list[Kind]:
    from ehr.records.models import Encounter, HealthHistory, Person

    def counting(model: Any, column: str) -> Callable[[Sequence[str]], dict[str, int]]:
        from django.db.models import Count

        def count(marks: Sequence[str]) -> dict[str, int]:
            rows = model.objects.filter(**{f"{column}__in": marks}).order_by().values_list(column)
            return dict(rows.annotate(n=Count("pk")))

        return count

    return [
        Kind("section A edit", _section_a, counting(Person, "note"), "section_a"),
        Kind("section B", _section_b, counting(HealthHistory, "other_issues"), "section_b"),
        Kind("visit with vitals", _visit, counting(Encounter, "advice"), "visit"),
        Kind("full visit", _full_visit, counting(Encounter, "advice"), "visit"),
        Kind("new person", _new_person, counting(Person, "note"), "section_a"),
    ]


def _mark() -> str:
    return f"{MARK} {uuid.uuid4()}"


def _section_a(user: Any, person: Any) -> tuple[str, dict[str, str], str]:
    from django.urls import reverse

    from ehr.records import facts
    from ehr.records.forms.person import PersonForm, form_values

    form = PersonForm(user=user, person=person, initial=form_values(facts.section_a(person)), version=person.version)
    mark = _mark()
    path = reverse("records:person_edit", args=[person.code])
    return path, typed(form, note=mark, phone_landline="02373000831"), mark


def _section_b(user: Any, person: Any) -> tuple[str, dict[str, str], str]:
    """As a survey does it: every disease and allergy answered, blood pressure of the family, a remark."""
    from django.urls import reverse

    from ehr.records import facts
    from ehr.records.forms.history import HistoryForm
    from ehr.records.models import HealthHistory

    history = HealthHistory.objects.filter(person=person).first()
    values, version = facts.section_b(person), history.version if history else 0
    form = HistoryForm(person=person, has_household=True, initial=values, version=version)
    mark = _mark()
    ticks = {name: "no" for name in form.fields if name in facts.TICKS}
    path = reverse("records:history_edit", args=[person.code])
    return path, typed(form, **ticks, other_issues=mark), mark


def _visit(user: Any, person: Any, **more: str) -> tuple[str, dict[str, str], str]:
    """Vital signs and an advice."""
    from django.urls import reverse

    from ehr.records.forms.encounter import EncounterForm

    mark = _mark()
    cells = {
        "blood_pressure": "120/80", "pulse": "72", "temperature": "36,8", "weight_kg": "61,5", "height_cm": "165",
        "advice": mark, **more,
    }  # fmt: skip
    path = reverse("records:encounter_new", args=[person.code])
    return path, typed(EncounterForm(person=person), **cells), mark


def _full_visit(user: Any, person: Any) -> tuple[str, dict[str, str], str]:
    """And findings, a result, a diagnosis of the list."""
    more = {
        "organ_cardiovascular": "Tim đều", "organ_respiratory": "Phổi trong", "lab_haematology": "Bình thường",
        "diagnoses-0-icd10_code": "I10", "diagnoses-0-name": "Tăng huyết áp vô căn (nguyên phát)",
    }  # fmt: skip
    return _visit(user, person, **more)


def _new_person(user: Any, person: Any) -> tuple[str, dict[str, str], str]:
    """A further member of the person's household."""
    from django.urls import reverse

    from ehr.records.facts import household_of
    from ehr.records.forms.person import PersonForm, new_person_values

    household, _ = household_of(person)
    form = PersonForm(user=user, household=household, initial=new_person_values(user, household))
    mark = _mark()
    values = typed(
        form, full_name=f"Người Mẫu {uuid.uuid4().hex[:12]}", sex="2", birth_date="12/03/1990", ethnicity="01",
        relation_to_head="17", phone_mobile="không", note=mark, id_missing_reason="",
    )  # fmt: skip
    return f"{reverse('records:person_new')}?household={household.pk}", values, mark


def typed(form: Any, **change: str) -> dict[str, str]:
    """What a browser sends for the form: the shown text of every control, with `change` typed over it."""
    from django.forms.widgets import ChoiceWidget

    data = {}
    for name, control in form.fields.items():
        if not control.disabled:
            value = form[name].value()
            shown = value if isinstance(control.widget, ChoiceWidget) else control.widget.format_value(value)
            data[form[name].html_name] = "" if shown is None else str(shown)
    unknown = change.keys() - data.keys()
    if unknown:
        raise AssertionError(f"the form has no {', '.join(sorted(unknown))}")
    return data | change


def _prepare(kind: Kind, clerks: Sequence[tuple[Any, str]]) -> None:
    """Jobs for all variants, clerks in turn."""
    wanted = sum(CLIENTS.values()) + TWICE + 8 + 3
    each = wanted // len(clerks) + 1
    queues = [_common.some_people(user, each * 2, seed=f"{uuid.uuid4()}") for user, _ in clerks]
    for number in range(each):
        for (user, cookie), people in zip(clerks, queues, strict=True):
            person = people[number]
            if kind.make is _new_person:
                person = next(row for row in people[number:] if row.membership_set.filter(valid_to=None).exists())
            path, values, mark = kind.make(user, person)
            kind.jobs.append(Job(cookie, path, urlencode(values), mark))


def _cookie(user: Any) -> str:
    from django.conf import settings

    return f"{settings.SESSION_COOKIE_NAME}={_common.client(user).cookies[settings.SESSION_COOKIE_NAME].value}"


def _statements(kind: Kind, user: Any, cookie: str) -> int:
    """Statements of one request in this process, with everything read that a server keeps."""
    seen = []
    for _ in range(3):
        job = next(job for job in kind.jobs if job.cookie == cookie)
        kind.jobs.remove(job)
        browser = _common.client(user)
        with _common.sql_clock() as sql:
            response = browser.post(job.path, job.body, content_type="application/x-www-form-urlencoded")
        _check(response.status_code, response.content)
        seen.append(len(sql.statements))
    return min(seen)


# ----------------------------------------------------------------------------------------------------------- the floor
@contextlib.contextmanager
def _bare_tables() -> Iterator[dict[str, list[int]]]:
    """Plain tables with a row for each edit; gives the keys."""
    from django.db import connection

    from tests.bench.bare.models import MODELS

    with connection.schema_editor() as editor:
        for model in MODELS.values():
            editor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table}")
            editor.create_model(model)
    keys = {}
    for name, model in MODELS.items():
        model.objects.bulk_create([model() for _ in range(max(CLIENTS.values()))])
        keys[name] = list(model.objects.values_list("pk", flat=True))
    yield keys
    with connection.schema_editor() as editor:
        for model in MODELS.values():
            editor.delete_model(model)


def _bare_jobs(kind: Kind, keys: dict[str, list[int]], clerks: Sequence[tuple[Any, str]], number: int) -> list[Job]:
    from tests.bench.bare.models import typed as filled

    body = urlencode(filled(kind.bare))
    new = kind.make in (_visit, _full_visit, _new_person)
    return [
        Job(clerks[at % len(clerks)][1], f"/save/{kind.bare}/{'' if new else f'{keys[kind.bare][at]}/'}", body)
        for at in range(number)
    ]


# --------------------------------------------------------------------------------------------------------- the servers
@contextlib.contextmanager
def server(settings: str) -> Iterator[int]:
    """A web server with these settings, as `make run` starts it; gives its port."""
    from django.conf import settings as own

    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings, "DATABASE_URL": _common.database_url(), "REDIS_URL": own.REDIS_URL,
        "SECRET_KEY": own.SECRET_KEY, "FIELD_KEYS": ",".join(own.FIELD_KEYS),
        "HTTPS": "false", "PORT": str(port), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = [sys.executable, "-m", "ehr.config.runtime.web"]
    process = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no web server with {settings}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.suppress(OSError):
        connection.request("GET", FIRST_PAGE, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    return False


def _send(port: int, jobs: Sequence[Job], clients: int) -> list[float]:
    """Seconds of each request; `clients` threads take the jobs in turn. Raises when one was refused."""
    left, seconds, answers, lock = list(reversed(jobs)), [], [], threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            with lock:
                job = left.pop() if left else None
            if job is None:
                return
            headers = {
                "Host": "localhost", "Cookie": f"{job.cookie}; csrftoken={CSRF}", "X-CSRFToken": CSRF,
                "Content-Type": "application/x-www-form-urlencoded",
            }  # fmt: skip
            begin = time.perf_counter()
            connection.request("POST", job.path, job.body, headers)
            response = connection.getresponse()
            content = response.read()
            seconds.append(time.perf_counter() - begin)
            answers.append((response.status, content))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for status, content in answers:
        _check(status, content)
    if len(answers) != len(jobs):
        raise AssertionError(f"{len(jobs)} requests, {len(answers)} answers")
    return seconds


def _check(status: int, content: bytes) -> None:
    if status != 302:
        page = content.decode(errors="replace")
        refusals = re.findall(r'class="errorlist".*?</ul>', page, re.DOTALL) or [page[:300]]
        raise AssertionError(f"answer {status} to a save: {' '.join(refusals)}")


def _twice(port: int, kind: Kind) -> None:
    """Every request twice at the same time; each must be stored once."""
    jobs = [kind.jobs.pop() for _ in range(TWICE)]
    seconds = _send(port, [job for job in jobs for _ in range(2)], 10)
    stored = kind.count([job.mark for job in jobs])
    lost = sum(job.mark not in stored for job in jobs)
    doubled = sum(number > 1 for number in stored.values())
    p95 = _common.percentile(seconds, 0.95) * 1000
    print(f"   {kind.title}: {TWICE} sent twice, {lost} lost, {doubled} doubled (p95 {p95:.0f} ms)", flush=True)
    if lost or doubled:
        raise AssertionError(f"{kind.title}: {lost} lost, {doubled} doubled")


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
