"""Reports as PDF by WeasyPrint. The library is loaded at the first PDF and then stays warm in the process."""

import ctypes
import functools
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from ehr.common.garbage import without_gc
from ehr.common.numbers import format_number
from reports.layout import view_of
from reports.letterhead import Letterhead
from reports.tables import Table

#: The work grows with the cells, one by one: some 2 ms each, so 500 rows of 13 columns are 13 s of a processor.
#: More than this would hold up a web worker.
MOST_ROWS = 1_000
PDF_OFF = "Máy chủ chưa bật PDF (thiếu thư viện Pango). Hãy dùng nút In của trình duyệt, hoặc tải tệp XLSX."


class PdfOff(RuntimeError):
    """Pango is not installed; the message is Vietnamese and says what to do instead."""


@functools.cache
def pdf_available() -> bool:
    """Whether the system library that WeasyPrint needs is there; does not load WeasyPrint. About a millisecond."""
    for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0"):
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
    return True


class TooManyRows(PdfOff):
    """A register with more rows than one paper document should have; the message says what to do instead."""


def pdf_file(table: Table, head: Letterhead, template: str = "reports/_table.html") -> bytes:
    """The report in the layout of Decree 30/2020/NĐ-CP. Raises PdfOff, TooManyRows."""
    if len(table.rows) > MOST_ROWS:
        raise TooManyRows(
            f"Bảng có {format_number(len(table.rows))} dòng, tệp PDF chỉ in đến {format_number(MOST_ROWS)} dòng. "
            "Hãy chọn kỳ ngắn hơn, thôn hoặc đơn vị nhỏ hơn, hoặc tải tệp XLSX."
        )
    context = {"table": table, "head": head, "view": view_of(table), "table_template": template}
    return write_pdf(render_to_string("reports/pdf.html", context), "reports/pdf.css")


def write_pdf(html: str, stylesheet: str) -> bytes:
    """The page as PDF, styled by one of our static style sheets. Raises PdfOff."""
    if not pdf_available():
        raise PdfOff(PDF_OFF)
    from weasyprint import HTML  # a second and 100 MB, only for those who print

    fonts, style = _style(stylesheet)
    # A seventh of the time went into looking for cycles among boxes that all live until the last page is written.
    with without_gc():
        result: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf(stylesheets=[style], font_config=fonts)
    return result


@functools.cache
def _style(stylesheet: str) -> tuple[Any, Any]:
    """Font configuration and parsed style sheet, once per process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    return fonts, CSS(filename=finders.find(stylesheet), font_config=fonts)


def _refuse(url: str, *args: Any, **kwargs: Any) -> Any:
    """A PDF is one file: nothing in it may be fetched, whatever a name in it looks like."""
    raise ValueError("Tệp PDF không tải gì từ bên ngoài.")
