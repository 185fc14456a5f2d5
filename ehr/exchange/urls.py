"""Addresses of REST v1, below /api/."""

from django.urls import include, path, re_path, register_converter

from ehr.exchange.schema import DocsView, SchemaView
from ehr.exchange.views import (
    claims,
    claims_export,
    form831,
    households,
    intake,
    intake_layout,
    lists,
    people,
    sections,
    submissions,
    visits,
)


class RecordCode:
    """HS, nine digits, two check digits; or any text that might have been meant as one, which is then not found."""

    regex = "HS[0-9]{11}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Key:
    """A primary key that fits the column."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RecordCode, "record")
register_converter(Key, "key")

app_name = "exchange"
v1 = [
    path("me/", lists.MeView.as_view(), name="me"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("people/search/", people.PeopleSearchView.as_view(), name="people-search"),
    path("people/<record:code>/", people.PersonView.as_view(), name="person"),
    path("people/<record:code>/form831.xml", form831.PersonForm831View.as_view(), name="person-form831"),
    path("people/<record:code>/history/", sections.HistoryView.as_view(), name="history"),
    path("people/<record:code>/vaccinations/", sections.VaccinationsView.as_view(), name="vaccinations"),
    path("people/<record:code>/visits/", visits.VisitsView.as_view(), name="visits"),
    path("claims/export/", claims_export.ClaimsExportView.as_view(), name="claims-export"),
    path("claims/export/preview/", claims_export.ClaimsExportPreviewView.as_view(), name="claims-export-preview"),
    path("form831/", form831.Form831View.as_view(), name="form831"),
    path("visits/<key:pk>/", visits.VisitView.as_view(), name="visit"),
    path("visits/<key:pk>/cancel/", visits.VisitCancelView.as_view(), name="visit-cancel"),
    path("households/", households.HouseholdsView.as_view(), name="households"),
    path("households/<key:pk>/", households.HouseholdView.as_view(), name="household"),
    path("households/<key:pk>/members/", households.MembersView.as_view(), name="members"),
    path("imports/", intake.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:key>/", intake.ImportView.as_view(), name="import"),
    path("imports/<uuid:key>/result/", intake.ImportResultView.as_view(), name="import-result"),
    path("imports/<uuid:key>/layout/", intake_layout.ImportLayoutView.as_view(), name="import-layout"),
    path("imports/<uuid:key>/refused.xlsx", intake_layout.ImportRefusedView.as_view(), name="import-refused"),
    path("imports/<uuid:key>/rows/", intake.ImportRowsView.as_view(), name="import-rows"),
    path("imports/<uuid:key>/rows/<key:position>/", intake.ImportDecisionView.as_view(), name="import-decision"),
    path("imports/<uuid:key>/confirm/", intake.ImportConfirmView.as_view(), name="import-confirm"),
    path("imports/<uuid:key>/cancel/", intake.ImportCancelView.as_view(), name="import-cancel"),
    path("imports/<uuid:key>/undo/", intake.ImportUndoView.as_view(), name="import-undo"),
    path("claims/", claims.ClaimsView.as_view(), name="claims"),
    path("claims/<uuid:key>/", claims.ClaimFileView.as_view(), name="claim-file"),
    path("claims/<uuid:key>/entries/", claims.ClaimEntriesView.as_view(), name="claim-entries"),
    path("codes/", lists.SystemsView.as_view(), name="systems"),
    path("codes/<slug:system>/", lists.CodesView.as_view(), name="codes"),
    path("units/", lists.UnitsView.as_view(), name="units"),
    path("villages/", lists.VillagesView.as_view(), name="villages"),
    path("vaccines/", lists.VaccinesView.as_view(), name="vaccines"),
    path("coverage/", lists.CoverageView.as_view(), name="coverage"),
    path("reports/", lists.ReportsView.as_view(), name="reports"),
    path("reports/<slug:report>/", lists.ReportView.as_view(), name="report"),
    path("submissions/", submissions.SubmissionsView.as_view(), name="submissions"),
    path("submissions/<uuid:key>/", submissions.SubmissionView.as_view(), name="submission"),
    path("submissions/<uuid:key>/figures/", submissions.SubmissionFiguresView.as_view(), name="submission-figures"),
    path("submissions/<uuid:key>/sign/", submissions.SubmissionSignView.as_view(), name="submission-sign"),
    path("submissions/<uuid:key>/receive/", submissions.SubmissionReceiveView.as_view(), name="submission-receive"),
    path("submissions/<uuid:key>/give-back/", submissions.SubmissionReturnView.as_view(), name="submission-return"),
    path("submissions/<uuid:key>/drop/", submissions.SubmissionDropView.as_view(), name="submission-drop"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
]
urlpatterns = [
    path("v1/", include(v1)),
    re_path("", lists.NowhereView.as_view(schema=None), name="nowhere"),
]
