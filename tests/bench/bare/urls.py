"""A page of any number of bytes, and a ModelForm that creates or changes a row."""

from django.contrib.auth.decorators import login_required
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from tests.bench.bare.models import MODELS

FORMS = {name: modelform_factory(model, fields="__all__") for name, model in MODELS.items()}


def login(request: HttpRequest) -> HttpResponse:
    """Where a visitor without a session would be sent."""
    return HttpResponse("login")


@login_required
def page(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse("x" * size)


@login_required
def save(request: HttpRequest, name: str, pk: int = 0) -> HttpResponse:
    row = get_object_or_404(MODELS[name], pk=pk) if pk else None
    form = FORMS[name](request.POST, instance=row)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    form.save()
    return redirect("page", size=1)


urlpatterns = [
    path("dang-nhap/", login, name="login"),
    path("<int:size>/", page, name="page"),
    path("save/<str:name>/", save),
    path("save/<str:name>/<int:pk>/", save),
]
