"""The client's address behind proxies; database details kept out of the log."""

import pytest
from django.test import RequestFactory

from ehr.config.logging import redact
from ehr.config.middleware import ClientAddressMiddleware


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),  # no proxy of ours: the header is the client's own invention
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # what stands before our proxy's entry is not believed
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (1, "", "192.0.2.1"),
        (1, "' OR 1=1", "192.0.2.1"),
    ],
)
def test_client_address_is_what_our_own_proxy_wrote(settings, proxies, forwarded, expected):
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    seen = ClientAddressMiddleware(lambda request: request.META["REMOTE_ADDR"])(request)
    assert seen == expected


def test_details_of_a_database_error_do_not_reach_the_log():
    text = "IntegrityError: new row violates check\nDETAIL:  Failing row contains (1, Nguyễn Văn An, 1980-03-12)."
    assert redact(text) == "IntegrityError: new row violates check\nDETAIL [ẩn]"
