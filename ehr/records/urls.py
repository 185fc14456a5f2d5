"""Addresses of the working screens. Nothing personal stands in them: the record code says nothing about its person."""

from django.urls import path

from ehr.records.views import encounter, find, history, household, person, timeline

app_name = "records"
urlpatterns = [
    path("tim/", find.Find.as_view(), name="find"),
    path("tra-cuu/don-vi/", find.units, name="units"),
    path("tra-cuu/thon/", find.villages, name="villages"),
    path("ho/", household.Households.as_view(), name="households"),
    path("ho/moi/", household.HouseholdNew.as_view(), name="household_new"),
    path("ho/<int:pk>/", household.HouseholdPage.as_view(), name="household"),
    path("ho/<int:pk>/sua/", household.HouseholdEdit.as_view(), name="household_edit"),
    path("ho/<int:pk>/thanh-vien/", household.HouseholdMembers.as_view(), name="household_members"),
    path("ho/<int:pk>/nhan/", household.HouseholdAdopt.as_view(), name="household_adopt"),
    path("nguoi/moi/", person.PersonNew.as_view(), name="person_new"),
    path("nguoi/<str:code>/", person.PersonView.as_view(), name="person"),
    path("nguoi/<str:code>/sua/", person.PersonEdit.as_view(), name="person_edit"),
    path("nguoi/<str:code>/chuyen-ho/", household.PersonMove.as_view(), name="person_move"),
    path("nguoi/<str:code>/ra-ho/", household.PersonLeave.as_view(), name="person_leave"),
    path("nguoi/<str:code>/tien-su/", history.HistoryView.as_view(), name="history"),
    path("nguoi/<str:code>/tien-su/sua/", history.HistoryEdit.as_view(), name="history_edit"),
    path("nguoi/<str:code>/kham/", encounter.EncounterList.as_view(), name="encounters"),
    path("nguoi/<str:code>/kham/moi/", encounter.EncounterNew.as_view(), name="encounter_new"),
    path("nguoi/<str:code>/kham/<int:pk>/", encounter.EncounterView.as_view(), name="encounter"),
    path("nguoi/<str:code>/kham/<int:pk>/sua/", encounter.EncounterEdit.as_view(), name="encounter_edit"),
    path("nguoi/<str:code>/kham/<int:pk>/huy/", encounter.EncounterCancel.as_view(), name="encounter_cancel"),
    path("tra-cuu/icd10/", encounter.Icd10Lookup.as_view(), name="icd10"),
    path("tra-cuu/co-so/", encounter.FacilityLookup.as_view(), name="facilities"),
    path("nguoi/<str:code>/dien-bien/", timeline.Timeline.as_view(), name="timeline"),
    path("nguoi/<str:code>/luot-xem/", timeline.Accesses.as_view(), name="accesses"),
    path("nguoi/<str:code>/lich-su/", timeline.Changes.as_view(), name="changes"),
]
