"""Movement, births, progress, output, files and claims received; the explanation page. Small worlds counted by hand."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.models import ClaimFile
from ehr.intake.models import ImportBatch, ImportFile
from ehr.records.models import Delivery, Encounter, HealthHistory, Person
from reports import services
from reports.people import behind
from reports.periods import Period
from reports.progress import day_reached, working_days
from reports.questions import Question
from reports.registry import REPORTS
from reports.workdays import work_calendar
from stations.models import Organization, VillageTarget
from tests.reports import builders as make

D = dt.date


@pytest.fixture
def place():
    commune = make.unit("commune", "Xã Thử", make.unit("province", "Tỉnh Thử"))
    return commune, make.village(commune, "Thôn A"), make.village(commune, "Thôn B")


def table(name, unit, period="2026-03", user=None, by=None, today=make.TODAY, **options):
    report = REPORTS[name]
    question = Question(
        unit=unit, period=Period.parse(period, today=today), by=by or report.levels[unit.level][0], user=user,
        today=today, options=report.options_of(options),
    )  # fmt: skip
    return services.make_table(report=report, question=question), question


# ------------------------------------------------------------------------------------------------------------- movement
@pytest.mark.django_db
def test_deaths_moves_and_the_gap(place):
    commune, a, b = place
    make.population(a, 10)
    make.people(4, a)
    make.people(1, a, status="dead", death_date=D(2026, 3, 1), birth_date=D(1950, 3, 2))
    make.people(1, a, status="dead", death_date=D(2026, 3, 31), birth_date=D(2024, 1, 1))
    make.people(1, a, status="dead", death_date=D(2026, 2, 28))  # before the period
    make.people(1, a, status="dead", death_date=D(2026, 4, 1))  # after it: living at its end
    make.people(2, b, status="moved", moved_out_on=D(2026, 3, 9))
    make.people(1, b, resident_since=D(2026, 3, 9))
    make.people(1, b, resident_since=D(2026, 3, 9), birth_date=D(2026, 3, 9))  # born there: did not arrive
    [alive] = make.people(1, b)
    Encounter.objects.create(person=alive, exam_date=D(2026, 3, 3), outcome_code="5")
    Encounter.objects.update(created_at=timezone.make_aware(dt.datetime(2026, 3, 4)))

    found, _ = table("movement", commune)

    rows = [
        (
            r.deaths,
            r.deaths_child,
            r.deaths_adult,
            r.deaths_old,
            r.still_active,
            r.arrived,
            r.left,
            r.population,
            r.living,
            r.gap,
        )
        for r in (*found.rows, found.total)
    ]
    assert rows == [
        (2, 1, 0, 1, 0, 0, 0, 10, 5, 5), (0, 0, 0, 0, 1, 1, 2, None, 3, None),
        (2, 1, 0, 1, 1, 1, 2, None, 8, None),  # half of the population is unknown: no gap of the whole
    ]  # fmt: skip
    assert "Thôn B" in found.notes[-1].text
    make.population(commune, 7)
    total = table("movement", commune)[0].total
    assert (total.population, total.gap, total.gap_rate) == (7, -1, Decimal("-14.29"))


@pytest.mark.django_db
def test_a_death_recorded_late_is_late(place):
    commune, a, _ = place
    today = localdate()
    for days in (3, 40):
        make.people(1, a, status="dead", death_date=today - dt.timedelta(days=days))
    total = table("movement", commune, f"{today.year}", today=today)[0].total
    expected = [day for day in (3, 40) if (today - dt.timedelta(days=day)).year == today.year]
    assert (total.deaths, total.deaths_in_time) == (len(expected), 1)


@pytest.mark.django_db
def test_births_and_children_without_a_record(place):
    commune, a, b = place
    make.people(1, a, birth_date=D(2026, 1, 10), created=D(2026, 2, 9))  # the thirtieth day
    make.people(1, a, birth_date=D(2026, 1, 10), created=D(2026, 2, 10))
    make.people(1, a, birth_date=D(2026, 3, 30), created=D(2026, 3, 31))  # too young to be late
    [mother] = make.people(1, b)
    Delivery.objects.create(person=mother, born_on=D(2026, 2, 1), child_name="Con Thử")
    Delivery.objects.create(person=mother, born_on=D(2026, 2, 1), live_birth=False)
    user = make.user(commune, "head")

    found, question = table("births", commune, "2026-Q1", user)

    assert [(r.births, r.children, r.unrecorded, r.children_of_age, r.unrecorded_of_age, r.recorded, r.recorded_rate)
            for r in (*found.rows, found.total)] == [
        (3, 3, 0, 2, 0, 1, Decimal("50.00")), (1, 0, 1, 0, 1, 0, Decimal("0.00")),
        (4, 3, 1, 2, 1, 1, Decimal("33.33")),
    ]  # fmt: skip
    mothers = behind(report=REPORTS["births"], question=question, column="unrecorded", line="all")
    assert [(row.person, row.child_name) for row in mothers.rows] == [(mother, "Con Thử")]


# ------------------------------------------------------------------------------------------------------------- progress
@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (D(2026, 3, 16), D(2026, 3, 20), 5), (D(2026, 3, 16), D(2026, 3, 22), 5), (D(2026, 3, 21), D(2026, 3, 22), 0),
        (D(2026, 1, 1), D(2026, 12, 31), 261), (D(2026, 3, 2), D(2026, 3, 1), 0),
    ],
)  # fmt: skip
def test_working_days(first, last, days):
    assert working_days(first, last) == days


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("remaining", [1, 4, 5, 6, 11, 250])
def test_the_day_reached_lies_as_many_working_days_ahead_as_needed(weekday, remaining):
    today = D(2026, 3, 16) + dt.timedelta(days=weekday)
    day = day_reached(remaining, 20, 20, today)  # one a day
    assert day.weekday() < 5
    assert working_days(today + dt.timedelta(days=1), day) == remaining


def test_no_pace_reaches_nothing():
    assert day_reached(5, 0, 20, D(2026, 3, 16)) is None
    assert day_reached(10**9, 1, 20, D(2026, 3, 16)) is None
    assert day_reached(0, 5, 20, D(2026, 3, 16)) is None


@pytest.mark.django_db
def test_progress_of_villages(place):
    commune, a, b = place
    VillageTarget.objects.create(village=a, year=2026, target=220, source="Kế hoạch thử")
    make.people(100, a, created=D(2026, 1, 5))
    make.people(22, a, created=D(2026, 3, 10))
    make.people(3, b, created=D(2026, 3, 10))
    today = D(2026, 3, 20)  # a Friday; 22 working days in the thirty days until then

    found, _ = table("progress", commune, "2026-03-20", today=today)

    row, other = found.rows
    calendar = work_calendar()
    left = working_days(D(2026, 3, 21), D(2026, 12, 31), calendar)
    assert (row.target, row.achieved, row.remaining, row.added) == (220, 122, 98, 22)
    assert row.needed == (Decimal(98) / left).quantize(Decimal("0.1"))
    assert (row.pace, row.verdict) == (
        Decimal("1.0") if working_days(D(2026, 2, 19), today, calendar) == 22 else row.pace,
        "Kịp",
    )
    assert working_days(D(2026, 3, 21), row.reached, calendar) == -(
        -98 * working_days(D(2026, 2, 19), today, calendar) // 22
    )
    assert (other.target, other.remaining, other.reached, other.verdict) == (None, None, None, None)


# ------------------------------------------------------------------------------------------------------------- activity
@pytest.mark.django_db
def test_output_counts_who_did_what_once_per_line(place):
    commune, a, _ = place
    head = make.user(commune, "head")
    clerk, other = make.user(commune), make.user(commune)
    with audit.context(by=clerk, door="screen"):
        people = make.people(3, a)
        for person in people[:2]:
            HealthHistory.objects.create(person=person)
        Person.objects.filter(pk=people[0].pk).update(note="một")
        Person.objects.filter(pk=people[0].pk).update(note="hai")
    with audit.context(by=other, door="excel"):
        Encounter.objects.create(person=people[0], exam_date=D(2026, 3, 3))
    today = localdate()

    found, question = table("output", commune, f"{today:%Y-%m}", head, today=today, rows="day")

    rows = {row.key: row for row in found.rows}
    mine, theirs = rows[f"user:{clerk.pk}:{today}"], rows[f"user:{other.pk}:{today}"]
    assert (mine.made, mine.part_a, mine.part_b, mine.part_d, mine.typed, mine.sent, mine.any) == (3, 1, 2, 0, 3, 0, 3)
    assert (theirs.made, theirs.part_d, theirs.sent, theirs.any) == (0, 1, 1, 1)
    assert found.total.any == 3
    for row in (*found.rows, found.total):
        for column in [column for column in found.columns if column.people]:
            cell = behind(report=REPORTS["output"], question=question, column=column.key, line=row.key)
            assert cell.rows.count() == getattr(row, column.key)
    for line in ("user:x", "user:1:x", "user:1; DROP", "x"):
        assert behind(report=REPORTS["output"], question=question, column="any", line=line) is None
    by_clerk = table("output", commune, f"{today:%Y-%m}", head, today=today)[0]
    assert [row.key for row in by_clerk.rows] == [f"user:{clerk.pk}", f"user:{other.pk}"]


@pytest.mark.django_db
def test_output_is_for_those_who_lead(place, login):
    commune, _, _ = place
    address = reverse("reports:show", args=[REPORTS["output"].path])
    assert login(make.user(commune)).get(address).status_code == 404
    assert login(make.user(commune, "head")).get(address).status_code == 200


def batch(commune, **fields):
    file, _ = ImportFile.objects.get_or_create(
        sha256=f"{ImportBatch.objects.count():064}", defaults={"data": b"", "size": 0}
    )
    return ImportBatch.objects.create(commune=commune, file=file, file_name="thu.xlsx", **fields)


@pytest.mark.django_db
def test_files_received(place):
    commune, _, _ = place
    user = make.user(commune)
    done = {"state": "done", "by": user}
    batch(commune, kind="survey", counts={"rows": 10, "new": 7, "refused": 3, "written": 7}, **done)
    batch(commune, kind="survey", counts={"rows": 5, "unchanged": 5}, **done)
    batch(commune, kind="survey", state="undone", counts={"rows": 99}, by=user)
    batch(commune, kind="exam", state="preview", counts={"rows": 4}, by=user)
    batch(make.unit("commune", "Xã Khác", commune.parent), kind="survey", counts={"rows": 50}, **done)
    today = localdate()

    found, _ = table("intake", commune, f"{today:%Y-%m}", today=today)

    keys = ("source", "files", "waiting", "taken_back", "rows", "new", "refused", "unchanged")
    assert [tuple(getattr(row, key) for key in keys) for row in found.rows] == [
        ("Kết quả khám (phần D)", 0, 1, 0, 0, 0, 0, 0), ("Phiếu điều tra (phần A, B)", 2, 0, 1, 15, 7, 3, 5),
    ]  # fmt: skip
    assert (found.total.files, found.total.rows) == (2, 15)
    province, _ = table("intake", commune.parent, f"{today:%Y-%m}", today=today, rows="sender")
    assert [(row.unit, row.source, row.rows) for row in province.rows] == [
        ("Xã Khác", "Người Dùng Thử", 50), ("Xã Thử", "Người Dùng Thử", 15),
    ]  # fmt: skip
    assert table("intake", commune, "2026-03")[0].rows == []


@pytest.mark.django_db
def test_claims_received(place):
    commune, _, _ = place
    station = Organization.objects.create(name="Trạm thử", plain_name="tram thu", kind="station", unit=commune)
    far = Organization.objects.create(name="Bệnh viện xa", plain_name="xa", kind="hospital")
    for number, (facility, state, counts) in enumerate(
        [
            (station, "done", {"encounters": 20, "stored": 18, "rejected": 2}),
            (station, "failed", {"encounters": 9}),
            (station, "undone", {"encounters": 7}),
            (far, "done", {"encounters": 5}),
        ]
    ):
        ClaimFile.objects.create(
            sha256=f"{number:064}",
            name="a.xml",
            size=1,
            facility=facility,
            facility_code="38000",
            state=state,
            counts=counts,
        )
    today = localdate()

    found, _ = table("claims", commune, f"{today:%Y-%m}", today=today)

    assert [(r.unit, r.code, r.files, r.open, r.encounters, r.stored, r.rejected) for r in found.rows] == [
        ("Trạm thử", "38000", 2, 1, 20, 18, 2)
    ]
    assert found.total.encounters == 20


# ---------------------------------------------------------------------------------------------------------- explanation
@pytest.mark.django_db
def test_a_rate_above_100_is_explained(place, login):
    commune, a, b = place
    done = {"section_a_complete_on": D(2024, 2, 1)}
    make.population(a, 3, end="2024-12-31")
    make.population(b, 100)
    make.people(5, a, **done)
    make.people(2, a, full_name="Lê Thị Trùng", birth_date=D(1971, 2, 3), **done)
    make.people(1, a, moved_out_to="Hà Nội", birth_date=D(1972, 2, 3), **done)
    make.people(1, a, residence="temporary", birth_date=D(1973, 2, 3), **done)
    client = login(make.user(commune, "head"))
    asked = {"unit": f"new-{commune.code}", "period": "2025-09"}
    page = client.get(reverse("reports:show", args=["lien-thong"]), asked).content.decode()
    line = f"village:{a.pk}"
    assert f"line=village%3A{a.pk}" in page.split("giai-thich", 1)[1]

    shown = client.get(reverse("reports:explain", args=["lien-thong"]), asked | {"line": line})

    counts = {heading: (count, address) for heading, count, address in shown.context["reasons"]}
    assert counts["Nghi trùng với hồ sơ khác"][0] == "7"  # five of one name and birth date, and the two
    assert counts["Tạm trú, lưu trú, vắng mặt hoặc thường trú ở xã khác"][0] == "1"
    assert counts["Đã ghi ngày hoặc nơi chuyển đi nhưng vẫn tính là đang cư trú"][0] == "1"
    for count, address in counts.values():
        assert not address or str(client.get(address).context["page"].paginator.count) == count
    text = shown.content.decode()
    assert "đã cũ so với kỳ báo cáo" in text
    assert "Niên giám thử nghiệm" in text
    centre = login(make.user(commune.parent, "department"))
    hidden = centre.get(reverse("reports:explain", args=["lien-thong"]), asked | {"line": line}).content.decode()
    assert "&lt;5" in hidden
    assert client.get(reverse("reports:explain", args=["lien-thong"]), asked | {"line": "x"}).status_code == 404
    assert client.get(reverse("reports:explain", args=["chi-tieu"]), asked | {"line": "all"}).status_code == 404
