"""Loads administrative units of both eras, their succession, renamed units and known facilities from the fixtures."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ehr.common.reference import FixtureError, Loaded, ReferenceList, check_count, day, read_csv, upsert
from ehr.common.text import plain
from stations.models import AdminUnit, AdminUnitName, AdminUnitSuccession, FacilityCode, Organization

FIXTURES = Path(__file__).parent / "fixtures"
Row = dict[str, str]
LEVELS = ("province", "district", "commune")
UNIT_COLUMNS = (
    "scheme", "code", "level", "unit_type", "full_name", "name", "plain_name", "parent_id", "valid_from", "valid_to",
    "source",
)  # fmt: skip
OLD_SOURCE = "Danh mục đơn vị hành chính 3 cấp, 11/06/2024 và 30/06/2025"
NEW_SOURCE = "QĐ 19/2025/QĐ-TTg; Nghị quyết 30/2026/QH16, 237/NQ-UBTVQH16"
FACILITY_SOURCE = "Danh sách cơ sở Hà Nội, bản thu thập 2024"

# Official totals: (day, level, name of the count, number).
OLD_COUNTS = [
    ("2025-06-30", "province", "tỉnh, thành phố (30/06/2025)", 63),
    ("2025-06-30", "district", "quận, huyện (30/06/2025)", 696),
    ("2025-06-30", "commune", "xã, phường, thị trấn (30/06/2025)", 10_035),
    ("2024-06-11", "district", "quận, huyện (11/06/2024)", 705),
    ("2024-06-11", "commune", "xã, phường, thị trấn (11/06/2024)", 10_595),
]
NEW_COUNTS = [
    ("2025-07-01", "province", "tỉnh, thành phố (từ 01/07/2025)", 34),
    ("2025-07-01", "commune", "xã, phường, đặc khu (từ 01/07/2025)", 3_321),
]


def _holds(row: Row, on: str) -> bool:
    """Whether the row's half-open period holds on the day; ISO dates compare as text."""
    return (not row["valid_from"] or row["valid_from"] <= on) and (not row.get("valid_to") or row["valid_to"] > on)


def _counted(rows: list[Row], counts: list[tuple[str, str, str, int]]) -> tuple[str, ...]:
    """The counts as sentences. Raises FixtureError for a wrong one."""
    return tuple(
        check_count(what, sum(row["level"] == level and _holds(row, on) for row in rows), expected)
        for on, level, what, expected in counts
    )


def unit_ids(scheme: str) -> dict[tuple[str, str], int]:
    """(level, code) → primary key of the units of one scheme."""
    units = AdminUnit.objects.filter(scheme=scheme).values_list("level", "code", "pk")
    return {(level, code): pk for level, code, pk in units}


def _load_units(scheme: str, rows: list[Row], source: str) -> tuple[int, int]:
    """Level by level, because a unit needs the key of its parent."""
    known: dict[str, int] = {}
    inserted = updated = 0
    for level in LEVELS:
        of_level = [row for row in rows if row["level"] == level]
        missing = [row["code"] for row in of_level if row["parent_code"] and row["parent_code"] not in known]
        if missing:
            raise FixtureError(
                f"Đơn vị {', '.join(missing[:5])} thuộc đơn vị cấp trên không có trong tệp; chưa nạp gì."
            )
        new, changed = upsert(
            AdminUnit, UNIT_COLUMNS, ("scheme", "code", "level"),
            ((
                scheme, row["code"], level, row["unit_type"], row["full_name"], row["name"], plain(row["full_name"]),
                known.get(row["parent_code"]), day(row["valid_from"]), day(row.get("valid_to", "")), source,
            ) for row in of_level),
        )  # fmt: skip
        inserted, updated = inserted + new, updated + changed
        known |= {code: pk for (of, code), pk in unit_ids(scheme).items() if of == level}
    return inserted, updated


def load_old_units() -> Loaded:
    """The three-tier list: both dated states, with every code that records before July 2025 may carry."""
    rows = read_csv(FIXTURES / "admin_units_old.csv")
    notes = _counted(rows, OLD_COUNTS)
    return Loaded(len(rows), *_load_units("old", rows, OLD_SOURCE), notes)


def load_new_units() -> Loaded:
    """The two-tier list under its present names, and the names of renamed units over time."""
    rows = read_csv(FIXTURES / "admin_units_new.csv")
    notes = _counted(rows, NEW_COUNTS)
    inserted, updated = _load_units("new", rows, NEW_SOURCE)
    units, names = unit_ids("new"), read_csv(FIXTURES / "admin_unit_names.csv")
    lost = [row["code"] for row in names if (row["level"], row["code"]) not in units]
    if lost:
        raise FixtureError(f"Tên theo thời gian của đơn vị không có trong danh mục: {', '.join(lost)}; chưa nạp gì.")
    new, changed = upsert(
        AdminUnitName, ("unit_id", "full_name", "unit_type", "valid_from", "valid_to", "document"),
        ("unit_id", "valid_from"),
        ((
            units[row["level"], row["code"]], row["full_name"], row["unit_type"], day(row["valid_from"]),
            day(row["valid_to"]), row["document"],
        ) for row in names),
    )  # fmt: skip
    renamed = len({row["code"] for row in names})
    return Loaded(len(rows) + len(names), inserted + new, updated + changed, (*notes, f"{renamed} đơn vị đổi tên"))


