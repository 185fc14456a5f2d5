"""Loads vaccines, the dated schedule and the printed rows of section C from the fixtures."""

from pathlib import Path

from ehr.common.reference import FixtureError, Loaded, ReferenceList, check_count, day, read_csv, upsert
from ehr.vaccination.models import FormRow, ScheduleDose, Vaccine

FIXTURES = Path(__file__).parent / "fixtures"
SOURCE = "TT 10/2024, 52/2025, 13/2026/TT-BYT; CVX, ATC; tình trạng hiện hành cần xác nhận"
FORM_ROWS = {"1": 14, "2": 13, "3": 5}  # rows of the three tables of form 831


def load_vaccines() -> Loaded:
    """Vaccines of the programme and of services, known by our code."""
    rows = read_csv(FIXTURES / "vaccines.csv")
    columns = ("code", "name", "diseases", "icd10", "cvx", "atc", "in_epi", "kind", "route", "valid_from", "valid_to")
    values = (
        (*(row[name] for name in columns[:6]), row["in_epi"] == "1", row["kind"], row["route"], None, None)
        for row in rows
    )
    return Loaded(len(rows), *upsert(Vaccine, columns, ("code",), values), (check_count("vắc xin", len(rows), 55),))


def load_schedule() -> Loaded:
    """Doses of the schedule with ages and intervals as ISO 8601 durations."""
    rows, vaccines = read_csv(FIXTURES / "schedule.csv"), _vaccines()
    _check_vaccines(rows, vaccines)
    note = check_count("mũi trong lịch tiêm", len(rows), 78)
    texts = (
        "diseases",
        "dose_type",
        "recommended_age",
        "min_age",
        "max_age",
        "min_interval",
        "target",
        "basis",
        "note",
    )
    columns = ("program", "vaccine_id", "dose_number", "valid_from", "valid_to", "to_verify", *texts)
    key = ("program", "vaccine_id", "dose_number", "dose_type", "target", "valid_from")
    values = (
        (
            row["program"], vaccines[row["vaccine_code"]], int(row["dose_number"]), day(row["valid_from"]), None,
            row["to_verify"] == "1", *(row[name] for name in texts),
        )
        for row in rows
    )  # fmt: skip
    return Loaded(len(rows), *upsert(ScheduleDose, columns, key, values), (note,))


def load_form_rows() -> Loaded:
    """What the three tables of section C print; the code is the field code of form 831."""
    rows, vaccines = read_csv(FIXTURES / "form_rows.csv"), _vaccines()
    _check_vaccines(rows, vaccines)
    notes = tuple(
        check_count(f"dòng của bảng {table}", sum(row["table"] == table for row in rows), expected)
        for table, expected in FORM_ROWS.items()
    )
    columns = ("code", "table", "label", "vaccine_id", "dose_number", "position", "valid_from", "valid_to")
    values = (
        (
            row["code"], row["table"], row["label"], vaccines[row["vaccine_code"]], int(row["dose_number"]),
            int(row["position"]), day(row["valid_from"]), None,
        )
        for row in rows
    )  # fmt: skip
    return Loaded(len(rows), *upsert(FormRow, columns, ("code",), values), notes)


def _vaccines() -> dict[str, int]:
    return dict(Vaccine.objects.values_list("code", "pk"))


def _check_vaccines(rows: list[dict[str, str]], vaccines: dict[str, int]) -> None:
    unknown = {row["vaccine_code"] for row in rows} - vaccines.keys()
    if unknown:
        raise FixtureError(f"Vắc xin {', '.join(sorted(unknown)[:5])} không có trong danh mục; chưa nạp gì.")


def reference_lists() -> list[ReferenceList]:
    """In the order in which they must be loaded."""
    vaccines = FIXTURES / "vaccines.csv"
    return [
        ReferenceList("vaccines", "Vắc xin", SOURCE, (vaccines,), load_vaccines),
        ReferenceList("schedule", "Lịch tiêm chủng", SOURCE, (vaccines, FIXTURES / "schedule.csv"), load_schedule),
        ReferenceList(
            "form-rows",
            "Dòng tiêm chủng của mẫu 831",
            "QĐ 831/QĐ-BYT (2017)",
            (vaccines, FIXTURES / "form_rows.csv"),
            load_form_rows,
        ),
    ]
