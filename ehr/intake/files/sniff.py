"""What a file is, by its content; the extension is only looked at to word the answer."""

from __future__ import annotations

import re
from pathlib import PurePath

from ehr.intake.files.archive import Archive
from ehr.intake.files.sheet import FileRefused

SAVE_AS = "Hãy mở bằng Excel và lưu lại dạng .xlsx rồi gửi lại."
TAKEN = "Hệ thống nhận tệp .xlsx, .xls, .ods và .csv."

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = [
    (b"%PDF", "tệp PDF"),
    (b"\xff\xd8\xff", "ảnh JPEG"),
    (b"\x89PNG", "ảnh PNG"),
    (b"GIF8", "ảnh GIF"),
    (b"BM", "ảnh BMP"),
    (b"II*\0", "ảnh TIFF"),
    (b"MM\0*", "ảnh TIFF"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"\x1f\x8b", "tệp nén GZIP"),
    (b"MZ", "tệp chương trình"),
    (b"{\\rtf", "tệp văn bản RTF"),
    (b"SQLite format 3", "cơ sở dữ liệu SQLite"),
    (b"\0\x01\0\0Standard", "cơ sở dữ liệu Access"),
]
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|table|meta|style|div|tr)\b", re.IGNORECASE)
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*"|\[\s*[\[{"])')
_UNSAFE_XML = re.compile(rb"<!(doctype|entity)", re.IGNORECASE)


def refused(what: str, advice: str = TAKEN, code: str = "file.type") -> FileRefused:
    return FileRefused(code, f"Đây là {what}, không phải bảng tính đọc được. {advice}")


def kind(data: bytes) -> str:
    """ "zip", "ole" or "text". Raises FileRefused for everything that can be named and cannot be read."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if data.startswith(OLE):
        return "ole"
    for magic, what in _MAGIC:
        if data.startswith(magic) and (len(magic) > 2 or b"\0" in data[:256]):
            raise refused(what)
    if data[:1] == b"\x09" and data[1:2] in b"\0\x02\x04" and data[3:4] == b"\0":
        raise refused("tệp Excel đời rất cũ (trước Excel 5)", SAVE_AS)
    _refuse_markup(data[:4096])
    if _JSON.match(data[:4096]):
        raise refused("tệp JSON")
    return "text"


def _refuse_markup(head: bytes) -> None:
    """Web pages, XML and mail archives that are named .xls: common as "export to Excel" of older software."""
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    text = text.lstrip()
    if text[:13].lower() == b"mime-version:":
        raise refused("trang web lưu dưới dạng một tệp (MHTML) mang tên bảng tính", SAVE_AS)
    if not text.startswith(b"<"):
        return
    if _HTML.match(text) or (_HTML.search(text[:1024]) and not text.startswith(b"<?xml")):
        raise refused("trang web (HTML) mang tên bảng tính", SAVE_AS)
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text or b"Excel.Sheet" in text:
        raise refused("bảng tính dạng XML 2003", SAVE_AS)
    if _UNSAFE_XML.search(text):
        raise FileRefused(
            "file.doctype",
            "Đây là tệp XML có khai báo lạ (DOCTYPE, thực thể ngoài), có thể gây hại nên không mở. " + TAKEN,
        )
    if text.startswith(b"<?xml") or re.match(rb"<\w+[^>]*>", text):
        raise refused("tệp XML", SAVE_AS)


def zip_kind(archive: Archive) -> str:
    """ "xlsx" or "ods". Raises FileRefused: macros, other office files, plain archives."""
    names = {name.replace("\\", "/").lower().lstrip("/"): name for name in archive.parts}
    if "encryptioninfo" in names or "encryptedpackage" in names:
        raise encrypted()
    if any(name.endswith("vbaproject.bin") for name in names) or _has_macro_type(archive, names):
        raise FileRefused(
            "file.macro",
            "Tệp Excel có macro (.xlsm), hệ thống không nhận. Hãy mở bằng Excel, chọn Lưu thành (Save As), dạng .xlsx "
            "rồi gửi lại.",
        )
    if "xl/workbook.bin" in names:
        raise refused("tệp Excel nhị phân (.xlsb)", SAVE_AS)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "word/document.xml" in names:
        raise refused("tệp Word", "Hãy chép bảng sang Excel, lưu dạng .xlsx rồi gửi lại.")
    if "ppt/presentation.xml" in names:
        raise refused("tệp PowerPoint")
    if "mimetype" in names or "content.xml" in names:
        return _open_document(archive, names)
    if any(PurePath(name).suffix in (".xlsx", ".xls", ".ods", ".csv") for name in names):
        raise refused("tệp nén ZIP có bảng tính bên trong", "Hãy giải nén rồi gửi từng tệp bảng tính.")
    raise refused("tệp nén ZIP")


def _has_macro_type(archive: Archive, names: dict[str, str]) -> bool:
    types = names.get("[content_types].xml")
    return types is not None and b"macroEnabled" in archive.read(types)


def _open_document(archive: Archive, names: dict[str, str]) -> str:
    manifest = archive.read(names["meta-inf/manifest.xml"]) if "meta-inf/manifest.xml" in names else b""
    if b"encryption-data" in manifest:
        raise encrypted()
    if any(name.startswith("basic/") and name.count("/") > 1 for name in names):
        raise FileRefused(
            "file.macro", "Tệp .ods có macro, hệ thống không nhận. Hãy lưu lại dạng .xlsx (không macro) rồi gửi lại."
        )
    mimetype = archive.read(names["mimetype"], 1024) if "mimetype" in names else b""
    if "content.xml" in names and (not mimetype or b"spreadsheet" in mimetype):
        return "ods"
    raise refused("tệp OpenDocument không phải bảng tính" if b"opendocument" in mimetype else "tệp nén ZIP")


def encrypted() -> FileRefused:
    return FileRefused(
        "file.encrypted",
        "Tệp có đặt mật khẩu nên không đọc được. Hãy mở bằng Excel, bỏ mật khẩu (Tệp, Thông tin, Bảo vệ sổ làm việc), "
        "lưu lại rồi gửi lại.",
    )


EXTENSIONS = {"xlsx": {".xlsx"}, "xls": {".xls"}, "ods": {".ods"}, "csv": {".csv", ".txt", ".tsv"}}


def extension_note(read_as: str, file_name: str) -> list[str]:
    """A note when the name says another kind than the content; names without extension say nothing."""
    suffix = PurePath(file_name).suffix.lower()
    if not suffix or suffix in EXTENSIONS[read_as]:
        return []
    named = {"xlsx": "Excel (.xlsx)", "xls": "Excel 97–2003 (.xls)", "ods": "OpenDocument (.ods)", "csv": "văn bản CSV"}
    return [f"Tên tệp có đuôi {suffix} nhưng nội dung là {named[read_as]}; đã đọc theo nội dung."]
