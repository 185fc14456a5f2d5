"""Printed forms as PDF, and as HTML for the browser's print dialog when PDF is off."""

from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reports import pdf

STYLE = "prints/prints.css"


def qr_svg(code: str) -> SafeString:
    """The record code as an inline SVG; error correction M survives a fold of the paper."""
    return mark_safe(segno.make(code, error="m", micro=False).svg_inline(omitsize=True, border=1))  # noqa: S308 - our own drawing


def render_html(template: str, context: dict[str, Any], *, on_screen: bool) -> str:
    return render_to_string(template, {**context, "on_screen": on_screen})


def write_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The rendered template as PDF. Raises PdfOff when Pango is missing."""
    return pdf.write_pdf(render_html(template, context, on_screen=False), STYLE)
