from django.urls import path

from reports.prints import batch_views, views

app_name = "prints"
urlpatterns = [
    path("nguoi/<str:code>/", views.PersonPrint.as_view(), name="person"),
    path("phieu/ho/<int:pk>/", views.HouseholdPrint.as_view(), name="questionnaire"),
    path("phieu/thon/<int:pk>/", views.VillagePrint.as_view(), name="village_questionnaires"),
    path("phieu/lan-in/<uuid:key>/", views.JobPage.as_view(), name="job"),
    path("phieu/lan-in/<uuid:key>/tep/", views.JobFile.as_view(), name="job_file"),
    path("bao-cao/<slug:path>/", batch_views.start, name="batch_start"),
    path("cac-xa/<uuid:key>/", batch_views.progress, name="batch"),
    path("cac-xa/<uuid:key>/tep/", batch_views.archive, name="batch_file"),
]
