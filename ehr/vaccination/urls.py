from django.urls import path

app_name = "vaccination"
urlpatterns = []
