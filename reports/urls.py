from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:path>/", views.show, name="show"),
    path("<slug:path>/tai.<slug:format>", views.file, name="file"),
    path("<slug:path>/giai-thich/", views.explain, name="explain"),
    path("<slug:path>/nguoi/", views.people_list, name="people"),
]
