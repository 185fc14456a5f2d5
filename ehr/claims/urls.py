"""Addresses of claim files. Keys are random and say nothing about the people in the files."""

from django.urls import path

from ehr.claims.views import claim, decisions, file, ledger, restricted, tasks

app_name = "claims"
urlpatterns = [
    path("", ledger.Ledger.as_view(), name="index"),
    path("quyet-dinh/", decisions.Decisions.as_view(), name="decisions"),
    path("viec/", tasks.Tasks.as_view(), name="tasks"),
    path("han-che/", restricted.RestrictedList.as_view(), name="restricted"),
    path("han-che/nguoi/<str:code>/", restricted.RestrictedOfPerson.as_view(), name="restricted_person"),
    path("han-che/<uuid:key>/", restricted.RestrictedClaim.as_view(), name="restricted_claim"),
    path("ho-so/<uuid:key>/", claim.ClaimPage.as_view(), name="claim"),
    path("<uuid:key>/", file.FileView.as_view(), name="file"),
    path("<uuid:key>/hoan-tac/", file.Undo.as_view(), name="undo"),
    path("<uuid:key>/chay-lai/", file.Retry.as_view(), name="retry"),
    path("<uuid:key>/loi.xlsx", file.Findings.as_view(), name="findings"),
    path("<uuid:key>/<int:index>/", claim.EntryPage.as_view(), name="entry"),
]
