"""The form of what a claim asks of a visit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ehr.claims.export.visit.births import births_in, table_of
from ehr.claims.export.visit.saving import CARD, COLUMNS, VisitFacts
from ehr.claims.prices.bill import NOT_INSURED
from ehr.claims.prices.models import BillingTerms, PriceItem
from ehr.claims.spec import ROUTES_CHANGED, Standard, code_list
from ehr.claims.values import VIETNAM
from ehr.common import formfields
from ehr.common.dates import DateError, parse_date
from ehr.common.text import nfc
from ehr.records.forms.rows import RowsForm, Table, dress, text
from ehr.records.models import CareDocument, Encounter
from ehr.records.models.person import Sex

Kind = CareDocument.Kind
_TIME = re.compile(r"(\d{1,2})[:hg](\d{2})")
#: Headings of the papers that are typed here: as the export reads them.
REFERRAL = ("Lý do chuyển", "Dấu hiệu lâm sàng", "Quá trình bệnh lý", "Tóm tắt kết quả cận lâm sàng",
            "Tình trạng lúc chuyển", "Hướng điều trị", "Phương tiện vận chuyển")  # fmt: skip
SUMMARY = ("Quá trình bệnh lý", "Tóm tắt kết quả cận lâm sàng", "Phương pháp điều trị", "Ghi chú")
PAPERS = {Kind.REFERRAL: REFERRAL, Kind.SUMMARY: SUMMARY}
_REASON = "Lý do chuyển"


class MomentField(forms.CharField):
    """A time of the day of the visit ("8:05"), or a day with a time ("03/10/2025 8:05"). Cleans to an aware datetime or
    None."""

    def __init__(self, day: dt.date, **kwargs: Any) -> None:
        self.day = day
        widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "giờ:phút", "maxlength": "20"})
        super().__init__(required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dt.datetime) or value is None:
            return value
        written = nfc(str(value))
        if not written:
            return None
        found = _TIME.search(written)
        rest = (written[: found.start()] + written[found.end() :]).strip(" ,-") if found else written
        try:
            day = parse_date(rest) if rest else self.day
            if found is None:
                raise ValueError
            return dt.datetime.combine(day, dt.time(int(found[1]), int(found[2])), VIETNAM)
        except (ValueError, DateError):
            message = "Viết giờ:phút, ví dụ 8:05; ngày khác ngày khám thì viết 03/10/2025 8:05."
            raise ValidationError(message, code="moment.format") from None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dt.datetime):
            return value
        local = value.astimezone(VIETNAM)
        return f"{local:%H:%M}" if local.date() == self.day else f"{local:%d/%m/%Y %H:%M}"

    def run_validators(self, value: Any) -> None:
        """The value is no text any more."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(self.prepare_value(initial)) != self.to_python(data)
        except ValidationError:
            return True


def coded(name: str, label: str, day: dt.date, *, need: bool = True) -> forms.ChoiceField:
    """A code of a list of the claims, as it stood on the day."""
    known = code_list(name, Standard.QD3176, old_routes=day < ROUTES_CHANGED)
    rows = known.codes.values() if known else ()
    choices = [(row.code, f"{row.code} – {row.label}") for row in rows if not row.valid_from or row.valid_from <= day]
    made = forms.ChoiceField(label=label, required=False, choices=[("", "Chưa chọn"), *choices])
    made.need = need  # type: ignore[attr-defined]
    return made


