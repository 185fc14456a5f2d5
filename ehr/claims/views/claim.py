"""One claim: its tables with the findings at their cells, its versions, and what a version changed."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse

from ehr.audit.models import NO_RECORD
from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimTask, ClaimVersion
from ehr.claims.patient import told
from ehr.claims.storing.document import opened
from ehr.claims.views.base import HEAVY, ClaimsPage, OneFilePage
from ehr.claims.views.shown import TableShown, changes_of, tables_of
from ehr.records.models import Person


def _counts(tables: list[TableShown]) -> dict[str, int]:
    """How many findings of each level stand on the page."""
    notes = [note for table in tables for note in table.notes]
    notes += [note for table in tables for row in table.rows for note in row.notes]
    notes += [note for table in tables for row in table.rows for cell in row.cells for note in cell.notes]
    return {level: sum(note.level == level for note in notes) for level in ("reject", "error", "warning")}


class ClaimPage(ClaimsPage):
    """?ban= the number of a version, else the current one. Seven queries or eight."""

    template_name = "claims/claim.html"
    restricted = False  # whether this page is the one of restricted claims
    logged = "Hồ sơ BHYT"

    def prepare(self) -> None:
        found = Claim.objects.visible_to(self.request.user).filter(key=self.kwargs["key"])
        found = found.exclude(restricted=[]) if self.restricted else found.filter(restricted=[])
        self.claim = found.select_related("facility", "decided_by", "commune").first()
        if self.claim is None:
            raise Http404

    def context(self) -> dict[str, Any]:
        claim = self.claim
        files = [f"file__{name}" for name in HEAVY]
        versions = list(
            ClaimVersion.objects.filter(claim=claim).select_related("file").defer("content", "sealed", *files)
        )
        version = self._version(versions)
        person = None
        if claim.person_id:
            person = Person.objects.visible_to(self.request.user).filter(pk=claim.person_id).first()
        self.log([claim.person_id or NO_RECORD], self.logged)
        shown = self._shown(version) if version else {}
        tasks = list(ClaimTask.objects.filter(claim=claim).exclude(state=ClaimTask.State.GONE)) if person else []
        brought = ClaimFile.objects.visible_to(self.request.user).filter(pk__in={each.file_id for each in versions})
        seen = set(brought.order_by().values_list("pk", flat=True))
        return {
            "claim": claim, "name": told(claim).full_name, "versions": versions, "version": version, "person": person,
            "tasks": tasks, "seen_files": seen, "restricted_page": self.restricted, **shown,
        }  # fmt: skip

    def _version(self, versions: list[ClaimVersion]) -> ClaimVersion | None:
        """The wanted one, read as a whole; else the current one, else the last."""
        wanted = self.request.GET.get("ban", "")
        key = next((each.pk for each in versions if str(each.number) == wanted), None)
        if wanted and key is None:
            raise Http404
        key = key or self.claim.current_id or (versions[0].pk if versions else None)
        return ClaimVersion.objects.select_related("file", "claim").filter(pk=key).first()

    def _shown(self, version: ClaimVersion) -> dict[str, Any]:
        content, differences = opened(version)
        entry = ClaimEntry.objects.filter(file=version.file_id, index=version.index).first()
        tables = tables_of(content, version.standard, entry.problems if entry else ())
        return {
            "tables": tables, "changes": changes_of(differences, version.standard), "levels": _counts(tables),
            "entry": entry,
        }  # fmt: skip


class EntryPage(OneFilePage):
    """One HOSO of a file that was not taken in: what it was, and why. Others lead to their claim."""

    template_name = "claims/entry.html"

    def context(self) -> dict[str, Any]:
        entries = ClaimEntry.objects.visible_to(self.request.user).filter(file=self.file, index=self.kwargs["index"])
        entry = entries.select_related("claim").first()
        if entry is None:
            raise Http404
        self.log([NO_RECORD], f"Hồ sơ {entry.index} của tệp hồ sơ BHYT {self.file.pk}")
        claim = entry.claim
        if claim is not None and not Claim.objects.visible_to(self.request.user).filter(pk=claim.pk).exists():
            claim = None
        return super().context() | {
            "entry": entry,
            "claim_url": reverse("claims:claim", args=[claim.key]) if claim is not None else "",
            "tables": tables_of({}, self.file.standard or "3176", entry.problems),
        }
