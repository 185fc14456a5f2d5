"""Coverage table of a province against plain SQL over the same tables, and the PDF of a district.

Uses the people that are in the bench database (var/bench, or DATABASE_URL); when it is empty it makes some first:
`python -m tests.bench.coverage --people 1000000`."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ehr.config.runtime import embedded
from ehr.config.runtime.environment import BASE_DIR

PEOPLE = 200_000
ROUNDS = 7
PROVINCE = "38"
# What a careful colleague writes in the console: aggregate the visits once, join, count by village.
PLAIN = """
select p.village_id, p.commune_id,
       count(*) filter (where p.identity_confirmed_on < %(end)s),
       count(e.person_id),
       count(*) filter (where p.section_a_complete_on < %(end)s and (
           p.status = 'active' or p.status = 'dead' and p.death_date >= %(end)s
           or p.status = 'moved' and p.moved_out_on >= %(end)s))
from records_person p
left join (
    select person_id from records_encounter
    where status = 'finished' and exam_date < %(end)s and created_at < %(moment)s group by person_id
) e on e.person_id = p.id
where p.status in ('active', 'moved', 'dead') and p.created_at < %(moment)s and p.province_id = %(province)s
group by p.village_id, p.commune_id
"""


def main(people: int = PEOPLE) -> None:
    """Prints medians in seconds, their ratio and the budgets; raises when both ways count differently."""
    _set_up()
    _fill(people)
    _province()
    _commune()
    _district_pdf()


def _set_up() -> None:
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        os.environ.setdefault("VAR_DIR", str(BASE_DIR / "var" / "bench"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "ehr.config.settings"
        from pathlib import Path

        embedded.ensure_running(Path(os.environ["VAR_DIR"]), embedded.wanted())
        import django

        django.setup()


def _fill(people: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from ehr.records.models import Person

    call_command("migrate", verbosity=0, interactive=False)
    if not Person.objects.exists():
        call_command("load_reference", stdout=open(os.devnull, "w"))  # noqa: SIM115 - lives as long as the process
        call_command("make_demo", people=people, province=PROVINCE, seed="1")
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze records_person")
        cursor.execute("vacuum analyze records_encounter")


def _medians(*works: Callable[[], Any]) -> list[float]:
    """Median seconds of each; in turn, so that a busy moment of the machine falls on all."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, seconds, strict=True):
            begin = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begin)
    return [statistics.median(taken) for taken in seconds]


def _question(unit: Any, by: str) -> Any:
    from django.utils.timezone import localdate

    from reports.periods import Period
    from reports.questions import Question

    return Question(unit=unit, period=Period.of("month", localdate()), by=by, user=None, today=localdate())


def _largest(level: str) -> Any:
    """The new unit of this level with the most people."""
    from django.db.models import Count

    from ehr.records.models import Person
    from stations.models import AdminUnit

    most = Person.objects.order_by().values_list(level).annotate(n=Count("pk")).order_by("-n").first()
    return AdminUnit.objects.get(pk=most[0]) if most else None


def _province() -> None:
    from django.db import connection

    from ehr.records.models import Person
    from reports import coverage

    unit = _largest("province")
    question = _question(unit, "village")
    period = question.period
    given = {"end": period.end, "moment": period.end_instant, "province": unit.pk}

    def plain() -> list[tuple[int, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, given)
            return cursor.fetchall()

    table, rows = coverage.build(question), plain()
    expected = tuple(sum(row[at] for row in rows) for at in (2, 3, 4))
    if (table.total.linked, table.total.examined, table.total.managed) != expected:
        raise AssertionError(f"the table counts {table.total}, plain SQL {expected}")
    print(f"   {Person.objects.count()} people, {len(table.rows)} villages")
    for by in ("village", "commune", "district"):
        ours, floor = _medians(partial(coverage.build, _question(unit, by)), plain)
        print(f"   province by {by}: {ours:.3f} s, plain SQL {floor:.3f} s, ratio {ours / floor:.2f} (budget 1.5)")
    _plan_is_set_based(question)


def _plan_is_set_based(question: Any) -> None:
    """No step of the counting statement may run once per person."""
    from reports import coverage
    from reports.places import place_of

    period, place = question.period, place_of(question)
    conditions = coverage.column_conditions(period)
    plan = coverage.records(place, period).filter(conditions["examined"]).order_by().values_list("village_id").explain()
    if "SubPlan" in plan:
        raise AssertionError(f"one subquery per person:\n{plan}")
    joins = [line.split("(")[0].strip(" ->") for line in plan.splitlines() if "Join" in line or "Nested Loop" in line]
    print(f"   visits are met by: {', '.join(joins)}")


def _commune() -> None:
    from reports import coverage

    question = _question(_largest("commune"), "village")
    print(f"   largest commune by village: {_medians(lambda: coverage.build(question))[0]:.3f} s")


def _district_pdf() -> None:
    from reports import coverage
    from reports.letterhead import letterhead
    from reports.pdf import pdf_available, pdf_file
    from stations.models import AdminUnit

    if not pdf_available():
        print("   district PDF: PDF is off on this machine")
        return
    province = _largest("province")
    district = AdminUnit.objects.filter(
        scheme="old", level="district", children__successions__new__parent=province
    ).order_by("code")[:1].get()  # fmt: skip
    question = _question(district, "commune")

    def work() -> bytes:
        return pdf_file(coverage.build(question), letterhead(district, question.today))

    begin = time.perf_counter()
    work()
    first = time.perf_counter() - begin
    print(f"   district PDF, counting included: first {first:.2f} s, then {_medians(work)[0]:.2f} s (budget 2)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    sys.exit(main(parser.parse_args().people))
