"""Files as they should not be, made by hand: zips part by part, compound files sector by sector."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import xlsxwriter

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx(rows, *, name="Thôn 1", **options):
    """A sheet with these rows, written by XlsxWriter."""
    return book({name: rows}, **options)


def book(sheets, **options):
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    date = workbook.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = workbook.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if hasattr(value, "year"):
                    sheet.write_datetime(number, column, value, date)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
    workbook.close()
    return out.getvalue()


def zipped(parts, *, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def raw_parts(sheet, *, shared="", types=_TYPE + ".sheet.main+xml"):
    """The parts of an .xlsx with the XML `sheet` as it is; `shared`: XML of its shared strings."""
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="Thôn 1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": shared or f'{HEAD}<sst xmlns="{MAIN}"/>',
    }


def sheet_xml(rows, *, dimension="", after=""):
    """XML of a worksheet; `rows`: what stands in sheetData."""
    hint = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{HEAD}<worksheet xmlns="{MAIN}">{hint}<sheetData>{rows}</sheetData>{after}</worksheet>'


def raw_xlsx(rows, *, dimension="", after="", shared="", **options):
    return zipped(raw_parts(sheet_xml(rows, dimension=dimension, after=after), shared=shared), **options)


def text_cell(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def lying_zip(data, part, size):
    """`data` with another unpacked size of `part` in its directory and its header."""
    changed = bytearray(data)
    name = part.encode()
    for signature, offset in ((b"PK\x01\x02", 46), (b"PK\x03\x04", 30)):
        at = data.find(signature)
        while at >= 0 and data[at + offset : at + offset + len(name)] != name:
            at = data.find(signature, at + 1)
        struct.pack_into("<I", changed, at + (24 if offset == 46 else 22), size)
    return bytes(changed)


def bomb(size, part="xl/worksheets/sheet1.xml"):
    """An .xlsx whose sheet unpacks to `size` bytes of nothing."""
    parts = raw_parts("")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name != part:
                archive.writestr(name, content)
        with archive.open(part, "w", force_zip64=True) as target:
            target.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            block = b" " * (1 << 20)
            for _ in range(size >> 20):
                target.write(block)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------------------------ ods
_ODS = "urn:oasis:names:tc:opendocument:xmlns"


def ods(tables, *, mimetype="application/vnd.oasis.opendocument.spreadsheet", prolog=HEAD, extra=None):
    """An .ods; `tables`: XML of its tables."""
    content = (
        f'{prolog}<office:document-content xmlns:office="{_ODS}:office:1.0" xmlns:table="{_ODS}:table:1.0" '
        f'xmlns:text="{_ODS}:text:1.0">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": _manifest(), **(extra or {})})


def _manifest(inner=""):
    return f'{HEAD}<manifest:manifest xmlns:manifest="{_ODS}:manifest:1.0">{inner}</manifest:manifest>'


def ods_text(text, attributes=""):
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{text}</text:p></table:table-cell>'


# ------------------------------------------------------------------------------------------------------------------ ole
def compound(streams):
    """An OLE compound file with these streams, each in sectors of 512 bytes."""
    free, end, table_mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors, table, entries = [], [], []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        first = len(sectors)
        sectors += [content[at : at + 512].ljust(512, b"\0") for at in range(0, len(content), 512)]
        table += [*range(first + 1, len(sectors)), end]
        entries.append(_entry(name, 2, first, len(content)))
    for index, _ in enumerate(entries):  # a chain of right siblings is enough for readers
        entries[index] = _sibling(entries[index], index + 2 if index + 1 < len(entries) else free)
    directory = _child(_entry("Root Entry", 5, end, 0), 1 if entries else free) + b"".join(entries)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    start = len(sectors)
    sectors += [directory[at : at + 512] for at in range(0, len(directory), 512)]
    table += [*range(start + 1, len(sectors)), end]
    count = -(-(len(table) + 1) // 127)
    places = list(range(len(sectors), len(sectors) + count))
    table += [table_mark] * count
    packed = struct.pack(f"<{len(table)}I", *table).ljust(count * 512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, count, start, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *places, *[free] * (109 - count))
    return header + b"".join(sectors) + packed


def _entry(name, kind, start, size):
    encoded = name.encode("utf-16-le")
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB3I", len(encoded) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def _sibling(entry, index):
    return entry[:72] + struct.pack("<I", index) + entry[76:]


def _child(entry, index):
    return entry[:76] + struct.pack("<I", index) + entry[80:]


def record(kind, content=b""):
    return struct.pack("<HH", kind, len(content)) + content


def biff(cells, *, strings=(), before=b""):
    """A BIFF8 workbook stream with one sheet; `cells`: records of its cells; `before`: records in the globals."""
    sst = struct.pack("<II", len(strings), len(strings))
    sst += b"".join(struct.pack("<HB", len(text), 0) + text.encode("latin-1") for text in strings)
    head = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 1997, 0, 0)) + before
    tail = (record(0x00FC, sst) if strings else b"") + record(0x000A)
    name = "Thon".encode("latin-1")
    length = 4 + 6 + 2 + len(name)
    sheet_at = len(head) + length + len(tail)
    bound = record(0x0085, struct.pack("<IBBBB", sheet_at, 0, 0, len(name), 0) + name)
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 1997, 0, 0)) + cells + record(0x000A)
    return head + bound + tail + sheet


def number_cell(row, column, value):
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
