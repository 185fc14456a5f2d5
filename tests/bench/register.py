"""A new list of all residents of a district in one file, from the stored bytes to the difference on the screen.

The list is what the register of the benchmark's database holds, with some people changed, gone, new and born. The floor
reads the same file with calamine, copies its cells into a bare table and joins it once with the register: no cells
cleaned, no matching but by number, no fate of each row. Ours runs in a process of its own, so that its memory is that
of a worker. `python -m tests.bench.register --people 7219` for a commune alone."""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.bench import _common

DISTRICT, COMMUNE = 370_719, 7_219  # people
COMMUNE_CODE = "16516"
BUDGET_DISTRICT, BUDGET_COMMUNE, BUDGET_MB, BUDGET_PAGE = 60.0, 3.0, 1500, 0.1
HEADERS = (
    "STT", "Hộ số", "Họ và tên", "Quan hệ với chủ hộ", "Giới tính", "Ngày sinh", "Số CMND/CCCD", "Dân tộc", "Thôn",
    "Điện thoại", "Họ tên mẹ", "Ghi chú",
)  # fmt: skip
#: What the list says otherwise than the register, each as one person in so many.
ONE_IN = {"birth": 100, "number": 200, "died": 250, "moved": 300, "absent": 120, "stranger": 150, "born": 130}
NOTES = {"died": "Đã mất ngày 05/01/2026", "moved": "Chuyển đi Hà Nội ngày 06/01/2026"}
PEOPLE = """
    SELECT p.id, coalesce(h.code, ''), p.full_name, coalesce(k.name, ''), p.sex, p.birth_date, p.birth_precision,
           coalesce((SELECT i.value FROM records_identifier i WHERE i.person_id = p.id AND i.valid_to IS NULL
                     AND i.kind IN ('SDDCN', 'CMND9') ORDER BY i.kind DESC LIMIT 1), ''),
           coalesce(e.name, ''), coalesce(v.name, ''), p.phone_mobile
    FROM records_person p
    LEFT JOIN records_membership m ON m.person_id = p.id AND m.valid_to IS NULL
    LEFT JOIN records_household h ON h.id = m.household_id
    LEFT JOIN codes_code k ON k.id = m.relation_id
    LEFT JOIN codes_code e ON e.id = p.ethnicity_id
    LEFT JOIN stations_village v ON v.id = p.village_id
    WHERE p.commune_id = %s AND p.status = 'active' ORDER BY v.position, v.id, h.id, m.is_head DESC, p.id"""


def main(people: int | None = None) -> None:
    """Prints seconds, memory, the floor and the ratio, of a district and of a commune (or of `people` people)."""
    spawn = multiprocessing.get_context("spawn")
    for number, budget in ((COMMUNE, BUDGET_COMMUNE), (DISTRICT, BUDGET_DISTRICT)):
        if people in (None, number):
            _set_up(number)
            path = str(_workbook(number))
            with spawn.Pool(1, maxtasksperchild=1) as pool:
                floor = pool.apply(_floor, [path, number])
                ours = pool.apply(_ours, [path, number])
            _show(number, floor, ours, budget)


def _show(number: int, floor: dict[str, float], ours: dict[str, Any], budget: float) -> None:
    lower, took = sum(floor.values()), ours["seconds"]
    print(f"   {number:,} people, {ours['rows']:,} rows (load {os.getloadavg()[0]:.1f})".replace(",", " "))
    for title, seconds in (
        *((f"floor: {name}", seconds) for name, seconds in floor.items()),
        ("ours, file to difference", ours["seconds"]), ("   of it the comparison", ours["compare"]),
        ("   the page", ours["page"]),
    ):  # fmt: skip
        print(f"   {title:<40}{seconds:9.2f} s")
    print(f"   lines: {ours['groups']}")
    for text, kept in (
        (f"{took:.1f} s (budget {budget:g} s), {took / lower:.1f}× the floor", took <= budget),
        (f"memory {ours['memory']:.0f} MB at most (budget {BUDGET_MB} MB)", ours["memory"] <= BUDGET_MB),
        (f"page {ours['page'] * 1000:.0f} ms (budget {BUDGET_PAGE * 1000:.0f} ms)", ours["page"] <= BUDGET_PAGE),
    ):  # fmt: skip
        print(f"   {text}  {'ok' if kept else 'OVER'}", flush=True)


