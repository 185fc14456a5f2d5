"""Section D: visits of a person; reading, typing, cancelling; looking up diagnoses and facilities."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.timezone import localdate

from ehr.audit.changes import changes
from ehr.codes.queries import find_codes
from ehr.common.dates import DateError, parse_date
from ehr.common.numbers import format_number
from ehr.common.text import plain
from ehr.records import care, facts, words
from ehr.records.forms.base import SavingForm
from ehr.records.forms.encounter import FINDINGS, CancelForm, EncounterForm, split_labs
from ehr.records.models import Diagnosis, Encounter, ExamFinding, LabResult, Medication
from ehr.records.sections import SECTION_D, d
from ehr.records.services.common import Saved
from ehr.records.services.encounter import cancel_encounter, save_encounter
from ehr.records.views.base import DOOR, PersonFormPage, PersonPage, RightPage
from stations.models import FacilityCode, Organization
from stations.scope import scope_of

MOST_FOUND = 12


class EncounterList(PersonPage):
    """All visits, latest first; cancelled ones stay, struck through."""

    tab = "D"
    template_name = "records/encounters.html"

    def context(self) -> dict[str, Any]:
        visits = (
            Encounter.objects.filter(person=self.person)
            .select_related("facility")
            .prefetch_related(Prefetch("diagnosis_set", Diagnosis.objects.order_by("position", "pk")))
        )
        found = list(visits)
        for visit in found:
            visit.words = words.word("MA_LOAI_KCB", visit.care_class, visit.exam_date)
        return {"visits": found}


class OneEncounter:
    """Loads the visit of the address beside its person. Raises Http404."""

    def prepare(self) -> None:
        super().prepare()  # type: ignore[misc]
        lists = (
            Prefetch("diagnosis_set", Diagnosis.objects.order_by("position", "pk")),
            Prefetch("labresult_set", LabResult.objects.order_by("position", "pk")),
            Prefetch("examfinding_set", ExamFinding.objects.order_by("position", "pk")),
        )
        found = Encounter.objects.filter(person=self.person, pk=self.kwargs["pk"]).select_related("facility")  # type: ignore[attr-defined]
        if self.request.method == "GET":  # type: ignore[attr-defined]
            found = found.prefetch_related(*lists)
        encounter = found.first()
        if encounter is None:
            raise Http404
        self.encounter = encounter


class EncounterView(OneEncounter, PersonPage):
    """One visit in the order of the form."""

    tab = "D"
    template_name = "records/encounter.html"

    def prepare(self) -> None:
        super().prepare()
        if self.encounter.source == Encounter.Source.CLAIM:  # without the empty lines of the form
            self.template_name = "records/encounter_claimed.html"

    def context(self) -> dict[str, Any]:
        visit = self.encounter
        values = facts.section_d(visit)
        given = care.of_visit(visit)
        results = care.results_by_service(values["labs"], given.procedures)
        given.procedures = care.without_results(given.procedures, values["labs"])
        printed, others = split_labs(values["labs"])
        labels = {code: SECTION_D.item(code).label for code in FINDINGS}
        groups = {code.pk: code.name for code in facts.codes_of("lab-group").values()}
        return {
            "visit": visit,
            "vitals": vitals_of(visit),
            "vision": vision_of(visit),
            "general": [(labels[code], values[code]) for code in FINDINGS[:2]],
            "organs": [
                (labels[code], values[code])
                for code in FINDINGS[2:]
                if code != "organ_obgyn" or self.person.sex != "1" or values[code]
            ],
            "printed_labs": [
                (SECTION_D.item(f"lab_{code}").label, printed[code].result if code in printed else "")
                for code in d.LABS
            ],
            "labs": [(groups.get(row.group_id, ""), row) for row in others],
            "diagnoses": values["diagnoses"],
            "can_change": visit.status != Encounter.Status.ERROR,
            "claimed": visit.source == Encounter.Source.CLAIM,
            "emergency": visit.payment_code == care.EMERGENCY,
            "told": care.told(visit),
            "care": given,
            "results": results,
        }


def vitals_of(visit: Encounter) -> list[tuple[str, str]]:
    """Label and value with its unit, in printed order; blood pressure as one."""
    found = []
    for item in SECTION_D.group("D2.1").items:
        value = getattr(visit, item.code)
        if item.code == "bp_diastolic":
            continue
        if item.code == "bp_systolic":
            pair = (visit.bp_systolic, visit.bp_diastolic)
            text = "/".join(str(part or "?") for part in pair) if any(pair) else ""
            found.append(("HA", f"{text} mmHg" if text else ""))
            continue
        unit = item.unit.replace("m2", "m²")
        found.append((item.label, f"{format_number(value)} {unit}" if value is not None else ""))
    return found


def vision_of(visit: Encounter) -> list[tuple[str, str]]:
    """Eyesight as written, then whether glasses are worn."""
    found = [(item.label, getattr(visit, item.code)) for item in SECTION_D.group("D2.2").items]
    return [*found, ("Đeo kính", visit.get_uses_glasses_display() if visit.uses_glasses else "")]


def section_and_drugs(visit: Encounter) -> dict[str, Any]:
    """What the form of a visit shows. One query beside those of section D."""
    return facts.section_d(visit) | {"medications": list(visit.medication_set.order_by("position", "pk"))}


class EncounterFormPage(PersonFormPage):
    """What the forms of a new and of a stored visit share."""

    tab = "D"
    template_name = "records/encounter_form.html"
    encounter: Encounter | None = None

    def known(self) -> frozenset[int]:
        """Facilities that are known to exist without asking."""
        keys = {*scope_of(self.request.user).stations, self.person.station_id}
        if self.encounter is not None:
            keys.add(self.encounter.facility_id)
        return frozenset(key for key in keys if key)

    def stations(self) -> list[Organization]:
        """The user's own stations first, then the person's, then those of the person's commune. One query."""
        own, known = scope_of(self.request.user).stations, self.known()
        nearby = Q(unit=self.person.commune_id, kind__in=("station", "site"), valid_to=None)
        found = Organization.objects.filter(Q(pk__in=known) | nearby)
        return sorted(found, key=lambda row: (row.pk not in own, row.pk != self.person.station_id, row.name))

    def make_form(self, data: Any = None) -> EncounterForm:
        if data is not None:
            return EncounterForm(data, person=self.person, known=self.known(), stored=self.carried())
        stored = section_and_drugs(self.encounter) if self.encounter else None
        version = self.encounter.version if self.encounter else None
        return EncounterForm(person=self.person, stations=self.stations(), stored=stored, version=version)

    def carried(self) -> dict[str, Any]:
        """What a sent form needs of the stored visit: the results whose codes the page does not show."""
        return {"labs": list(LabResult.objects.filter(encounter=self.encounter))} if self.encounter else {}

    def page(self, status: int = 200, **more: Any) -> HttpResponse:
        form: EncounterForm = more["form"]
        if form.is_bound:
            form.offer_stations(self._with_chosen(form))
        rows = {
            "lab_rows": form.rows("labs"),
            "empty_lab": form.empty_row("labs"),
            "diagnosis_rows": form.rows("diagnoses"),
            "empty_diagnosis": form.empty_row("diagnoses"),
            "drug_rows": form.rows("medications"),
            "empty_drug": form.empty_row("medications"),
        }
        return super().page(status, **more, **rows, encounter=self.encounter)

    def _with_chosen(self, form: EncounterForm) -> list[Organization]:
        """The usual facilities and the one that was chosen, for a form that comes back."""
        chosen = str(form.data.get("facility", ""))
        found = self.stations()
        if chosen.isdigit() and len(chosen) < 19 and int(chosen) not in {row.pk for row in found}:
            found += Organization.objects.filter(pk=int(chosen))
        return found

    def save(self, form: SavingForm) -> Saved:
        return save_encounter(
            person=self.person, values=form.values(), by=self.request.user, door=DOOR, encounter=self.encounter,
            version=form.opened_version,
        )  # fmt: skip

    def success_url(self, saved: Saved) -> str:
        return reverse("records:encounter", args=[self.person.code, saved.object.pk])


