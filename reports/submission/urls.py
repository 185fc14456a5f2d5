from django.urls import path

from reports.submission import views

app_name = "submission"
urlpatterns = [
    path("", views.Calendar.as_view(), name="calendar"),
    path("lap/<int:duty>/<slug:unit>/<slug:period>/", views.Prepare.as_view(), name="prepare"),
    path("chot/", views.Closed.as_view(), name="closed"),
    path("chot/<uuid:key>/", views.ClosedTable.as_view(), name="closed_table"),
    path("chot/<uuid:key>/tai.<slug:format>", views.closed_file, name="closed_file"),
    path("<uuid:key>/", views.Show.as_view(), name="show"),
    path("<uuid:key>/tai.<slug:format>", views.file, name="file"),
    path("<uuid:key>/ky/", views.Sign.as_view(), name="sign"),
    path("<uuid:key>/nhan/", views.Receive.as_view(), name="receive"),
    path("<uuid:key>/tra-lai/", views.GiveBack.as_view(), name="give_back"),
    path("<uuid:key>/bo/", views.Drop.as_view(), name="drop"),
]
