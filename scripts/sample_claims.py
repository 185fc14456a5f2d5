"""A claim file about people of the demo commune, for pictures: one found by number, one by name only, a newcomer, a
patient of elsewhere, one with errors, one of a restricted kind. Invented visits."""

import datetime as dt
import io
import random
from typing import Any

from playwright.sync_api import Page

from ehr.claims.spec import Standard
from ehr.claims.xml.write import write_records
from ehr.records.models import Person
from tests.bench import _claims

SINCE = dt.date(2026, 9, 1)


def _visit(at: int, person: Person | None = None, **columns: Any) -> dict[str, Any]:
    record = _claims.record(random.Random(f"demo{at}"), at, SINCE)  # noqa: S311 invented data
    main = record["XML1"][0]
    if person is not None:
        main |= {
            "HO_TEN": person.full_name.upper(), "NGAY_SINH": f"{person.birth_date:%Y%m%d}0000", "GIOI_TINH": person.sex,
            "MAXA_CU_TRU": person.commune.code, "MATINH_CU_TRU": person.commune.parent.code, "SO_CCCD": "",
            "MA_THE_BHYT": "", "DIA_CHI": person.commune.full_name,
        }  # fmt: skip
    record["XML1"][0] = main | columns
    return record


def demo_file(made_on: dt.date, *, weight: str = "") -> bytes:
    """The file as of a day; another `weight` makes the first claim another version."""
    people = Person.objects.filter(status="active", birth_precision="day", sex="1").select_related("commune__parent")
    first = people.filter(identifier_set__kind="SDDCN", identifier_set__valid_to=None).order_by("pk").first()
    second = people.exclude(pk=first.pk if first else 0).order_by("pk")[5:6].get()
    if first is None:
        raise SystemExit("Chưa có dữ liệu minh họa: chạy manage.py demo_commune trước.")
    number = first.identifier_set.filter(kind="SDDCN", valid_to=None).first().value
    here = {"MAXA_CU_TRU": first.commune.code, "MATINH_CU_TRU": first.commune.parent.code}
    records = [
        _visit(1, first, SO_CCCD=number, **({"CAN_NANG": weight} if weight else {})),
        _visit(2, second),
        _visit(3, HO_TEN="PHẠM THỊ MINH HỌA", NGAY_SINH="199004150000", GIOI_TINH="2", DIA_CHI="", **here),
        _visit(4),
        _visit(5, GIOI_TINH="9", NGAY_RA="202501010000"),
        _visit(6, MA_BENH_CHINH="B20"),
    ]
    out = io.BytesIO()
    write_records(
        out, records, standard=Standard.QD3176, facility=_claims.FACILITY, made_on=made_on, count=len(records)
    )
    return out.getvalue()


def shoot_claims(page: Page, url: str, shoot: Any, wanted: set[str]) -> None:
    """Two files are sent, the second corrects the first; both stay: undo is looked at, not done."""
    if wanted and not any(name.startswith("nhap-xml") for name in wanted):
        return
    shoot("nhap-xml-gui", "/nhap-xml/")
    for made_on, weight in ((dt.date(2026, 10, 5), ""), (dt.date(2026, 10, 9), "61.5")):
        page.goto(f"{url}/nhap-xml/")
        name = f"3176-thang-09-lap-{made_on:%d-%m}.xml"
        data = demo_file(made_on, weight=weight)
        page.set_input_files("#id_file", {"name": name, "mimeType": "text/xml", "buffer": data})
        page.click("[data-upload] [data-save]")
        page.wait_for_selector("main .filters", timeout=120_000)
    file = page.url.removeprefix(url)
    shoot("nhap-xml-ket-qua", file)
    shoot("nhap-xml-so-tep", "/nhap-xml/")
    shoot("nhap-xml-quyet-dinh", "/nhap-xml/quyet-dinh/")
    shoot("nhap-xml-viec", "/nhap-xml/viec/")
    shoot("nhap-xml-hoan-tac", f"{file}hoan-tac/")
    page.goto(url + file + "?kq=ban-moi")
    page.click(".fatetable th a")
    shoot("nhap-xml-ho-so", page.url.removeprefix(url))