# ------------------------------------------------------------------------------------------------------- the database
def _set_up(people: int) -> None:
    """A database of its own with all people in one commune: the hardest way to have a district."""
    _common.DATABASE = f"bench_register_{people}"
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        from ehr.config.runtime import embedded
        from ehr.config.runtime.environment import BASE_DIR

        var_dir = Path(os.environ.setdefault("VAR_DIR", str(BASE_DIR / "var" / "bench")))
        embedded.ensure_running(var_dir, embedded.wanted())
        os.environ["DJANGO_SETTINGS_MODULE"] = "ehr.config.settings"
        import django

        django.setup()
    from django.core.management import call_command
    from django.db import connection

    from ehr.records.models import Person

    _common._use_database()
    call_command("prepare", "--no-demo", verbosity=0)
    if not Person.objects.exists():
        print(f"   making {people:,} people of one commune, once".replace(",", " "), flush=True)
        call_command("make_demo", people=people, commune=COMMUNE_CODE, seed="1", verbosity=0, i_know=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _start(number: int) -> None:
    """A fresh process: Django on the benchmark's database."""
    import django

    _common.DATABASE = f"bench_register_{number}"
    django.setup()
    _common._use_database()


def _commune() -> Any:
    from stations.models import AdminUnit

    return AdminUnit.objects.select_related("parent").get(scheme="new", level="commune", code=COMMUNE_CODE)


# ------------------------------------------------------------------------------------------------------------ the list
def _workbook(number: int) -> Path:
    """The .xlsx, written once."""
    from django.db import connection
    from xlsxwriter import Workbook

    path = Path(os.environ["VAR_DIR"]) / f"bench-register-{number}.xlsx"
    if path.exists():
        return path
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [_commune().pk])
        residents = cursor.fetchall()
    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Danh sách")
        sheet.write_row(0, 0, ["DANH SÁCH NHÂN KHẨU"])
        sheet.write_row(1, 0, HEADERS)
        for at, row in enumerate(_list(residents), 1):
            sheet.write_row(at + 1, 0, [at, *row])
    return path


def _list(residents: list[tuple]) -> Iterator[list[str]]:
    """Rows of the list: the residents, some of them otherwise, and people whom the register does not know."""
    rng, today = Random("1"), dt.date.today()  # invented people
    happens = {what: (lambda often=often: rng.random() * often < 1) for what, often in ONE_IN.items()}
    for _, household, name, relation, sex, birth, precision, number, ethnicity, village, phone in residents:
        if happens["absent"]():
            continue
        if happens["birth"]() and birth:
            birth = birth.replace(day=birth.day % 27 + 1)
        if happens["number"]() and number:
            number = (
                f"{number[:6]}{rng.randrange(10**6):06d}" if len(number) == 12 else f"0382001{rng.randrange(10**5):05d}"
            )
        note = NOTES["died"] if happens["died"]() else NOTES["moved"] if happens["moved"]() else ""
        sexed = "Nam" if sex == "1" else "Nữ"
        yield [household, name, relation, sexed, _born(birth, precision), number, ethnicity, village, phone, "", note]
        if happens["stranger"]():
            day = dt.date(1960, 1, 1) + dt.timedelta(days=rng.randrange(15_000))
            yield _new(f"Người Lạ {rng.randrange(10**6)}", day, household, village, "")
        if happens["born"]() and sex == "2":
            day = today - dt.timedelta(days=rng.randrange(300))
            yield _new(f"Bé Mới {rng.randrange(10**6)}", day, household, village, name)