class EncounterNew(EncounterFormPage):
    """A new visit."""

    saved_message = "Đã lưu lượt khám."


class EncounterEdit(OneEncounter, EncounterFormPage):
    """Correcting a visit; a cancelled one, and one that a hospital told of, has no such page."""

    saved_message = "Đã lưu lượt khám."

    def prepare(self) -> None:
        super().prepare()
        if self.request.method == "GET" and (
            self.encounter.status == Encounter.Status.ERROR or self.encounter.source == Encounter.Source.CLAIM
        ):
            raise Http404

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        visit = Encounter.objects.get(pk=self.encounter.pk)
        now = EncounterForm(person=self.person, stored=section_and_drugs(visit)).initial
        tracked = [(Encounter, {"id": visit.pk})]
        tracked += [(table, {"encounter_id": visit.pk}) for table in (ExamFinding, LabResult, Diagnosis, Medication)]
        return visit.version, now, changes(tracked, limit=5)


class EncounterCancel(OneEncounter, PersonFormPage):
    """Marks a visit as entered in error, with the reason."""

    tab = "D"
    template_name = "records/encounter_cancel.html"
    saved_message = "Đã hủy lượt khám; lượt khám vẫn còn trong danh sách, ghi rõ lý do."

    def context(self) -> dict[str, Any]:
        return {"visit": self.encounter, "vitals": vitals_of(self.encounter)}

    def make_form(self, data: Any = None) -> CancelForm:
        return CancelForm(data, version=self.encounter.version)

    def save(self, form: SavingForm) -> Saved:
        self.encounter.person = self.person
        reason = form.cleaned_data["status_reason"]
        return cancel_encounter(
            encounter=self.encounter, reason=reason, by=self.request.user, door=DOOR, version=form.opened_version
        )

    def success_url(self, saved: Saved) -> str:
        return reverse("records:encounter", args=[self.person.code, self.encounter.pk])

    def stored(self) -> tuple[int, dict[str, Any], list[Any]]:
        visit = Encounter.objects.get(pk=self.encounter.pk)
        return visit.version, {"status_reason": visit.status_reason}, changes([(Encounter, {"id": visit.pk})], limit=5)


