"""The viewer of the REST description, in a real browser and without any other server."""

import pytest

from tests.browser.conftest import watch

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_viewer_works_offline_under_its_policy(context, live_server, places):
    page = watch(context.new_page())
    outside = []
    page.on(
        "request",
        lambda request: None if request.url.startswith((live_server.url, "data:")) else outside.append(request.url),
    )
    response = page.goto(f"{live_server.url}/api/v1/docs/")
    page.wait_for_selector(".opblock")
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert page.locator(".opblock").count() >= 20
    assert page.get_by_text("Sửa phần B").is_visible()
    assert outside == []
    assert page.faults == []
