"""The doors through which one row may come in, each as a function from a row to the error codes it is refused with.

A row is a dictionary of form-831 field codes in the words of people: dates as 12/03/1980, units and codes by code. Each
door types, posts or sends it as its users would; `places.commune` is where the row lives unless it says otherwise."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from ehr.common.dates import PartialDate, parse_date
from ehr.common.numbers import parse_decimal
from ehr.exchange.authentication import digest
from ehr.exchange.models import ApiKey, Partner
from ehr.records.models import Encounter, Person
from ehr.vaccination.models import FormRow, Immunization, VaccinationRecord
from stations.models import AdminUnit

PERSON = {"full_name": "Lê Văn Thử", "sex": "1", "birth_date": "12/03/1980", "current_commune": "16516"}
# What is chosen when a form opens.
USUAL = {"status": "active", "residence": "permanent", "identity_source": "manual"}
VISIT = {"exam_date": "10/02/2026", "visit_reason": "Đau đầu"}
KEY = "khoa-thu-nghiem-cua-doi-tac"
NUMBERS = (
    "birth_weight_g", "pregnancy_month", "pulse", "temperature", "bp_systolic", "bp_diastolic", "weight_kg",
    "height_cm",
)  # fmt: skip


@dataclass
class Door:
    """One way in. `client` is logged in as a clerk, or carries a partner's key."""

    name: str
    client: Client

    def person(self, **change: Any) -> set[str]:
        """A new person; returns the error codes."""
        raise NotImplementedError

    def history(self, person: Person, **values: Any) -> set[str]:
        """Section B of a person."""
        raise NotImplementedError

    def visit(self, person: Person, **change: Any) -> set[str]:
        """A new visit."""
        raise NotImplementedError

    def dose(self, person: Person, row: str, **columns: Any) -> set[str]:
        """One printed line of section C."""
        raise NotImplementedError


def form_codes(form: Any) -> set[str]:
    """Error codes of a bound form."""
    return {error["code"] for errors in form.errors.get_json_data().values() for error in errors}


def _context(response: Any, name: str) -> Any:
    context = response.context
    return context[name] if context is not None and name in context else None


def _unit(code: str) -> Any:
    """Key of a unit as the screens and the admin send it; a code that no unit has becomes a key that no unit has."""
    unit = AdminUnit.objects.filter(scheme="new", level="commune", code=code).first()
    return unit.pk if unit else 999_999_999


