"""What the operating system must bring for PDF: the library Pango and a font with all Vietnamese letters."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path

PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
#: The first looks like the font of Decree 30/2020/NĐ-CP; the second is tried when the first is not on offer.
FONT_PACKAGES = ("fonts-liberation2", "fonts-dejavu-core")
FONT_NAMES = ("NotoSerif-", "NotoSans-", "DejaVuSerif", "LiberationSerif", "times.ttf")
PDF_OFF = (
    "Chức năng PDF đang tắt vì máy thiếu Pango hoặc phông chữ tiếng Việt; để bật: sudo apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2, rồi khởi động lại."
)


def has_pango() -> bool:
    """True when the libraries that WeasyPrint loads are there. Costs about a millisecond."""
    for name in PANGO:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
    return True


def has_vietnamese_font() -> bool:
    """True when fontconfig, or a look into the usual folders, finds a font for Vietnamese."""
    if shutil.which("fc-list"):
        found = subprocess.run(["fc-list", ":lang=vi", "file"], capture_output=True, text=True, check=False)
        return bool(found.stdout.strip())
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    files = (name for folder in folders if folder.is_dir() for _, _, names in os.walk(folder) for name in names)
    return any(name.startswith(FONT_NAMES) for name in files)


def missing_for_pdf() -> list[str]:
    """Debian packages that would turn PDF on; empty when it is on. A font with the look of official papers comes along
    with Pango: the machine may have a plainer one only."""
    if not has_pango():
        return [*PDF_PACKAGES, FONT_PACKAGES[0]]
    return [] if has_vietnamese_font() else [FONT_PACKAGES[0]]
