"""What happened to a person, who read the record, who changed it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator

from ehr.audit.changes import DOORS, changes
from ehr.audit.services import accesses_of
from ehr.records import timeline
from ehr.records.models import (
    Address,
    Allergy,
    Appointment,
    CareDocument,
    Condition,
    Delivery,
    Disability,
    Encounter,
    FamilyHistory,
    HealthHistory,
    Identifier,
    Membership,
    Person,
    Relative,
    Surgery,
)  # fmt: skip
from ehr.records.views.base import PersonPage
from ehr.records.views.person import row_label

TRACKED = (
    Identifier, Address, Relative, Membership, HealthHistory, Allergy, Condition, Disability, FamilyHistory, Surgery,
    Encounter, CareDocument, Appointment, Delivery,
)  # fmt: skip
PAGE = 100


class Timeline(PersonPage):
    """Everything known about a person in time, latest first."""

    tab = "timeline"
    logged = "Diễn biến"
    template_name = "records/timeline.html"

    def context(self) -> dict[str, Any]:
        return {"entries": timeline.entries_of(self.person)}


class Accesses(PersonPage):
    """Who read, printed or exported this record."""

    right = "access.view"
    tab = "luot-xem"
    logged = "Lượt xem hồ sơ"
    template_name = "records/accesses.html"

    def context(self) -> dict[str, Any]:
        page = Paginator(accesses_of(self.person.pk), PAGE).get_page(self.request.GET.get("trang"))
        for row in page.object_list:
            row.door_label = DOORS.get(row.door, row.door)
        return {"page": page, "query": ""}


class Changes(PersonPage):
    """Who changed which field, from what to what."""

    tab = "lich-su"
    logged = "Lịch sử thay đổi"
    template_name = "records/changes.html"

    def context(self) -> dict[str, Any]:
        tables = [Person, *TRACKED, *timeline.tracked_tables()]
        tracked = [(table, {"id" if table is Person else "person_id": self.person.pk}) for table in tables]
        return {"changes": changes(tracked, label=row_label, limit=200)}
