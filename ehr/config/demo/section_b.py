"""Diseases that people have, and COPY lines of section B for those whose household was surveyed."""

from __future__ import annotations

from random import Random

from ehr.config.demo.context import Context
from ehr.config.demo.families import CHILD, GRANDCHILD, SPOUSE, Household, Person
from ehr.config.demo.names import FEMALE, MALE
from ehr.config.demo.picks import Pick, ages, iso, year_of
from ehr.config.demo.rows import Lines

NULL = "\\N"
OWN_KINDS, FAMILY_KINDS, ALLERGY_KINDS, DISABILITY_KINDS = range(1, 16), (1, 2, 3, 6, 10, 12, 13, 14, 15), range(1, 5), range(1, 8)
CARDIAC, HYPERTENSION, DIABETES, STOMACH, LUNG, ASTHMA, CANCER, TUBERCULOSIS, OTHER_DISEASE = 1, 2, 3, 4, 5, 6, 13, 14, 15

# Share of people who have the disease, by age; men, women. Orders of magnitude of published surveys, rounded.
PREVALENCE = {
    1: (ages([(30, 0), (45, 0.01), (60, 0.05), (80, 0.12)]),) * 2,
    2: (ages([(22, 0), (30, 0.03), (45, 0.16), (60, 0.34), (75, 0.5)]), ages([(25, 0), (40, 0.07), (60, 0.3), (75, 0.48)])),
    3: (ages([(28, 0), (40, 0.025), (60, 0.1), (75, 0.12)]),) * 2,
    4: (ages([(15, 0), (25, 0.04), (50, 0.1), (70, 0.11)]),) * 2,
    5: (ages([(38, 0), (60, 0.06), (80, 0.13)]), ages([(45, 0), (60, 0.015), (80, 0.05)])),
    6: (ages([(2, 0), (6, 0.02), (40, 0.015), (80, 0.025)]),) * 2,
    7: (ages([(12, 0), (60, 0.01)]), ages([(12, 0), (30, 0.025), (60, 0.05)])),
    8: (ages([(8, 0), (30, 0.045), (60, 0.05)]), ages([(8, 0), (30, 0.03), (60, 0.035)])),
    9: (ages([(0, 0.004), (20, 0.002), (60, 0)]),) * 2,
    10: (ages([(14, 0), (25, 0.006), (80, 0.006)]),) * 2,
    11: (ages([(1, 0), (4, 0.008), (15, 0.007), (25, 0)]), ages([(1, 0), (4, 0.002), (15, 0.002), (25, 0)])),
    12: (ages([(0, 0.001), (10, 0.004), (80, 0.004)]),) * 2,
    13: (ages([(30, 0.0005), (60, 0.008), (80, 0.015)]), ages([(30, 0.001), (60, 0.008), (80, 0.01)])),
    14: (ages([(15, 0), (40, 0.003), (70, 0.008)]), ages([(15, 0), (40, 0.0015), (70, 0.003)])),
    15: (ages([(10, 0.005), (40, 0.05), (70, 0.22)]),) * 2,
}
#: The same by sex and age, without the diseases that nobody has there.
BY_AGE = [
    [[(kind, tables[sex][age]) for kind, tables in PREVALENCE.items() if tables[sex][age] > 0] for age in range(121)]
    for sex in (MALE, FEMALE)
]
ICD10 = {
    1: "I25.9", 2: "I10", 3: "E11.9", 4: "K29.5", 5: "J44.9", 6: "J45.9", 7: "E04.9", 8: "B18.1", 9: "Q24.9",
    10: "F20.9", 11: "F84.0", 12: "G40.9", 14: "A16.2",
}  # fmt: skip
CANCERS = (
    Pick([(("Ung thư gan", "C22.9"), 4), (("Ung thư phổi", "C34.9"), 4), (("Ung thư dạ dày", "C16.9"), 3), (("Ung thư đại tràng", "C18.9"), 2)]),
    Pick([(("Ung thư vú", "C50.9"), 5), (("Ung thư tuyến giáp", "C73"), 3), (("Ung thư cổ tử cung", "C53.9"), 2), (("Ung thư phổi", "C34.9"), 1)]),
)  # fmt: skip
OTHER_DISEASES = Pick([
    (("Thoái hóa khớp gối", "M17.9"), 5), (("Đau cột sống thắt lưng", "M54.5"), 4), (("Rối loạn mỡ máu", "E78.5"), 4),
    (("Gút", "M10.9"), 2), (("Sỏi thận", "N20.0"), 2), (("Viêm xoang mạn", "J32.9"), 3), (("Rối loạn tiền đình", "H81.9"), 2),
])  # fmt: skip
ALLERGIES = {
    1: Pick([("Penicilin", 4), ("Thuốc giảm đau, hạ sốt", 2), ("Không nhớ tên thuốc kháng sinh", 2)]),
    2: Pick([("Xi măng", 2), ("Thuốc bảo vệ thực vật", 2), ("Mỹ phẩm", 2), ("Bột giặt", 1)]),
    3: Pick([("Tôm, cua", 4), ("Cá biển", 2), ("Nhộng tằm", 2), ("Sữa bò", 1), ("Lạc", 1)]),
    4: Pick([("Phấn hoa", 2), ("Bụi nhà", 3), ("Thay đổi thời tiết", 4)]),
}  # fmt: skip
ALLERGY_SHARE = {1: 0.018, 2: 0.008, 3: 0.022, 4: 0.02}
DISABILITIES = {1: "Nghe kém", 2: "Nhìn kém", 3: "Yếu tay", 4: "Đi lại khó khăn", 5: "Cong vẹo cột sống", 6: "Đã mổ khe hở môi", 7: "Hạn chế vận động"}
DISABILITY_SHARE = {
    1: ages([(0, 0.001), (50, 0.01), (80, 0.2)]), 2: ages([(0, 0.001), (50, 0.015), (80, 0.18)]), 3: ages([(0, 0.001), (80, 0.015)]),
    4: ages([(0, 0.001), (50, 0.008), (80, 0.09)]), 5: ages([(8, 0.002), (80, 0.004)]), 6: ages([(0, 0.0012), (80, 0.0008)]),
    7: ages([(0, 0.001), (80, 0.02)]),
}  # fmt: skip
SURGERIES = (
    Pick([("Cắt ruột thừa", 5), ("Mổ thoát vị bẹn", 2), ("Kết hợp xương cẳng chân", 3), ("Mổ sỏi thận", 2), ("Mổ đục thủy tinh thể", 2)]),
    Pick([("Cắt ruột thừa", 3), ("Mổ lấy thai", 8), ("Cắt u xơ tử cung", 2), ("Mổ tuyến giáp", 1), ("Mổ đục thủy tinh thể", 2)]),
)  # fmt: skip
SURGERY_SHARE = ages([(3, 0.005), (20, 0.03), (60, 0.14), (80, 0.2)])
FAMILY_SHARE = {1: 0.03, 2: 0.16, 3: 0.06, 6: 0.02, 10: 0.008, 12: 0.006, 13: 0.03, 14: 0.01, 15: 0.01}
WHO = Pick([("Bố", 5), ("Mẹ", 5), ("Ông nội", 2), ("Bà nội", 2), ("Bà ngoại", 2), ("Anh trai", 1), ("Chị gái", 1)])
SMOKING = ages([(15, 0), (20, 0.25), (40, 0.42), (65, 0.34), (85, 0.15)])
DRINKING = ages([(16, 0), (22, 0.3), (40, 0.45), (65, 0.3), (85, 0.1)])
CONTRACEPTION = Pick([("Dụng cụ tử cung", 4), ("Thuốc uống tránh thai", 3), ("Bao cao su", 3), ("Tính vòng kinh", 1), ("Triệt sản", 0.4)])
EXPOSURE = Pick([("Bụi", 4), ("Tiếng ồn", 2), ("Thuốc bảo vệ thực vật", 4), ("Hóa chất", 1), ("Nắng nóng", 2)])


def give_diseases(rng: Random, person: Person) -> None:
    """Diseases are facts, known to the visits also when nobody surveyed the household."""
    random = rng.random
    found = [kind for kind, share in BY_AGE[person.sex][min(person.age, 120)] if random() < share]
    person.conditions = tuple(found)


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
            self._condition(f"{pk}\t{self._own_kinds[kind]}\tyes\t{detail}\t{self._icd10[icd10]}\t{since}\t{tail}")
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
                    self._family(f"{pk}\t{self._allergy_kinds[kind]}\t{NULL}\tyes\t{ALLERGIES[kind](random())}\tMẹ\t{tail}")
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
        return f"{smoking}\t{quit_smoking}\t{alcohol}\t{glasses}\t{quit_alcohol}\t{drug}\t\t{active}\t{exposure}\t{years}\t"

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
