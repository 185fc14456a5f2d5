"""Addresses of the export screens, below /xuat-xml/."""

from django.urls import path

from ehr.claims.export import views
from ehr.claims.export.visit.views import VisitPage

app_name = "claims_export"
urlpatterns = [
    path("", views.Index.as_view(), name="index"),
    path("giu-lai.xlsx", views.HeldFile.as_view(), name="held"),
    path("luot-kham/<str:code>/<int:pk>/", VisitPage.as_view(), name="visit"),
]
