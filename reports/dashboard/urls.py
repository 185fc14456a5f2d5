from django.urls import path

from reports.dashboard import views

app_name = "dashboard"
urlpatterns = [path("", views.Overview.as_view(), name="overview")]
