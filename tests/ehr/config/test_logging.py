"""Numbers and addresses of people stay out of the log."""

import io
import logging

import pytest

from ehr.config.logging import RedactFilter, redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("số 038001234567 đã có", "số [số] đã có"),
        ("điện thoại 0901234567.", "điện thoại [số]."),
        ("thẻ DN4380012345678", "thẻ DN[số]"),
        ("CMND 123456789", "CMND [số]"),
        ("gửi đến nguyen.van.a@example.vn nhé", "gửi đến [email] nhé"),
        ("/ho-so/12345678/ trả 404 trong 1234567 µs", "/ho-so/12345678/ trả 404 trong 1234567 µs"),
        ("sha 0123456789012345678901234567890", "sha 0123456789012345678901234567890"),
    ],
)
def test_redact(text, expected):
    assert redact(text) == expected


def test_the_filter_masks_message_arguments_and_traceback():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactFilter())
    logger = logging.getLogger("test.redact")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        logger.warning("không lưu được %s (%d)", "038001234567", 901234567)
        try:
            raise ValueError("038001234567")
        except ValueError:
            logger.exception("lỗi")
    finally:
        logger.removeHandler(handler)
    text = stream.getvalue()
    assert "không lưu được [số] ([số])" in text
    assert "ValueError: [số]" in text
    assert "038001234567" not in text
