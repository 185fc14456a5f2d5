"""Data quality đúng, đủ, sạch, sống (DQ-01…11): scores per place, each the share of records that pass every rule that
applies to them; every rule with its work list; look-alikes and contradictions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from ehr.common.numbers import percent
from reports.completeness import LEVELS, PART_A, PART_B
from reports.definitions import definitions_on, version_of
from reports.facts import LATER, Facts
from reports.figures import Count, Derived, Item, Rate, Values, columns_of, fold, table_of
from reports.periods import KINDS
from reports.places import Place, place_of
from reports.questions import Question
from reports.report import GROUPS, PeopleList, Report
from reports.tables import Column, Note, Table

RIGHT, WHOLE, CLEAN, LIVE = "Đúng", "Đủ", "Sạch", "Sống"


@dataclass(frozen=True, slots=True)
class Rule:
    """Passes or fails per record. `fails` and `applies` are SQL over `reports.facts`; `key` is stable."""

    key: str
    group: str
    text: str
    fails: str
    applies: str = "true"


PREGNANT = "(history.pregnancies IS TRUE OR visit.antenatal IS TRUE OR born.found IS TRUE)"
RULES = (
    Rule("id_format", RIGHT, "Số định danh đúng 12 chữ số", "number.misshaped IS TRUE", "number.national IS TRUE"),
    Rule(
        "id_soft", RIGHT, "Số định danh khớp giới tính và năm sinh", "number.unlikely IS TRUE",
        "number.national IS TRUE AND base.birth_date IS NOT NULL",
    ),
    Rule(
        "birth_date", RIGHT, "Ngày sinh không ở tương lai, tuổi không quá 120",
        "(base.birth_date > %(day)s OR base.age > 120)", "base.birth_date IS NOT NULL",
    ),
    Rule(
        "visit_before_birth", RIGHT, "Không có lượt khám trước ngày sinh", "visit.before_birth IS TRUE",
        "visit.id IS NOT NULL AND base.birth_date IS NOT NULL",
    ),
    Rule("identity", RIGHT, "Danh tính không chỉ nhập tay", "base.identity_source = 'manual'"),
    Rule(
        "vitals", RIGHT, "Sinh hiệu các lượt khám trong giới hạn", "visit.unlikely IS TRUE", "visit.id IS NOT NULL",
    ),
    Rule("part_a", WHOLE, "Đủ các mục bắt buộc của phần A", f"NOT {PART_A}"),
    Rule("part_b", WHOLE, "Đã hỏi tiền sử và nguy cơ (phần B)", f"NOT {PART_B}"),
    Rule("duplicate", CLEAN, "Không nằm trong cặp nghi trùng", "twin.found IS TRUE"),
    Rule("address", CLEAN, "Thôn, xã còn hiệu lực trong danh mục", "place.fits IS NOT TRUE"),
    Rule("sex", CLEAN, "Nam giới không có dữ liệu thai sản", PREGNANT, "base.sex = '1'"),
    Rule("text", CLEAN, "Họ tên viết bằng Unicode dựng sẵn (NFC)", "base.full_name IS NOT NFC NORMALIZED"),
    Rule(
        "moved", CLEAN, "Người đã ghi ngày chuyển đi không còn là đang cư trú",
        "(base.status = 'active' AND base.moved_out_on <= %(day)s)",
    ),
    Rule(
        "visit_after_death", CLEAN, "Không có lượt khám sau ngày mất", "visit.after_death IS TRUE",
        "base.death_date IS NOT NULL",
    ),
    Rule(
        "updated", LIVE, "Hồ sơ cập nhật hoặc khám trong 12 tháng",
        "NOT (coalesce(change.last >= %(year_ago)s, false) OR coalesce(visit.last >= %(year_ago)s, false)"
        " OR coalesce(dose.last >= %(year_ago)s, false))",
    ),
    Rule(
        "event", LIVE, "Có lượt khám hoặc mũi tiêm trong 12 tháng",
        "NOT (coalesce(visit.last >= %(year_ago)s, false) OR coalesce(dose.last >= %(year_ago)s, false))",
    ),
    Rule(
        "newborn", LIVE, "Trẻ sinh trong 12 tháng được lập hồ sơ trong 30 ngày",
        "(base.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - base.birth_date > 30",
        "base.birth_date >= %(year_ago)s AND base.birth_precision = 'day'",
    ),
)  # fmt: skip
GROUP_CODES = {RIGHT: "DQ-01", WHOLE: "DQ-02", CLEAN: "DQ-03", LIVE: "DQ-04"}
NOT_TOLD = (
    "Không chấm ở đây: chỉ số BMI (hệ thống luôn tự tính); ghi nhận tử vong trong 15 ngày (xem báo cáo biến động dân "
    "số)."
)
NO_UPSTREAM = "Chưa cấu hình hệ thống liên thông cấp trên: không chấm quy tắc gửi liên thông trong 7 ngày sau thay đổi."


def failing(group: str) -> str:
    """A living record that fails a rule of the group that applies to it."""
    parts = (f"({rule.applies}) AND {rule.fails}" for rule in RULES if rule.group == group)
    return "(" + " OR ".join(f"coalesce({part}, false)" for part in parts) + ")"


def _any() -> str:
    return "(" + " OR ".join(failing(group) for group in GROUP_CODES) + ")"


def _share(key: str) -> Callable[[Values], Any]:
    """The share of the records that are not among `key`."""
    return lambda v: percent(v["people"] - v[key], v["people"])


def _notes(question: Question) -> tuple[Note, ...]:
    later = (Note(LATER),) if question.period.end <= question.today else ()
    return (*later, Note(NOT_TOLD), *(() if settings.UPSTREAM_CONFIGURED else (Note(NO_UPSTREAM),)))


# --------------------------------------------------------------------------------------------------------------- scores
NAMES = {RIGHT: "right", WHOLE: "whole", CLEAN: "clean", LIVE: "live"}
SCORES: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 18),
    *(
        item
        for group, key in NAMES.items()
        for item in (
            Count(f"not_{key}", "Chưa đạt", 17, group=group),
            Derived(
                f"{key}_rate", "% đạt", (f"not_{key}", "people"),
                _share(f"not_{key}"), kind="percent", group=group,
            ),
        )
    ),
    Count("not_all", "Chưa đạt", 17, group="Cả bốn"),
    Derived(
        "all_rate", "% đạt", ("not_all", "people"), _share("not_all"),
        kind="percent", group="Cả bốn",
    ),
)  # fmt: skip
SCORE_CONDITIONS = (
    {"people": "base.living"}
    | {f"not_{key}": f"base.living AND {failing(group)}" for group, key in NAMES.items()}
    | {"not_all": f"base.living AND {_any()}"}
)


def scores(question: Question) -> Table:
    """Scores by place: one statement for all records of the place."""
    place = place_of(question)
    return table_of(
        question, place, SCORES, fold(place, Facts(question, place).count(SCORE_CONDITIONS)), report="quality",
        title="Chất lượng dữ liệu hồ sơ: đúng, đủ, sạch, sống",
        codes=("REC-LIVING", "DQ-01", "DQ-02", "DQ-03", "DQ-04", "DQ-05"), notes=_notes(question),
    )  # fmt: skip


def people_of_scores(question: Question, place: Place) -> dict[str, PeopleList]:
    return _lists(SCORES, SCORE_CONDITIONS, question, place)


def _lists(
    items: tuple[Item, ...], conditions: dict[str, str], question: Question, place: Place
) -> dict[str, PeopleList]:
    facts, columns = Facts(question, place), {column.key: column for column in columns_of(items)}
    return {
        key: PeopleList(": ".join(filter(None, (columns[key].group, columns[key].heading))), facts.people(sql))
        for key, sql in conditions.items()
    }


# ---------------------------------------------------------------------------------------------------------------- rules
@dataclass(frozen=True, slots=True)
class RuleRow:
    """How many records a rule applies to, and how many fail it. No total: a record fails several rules."""

    key: str
    number: int
    group: str
    unit: str
    applies: int
    fails: int
    rate: Decimal | None
    marks: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()


RULE_COLUMNS = (
    Column("number", "STT", "(1)", "index", 11),
    Column("group", "Nhóm", "(2)", "text", 18),
    Column("unit", "Quy tắc", "(3)", "text", 48),
    Column("applies", "Số hồ sơ áp dụng", "(4)", "int", 24, counts=True),
    Column("fails", "Chưa đạt", "(5)", "int", 24, people=True),
    Column("rate", "% đạt", "(6)=((4)−(5))/(4)", "percent", 30, of=("applies", "fails")),
)


def rules_table(question: Question) -> Table:
    """Every rule over the whole unit: one statement."""
    place = place_of(question)
    conditions = {f"applies_{rule.key}": f"base.living AND {rule.applies}" for rule in RULES}
    conditions |= {f"fails_{rule.key}": _fails(rule) for rule in RULES}
    sums = dict.fromkeys(conditions, 0)
    for spot, counts in Facts(question, place).count(conditions):
        if place.line_of(spot) in {line.key for line in place.lines}:
            sums = {key: value + counts[key] for key, value in sums.items()}
    rows = [
        RuleRow(
            rule.key, number, rule.group, rule.text, applies := sums[f"applies_{rule.key}"],
            fails := sums[f"fails_{rule.key}"], percent(applies - fails, applies),
        )
        for number, rule in enumerate(RULES, start=1)
    ]  # fmt: skip
    defined = definitions_on(question.defined_on, ("REC-LIVING", *GROUP_CODES.values()))
    until = question.period.data_until(question.today)
    return Table(
        report="quality_rules", title="Quy tắc chất lượng dữ liệu và việc cần làm", unit=question.unit,
        subtitle=f"{question.period.title}; số liệu đến hết ngày {until:%d/%m/%Y}", unit_name=place.name,
        period=question.period, by=question.by, columns=RULE_COLUMNS, rows=rows,
        definitions=tuple(one.text for one in defined), version=version_of(defined), notes=_notes(question),
    )  # fmt: skip


def _fails(rule: Rule) -> str:
    return f"base.living AND ({rule.applies}) AND {rule.fails}"


def behind_rule(question: Question, place: Place, column: str, line: str) -> PeopleList | None:
    """The work list of one rule."""
    rule = next((rule for rule in RULES if rule.key == line), None)
    if rule is None or column != "fails":
        return None
    found = Facts(question, place).people(f"base.inside AND {_fails(rule)}")
    return PeopleList(f"Chưa đạt: {rule.text}", found)


# ------------------------------------------------------------------------------------------------------------ conflicts
CONTRADICTION = f"""(base.status = 'active' AND base.moved_out_on <= %(day)s OR visit.after_death IS TRUE
    OR base.sex = '1' AND {PREGNANT})"""
CONFLICTS: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 18),
    Count("pairs", "Cặp nghi trùng", 16, people=False, group="Trùng"),
    Count("twins", "Hồ sơ nghi trùng", 16, group="Trùng"),
    Rate("twin_rate", "% nghi trùng", "twins", "people", 18, group="Trùng"),
    Count("merged", "Đã gộp trong kỳ", 16, people=False, group="Trùng"),
    Count("misshaped", "Sai định dạng", 16, group="Số định danh"),
    Count("unlikely", "Không khớp giới tính, năm sinh", 20, group="Số định danh"),
    Count("contradictory", "Hồ sơ mâu thuẫn", 18),
    Count("stale", "Không cập nhật 12 tháng", 18),
    Derived(
        "fresh_rate", "% cập nhật trong 12 tháng", ("stale", "people"),
        _share("stale"), kind="percent",
    ),
)  # fmt: skip
CONFLICT_CONDITIONS = {
    "people": "base.living",
    "twins": "base.living AND twin.found IS TRUE",
    "misshaped": "base.living AND number.misshaped IS TRUE",
    "unlikely": "base.living AND number.unlikely IS TRUE",
    "contradictory": CONTRADICTION,
    "stale": next(_fails(rule) for rule in RULES if rule.key == "updated"),
}
PAIR_SPOTS = """SELECT base.village_id, base.commune_id, q.village_id, q.commune_id, count(*)
FROM (SELECT least(a, b) AS a, a AS here, b AS there FROM pairs) found
JOIN base ON base.id = found.here JOIN records_person q ON q.id = found.there
LEFT JOIN base other ON other.id = found.there
WHERE base.living AND (found.here = found.a OR other.id IS NULL) GROUP BY 1, 2, 3, 4"""
MERGED = """SELECT p.village_id, p.commune_id, count(*) FROM records_person p
JOIN (SELECT e.pgh_obj_id AS id, min(e.pgh_created_at) AS since FROM records_personevent e
      JOIN records_person d ON d.id = e.pgh_obj_id AND d.status = 'duplicate' AND d.commune_id = ANY(%(communes)s)
      WHERE e.status = 'duplicate' GROUP BY 1) merged ON merged.id = p.id
