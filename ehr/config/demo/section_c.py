"""COPY lines of section C: doses of children by the schedule, of pregnant women, and some outside the programme."""

from random import Random

from ehr.config.demo.context import Context, Dose, Job
from ehr.config.demo.families import CHILD_IN_LAW, SPOUSE, Person
from ehr.config.demo.names import FEMALE
from ehr.config.demo.picks import Pick, iso
from ehr.config.demo.rows import Lines

NULL = "\\N"
YOUNG, SCHOOL = 6, 16  # years: all doses are on record; some are
REACTIONS = Pick([("", 0.86), ("Sốt nhẹ", 0.08), ("Đau chỗ tiêm", 0.04), ("Quấy khóc", 0.02)])
LATE = Pick([(0, 0.45), (3, 0.2), (9, 0.15), (20, 0.12), (45, 0.06), (100, 0.02)])  # days
PREGNANT = 0.045  # of women between 19 and 40 with a husband here


def give_pregnancies(rng: Random, people: list[Person]) -> None:
    """Some women are with child: months 2 to 9."""
    for person in people:
        married = person.relation in (SPOUSE, CHILD_IN_LAW) and person.state == "active"
        if married and person.sex == FEMALE and 19 <= person.age <= 40 and rng.random() < PREGNANT:
            person.pregnant = 2 + int(rng.random() * 8)


class SectionC:
    """Writes people one by one. The columns are those of rows.COLUMNS."""

    def __init__(self, rng: Random, context: Context, job: Job, lines: Lines) -> None:
        self._rng, self._context, self._place = rng, context, job.place
        self._record = lines.tables["vaccination_vaccinationrecord"].append
        self._dose = lines.tables["vaccination_immunization"].append
        station = NULL if job.place.station is None else str(job.place.station)
        self._facility = f"{station}\t\t"
        self._elsewhere = f"{NULL}\tTrung tâm tiêm chủng dịch vụ (mẫu)\t"
        self._last = context.as_of - 1

    def write(self, person: Person) -> None:
        if person.age < SCHOOL:
            if person.age < YOUNG or self._rng.random() < 0.05:
                self._child(person)
        elif person.pregnant:
            self._pregnant(person)
        elif person.age >= 60 and self._rng.random() < 0.03:
            self._service(person)

    def _child(self, person: Person) -> None:
        random = self._rng.random
        last = min(self._last, person.ends or self._last)
        stamp = f"{iso(max(person.created, min(last, person.created + 30)))} 15:20:00+07"
        tail = f"{stamp}\t{stamp}\n"
        r = random()
        tetanus = f"{2 + int(random() * 3)}\t{{}}\t{{}}" if r < 0.8 else f"{NULL}\t{{}}\t{{}}"
        if r > 0.93:
            tetanus = f"{NULL}\t{{}}\t{{mother_tetanus_dose_count}}"
        self._record(f"{person.id}\t{tetanus}\t1\t{tail}")
        r = random()
        stops = 0 if r < 0.015 else 120 + int(random() * 400) if r < 0.07 else 100_000  # age in days when care ends
        after: dict[int, int] = {}  # vaccine → day of the dose before
        appointed: set[int] = set()
        due_before, late = -1, 0
        for dose in self._context.child_doses:
            if dose.form_row is None and random() < 0.7:
                continue  # vaccines that the form does not print: often not taken over
            if dose.due != due_before:  # what is due together is given on one day
                due_before, late = dose.due, LATE(random()) + int(random() * 4)
            day = person.born + dose.due + late
            day = max(day, after.get(dose.vaccine, 0) + 28, person.born)
            if dose.number == 2 and dose.due > 365 and dose.vaccine in after:
                day = max(person.born + dose.due, after[dose.vaccine] + 8)
            if day <= last and dose.due <= stops and random() < 0.985:
                after[dose.vaccine] = day
                self._given(person, dose, day, tail)
            elif dose.vaccine not in appointed and person.born + dose.due <= last + 120:
                appointed.add(dose.vaccine)
                due = max(person.born + dose.due, self._last + 5 + int(random() * 25))
                state = "not_given" if random() < 0.93 else "unknown"
                self._line(person, dose, state, NULL, NULL, "", iso(due), self._facility, tail)
                if stops < 100_000:
                    break
        if random() < 0.15 and person.age >= 1:
            self._service(person)

    def _given(self, person: Person, dose: Dose, day: int, tail: str) -> None:
        self._line(person, dose, "given", iso(day), NULL, REACTIONS(self._rng.random()), NULL, self._facility, tail)

    def _pregnant(self, person: Person) -> None:
        random = self._rng.random
        stamp = f"{iso(self._last)} 09:10:00+07"
        tail = f"{stamp}\t{stamp}\n"
        month = person.pregnant
        doses = self._context.tetanus_doses
        first = 4 if month >= 4 else 0
        for number, at in enumerate((first, 5 if month >= 5 else 0)):
            if at and random() < 0.93:
                day = self._last - (month - at) * 30 - int(random() * 12) - (0 if number else 16)
                self._line(
                    person, doses[number], "given", iso(day), str(at), REACTIONS(random()), NULL, self._facility, tail
                )
            else:
                due = iso(self._last + 10 + int(random() * 30))
                self._line(person, doses[number], "not_given", NULL, NULL, "", due, self._facility, tail)
                break

    def _service(self, person: Person) -> None:
        random = self._rng.random
        dose = self._context.service_doses[int(random() * len(self._context.service_doses))]
        if (self._last - person.born) < dose.due + 60:
            return
        earliest = max(person.born + dose.due, self._last - 900)
        day = earliest + int(random() * max(min(self._last, person.ends or self._last) - earliest, 1))
        stamp = f"{iso(max(day, person.created))} 16:00:00+07"
        self._line(person, dose, "given", iso(day), NULL, "", NULL, self._elsewhere, f"{stamp}\t{stamp}\n")

    def _line(
        self,
        person: Person,
        dose: Dose,
        status: str,
        day: str,
        month: str,
        reaction: str,
        next_date: str,
        facility: str,
        tail: str,
    ) -> None:
        row = NULL if dose.form_row is None else dose.form_row
        self._dose(
            f"{person.id}\t{dose.table}\t{row}\t{dose.vaccine}\t{dose.number}\t{status}\t{day}\t{month}\t{reaction}\t"
            f"{next_date}\t\t{facility}\t{tail}"
        )
