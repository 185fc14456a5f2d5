"""Small rules of every web request."""

import ipaddress
import time

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address when PROXY_COUNT proxies of ours stand before this server.

    Each proxy appends the address it was called from to X-Forwarded-For; only the last PROXY_COUNT entries are ours,
    what stands before them the client may have invented. Lockout and access log read REMOTE_ADDR."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.PROXY_COUNT:
            hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            if len(hops) >= settings.PROXY_COUNT and _is_address(hops[-settings.PROXY_COUNT]):
                request.META["REMOTE_ADDR"] = hops[-settings.PROXY_COUNT]
        return self.get_response(request)


def _is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class HideForbiddenMiddleware:
    """A page that the user may not see is answered like a page that does not exist: 404, never 403 (REQ-ADM-08)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, PermissionDenied) and request.user.is_authenticated:
            raise Http404 from exception
        return None


class SlidingSessionMiddleware:
    """A session ends after its time without work, not in the middle of it. Renewed at most every tenth of its time,
    so that most requests write nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user, now = request.user, time.time()
        if user.is_authenticated and user.last_login:
            renewed = request.session.get("renewed", user.last_login.timestamp())
            if now - renewed > settings.SESSION_COOKIE_AGE / 10:
                request.session["renewed"] = now
        return self.get_response(request)


class FirstPasswordMiddleware:
    """Nobody works with a password that somebody else chose (REQ-SEC-02: change at first login)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        if user.is_authenticated and getattr(user, "must_change_password", False):
            allowed = {reverse("password_change"), reverse("logout")}
            if request.path not in allowed and not request.path.startswith(("/static/", "/api/")):
                return redirect("password_change")
        return self.get_response(request)
