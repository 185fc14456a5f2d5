"""Addresses of the form-831 screens."""

from django.urls import path

from ehr.exchange.form831 import views

app_name = "form831"
urlpatterns = [
    path("nhap-xml-831/", views.Import.as_view(), name="import"),
    path("nguoi/<str:code>/xml-831/", views.PersonXml.as_view(), name="person"),
    path("nguoi/<str:code>/xml-831/tep/", views.PersonXmlFile.as_view(), name="person_file"),
]
