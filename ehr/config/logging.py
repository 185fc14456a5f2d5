"""Keeps personal numbers and addresses out of the log (REQ-SEC: no personal data in logs)."""

import logging
import re

# Identity, insurance and telephone numbers.
_NUMBER = re.compile(r"(?<![0-9])[0-9]{9,15}(?![0-9])")
# PostgreSQL repeats the offending row or key, names included, in the details of an error.
_DETAIL = re.compile(r"^(\s*(?:DETAIL|CONTEXT|Failing row contains|Key \()).*$", re.MULTILINE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def redact(text: str) -> str:
    """`text` with runs of 9–15 digits and e-mail addresses masked, and without the details of database errors."""
    return _EMAIL.sub("[email]", _NUMBER.sub("[số]", _DETAIL.sub(r"\1 [ẩn]", text)))


class RedactFilter(logging.Filter):
    """Masks personal data in the message, its arguments and the traceback text of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Format first: a number may be put together from the message and an argument of any type.
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_text = redact(text)
        return True