def _born(birth: dt.date | None, precision: str) -> str:
    return birth.strftime({"day": "%d/%m/%Y", "month": "%m/%Y"}.get(precision, "%Y")) if birth else ""


def _new(name: str, born: dt.date, household: str, village: str, mother: str) -> list[str]:
    return [household, name, "Quan hệ khác", "Nữ", f"{born:%d/%m/%Y}", "", "Kinh", village, "", mother, ""]


# ----------------------------------------------------------------------------------------------------------- the floor
def _floor(path: str, number: int) -> dict[str, float]:
    """Seconds of reading, of COPY, of one full join."""
    from python_calamine import CalamineWorkbook

    _start(number)
    from django.db import connection, transaction

    cells, read = _common.answer(lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[2:])
    columns = [f"c{at}" for at in range(len(HEADERS))]
    with transaction.atomic(), connection.cursor() as cursor:

        def copy() -> None:
            cursor.execute(f"CREATE TABLE bench_floor ({', '.join(f'{name} text' for name in columns)})")
            with cursor.copy(f"COPY bench_floor ({', '.join(columns)}) FROM STDIN") as copying:
                for row in cells:
                    copying.write_row([str(value) for value in row])

        def join() -> None:
            cursor.execute("ANALYZE bench_floor")
            cursor.execute(
                "SELECT count(*) FILTER (WHERE f.c6 IS NULL), count(*) FILTER (WHERE p.id IS NULL), "
                "count(*) FILTER (WHERE p.full_name <> f.c2) "
                "FROM bench_floor f FULL JOIN (SELECT p.id, p.full_name, i.value "
                "FROM records_person p JOIN records_identifier i ON i.person_id = p.id AND i.valid_to IS NULL "
                "AND i.kind IN ('SDDCN', 'CMND9') WHERE p.commune_id = %s AND p.status = 'active') p ON p.value = f.c6",
                [_commune().pk],
            )

        copied, joined = _common.timed(copy), _common.timed(join)
        transaction.set_rollback(True)
    return {"calamine reads": read, "COPY into a bare table": copied, "one full join": joined}


# -------------------------------------------------------------------------------------------------------------- ours
def _ours(path: str, number: int) -> dict[str, Any]:
    """The file is stored, then read, matched and compared; then its page is asked for."""
    _start(number)
    from django.db.models import Count
    from django.urls import reverse

    from ehr.intake import services
    from ehr.intake.models import ImportBatch, ImportFile, ImportRow
    from ehr.intake.register import services as register
    from ehr.intake.register.models import RegisterLine

    user = _common._user("bench.danhsach", "clerk", unit=_commune())
    ImportBatch.objects.all().delete()
    ImportFile.objects.all().delete()
    from ehr.common import background

    background.use(lambda task, args: None)  # the worker is this process
    data = Path(path).read_bytes()
    batch = services.upload(
        data=data, file_name="danh-sach.xlsx", kind="register", commune=_commune(), by=user, door="screen"
    )
    seconds = _common.timed(lambda: services.read(batch))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    batch.refresh_from_db()
    if batch.state != ImportBatch.State.PREVIEW:
        raise AssertionError(f"{batch.state}: {batch.message}")
    compare = _common.timed(lambda: register.compare(batch))
    groups = dict(RegisterLine.objects.filter(batch=batch).order_by().values_list("group").annotate(n=Count("pk")))
    client = _common.client(user)
    url = reverse("intake:register", args=[batch.key])
    client.get(url)
    page = min(_common.timed(lambda: client.get(url)) for _ in range(5))
    return {
        "seconds": seconds, "compare": compare, "memory": memory, "groups": groups, "page": page,
        "rows": ImportRow.objects.filter(batch=batch).count(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, choices=(COMMUNE, DISTRICT))
    main(parser.parse_args().people)
