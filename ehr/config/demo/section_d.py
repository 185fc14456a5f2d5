"""COPY lines of section D: visits, mostly of the chronically ill, of children and of pregnant women."""

from itertools import accumulate
from random import Random

from ehr.config.demo.context import Context, Job
from ehr.config.demo.families import Person
from ehr.config.demo.picks import Pick, age_at, iso
from ehr.config.demo.rows import Lines
from ehr.config.demo.visits import (
    ACUTE_ADULT,
    ACUTE_CHILD,
    ANTENATAL,
    BREATHING,
    CHECK,
    CHILD_CHECK,
    EYESIGHT,
    FOLLOW_UP,
    HEIGHT_CM,
    IDENTITY_CHECK,
    LABS,
    PULSE,
    SYSTOLIC,
    WEIGHT_KG,
    Lab,
    Reason,
)

NULL = "\\N"
DAYS_BACK = 520
HYPERTENSION = 2
ADULT = 18


def visit_weight(person: Person) -> float:
    """How often somebody comes, relative to a healthy grown-up."""
    if person.pregnant:
        return 14.0
    weight = 5.0 if any(kind in FOLLOW_UP for kind in person.conditions) else 0.6
    if person.age < 6:
        return weight + 2.5
    return weight + (1.0 if person.age >= 60 else 0.3 if person.age < 15 else 0.0)


