"""Addresses of section C."""

from django.urls import path

from ehr.vaccination import views

app_name = "vaccination"
urlpatterns = [
    path("nguoi/<str:code>/tiem-chung/", views.RecordView.as_view(), name="record"),
    path("nguoi/<str:code>/tiem-chung/sua/", views.RecordEdit.as_view(), name="record_edit"),
]