WHERE merged.since >= %(since)s AND merged.since < %(until)s GROUP BY 1, 2"""


def conflicts(question: Question) -> Table:
    """Look-alikes, merges, contradictions: three statements."""
    place = place_of(question)
    facts = Facts(question, place)
    figures = fold(place, facts.count(CONFLICT_CONDITIONS))
    for village, commune, merged in facts.rows(MERGED):
        if line := place.line_of((village, commune)):
            figures.setdefault(line, {})["merged"] = figures.get(line, {}).get("merged", 0) + merged
    pairs, whole = _pairs(place, facts.rows(f"{facts.head('twin')} {PAIR_SPOTS}"))
    for line, found in pairs.items():
        figures.setdefault(line, {})["pairs"] = found
    return table_of(
        question, place, CONFLICTS, figures, report="quality_conflicts", title="Hồ sơ nghi trùng và mâu thuẫn",
        codes=("REC-LIVING", "DQ-06", "DQ-07", "DQ-08", "DQ-09", "DQ-10", "DQ-11"), total={"pairs": whole},
        notes=(Note(LATER),) if question.period.end <= question.today else (),
    )  # fmt: skip


def _pairs(place: Place, rows: Iterable[tuple[Any, ...]]) -> tuple[dict[str, int], int]:
    """Pairs per line, in both lines when they differ; and how many pairs there are."""
    lines: dict[str, int] = {}
    whole = 0
    keys = {line.key for line in place.lines}
    for village, commune, other_village, other_commune, found in rows:
        found_at = (place.line_of((village, commune)), place.line_of((other_village, other_commune)))
        both = {key for key in found_at if key is not None and key in keys}
        whole += found if both else 0
        for key in both:
            lines[key] = lines.get(key, 0) + found
    return lines, whole


def people_of_conflicts(question: Question, place: Place) -> dict[str, PeopleList]:
    return _lists(CONFLICTS, CONFLICT_CONDITIONS, question, place)


REPORTS = (
    Report(
        key="quality", path="chat-luong", title="Chất lượng dữ liệu: đúng, đủ, sạch, sống",
        summary="Tỷ lệ hồ sơ đạt từng nhóm quy tắc và cả bốn nhóm; số chưa đạt mở danh sách cần làm.",
        build=scores, levels=LEVELS, periods=KINDS, group=GROUPS[1], people=people_of_scores,
    ),
    Report(
        key="quality_rules", path="quy-tac-chat-luong", title="Quy tắc chất lượng và việc cần làm",
        summary="Từng quy tắc: bao nhiêu hồ sơ áp dụng, bao nhiêu chưa đạt, là những ai.",
        build=rules_table, levels={level: ("unit",) for level in LEVELS}, periods=KINDS, group=GROUPS[1],
        behind=behind_rule,
    ),
    Report(
        key="quality_conflicts", path="nghi-trung-mau-thuan", title="Hồ sơ nghi trùng và mâu thuẫn",
        summary="Cặp nghi trùng, hồ sơ đã gộp, số định danh sai hoặc không khớp, hồ sơ mâu thuẫn, không cập nhật.",
        build=conflicts, levels=LEVELS, periods=KINDS, group=GROUPS[1], people=people_of_conflicts,
    ),
)  # fmt: skip
