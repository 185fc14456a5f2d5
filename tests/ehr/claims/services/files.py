"""Small claim files of invented visits."""

import datetime as dt
import io
import random

from ehr.claims.spec import Standard
from ehr.claims.xml.write import row_texts, write_records
from tests.bench import _claims

FACILITY = _claims.FACILITY
SINCE = dt.date(2025, 8, 1)


def visit(number=1, *, seed="t", **columns):
    """The record of visit `number` (its MA_LK, patient and numbers follow from it), with other values in XML1."""
    record = _claims.record(random.Random(f"{seed}{number}"), number, SINCE)
    record["XML1"][0] |= columns
    return record


def key(number=1):
    return visit(number)["XML1"][0]["MA_LK"]


def made(*records, made_on=dt.date(2025, 11, 1), facility=FACILITY):
    """The file of these visits."""
    out = io.BytesIO()
    write_records(out, records, standard=Standard.QD3176, facility=facility, made_on=made_on, count=len(records))
    return out.getvalue()


def visits(number, **columns):
    return [visit(at, **columns) for at in range(1, number + 1)]


def checkin(number=1, **columns):
    """XML0 of visit `number`, with its own root."""
    main = visit(number)["XML1"][0]
    names = (
        "MA_LK", "STT", "MA_BN", "HO_TEN", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "MA_THE_BHYT", "MA_DKBD", "GT_THE_TU",
        "GT_THE_DEN", "MA_DOITUONG_KCB", "NGAY_VAO", "MA_LOAI_KCB", "MA_CSKCB",
    )  # fmt: skip
    texts = row_texts({name: main[name] for name in names}, Standard.QD3176, "XML0") | columns
    texts = {"MA_DICH_VU": "02.1896", "NGAY_YL": "202509211140"} | texts
    row = "".join(f"<{name}>{value}</{name}>" for name, value in texts.items())
    return (
        "<CHI_TIEU_TRANG_THAI_KCB><DSACH_TRANG_THAI_KCB>"
        f"<TRANG_THAI_KCB>{row}</TRANG_THAI_KCB></DSACH_TRANG_THAI_KCB><CHUKYDONVI/></CHI_TIEU_TRANG_THAI_KCB>"
    ).encode()