class Icd10Lookup(RightPage):
    """Diagnoses by code or words of the name without tones: [{value, label, hint}], best first. ?q=, ?within=date."""

    right = "list.view"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = request.GET.get("q", "")[:60]
        try:
            day = parse_date(request.GET.get("within", ""))
        except DateError:
            day = localdate()
        found = find_codes("icd10", text, on=day, limit=MOST_FOUND) if len(plain(text)) > 1 else []
        rows = [{"value": code.code, "label": code.name, "hint": code.code} for code in found]
        return JsonResponse(rows, safe=False)


class FacilityLookup(RightPage):
    """Facilities by name or claims code: [{value, label, hint}]. One query."""

    right = "list.view"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = request.GET.get("q", "")[:60]
        words = plain(text).split()
        condition = Q(
            pk__in=FacilityCode.objects.filter(code=text.strip().upper(), valid_to=None).values("organization")
        )
        named = Q(valid_to=None)
        for word in words:
            named &= Q(plain_name__contains=word)
        found = Organization.objects.filter(condition | named).select_related("unit").order_by("name")
        rows = [
            {"value": row.pk, "label": row.name, "hint": row.unit.full_name if row.unit else ""}
            for row in found[:MOST_FOUND]
        ]
        return JsonResponse(rows if words else [], safe=False)
