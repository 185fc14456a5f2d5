"""All addresses. Vietnamese words in paths that people see, English below /api/."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from ehr.records.views.home import Home
from stations.views import PasswordChange

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("", include("ehr.records.urls")),
    path("", include("ehr.vaccination.urls")),
    path("", include("ehr.exchange.form831.urls")),
    path("", include("ehr.programmes.urls")),
    path("xuat-xml/", include("ehr.claims.export.urls")),
    path("nhap-tep/", include("ehr.intake.urls")),
    path("nhap-xml/", include("ehr.claims.urls")),
    path("bao-cao/nop/", include("reports.submission.urls")),
    path("bao-cao/", include("reports.urls")),
    path("theo-doi/", include("reports.dashboard.urls")),
    path("in/", include("reports.prints.urls")),
    path("quan-tri/", admin.site.urls),
    path("api/", include("ehr.exchange.urls")),
    path("dang-nhap/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("dang-xuat/", auth.LogoutView.as_view(), name="logout"),
    path("doi-mat-khau/", PasswordChange.as_view(), name="password_change"),
]
