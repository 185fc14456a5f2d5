"""A session follows the work: renewed while somebody works, ended when nobody does."""

import pytest
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_work_renews_the_session_now_and_then(settings, clerk, clerk_client):
    assert clerk_client.get("/ho/").status_code == 200
    assert "renewed" not in clerk_client.session
    clerk.last_login = timezone.now() - timezone.timedelta(seconds=settings.SESSION_COOKIE_AGE / 2)
    clerk.save()
    response = clerk_client.get("/ho/")
    assert response.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == settings.SESSION_COOKIE_AGE
    assert settings.SESSION_COOKIE_NAME not in clerk_client.get("/ho/").cookies
