"""Printed forms as PDF, and as HTML for the browser's print dialog when PDF is off."""

import functools
from typing import Any

import segno
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reports.pdf import PDF_OFF, PdfOff, pdf_available

STYLE = "prints/prints.css"


def qr_svg(code: str) -> SafeString:
    """The record code as an inline SVG; error correction M survives a fold of the paper."""
    return mark_safe(segno.make(code, error="m", micro=False).svg_inline(omitsize=True, border=1))  # noqa: S308 - our own drawing


def render_html(template: str, context: dict[str, Any], *, on_screen: bool) -> str:
    return render_to_string(template, {**context, "on_screen": on_screen})


def write_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The rendered template as PDF. Raises PdfOff when Pango is missing."""
    if not pdf_available():
        raise PdfOff(PDF_OFF)
    from weasyprint import HTML  # a second and 100 MB, only for those who print

    fonts, style = _style()
    html = render_html(template, context, on_screen=False)
    result: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf(stylesheets=[style], font_config=fonts)
    return result


@functools.cache
def _style() -> tuple[Any, Any]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    return fonts, CSS(filename=finders.find(STYLE), font_config=fonts)


def _refuse(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError("Bản in không tải gì từ bên ngoài.")
