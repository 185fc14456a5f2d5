"""Addresses of programmes."""

from django.urls import path

from ehr.programmes import views

app_name = "programmes"
urlpatterns = [
    path("nguoi/<str:code>/chuong-trinh/", views.ProgrammesView.as_view(), name="person"),
    path("nguoi/<str:code>/chuong-trinh/luot-kham/<int:pk>/", views.VisitFactsPage.as_view(), name="visit"),
    path("nguoi/<str:code>/chuong-trinh/<slug:kind>/them/", views.EpisodePage.as_view(), name="episode_new"),
    path("nguoi/<str:code>/chuong-trinh/<slug:kind>/<int:pk>/", views.EpisodePage.as_view(), name="episode"),
]
