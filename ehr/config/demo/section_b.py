"""COPY lines of section B, for those whose household was surveyed."""

from __future__ import annotations

from random import Random

from ehr.config.demo.context import Context
from ehr.config.demo.diseases import (
    ALLERGIES,
    ALLERGY_KINDS,
    ALLERGY_SHARE,
    CANCER,
    CANCERS,
    CONTRACEPTION,
    DIABETES,
    DISABILITIES,
    DISABILITY_KINDS,
    DISABILITY_SHARE,
    DRINKING,
    EXPOSURE,
    FAMILY_KINDS,
    FAMILY_SHARE,
    HYPERTENSION,
    ICD10,
    OTHER_DISEASE,
    OTHER_DISEASES,
    OWN_KINDS,
    SMOKING,
    SURGERIES,
    SURGERY_SHARE,
    TUBERCULOSIS,
    WHO,
)
from ehr.config.demo.families import CHILD, GRANDCHILD, SPOUSE, Household, Person
from ehr.config.demo.names import MALE
from ehr.config.demo.picks import iso, year_of
from ehr.config.demo.rows import Lines

NULL = "\\N"


class SectionB:
    """Writes the surveyed members of households. The columns are those of rows.COLUMNS."""

    def __init__(self, rng: Random, context: Context, lines: Lines) -> None:
        self._rng, self._context = rng, context
        tables = lines.tables
        self._history = tables["records_healthhistory"].append
        self._allergy = tables["records_allergy"].append
        self._condition = tables["records_condition"].append
        self._disability = tables["records_disability"].append
        self._surgery = tables["records_surgery"].append
        self._family = tables["records_familyhistory"].append
        self._own_kinds = {kind: context.codes["own-disease"][str(kind)] for kind in OWN_KINDS}
        self._allergy_kinds = {kind: context.codes["allergy-kind"][str(kind)] for kind in ALLERGY_KINDS}
        self._disability_kinds = {kind: context.codes["disability-kind"][str(kind)] for kind in DISABILITY_KINDS}
        self._icd10 = context.codes["icd10"]
        self._this_year = year_of(context.as_of)

    def write(self, household: Household, person: Person) -> None:
        if not person.surveyed:
            return
        stamp = f"{iso(person.surveyed)} 1{int(self._rng.random() * 7)}:30:00+07"
        tail = f"{stamp}\t{stamp}\n"
        full = household.full_form
        self._conditions(person, full, tail)
        self._allergies(person, full, tail)
        self._disabilities(person, full, tail)
        operated = self._surgeries(person, tail)
        self._relatives(household, person, full, tail)
        self._columns(household, person, operated, full, tail)

    def _conditions(self, person: Person, full: bool, tail: str) -> None:
        random, pk = self._rng.random, person.id
        for kind in person.conditions:
            detail, icd10 = "", ICD10.get(kind, "")
            if kind == CANCER:
                detail, icd10 = CANCERS[person.sex](random())
            elif kind == TUBERCULOSIS:
                detail = "Lao phổi"
            elif kind == OTHER_DISEASE:
                detail, icd10 = OTHER_DISEASES(random())
            since = self._this_year - int(random() * min(person.age + 1, 15)) if random() < 0.8 else NULL
            code = self._icd10[icd10] if icd10 else NULL
            self._condition(f"{pk}\t{self._own_kinds[kind]}\tyes\t{detail}\t{code}\t{since}\t{tail}")
        if full:
            asked = OWN_KINDS
        elif person.age >= 40:
            asked = (HYPERTENSION, DIABETES)
        else:
            return
        for kind in asked:
            if kind not in person.conditions:
                answer = "unknown" if random() < 0.03 else "no"
                self._condition(f"{pk}\t{self._own_kinds[kind]}\t{answer}\t\t{NULL}\t{NULL}\t{tail}")

    def _allergies(self, person: Person, full: bool, tail: str) -> None:
        random = self._rng.random
        for kind, share in ALLERGY_SHARE.items():
            if random() < share:
                self._allergy(f"{person.id}\t{self._allergy_kinds[kind]}\tyes\t{ALLERGIES[kind](random())}\t{tail}")
            elif full:
                answer = "unknown" if random() < 0.05 else "no"
                self._allergy(f"{person.id}\t{self._allergy_kinds[kind]}\t{answer}\t\t{tail}")

    def _disabilities(self, person: Person, full: bool, tail: str) -> None:
        random, age = self._rng.random, min(person.age, 120)
        for kind, share in DISABILITY_SHARE.items():
            if random() < share[age]:
                self._disability(f"{person.id}\t{self._disability_kinds[kind]}\tyes\t{DISABILITIES[kind]}\t{tail}")
            elif full:
                self._disability(f"{person.id}\t{self._disability_kinds[kind]}\tno\t\t{tail}")

    def _surgeries(self, person: Person, tail: str) -> bool:
        random = self._rng.random
        if random() >= SURGERY_SHARE[min(person.age, 120)]:
            return False
        what = SURGERIES[person.sex](random())
        if what == "Mổ lấy thai" and (person.age < 20 or not self._is_mother(person.household, person)):
            what = "Cắt ruột thừa"
        if person.age < 50 and "thủy tinh thể" in what:
            what = "Cắt ruột thừa"
        years = min(person.age - (18 if what == "Mổ lấy thai" else 2), 25)
        year = self._this_year - int(random() * max(years, 1)) if random() < 0.85 else NULL
        self._surgery(f"{person.id}\t{what}\t{year}\t{tail}")
        return True

    def _relatives(self, household: Household, person: Person, full: bool, tail: str) -> None:
        """A disease of the family: what father or mother in this household has, or what people tell of others."""
        random, pk = self._rng.random, person.id
        own = ((person.mother, "Mẹ"), (person.father, "Bố"))
        for kind in FAMILY_KINDS:
            who = next((name for parent, name in own if parent and kind in parent.conditions), "")
            if not who and random() < FAMILY_SHARE[kind] * (1 if full else 0.35):
                who = WHO(random())
            if who:
                detail = {CANCER: "Ung thư gan", TUBERCULOSIS: "Lao phổi", OTHER_DISEASE: "Gút"}.get(kind, "")
                self._family(f"{pk}\t{NULL}\t{self._own_kinds[kind]}\tyes\t{detail}\t{who}\t{tail}")
            elif full:
                answer = "unknown" if random() < 0.08 else "no"
                self._family(f"{pk}\t{NULL}\t{self._own_kinds[kind]}\t{answer}\t\t\t{tail}")
        if full:
            for kind in ALLERGY_KINDS:
                if random() < 0.01:
                    self._family(
                        f"{pk}\t{self._allergy_kinds[kind]}\t{NULL}\tyes\t{ALLERGIES[kind](random())}\tMẹ\t{tail}"
                    )
                else:
                    self._family(f"{pk}\t{self._allergy_kinds[kind]}\t{NULL}\tno\t\t\t{tail}")

    def _columns(self, household: Household, person: Person, operated: bool, full: bool, tail: str) -> None:
        none: list[str] = [] if operated else ["surgery_history"]
        unknown: list[str] = []
        if full:
            none += ["birth_other_problem", "other_issues"]
        birth = self._birth(person, none, unknown)
        risks = self._risks(person, none, full)
        women = self._women(household, person, none)
        self._history(
            f"{person.id}\t{iso(person.surveyed)}\t{birth}\t{risks}\t{women}\t\t{{{','.join(none)}}}\t"
            f"{{{','.join(unknown)}}}\t1\t{tail}"
        )

    def _birth(self, person: Person, none: list[str], unknown: list[str]) -> str:
        random, gauss = self._rng.random, self._rng.gauss
        if person.age < 15:
            preterm = random() < 0.06
            weight = int(gauss(2350 if preterm else 3150, 350) / 50) * 50
            weight = min(max(weight, 1200), 4800)
            length = f"{min(max(44 + weight / 600 + gauss(0, 1), 36), 55):.1f}"
            mode = "1" if random() < 0.3 else "0"
            if random() < 0.05:
                weight, length = NULL, NULL
                unknown += ["birth_weight_g", "birth_length_cm"]
            defect = "Tim bẩm sinh" if 9 in person.conditions else ""
            if not defect:
                none.append("birth_defect")
            asphyxia = "yes" if random() < 0.015 else "no"
            return f"{mode}\t{'yes' if preterm else 'no'}\t{asphyxia}\t{weight}\t{length}\t{defect}\t"
        if random() < 0.35:  # grown people seldom know
            unknown += ["birth_weight_g", "birth_length_cm"]
            return f"{'0' if random() < 0.7 else 'unknown'}\tunknown\tunknown\t{NULL}\t{NULL}\t\t"
        return f"\t\t\t{NULL}\t{NULL}\t\t"

    def _risks(self, person: Person, none: list[str], full: bool) -> str:
        random, age = self._rng.random, min(person.age, 120)
        if age < 15:
            return f"0\t\tno\t{NULL}\t\t0\t\t{'2' if random() < 0.5 else '1'}\t\t\t"
        factor = 1.0 if person.sex == MALE else 0.03
        smoking, quit_smoking = "0", ""
        if random() < SMOKING[age] * factor:
            smoking = "2" if random() < 0.6 else "1"
        elif random() < 0.1 * factor and age > 30:
            quit_smoking = "yes"
        alcohol, glasses, quit_alcohol = "no", NULL, ""
        if random() < DRINKING[age] * (1.0 if person.sex == MALE else 0.06):
            alcohol, glasses = "yes", str(1 + int(random() * 4))
        elif random() < 0.02:
            alcohol = "unknown"
        drug = "0" if random() < 0.9985 or age > 60 else "1"
        active = "2" if random() < 0.35 else "1" if random() < 0.75 else "0"
        exposure, years = "", ""
        if 18 <= age < 65 and random() < 0.2:
            exposure, years = EXPOSURE(random()), f"{1 + int(random() * min(age - 17, 20))} năm"
        elif full:
            none.append("risk_exposure")
        if full:
            none.append("risk_other")
        return (
            f"{smoking}\t{quit_smoking}\t{alcohol}\t{glasses}\t{quit_alcohol}\t{drug}\t\t{active}\t{exposure}\t"
            f"{years}\t"
        )

    @staticmethod
    def _is_mother(household: Household, person: Person) -> bool:
        return any(other.mother is person for other in household.members)

    def _women(self, household: Household, person: Person, none: list[str]) -> str:
        """B7: counts that agree with the children who live here."""
        empty = "\t".join((NULL,) * 10)
        if person.sex == MALE or not 18 <= person.age < 80:
            return f"\t\t{empty}\t"
        random = self._rng.random
        kids = [other for other in household.members if other.mother is person]
        married = bool(kids) or person.relation == SPOUSE
        if not married or (not kids and person.relation in (CHILD, GRANDCHILD)):
            return f"\t\t{empty}\t"
        births = len(kids) + (int(random() * 3) if person.age > 45 else 0)
        miscarried, aborted = int(random() < 0.12), int(random() < 0.08)
        pregnancies = births + miscarried + aborted + (person.pregnant > 0)
        caesarean = sum(random() < 0.25 for _ in range(births))
        preterm = sum(random() < 0.05 for _ in range(births))
        method = CONTRACEPTION(random()) if person.age < 50 and not person.pregnant and random() < 0.7 else ""
        if not method:
            none.append("contraception_method")
        if random() < 0.06:
            gynaecology = "Viêm âm đạo"
        else:
            gynaecology = ""
            none.append("gynaecological_disease")
        last = str(max(year_of(kid.born) for kid in kids)) if kids else ""
        return (
            f"{method}\t{last}\t{pregnancies}\t{miscarried}\t{aborted}\t{births}\t{births - caesarean}\t{caesarean}\t"
            f"{int(random() < 0.05 and births > 0)}\t{births - preterm}\t{preterm}\t{births}\t{gynaecology}"
        )
