"""Sections C and D of the people of one chunk, beside what their records hold: a file adds and corrects, it never
empties. A dose that was given stays given, results and diagnoses that a file does not name stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ehr.common.problems import Problem
from ehr.records.facts import code_of
from ehr.records.models import Encounter, Person
from ehr.records.services.encounter import DiseaseCodes
from ehr.records.services.visits import Visit, Visits
from ehr.vaccination.bulk import Given, Sections
from ehr.vaccination.models import Immunization
from stations.models import User

if TYPE_CHECKING:
    from ehr.exchange.form831.importing import Taken

_ABOUT = ("visit_reason", "present_illness", "examining_doctor")


class SectionsCD:
    """Twelve queries to make; what is written is at most one statement of each kind per table."""

    def __init__(self, found: Sequence[Taken], *, today: dt.date) -> None:
        self._today = today
        self._found = found
        keys = [taken.person_id for taken in found if taken.doses or taken.visits]
        self._people = Person.objects.in_bulk([key for key in keys if key is not None])
        with_doses = [taken for taken in found if taken.doses]
        with_visits = [taken for taken in found if taken.visits]
        self._sections = Sections(self._of(with_doses), lock=True) if with_doses else None
        self._given = self._given_doses(with_doses)
        days = [values["exam_date"] for taken in with_visits for values in taken.visits]
        lines = [line for taken in with_visits for values in taken.visits for line in values["diagnoses"]]
        codes = {line["icd10_code"].upper() for line in lines if line["icd10_code"]}
        self._visits = Visits(self._of(with_visits), days, codes, today=today, lock=True) if with_visits else None
        self._known = set(DiseaseCodes.on(max(days, default=today), codes).codes)
        self._cancelled: dict[int, list[Encounter]] = {}
        self._taken_codes: dict[str, int] = {}
        if with_visits:
            self._read_others(with_visits, days)
        for taken in found:
            self._apply(taken)

    def _of(self, found: Sequence[Taken]) -> list[Person]:
        return [self._people[taken.person_id or 0] for taken in found]

    def _given_doses(self, found: Sequence[Taken]) -> set[tuple[int, str]]:
        """(person, printed row) of doses that were given. One query."""
        rows = Immunization.objects.filter(
            person__in=[taken.person_id for taken in found], form_row__isnull=False, status=Immunization.Status.GIVEN
        )
        return set(rows.order_by().values_list("person", "form_row__code")) if found else set()

    def _read_others(self, found: Sequence[Taken], days: Sequence[dt.date]) -> None:
        """Cancelled visits of these days, and who holds the visit codes of the files. Two queries."""
        keys = [taken.person_id for taken in found]
        error = Encounter.Status.ERROR
        for row in Encounter.objects.filter(person__in=keys, exam_date__in=days, status=error).order_by("pk"):
            self._cancelled.setdefault(row.person_id, []).append(row)
        links = {values["visit_link_code"] for taken in found for values in taken.visits if "visit_link_code" in values}
        holders = Encounter.objects.filter(visit_link_code__in=links, facility=None).order_by()
        self._taken_codes = dict(holders.values_list("visit_link_code", "person"))

    def write(self, *, by: User | None, door: str) -> None:
        if self._sections is not None:
            self._sections.write(by=by, door=door)
        if self._visits is not None:
            self._visits.write(by=by, door=door)

    def _apply(self, taken: Taken) -> None:
        if taken.doses:
            self._apply_doses(taken)
        used: set[int] = set()
        for values in taken.visits:
            self._apply_visit(taken, values, used)
        if taken.fate == "unchanged" and (taken.changed_doses or taken.changed_visits):
            taken.fate = "update"

    # --- Doses ------------------------------------------------------------------------------------------------------

    def _apply_doses(self, taken: Taken) -> None:
        person = self._people[taken.person_id or 0]
        rows = {code: self._columns(taken, code, columns) for code, columns in taken.doses.rows.items()}
        given = Given(person, {code: columns for code, columns in rows.items() if columns}, taken.doses.others,
                      taken.doses.mother)  # fmt: skip
        assert self._sections is not None  # noqa: S101 - there are doses
        checked = self._sections.apply(given, today=self._today)
        taken.notes += checked.problems
        if checked.refused:
            message = "Phần tiêm chủng của người này chưa ghi vì có lỗi nêu trên; các phần khác vẫn ghi."
            taken.notes.append(Problem("vaccinations", "form831.section_refused", message, "warning"))
        else:
            taken.changed_doses = len(checked.changes)

    def _columns(self, taken: Taken, code: str, columns: Mapping[str, Any]) -> dict[str, Any]:
        """A dose that was given is not taken back by a file."""
        if columns.get("status") == "given" or (taken.person_id, code) not in self._given:
            return dict(columns)
        if columns.get("status") == "not_given":
            message = "Tệp ghi «chưa tiêm» nhưng hồ sơ đã ghi mũi này: giữ hồ sơ."
            taken.notes.append(Problem(code, "form831.kept", message, "warning"))
        return {name: value for name, value in columns.items() if name != "status"}

    # --- Visits -----------------------------------------------------------------------------------------------------

    def _apply_visit(self, taken: Taken, values: Mapping[str, Any], used: set[int]) -> None:
        assert self._visits is not None  # noqa: S101 - there are visits
        person = self._people[taken.person_id or 0]
        visit = _same_visit(self._visits.of(person), values, used)
        when = f"Lượt khám ngày {values['exam_date']:%d/%m/%Y}"
        if visit is None and (problem := self._hindrance(person, values, when)):
            taken.notes.append(problem)
            return
        given = self._merged(values, visit, taken, when)
        checked = self._visits.apply(person, visit, given, today=self._today)
        taken.notes += [
            Problem(each.field, each.code, f"{when}: {each.message}", each.level) for each in checked.problems
        ]
        if checked.refused:
            message = f"{when} chưa ghi vì có lỗi nêu trên; các phần khác vẫn ghi."
            taken.notes.append(Problem("visits", "form831.section_refused", message, "warning"))
            return
        target = visit or self._visits.of(person)[-1]
        used.add(id(target))
        taken.changed_visits += bool(target.planned is not None and target.planned.acts)

    def _hindrance(self, person: Person, values: Mapping[str, Any], when: str) -> Problem | None:
        """Why a visit that the record does not have stays out: it was cancelled, or its code is another's."""
        link = values.get("visit_link_code", "")
        for row in self._cancelled.get(person.pk, ()):
            same = row.exam_date == values["exam_date"] and row.visit_link_code == link
            if same and (link or all(getattr(row, name) == values.get(name, "") for name in _ABOUT)):
                return Problem(
                    "visits", "encounter.cancelled", f"{when} đã bị hủy trong hồ sơ: không nhận lại.", "warning"
                )
        if link and link in self._taken_codes:
            return Problem(
                "visit_link_code", "visit_link_code.taken", f"{when}: mã lượt khám (MA_LK) đã có ở lượt khác."
            )
        return None

    def _merged(self, values: Mapping[str, Any], visit: Visit | None, taken: Taken, when: str) -> dict[str, Any]:
        """The visit as the service takes it: its lists with the stored lines that the file does not name."""
        given = dict(values)
        labs = list(visit.stored.labs) if visit is not None and visit.stored is not None else []
        diagnoses = list(visit.stored.diagnoses) if visit is not None and visit.stored is not None else []
        given["labs"] = _merged_labs(labs, given["labs"])
        given["diagnoses"] = _merged_diagnoses(
            diagnoses, [self._listed(line, taken, when) for line in given["diagnoses"]]
        )
        for name in ("labs", "diagnoses"):
            if given[name] is None:
                given.pop(name)
        return given

    def _listed(self, line: Mapping[str, str], taken: Taken, when: str) -> Mapping[str, str]:
        """A diagnosis whose code the list of diseases lacks is kept as words."""
        code = line["icd10_code"].upper()
        if not code or code in self._known:
            return line
        message = f"{when}: mã bệnh «{code[:10]}» không có trong danh mục ICD-10, ghi vào tên bệnh."
        taken.notes.append(Problem("diagnosis_icd10_code", "form831.icd10", message, "warning"))
        return {**line, "icd10_code": "", "name": f"{code} {line['name']}".strip()}