def load_succession() -> Loaded:
    """Old unit to new unit. Every end must exist, and every commune of 30/06/2025 must have a successor."""
    rows = read_csv(FIXTURES / "admin_unit_succession.csv")
    old, new = unit_ids("old"), unit_ids("new")
    if not old or not new:
        raise FixtureError("Chưa có đơn vị hành chính: nạp units-old và units-new trước.")
    ends = []
    for row in rows:
        level = "district" if len(row["old_code"]) == 3 else "commune"
        ends.append((old.get((level, row["old_code"])), new.get(("commune", row["new_code"]))))
    lost = [row for row, end in zip(rows, ends, strict=True) if None in end]
    if lost:
        raise FixtureError(
            f"Chuyển đổi {lost[0]['old_code']} → {lost[0]['new_code']} có mã không tồn tại; chưa nạp gì."
        )
    notes = (*_check_successors({end for end, _ in ends}), *_check_defaults(rows))
    inserted, updated = upsert(
        AdminUnitSuccession, ("old_id", "new_id", "part", "is_default", "effective", "basis"), ("old_id", "new_id"),
        (
            (*end, row["part"], row["is_default"] == "1", day(row["effective"]), row["basis"])
            for row, end in zip(rows, ends, strict=True)
        ),
    )  # fmt: skip
    return Loaded(len(rows), inserted, updated, notes)


def _check_successors(with_successor: Iterable[int | None]) -> tuple[str]:
    fixture = read_csv(FIXTURES / "admin_units_old.csv")
    last = {row["code"] for row in fixture if row["level"] == "commune" and _holds(row, "2025-06-30")}
    communes = AdminUnit.objects.filter(scheme="old", level="commune", code__in=last).values_list("pk", "code")
    found = set(with_successor)
    missing = [code for pk, code in communes if pk not in found]
    if missing:
        raise FixtureError(f"Xã {', '.join(missing[:5])} (30/06/2025) không có xã mới; chưa nạp gì.")
    return (f"mọi xã của 30/06/2025 ({len(last):,}) đều có xã mới".replace(",", "."),)


def _check_defaults(rows: list[Row]) -> tuple[str, ...]:
    defaults = Counter(row["old_code"] for row in rows if row["is_default"] == "1")
    wrong = [code for code in {row["old_code"] for row in rows} if defaults[code] != 1]
    if wrong:
        raise FixtureError(f"Đơn vị {', '.join(sorted(wrong)[:5])} phải có đúng một xã mới mặc định; chưa nạp gì.")
    return ()


def load_facilities() -> Loaded:
    """Facilities whose claims code nobody uses yet. Existing ones stay: they belong to the installation."""
    rows = read_csv(FIXTURES / "facilities.csv")
    taken = set(FacilityCode.objects.filter(kind="claims").values_list("code", flat=True))
    fresh = [row for row in rows if row["code"] not in taken]
    whole = {
        succession.old.code: succession.new
        for succession in AdminUnitSuccession.objects.filter(
            part="whole", is_default=True, old__level="commune", old__code__in={row["ward_code_old"] for row in fresh}
        ).select_related("old", "new")
    }
    organizations = Organization.objects.bulk_create(
        Organization(
            name=row["name"], plain_name=plain(row["name"]), kind=row["kind"], unit=whole.get(row["ward_code_old"])
        )
        for row in fresh
    )
    FacilityCode.objects.bulk_create(
        FacilityCode(
            organization=organization, kind="claims", code=row["code"], source=f"{FACILITY_SOURCE} ({row['support']})"
        )
        for organization, row in zip(organizations, fresh, strict=True)
    )
    return Loaded(len(rows), len(fresh), 0)


def _list(name: str, title: str, source: str, load: Callable[[], Loaded], *files: str) -> ReferenceList:
    return ReferenceList(name, title, source, tuple(FIXTURES / file for file in files), load)


def reference_lists() -> list[ReferenceList]:
    """In the order in which they must be loaded."""
    units = ("admin_units_old.csv", "admin_units_new.csv")
    return [
        _list("units-old", "Đơn vị hành chính ba cấp", OLD_SOURCE, load_old_units, units[0]),
        _list("units-new", "Đơn vị hành chính hai cấp", NEW_SOURCE, load_new_units, units[1], "admin_unit_names.csv"),
        _list(
            "succession", "Chuyển đổi đơn vị cũ – mới", "Bảng chuyển đổi của cơ quan thống kê", load_succession,
            *units, "admin_unit_succession.csv",
        ),
        _list("facilities", "Cơ sở y tế", FACILITY_SOURCE, load_facilities, "facilities.csv"),
    ]  # fmt: skip
