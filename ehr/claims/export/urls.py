"""Addresses of the export screens, below /xuat-xml/."""

from django.urls import path

from ehr.claims.export import views

app_name = "claims_export"
urlpatterns = [
    path("", views.Index.as_view(), name="index"),
    path("giu-lai.xlsx", views.HeldFile.as_view(), name="held"),
]