def _same_visit(stored: Sequence[Visit], values: Mapping[str, Any], used: set[int]) -> Visit | None:
    """The visit that a record of the file is about: by its code, else the one of this day that nothing tells apart."""
    link = values.get("visit_link_code", "")
    same_day = [
        visit for visit in stored
        if id(visit) not in used
        and visit.values.get("exam_date", visit.encounter.exam_date) == values["exam_date"]
        and visit.values.get("visit_link_code", visit.encounter.visit_link_code) == link
    ]  # fmt: skip
    if link or len(same_day) < 2:
        return same_day[0] if same_day else None
    equal = [visit for visit in same_day if all(_said(visit, name) == values.get(name) for name in _ABOUT)]
    return equal[0] if equal else None


def _said(visit: Visit, name: str) -> Any:
    return visit.values.get(name, visit.current(name))


def _merged_labs(stored: list[Any], given: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    """Stored results with the given ones in place of those of the same service; None when nothing is new."""
    merged: list[Any] = list(stored)
    changed = False
    taken: set[int] = set()
    for line in given:
        at = next((at for at, row in enumerate(stored) if at not in taken and _same_service(row, line)), None)
        if at is None:
            merged.append(line)
            changed = True
            continue
        taken.add(at)
        if (stored[at].result, stored[at].unit) != (line["result"], line["unit"]):
            merged[at] = {**line, "group": _group(stored[at])}
            changed = True
    return merged if changed else None


def _same_service(row: Any, line: Mapping[str, Any]) -> bool:
    if (row.service_code, row.service_name) != (line["service_code"], line["service_name"]):
        return False
    return bool(line["service_name"] or line["service_code"]) or _group(row) == line["group"]


def _group(row: Any) -> str:
    found = code_of("lab-group", row.group_id)
    return found.code if found else "other"


def _merged_diagnoses(stored: list[Any], given: Sequence[Mapping[str, str]]) -> list[Any] | None:
    merged: list[Any] = list(stored)
    known = {_disease(row.icd10_code, row.name, row.conclusion) for row in stored}
    known |= {(row.icd10_code, "") for row in stored if row.icd10_code}
    for line in given:
        if _disease(line["icd10_code"].upper(), line["name"], line["conclusion"]) not in known:
            merged.append(line)
    return merged if len(merged) > len(stored) else None


def _disease(code: str, name: str, conclusion: str) -> tuple[str, str]:
    return (code, name) if code or name else ("", conclusion)
