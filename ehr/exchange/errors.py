"""Errors of REST: the same codes as the forms; a missing right looks like a missing page."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.views import exception_handler


def handle(exc, context):
    """DRF's handler, with 404 in place of 403."""
    if isinstance(exc, (exceptions.PermissionDenied, PermissionDenied)):
        exc = Http404()
    return exception_handler(exc, context)