class VisitForm(RowsForm):
    """`encounter` with what is stored of it in `stored`; `items`: services and supplies of the list on that day;
    `terms`: what the facility declares."""

    def __init__(
        self, *args: Any, encounter: Encounter, items: Sequence[PriceItem], terms: BillingTerms | None,
        stored: VisitFacts, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.items = {str(item.pk): item for item in items}
        kwargs["initial"] = _initial(encounter, terms, stored) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        day = encounter.exam_date
        self.fields |= _fields(day)
        if stored.card is not None:
            self.fields |= _card_fields()
        for made in self.fields.values():
            dress(made)
        names = {item.code: str(item.pk) for item in items}
        rows = [
            {"item": names[row["code"]], "quantity": row["quantity"], "performer": row["performer"],
             "performed_at": row["performed_at"], "resulted_at": row["resulted_at"]}
            for row in stored.services if row["code"] in names
        ]  # fmt: skip
        self.add_table(Table("services", "Dịch vụ", lambda: self._cells(day), carried=("quantity",), spare=2), rows)
        if stored.births or encounter.person.sex != Sex.MALE:
            self.add_table(table_of(MomentField, day), stored.births)

    def _cells(self, day: dt.date) -> dict[str, forms.Field]:
        choices = [("", ""), *((key, f"{item.code} – {item.name}") for key, item in self.items.items())]
        return {
            "item": forms.ChoiceField(label="Dịch vụ, vật tư", required=False, choices=choices),
            "quantity": formfields.DecimalField(label="Số lượng", required=False, min_value=0, max_digits=13,
                                                decimal_places=3),
            "performer": text("Mã người thực hiện", 255),
            "performed_at": MomentField(day, label="Thực hiện lúc"),
            "resulted_at": MomentField(day, label="Kết quả lúc"),
        }  # fmt: skip

    def paper_fields(self) -> list[tuple[str, list[forms.BoundField]]]:
        """(heading, fields) of each paper, for the template."""
        titles = {Kind.REFERRAL: "Giấy chuyển cơ sở (khi ra viện do chuyển)",
                  Kind.SUMMARY: "Tóm tắt hồ sơ bệnh án (lưu tại trạm, nội trú)"}  # fmt: skip
        return [
            (
                titles[kind],
                self.bound([f"paper_{kind.value}_number"] + [f"paper_{kind.value}_{at}" for at in range(len(names))]),
            )
            for kind, names in PAPERS.items()
        ]

    def birth_fields(self) -> list[tuple[str, list[forms.BoundField], bool]]:
        """(heading, fields, whether something stands there) of each child, for the template."""
        if "births" not in self._tables:
            return []
        found = []
        for at, row in enumerate(self.rows("births"), 1):
            filled = any(cell.value() or cell.errors for cell in row.cells.values())
            found.append((f"Giấy chứng sinh: trẻ thứ {at}", list(row.cells.values()), filled))
        return found

    def facts(self) -> VisitFacts:
        """For the service. Raises nothing: what is empty is named when the visit leaves."""
        given = self.cleaned_data
        services = [
            {**cells, "item": self.items[cells["item"]]} for _, cells in self.filled_rows("services") if cells["item"]
        ]
        papers = {}
        for kind, names in PAPERS.items():
            texts = [[name, given[f"paper_{kind.value}_{at}"]] for at, name in enumerate(names)]
            papers[kind.value] = given.get(f"paper_{kind.value}_number") or "", [pair for pair in texts if pair[1]]
        return VisitFacts(
            {name: given[name] for name in COLUMNS}, given["ordered_at"], services,
            frozenset(item.code for item in self.items.values()), given["next_on"], given["next_number"],
            given["progress"], papers, {name: given[name] for name in CARD} if "coverage_from" in given else None,
            births_in(self) if "births" in self._tables else (),
        )  # fmt: skip


def _fields(day: dt.date) -> dict[str, forms.Field]:
    made: dict[str, forms.Field] = {
        "started_at": MomentField(day, label="Vào lúc"),
        "ordered_at": MomentField(day, label="Chỉ định, kê đơn lúc"),
        "ended_at": MomentField(day, label="Ra lúc"),
        "doctor_code": text("Số giấy phép hành nghề của người khám", 50),
        "care_class": coded("MA_LOAI_KCB", "Loại hình khám chữa bệnh", day),
        "payment_code": coded("MA_DOITUONG_KCB", "Đối tượng đến khám", day),
        "outcome_code": coded("KET_QUA_DTRI", "Kết quả điều trị", day),
        "discharge_code": coded("MA_LOAI_RV", "Loại ra viện", day),
        "department_code": text("Mã khoa", 50),
        "record_number": text("Số bệnh án, phiếu khám", 100),
        "diagnosis_in": text("Chẩn đoán lúc vào", 2000),
        "treatment": text("Phương pháp điều trị", 2000),
        "next_on": formfields.DateField(label="Hẹn khám lại ngày", required=False),
        "next_number": text("Số giấy hẹn", 50),
        "referred_to": text("Chuyển đến cơ sở (mã CSKCB)", 255),
        "referral_number": text("Số giấy chuyển, giấy hẹn khi đến", 50),
        "progress": text("Diễn biến lâm sàng (lưu tại trạm, ngoại trú)", 4000),
        f"paper_{Kind.REFERRAL.value}_number": text("Số chuyển", 50),
    }  # fmt: skip
    for kind, names in PAPERS.items():
        for at, name in enumerate(names):
            field = coded("MA_LYDO_CT", name, day) if name == _REASON else text(name, 4000)
            field.need = False  # type: ignore[attr-defined]
            made[f"paper_{kind.value}_{at}"] = field
    for name in ("started_at", "ordered_at", "ended_at", "doctor_code", "record_number", "diagnosis_in"):
        made[name].need = True  # type: ignore[attr-defined]
    return made


def _card_fields() -> dict[str, forms.Field]:
    """What a claim says of the card that pays, beside its number."""
    made: dict[str, forms.Field] = {
        "coverage_from": formfields.DateField(label="Thẻ BHYT có giá trị từ", required=False),
        "coverage_to": formfields.DateField(label="Thẻ BHYT có giá trị đến", required=False),
        "primary_facility": text("Nơi đăng ký KCB ban đầu (mã)", 5),
    }
    for field in made.values():
        field.need = True  # type: ignore[attr-defined]
    return made


def _initial(encounter: Encounter, terms: BillingTerms | None, stored: VisitFacts) -> dict[str, Any]:
    """What is stored; for a visit that nobody completed yet, what the facility declares and its own number."""
    found: dict[str, Any] = {name: getattr(encounter, name) for name in COLUMNS}
    if encounter.started_at is None and terms is not None:
        found |= {
            "care_class": encounter.care_class or terms.care_class, "discharge_code": encounter.discharge_code or "1",
            "payment_code": encounter.payment_code or (terms.payment_code if stored.card is not None else NOT_INSURED),
            "department_code": encounter.department_code or terms.department_code,
            "record_number": encounter.record_number or f"{encounter.exam_date:%Y}/{encounter.pk}",
        }  # fmt: skip
    found |= stored.card or {}
    found |= {"ordered_at": stored.ordered_at, "next_on": stored.next_on, "next_number": stored.next_number,
              "progress": stored.progress}  # fmt: skip
    for kind, names in PAPERS.items():
        number, sections = stored.papers.get(kind.value, ("", []))
        texts = dict(sections)
        found[f"paper_{kind.value}_number"] = number
        found |= {f"paper_{kind.value}_{at}": texts.get(name, "") for at, name in enumerate(names)}
    return found
