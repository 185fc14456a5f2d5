"""Addresses of the comparison, below that of its batch."""

from django.urls import path

from ehr.intake.register import views

urlpatterns = [
    path("", views.Comparison.as_view(), name="register"),
    path("nhan/", views.Accept.as_view(), name="register_accept"),
    path("quyet-dinh/", views.Decide.as_view(), name="register_decide"),
    path("lai/", views.Compare.as_view(), name="register_compare"),
    path("hoan-tac/<int:pk>/", views.Undo.as_view(), name="register_undo"),
]
