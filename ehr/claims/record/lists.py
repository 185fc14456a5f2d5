"""Lists of a visit that the station entered itself, beside those of a claim of the same visit: what only the claim says
is never added by itself, a person decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.claims.models import ClaimTask, ClaimVersion
from ehr.claims.record import lookups, papers
from ehr.claims.record.plan import Columns, Plan, Stored, plan
from ehr.claims.record.visits import diagnosis_codes
from ehr.claims.storing.document import claim_of
from ehr.common import events
from ehr.common.dates import format_date
from ehr.common.text import plain
from ehr.records.bulk.writing import write
from ehr.records.facts import codes_of
from ehr.records.models import Diagnosis, Encounter, Medication, Procedure
from ehr.records.services.changes import Changes
from stations.models import User

Row = Mapping[str, Any]


def _of_diagnosis(row: Row) -> set[str]:
    code = row["icd10_code"].replace(".", "").upper()
    return {code} if code else {plain(row["name"] or row["conclusion"])}


#: Words with which the names of many substances begin: "Vitamin C" is not "Vitamin B1".
_SHARED = frozenset(("acid", "calci", "cao", "kali", "kem", "magnesi", "natri", "sat", "vitamin"))


def _of_drug(row: Row) -> set[str]:
    """The same substance under two ways of writing: "Amlodipin 5mg", "AMLODIPIN (Kavasdin 5)"."""
    words = plain(row["name"]).split()
    return {" ".join(words[: 2 if words and words[0] in _SHARED else 1]), row["drug_code"]} - {""}


def _of_service(row: Row) -> set[str]:
    return {row["code"], plain(row["name"])} - {""}


#: Field of the task, words, what tells one line from another, how a line is named.
LISTS: dict[type[Model], tuple[str, str, Callable[[Row], set[str]], Callable[[Row], str]]] = {
    Diagnosis: ("diagnoses", "chẩn đoán", _of_diagnosis,
                lambda row: f"{row['icd10_code']} {row['name'] or row['conclusion']}".strip()),
    Medication: ("medications", "thuốc", _of_drug, lambda row: f"{row['name']} {row['strength']}".strip()),
    Procedure: ("procedures", "thủ thuật, dịch vụ", _of_service, lambda row: str(row["name"])),
}  # fmt: skip
FIELDS = {field: model for model, (field, *_) in LISTS.items()}


def missing(model: type[Model], stored: Sequence[Any], rows: Sequence[Columns]) -> list[Columns]:
    """Lines of the claim that the list of the station lacks. `stored`: rows of the table."""
    tells = LISTS[model][2]
    there = set().union(*(tells(vars(row)) for row in stored))
    return [row for row in rows if not tells(row) & there]


def differences(each: Plan) -> Iterator[tuple[str, str, str]]:
    """(field of the task, what the station entered, what only the claim says) of a visit that the station entered."""
    for model, (stored, rows) in each.unlike.items():
        if model not in LISTS or not (lacking := missing(model, stored, rows)):
            continue
        field, label, _, name = LISTS[model]
        on = format_date(each.encounter["exam_date"]) if each.encounter else ""
        said = "; ".join(dict.fromkeys(filter(None, map(name, lacking))))
        if said:
            recorded = "; ".join(filter(None, (name(vars(row)) for row in stored)))
            yield field, recorded[:500], f"Lượt khám {on}, {label}: {said}"[:500]


def take(task: ClaimTask, by: User) -> str:
    """Adds to the visit what only the claim says; the lines of the station stay. In the caller's transaction."""
    model, claim = FIELDS[task.field], task.claim
    visit = Encounter.objects.select_for_update(of=("self",)).filter(pk=claim.encounter_id or 0).first()
    version = claim.current
    if visit is None or version is None:
        return "Lượt khám này không còn; đã đóng việc này."
    stored = list(model._base_manager.filter(encounter=visit).order_by("position", "pk"))
    lacking = missing(model, stored, _rows(version, visit, model))
    changes = Changes()
    for at, row in enumerate(lacking, len(stored)):
        changes.add(model, {"encounter_id": visit.pk, **row, "position": at})
    with audit.copy_context(by=by, door="screen"):
        write(changes)
        Encounter.objects.filter(pk=visit.pk).update(version=visit.version + 1)
    events.publish_on_commit("encounter_saved", person_id=visit.person_id, encounter_id=visit.pk)
    return f"Đã thêm {len(lacking)} dòng vào lượt khám ngày {format_date(visit.exam_date)}."


def _rows(version: ClaimVersion, visit: Encounter, model: type[Model]) -> list[Columns]:
    """The list as this version of a claim says it."""
    claim = claim_of(version)
    if claim.main is None:
        return []
    known = lookups.read(papers.facility_codes(claim), set(diagnosis_codes(claim.main)))
    pair = Stored(version.claim_id, version.pk, claim, visit.person_id, visit.pk, version.file)
    groups = {key: code.pk for key, code in codes_of("lab-group").items()}
    return plan(pair, known, groups, {version.file_id: ""}, today=localdate()).lists[model]
