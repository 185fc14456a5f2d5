"""Bodies of claim uploads: an XML document or an archive as it is, or a form with one file. Kept on disk.

How large a file may be is decided by `ehr.claims.xml.LIMITS`: a body that goes on beyond is not read to its end."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import IO, Any

from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser

from ehr.claims.xml import LIMITS
from ehr.exchange.parsers import TooLarge

_PIECE = 1 << 20
_IN_MEMORY = 4 << 20  # bytes; larger bodies go to disk


@dataclass(frozen=True, slots=True)
class SentBody:
    """An open binary file at its beginning, and its name."""

    name: str
    stream: IO[bytes]


class _WholeBody(BaseParser):
    """The body is the file."""

    name = ""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 closed by whoever receives it
        size = 0
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > LIMITS.bytes:
                out.close()
                raise TooLarge
            out.write(piece)
        out.seek(0)
        return SentBody(self.name, out)


class XmlParser(_WholeBody):
    media_type = "application/xml"
    name = "rest.xml"


class TextXmlParser(_WholeBody):
    media_type = "text/xml"
    name = "rest.xml"


class ZipParser(_WholeBody):
    media_type = "application/zip"
    name = "rest.zip"


class ClaimFormParser(MultiPartParser):
    """A form whose one part `file` is the file."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        form = super().parse(stream, media_type, parser_context)
        if len(form.files.getlist("file")) > 1:
            raise ParseError("Một tên xuất hiện hai lần trong biểu mẫu.", code="form.repeated")
        file = form.files.get("file")
        if file is None:
            raise ValidationError({"file": [ErrorDetail("Chưa gửi tệp.", code="required")]})
        return SentBody(file.name or "rest.xml", file.file)
