"""What visits are about: reasons, findings, tests, diagnoses, advice. The texts stand in fixtures/visits.toml."""

import tomllib
from dataclasses import dataclass
from typing import Any

from ehr.config.demo.picks import FIXTURES, Pick, ages

# Median height and weight by sex: WHO standards to 5 years, then roughly what Vietnamese surveys find.
MEN_CM = [(0, 62), (1, 76), (2, 87), (3, 95), (4, 102), (5, 108), (8, 125), (11, 141), (14, 160), (17, 168), (60, 162)]
WOMEN_CM = [
    (0, 61),
    (1, 74),
    (2, 85),
    (3, 94),
    (4, 101),
    (5, 107),
    (8, 124),
    (11, 143),
    (13, 152),
    (16, 156),
    (60, 151),
]
MEN_KG = [(0, 6.5), (1, 9.6), (2, 12), (3, 14), (5, 17.5), (8, 25), (11, 35), (14, 49), (17, 57), (40, 62), (85, 54)]
WOMEN_KG = [(0, 6), (1, 9), (2, 11.4), (3, 13.5), (5, 17), (8, 24), (11, 36), (13, 43), (16, 48), (40, 53), (85, 46)]
HEIGHT_CM = (ages(MEN_CM), ages(WOMEN_CM))
WEIGHT_KG = (ages(MEN_KG), ages(WOMEN_KG))
SYSTOLIC = ages([(0, 85), (6, 95), (14, 108), (20, 114), (40, 120), (60, 128), (85, 132)])
PULSE = ages([(0, 130), (1, 120), (3, 105), (6, 95), (12, 85), (18, 78), (80, 76)])
BREATHING = ages([(0, 40), (1, 30), (4, 24), (8, 20), (14, 18), (80, 18)])
EYESIGHT = Pick([("10/10", 0.55), ("9/10", 0.15), ("8/10", 0.12), ("6/10", 0.1), ("4/10", 0.08)])
IDENTITY_CHECK = Pick([("qr", 0.35), ("chip", 0.12), ("insurance", 0.25), ("vneid", 0.1), ("manual", 0.13), ("", 0.05)])


@dataclass(frozen=True)
class Lab:
    """A test: name, LOINC, group of the form, unit, usual value and spread, decimals. Text results stand in `texts`."""

    name: str
    loinc: str
    group: str
    unit: str = ""
    mean: float = 0.0
    spread: float = 0.0
    places: int = 1
    texts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why somebody comes, and what is written then. `kind`: of Encounter; `fever`: mean temperature, 0 for none."""

    reason: str
    icd10: str
    kind: str = "visit"
    illness: str = ""
    fever: float = 0.0
    findings: tuple[tuple[str, str], ...] = ()
    labs: tuple[str, ...] = ()
    advice: str = ""
    conclusion: str = ""


def _reason(row: dict[str, Any]) -> Reason:
    known = {name: value for name, value in row.items() if name not in ("weight", "follow", "findings", "labs")}
    findings = tuple((organ, text) for organ, text in row.get("findings", ()))
    return Reason(**known, findings=findings, labs=tuple(row.get("labs", ())))


with (FIXTURES / "visits.toml").open("rb") as _file:
    _texts = tomllib.load(_file)

ACUTE_CHILD = Pick((_reason(row), row["weight"]) for row in _texts["acute_child"])
ACUTE_ADULT = Pick((_reason(row), row["weight"]) for row in _texts["acute_adult"])
FOLLOW_UP = {row["follow"]: _reason(row) for row in _texts["follow_up"]}
CHECK, CHILD_CHECK, ANTENATAL = (_reason(_texts[name][0]) for name in ("check", "child_check", "antenatal"))
LABS = {
    name: Lab(**row | {"texts": tuple((text, weight) for text, weight in row.get("texts", ()))})
    for name, row in _texts["labs"].items()
}
ALL_ICD10 = {
    reason.icd10
    for reason in (*ACUTE_CHILD.items, *ACUTE_ADULT.items, *FOLLOW_UP.values(), CHECK, CHILD_CHECK, ANTENATAL)
}