class ScreenDoor(Door):
    """The working screens."""

    def _post(self, url: str, data: dict[str, Any]) -> set[str]:
        response = self.client.post(url, {"submission": str(uuid.uuid4()), **data})
        if response.status_code in (204, 302):
            return set()
        form = _context(response, "form")
        assert form is not None, response.status_code
        return form_codes(form)

    def person(self, **change: Any) -> set[str]:
        row = PERSON | change
        row["current_commune"] = _unit(row["current_commune"]) if row["current_commune"] else ""
        return self._post(reverse("records:person_new"), USUAL | row)

    def history(self, person: Person, **values: Any) -> set[str]:
        return self._post(reverse("records:history_edit", args=[person.code]), values)

    def visit(self, person: Person, **change: Any) -> set[str]:
        empty = {f"{name}-{part}": "0" for name in ("labs", "diagnoses") for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
        row = {"kind": "visit"} | VISIT | change
        if "bp_systolic" in row:  # one box, as people say it
            row["blood_pressure"] = f"{row.pop('bp_systolic')}/{row.pop('bp_diastolic')}"
        return self._post(reverse("records:encounter_new", args=[person.code]), empty | row)

    def dose(self, person: Person, row: str, **columns: Any) -> set[str]:
        data = {f"{row}-{name}": value for name, value in columns.items()}
        return self._post(reverse("vaccination:record_edit", args=[person.code]), data)


class AdminDoor(Door):
    """The admin."""

    def _post(self, url: str, data: dict[str, Any]) -> set[str]:
        response = self.client.post(url, data)
        if response.status_code == 302:
            return set()
        assert response.status_code == 200, response.status_code
        form, formsets = response.context["adminform"].form, response.context["inline_admin_formsets"]
        codes = form_codes(form)
        for formset in formsets:
            codes |= {code for row in formset.formset.forms for code in form_codes(row)}
        return codes

    @staticmethod
    def _inlines(*prefixes: str) -> dict[str, str]:
        return {f"{prefix}-{part}": "0" for prefix in prefixes for part in ("TOTAL_FORMS", "INITIAL_FORMS")}

    def person(self, **change: Any) -> set[str]:
        row = PERSON | change
        row["current_commune"] = _unit(row["current_commune"]) if row["current_commune"] else ""
        empty = self._inlines("identifier_set", "address_set", "relative_set", "membership_set")
        return self._post(reverse("admin:records_person_add"), empty | USUAL | row)

    def history(self, person: Person, **values: Any) -> set[str]:
        return self._post(reverse("admin:records_healthhistory_add"), {"person": person.pk, **values})

    def visit(self, person: Person, **change: Any) -> set[str]:
        data = self._inlines("labresult_set", "diagnosis_set") | {"person": person.pk, "kind": "visit"} | VISIT | change
        return self._post(reverse("admin:records_encounter_add"), data)

    def dose(self, person: Person, row: str, **columns: Any) -> set[str]:
        record, _ = VaccinationRecord.objects.get_or_create(person=person)
        line = {"form_row": FormRow.objects.get(code=row).pk, "dose_number": "1", **columns}
        data = {f"immunization_set-0-{name}": value for name, value in line.items()}
        data |= {"immunization_set-TOTAL_FORMS": "1", "immunization_set-INITIAL_FORMS": "0", "version": record.version}
        return self._post(reverse("admin:vaccination_vaccinationrecord_change", args=[record.pk]), data)


class RestDoor(Door):
    """REST v1 for partner systems: ISO dates, numbers as numbers, the fields of form 831."""

    def _send(self, method: str, url: str, data: dict[str, Any]) -> set[str]:
        send = getattr(self.client, method)
        headers = {"Authorization": f"Bearer {KEY}"}
        response = send(url, json.dumps(data), content_type="application/json", headers=headers)
        if response.status_code in (200, 201):
            return set()
        assert response.status_code in (400, 409), (response.status_code, response.content)
        return {problem["code"] for problem in response.json()["problems"] if problem["level"] == "error"}

    @staticmethod
    def _json(row: dict[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        for name, value in row.items():
            if name == "birth_date" and value:
                sent[name] = PartialDate.parse(value).date.isoformat()
            elif name.endswith("_date") and value:
                sent[name] = parse_date(value).isoformat()
            elif name in NUMBERS or name.endswith("_count"):
                number = parse_decimal(value)
                sent[name] = int(number) if number == int(number) else float(number)
            else:
                sent[name] = value or None if name != "full_name" else value
        return sent

    def person(self, **change: Any) -> set[str]:
        return self._send("post", reverse("exchange:people"), self._json(PERSON | change))

    def history(self, person: Person, **values: Any) -> set[str]:
        url = reverse("exchange:history", args=[person.code])
        return self._send("patch", url, {"version": 0, **self._json(values)})

    def visit(self, person: Person, **change: Any) -> set[str]:
        return self._send("post", reverse("exchange:visits", args=[person.code]), self._json(VISIT | change))

    def dose(self, person: Person, row: str, **columns: Any) -> set[str]:
        body = {"version": 0, "rows": {row: self._json(columns)}}
        return self._send("patch", reverse("exchange:vaccinations", args=[person.code]), body)


def partner_key(user: Any) -> None:
    """A key for the partner user of the fixtures."""
    partner = Partner.objects.create(name="Hệ thống thử nghiệm", user=user)
    ApiKey.objects.create(partner=partner, label="Thử", digest=digest(KEY), prefix=KEY[:8])


def stored() -> tuple[int, int, int]:
    """How many people, visits and doses there are."""
    return Person.objects.count(), Encounter.objects.count(), Immunization.objects.count()
