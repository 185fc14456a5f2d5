"""Addresses of batches. The key of a batch is random and says nothing about the people on the file."""

from django.urls import include, path

from ehr.intake.views import batch, columns, decisions, header, ledger

app_name = "intake"
urlpatterns = [
    path("", ledger.Ledger.as_view(), name="index"),
    path("mau/<slug:name>.xlsx", ledger.SheetTemplate.as_view(), name="template"),
    path("<uuid:key>/", batch.BatchView.as_view(), name="batch"),
    path("<uuid:key>/xac-nhan/", batch.Confirm.as_view(), name="confirm"),
    path("<uuid:key>/huy/", batch.Cancel.as_view(), name="cancel"),
    path("<uuid:key>/hoan-tac/", batch.Undo.as_view(), name="undo"),
    path("<uuid:key>/tu-choi.xlsx", batch.RefusedRows.as_view(), name="refused"),
    path("<uuid:key>/cot/", columns.Columns.as_view(), name="columns"),
    path("<uuid:key>/tieu-de/", header.Header.as_view(), name="header"),
    path("<uuid:key>/so-sanh/", include("ehr.intake.register.urls")),
    path("<uuid:key>/quyet-dinh/", decisions.Decisions.as_view(), name="decisions"),
]