class SectionD:
    """Writes the visits of a chunk. The columns are those of rows.COLUMNS."""

    def __init__(self, rng: Random, context: Context, job: Job, lines: Lines) -> None:
        self._rng, self._context, self._job = rng, context, job
        tables = lines.tables
        self._encounter = tables["records_encounter"].append
        self._finding = tables["records_examfinding"].append
        self._lab = tables["records_labresult"].append
        self._diagnosis = tables["records_diagnosis"].append
        self._station = NULL if job.place.station is None else str(job.place.station)
        codes = context.codes
        self._organs, self._groups, self._loinc, self._icd10 = (
            codes["organ-system"],
            codes["lab-group"],
            codes["loinc"],
            codes["icd10"],
        )
        self._texts = {name: Pick(lab.texts) for name, lab in LABS.items() if lab.texts}
        self._doctors = Pick([(doctor, 1.0) for doctor in job.place.doctors])

    def write(self, people: list[Person]) -> None:
        """Exactly `job.visits` visits."""
        weights = list(accumulate(visit_weight(person) for person in people))
        visitors = self._rng.choices(people, cum_weights=weights, k=self._job.visits)
        for number, person in enumerate(visitors):
            self._visit(self._job.first_encounter + number, person)

    def _visit(self, pk: int, person: Person) -> None:
        random = self._rng.random
        last = min(person.ends or self._context.as_of, self._context.as_of) - 1
        back = 30 * (person.pregnant - 1) if person.pregnant else DAYS_BACK
        first = max(person.born, last - back)
        day = first + int(random() ** 0.8 * (last - first + 1))  # somewhat more of late
        day = min(max(day, first), last)
        age = max(age_at(person.born, day), 0)
        reason = self._reason(person, age)
        stamp = f"{iso(day)} {7 + int(random() * 10):02d}:{int(random() * 60):02d}:00+07"
        tail = f"{stamp}\t{stamp}\n"
        self._encounter(
            f"{pk}\t{person.id}\t{iso(day)}\t{reason.kind}\tfinished\t\t\t{iso(day)}\t{iso(day)}\t{self._station}\t\t"
            f"{self._doctors(random())}\t\t{reason.reason}\t{reason.illness}\t{self._vitals(person, age, reason)}\t"
            f"{self._eyes(age, reason)}\t{'Phù hợp với tuổi' if reason.kind == 'child' else ''}\t{reason.advice}\t"
            f"{IDENTITY_CHECK(random())}\t1\t{tail}"
        )
        for position, (organ, finding) in enumerate(reason.findings):
            self._finding(f"{pk}\t{position}\t{self._organs[organ]}\t{finding}\t{tail}")
        for position, name in enumerate(reason.labs):
            if random() < 0.75:
                self._result(pk, position, name, tail)
        self._diagnoses(pk, person, reason, tail)

    def _reason(self, person: Person, age: int) -> Reason:
        r = self._rng.random()
        if person.pregnant:
            return ANTENATAL if r < 0.88 else ACUTE_ADULT(self._rng.random())
        if age < 6 and r < 0.42:
            return CHILD_CHECK
        chronic = [kind for kind in person.conditions if kind in FOLLOW_UP]
        if chronic and r < 0.8 and age >= 5:
            return FOLLOW_UP[chronic[int(self._rng.random() * len(chronic))]]
        if age >= 6 and self._rng.random() < 0.28:
            return CHECK
        return (ACUTE_CHILD if age < 15 else ACUTE_ADULT)(self._rng.random())

    def _vitals(self, person: Person, age: int, reason: Reason) -> str:
        """Pulse, temperature, blood pressure, breathing, weight, height, waist."""
        gauss, random = self._rng.gauss, self._rng.random
        if not person.height:
            person.height, person.weight = gauss(1, 0.035), max(gauss(1, 0.11), 0.78)
        at = min(age, 120)
        height = HEIGHT_CM[person.sex][at] * person.height
        weight = WEIGHT_KG[person.sex][at] * person.weight + (0.9 * person.pregnant if person.pregnant else 0)
        temperature = reason.fever + gauss(0, 0.3) if reason.fever else 36.7 + gauss(0, 0.2)
        pulse = int(PULSE[at] + gauss(0, 7) + (12 if reason.fever > 38 else 0))
        systolic = diastolic = waist = NULL
        if age >= 12 or random() < 0.1:
            high = 18 if HYPERTENSION in person.conditions else 0
            upper = int(SYSTOLIC[at] + high + gauss(0, 9))
            systolic, diastolic = str(upper), str(min(int(upper * 0.62 + gauss(0, 5)), upper - 20))
        if age >= ADULT and not person.pregnant and random() < 0.45:
            waist = f"{min(max(weight * 0.75 + 36 + gauss(0, 4), 55), 130):.1f}"
        breathing = int(BREATHING[at] + gauss(0, 1.5))
        return (
            f"{max(pulse, 45)}\t{temperature:.1f}\t{systolic}\t{diastolic}\t{breathing}\t{weight:.1f}\t{height:.1f}\t"
            f"{waist}"
        )

    def _eyes(self, age: int, reason: Reason) -> str:
        random = self._rng.random
        if reason.kind != "check" or age < 6 or random() < 0.4:
            return "\t\t\t\t"
        glasses = random() < (0.22 if age < 60 else 0.35)
        right = EYESIGHT(random() * (1 if not glasses else 0) + (0.83 + random() * 0.16 if glasses else 0))
        left = right if random() < 0.7 else EYESIGHT(random())
        corrected = "10/10\t10/10\tyes" if glasses else "\t\tno"
        return f"{right}\t{left}\t{corrected}"

    def _result(self, pk: int, position: int, name: str, tail: str) -> None:
        lab: Lab = LABS[name]
        value = NULL
        if lab.texts:
            text = self._texts[name](self._rng.random())
        else:
            value = f"{max(self._rng.gauss(lab.mean, lab.spread), lab.mean / 3):.{lab.places}f}"
            text = value.replace(".", ",")
        service = "2" if "iêu âm" in lab.name else "1"
        loinc = self._loinc[lab.loinc] if lab.loinc else NULL
        self._lab(
            f"{pk}\t{position}\t{self._groups[lab.group]}\t\t{service}\t{lab.name}\t{loinc}\t{text}\t{value}\t{lab.unit}\t{tail}"
        )

    def _diagnoses(self, pk: int, person: Person, reason: Reason, tail: str) -> None:
        codes = [reason.icd10]
        if reason.kind == "visit":  # other long illnesses are written beside the reason
            others = (FOLLOW_UP[kind].icd10 for kind in person.conditions if kind in FOLLOW_UP)
            codes += [code for code in others if code != reason.icd10][:2]
        version, names = self._context.icd10_version, self._context.icd10_names
        for position, code in enumerate(codes):
            conclusion = reason.conclusion if position == 0 else ""
            self._diagnosis(
                f"{pk}\t{position}\t{self._icd10[code]}\t{code}\t{version}\t{names[code]}\t{conclusion}\t{tail}"
            )
