"""Section B and TIENSU, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ehr.common.answers import Answer
from ehr.common.text import plain
from ehr.exchange.form831.layout import Data, part, rows, text
from ehr.exchange.form831.words import NONE_WORD, UNKNOWN_WORD, YES_NO, Taker, answer_text, text_of, toilet_text
from ehr.records.facts import codes_of
from ehr.records.sections import b

Kinds = Mapping[tuple[str, str], list[Any]]  # (table, number of the kind) → rows, as `facts.lines_by_kind` gives them
TEXTS = {  # part, leaf → field
    ("TINHTRANG_LUCSINH", "DITAT_BAMSINH"): "birth_defect", ("TINHTRANG_LUCSINH", "KHAC"): "birth_other_problem",
    ("YEUTO_SUCKHOE", "YEUTO_TIEPXUC"): "risk_exposure",
    ("YEUTO_SUCKHOE", "THOIGIAN_TIEPXUC"): "risk_exposure_duration", ("YEUTO_SUCKHOE", "KHAC"): "risk_other",
    ("", "TIENSU_PHAUTHUAT"): "surgery_history", ("", "VANDEKHAC"): "other_issues",
    ("SUCKHOE_SINHSAN", "BIENPHAP_TRANHTHAI"): "contraception_method",
    ("SUCKHOE_SINHSAN", "KYTHAICUOI"): "last_pregnancy", ("SUCKHOE_SINHSAN", "BENH_PHUKHOA"): "gynaecological_disease",
}  # fmt: skip
TICKS = {"DETHIEUTHANG": "birth_preterm", "BINGAT_LUCDE": "birth_asphyxia"}
COUNTS = {
    "SOLAN_COTHAI": "pregnancy_count", "SOLAN_SAYTHAI": "miscarriage_count", "SOLAN_PHATHAI": "abortion_count",
    "SOLAN_SINHDE": "birth_count", "SOLAN_DETHUONG": "normal_delivery_count", "SOLAN_DEMO": "caesarean_count",
    "SOLANDEKHO": "difficult_delivery_count", "SOLANDE_DUTHANG": "term_birth_count",
    "SOLAN_DENON": "preterm_birth_count", "SOCON_HIENSONG": "living_children_count",
}  # fmt: skip
RISKS = {"1": "risk_smoking", "2": "risk_alcohol", "3": "risk_drug", "4": "risk_physical_activity"}
RISK_LABELS = {"1": "Hút thuốc lá, lào", "2": "Uống rượu bia", "3": "Sử dụng ma túy", "4": "Hoạt động thể lực"}
QUITTABLE = ("1", "2", "3")
GLASSES = "risk_alcohol_glasses_per_day"
DETAILS = ("TIEUSU_BENHTAT", ""), ("TIENSU_GIADINH", "family_")
_DISEASE_NAMES = {str(number): name for name, number in b.DISEASES.items()}
_ALLERGY_NAMES = {str(number): name for name, number in b.ALLERGIES.items()}
_DISABILITY_NAMES = {str(number): name for name, number in b.DISABILITIES.items()}
_WRITTEN = ("cancer", "tuberculosis", "other")  # diseases with a line of text instead of a box
WOMEN_ONLY = frozenset([*COUNTS.values(), "last_pregnancy", "gynaecological_disease"])


# --- Out -------------------------------------------------------------------------------------------------------------


def write(values: Mapping[str, Any], kinds: Kinds) -> Data:
    """TIENSU of section B as `facts.section_b` gives it; `kinds`: the rows behind its lists."""
    data: Data = {
        "TINHTRANG_LUCSINH": {
            "LOAIDE": _listed(values.get("birth_delivery_mode"), "01"),
            "CANNANG": text_of(values.get("birth_weight_g")),
            "CHIEUDAI": text_of(values.get("birth_length_cm")),
            **{tag: YES_NO.get(values.get(name) or "", "") for tag, name in TICKS.items()},
        },
        "YEUTO_SUCKHOE": {
            "DSYEUTO": [row for kind in RISKS if (row := _risk(kind, values))],
            "LOAIHOXIGD": toilet_text(values.get("household_toilet_type") or ""),
        },
        "KHUYETTAT": {"DSKHUYETTAT": _disabilities(kinds)},
        "SUCKHOE_SINHSAN": {tag: text_of(values.get(name)) for tag, name in COUNTS.items()},
    }
    for (group, tag), name in TEXTS.items():
        (data[group] if group else data)[tag] = answer_text(values.get(name))
    for group, prefix in DETAILS:
        data[group] = {
            "DIUNG": {"DSDIUNG": _allergies(kinds, prefix)},
            "BENHTAT": {"DSBENH": _diseases(kinds, prefix)},
        }
    return data


def _listed(value: Any, allowed: str) -> str:
    return value if value and value in allowed else ""


def _risk(kind: str, values: Mapping[str, Any]) -> Data | None:
    name = RISKS[kind]
    state = values.get(name) or ""
    row = {
        "TRANGTHAI": YES_NO.get(state, "") if kind == "2" else _listed(state, "012"),
        "SOLUONG": text_of(values.get(GLASSES)) if kind == "2" else "",
        "DABO": YES_NO.get(values.get(f"{name}_quit") or "", "") if kind in QUITTABLE else "",
    }
    return {"LOAI": kind, "TENLOAI": RISK_LABELS[kind], **row} if any(row.values()) else None


def _label(system: str, kind: str) -> str:
    code = codes_of(system).get(kind)
    return code.name if code else ""


def _word(row: Any) -> str:
    """What one line says, in words."""
    if row.answer == "yes":
        return row.detail or "Có"
    return NONE_WORD if row.answer == "no" else UNKNOWN_WORD


def _allergies(kinds: Kinds, prefix: str) -> list[Data]:
    table = f"{prefix}allergy"
    return [
        {"LOAI": kind, "MOTA": _word(row), "NGUOIMAC": getattr(row, "relative", "")}
        for kind in _ALLERGY_NAMES
        for row in kinds.get((table, kind), ())
    ]


def _disabilities(kinds: Kinds) -> list[Data]:
    return [
        {"LOAI": kind, "TENLOAI": _label("disability-kind", kind), "MOTA": _word(row)}
        for kind in _DISABILITY_NAMES
        for row in kinds.get(("disability", kind), ())
    ]


def _diseases(kinds: Kinds, prefix: str) -> list[Data]:
    table = "family_disease" if prefix else "condition"
    return [
        {
            "LOAIBENH": kind,
            "TENBENH": _label("own-disease", kind),
            "TRANGTHAI": YES_NO.get(row.answer, ""),
            "MOTA": UNKNOWN_WORD if row.answer == "unknown" else _detail(kind, row),
            "NGUOIMAC": getattr(row, "relative", ""),
        }
        for kind in _DISEASE_NAMES
        for row in kinds.get((table, kind), ())
    ]


def _detail(kind: str, row: Any) -> str:
    """A box says all by its state; a line of text stands for itself."""
    return _word(row) if row.answer == "yes" and _DISEASE_NAMES[kind] in _WRITTEN else row.detail


# --- In --------------------------------------------------------------------------------------------------------------


def read(data: Mapping[str, Any], taker: Taker) -> dict[str, Any]:
    """Field codes of section B that the record says."""
    values = _birth(part(data, "TINHTRANG_LUCSINH"), taker)
    for (group, tag), name in TEXTS.items():
        if value := text(part(data, group) if group else data, tag):
            values[name] = value
    for row in rows(part(data, "YEUTO_SUCKHOE"), "DSYEUTO"):
        values |= _read_risk(row, taker)
    if toilet := taker.toilet(text(part(data, "YEUTO_SUCKHOE"), "LOAIHOXIGD")):
        values["household_toilet_type"] = toilet
    values |= _lines("disability_", _DISABILITY_NAMES, rows(part(data, "KHUYETTAT"), "DSKHUYETTAT"), taker)
    for group, prefix in DETAILS:
        found = rows(part(data, group, "DIUNG"), "DSDIUNG")
        values |= _lines(f"{prefix}allergy_", _ALLERGY_NAMES, found, taker, relatives=bool(prefix))
        values |= _read_diseases(prefix, rows(part(data, group, "BENHTAT"), "DSBENH"), taker)
    of_women = part(data, "SUCKHOE_SINHSAN")
    for tag, name in COUNTS.items():
        number = taker.whole(name, tag, text(of_women, tag))
        if number is not None:
            values[name] = number
    return values


def _birth(data: Mapping[str, Any], taker: Taker) -> dict[str, Any]:
    found: dict[str, Any] = {name: taker.yes_no(name, tag, text(data, tag)) for tag, name in TICKS.items()}
    mode = text(data, "LOAIDE")
    if mode == "0" and not taker.trusted:  # trap 4: written though nothing was ticked
        taker.note("birth_delivery_mode", "default", "Thẻ LOAIDE ghi 0 cả khi không ai trả lời: không nhận.", "info")
    else:
        found["birth_delivery_mode"] = taker.choice("birth_delivery_mode", "LOAIDE", mode, {"0": "0", "1": "1"})
    found["birth_weight_g"] = taker.whole("birth_weight_g", "CANNANG", text(data, "CANNANG"))
    found["birth_length_cm"] = taker.number("birth_length_cm", "CHIEUDAI", text(data, "CHIEUDAI"))
    return {name: value for name, value in found.items() if value not in ("", None)}


def _read_risk(row: Data, taker: Taker) -> dict[str, Any]:
    kind = text(row, "LOAI").lstrip("0")
    name = RISKS.get(kind)
    if name is None:
        taker.unreadable("risk_other", "DSYEUTO/LOAI", f"giá trị «{text(row, 'LOAI')[:10]}» không có trong mẫu.")
        return {}
    state, quit_ = text(row, "TRANGTHAI"), text(row, "DABO")
    if state == "0" and quit_ == "0" and kind in QUITTABLE and not taker.trusted:  # trap 2
        message = f"{RISK_LABELS[kind]}: TRANGTHAI 0 kèm DABO 0 có thể là người đang dùng, coi là không rõ, không nhận."
        taker.note(name, "risk_unknown", message)
        return {}
    words = {"0": "no", "1": "yes", "2": "yes"} if kind == "2" else {"0": "0", "1": "1", "2": "2"}
    found: dict[str, Any] = {name: taker.choice(name, "TRANGTHAI", state, words)}
    if kind in QUITTABLE:
        found[f"{name}_quit"] = taker.yes_no(f"{name}_quit", "DABO", quit_)
    if kind == "2":
        found[GLASSES] = taker.number(GLASSES, "SOLUONG", text(row, "SOLUONG"))
    return {code: value for code, value in found.items() if value not in ("", None)}


def _lines(
    prefix: str, names: Mapping[str, str], found: list[Data], taker: Taker, *, relatives: bool = False
) -> dict[str, Any]:
    """Lines of a list by kind: each row one line of its field, who is concerned beside it."""
    lines: dict[str, list[str]] = {}
    people: dict[str, list[str]] = {}
    for row in found:
        kind = text(row, "LOAI").lstrip("0")
        code = f"{prefix}{names.get(kind, 'other')}"
        written = ": ".join(dict.fromkeys(word for tag in ("TEN", "MOTA") if (word := text(row, tag))))
        relative = text(row, "NGUOIMAC")
        if not (written or relative):
            continue
        if kind not in names:
            taker.note(code, "kind", f"LOAI «{text(row, 'LOAI')[:10]}» không có trong mẫu: ghi vào mục «khác».")
        lines.setdefault(code, []).append(written or "Có")
        if relatives and relative:
            people.setdefault(f"{code}_person", []).append(relative)
    return {code: "\n".join(each) for code, each in lines.items()} | _together(people, taker)


def _together(people: Mapping[str, list[str]], taker: Taker) -> dict[str, Any]:
    """The relatives of one kind, who share one cell of the form."""
    for code, each in people.items():
        if len(set(each)) > 1:
            taker.note(code, "relatives", "Nhiều người mắc khác nhau của một loại được ghi chung một ô.", "info")
    return {code: "; ".join(dict.fromkeys(each)) for code, each in people.items()}


def _read_diseases(prefix: str, found: list[Data], taker: Taker) -> dict[str, Any]:
    values: dict[str, Any] = {}
    written: dict[str, list[str]] = {}
    people: dict[str, list[str]] = {}
    for row in found:
        name = _DISEASE_NAMES.get(text(row, "LOAIBENH").lstrip("0"), "")
        detail, state, label = text(row, "MOTA"), text(row, "TRANGTHAI"), text(row, "TENBENH")
        if not (state or detail or name in ("", "other")):
            continue
        boxed = b.FAMILY_TICKS if prefix else tuple(_DISEASE_NAMES[number] for number in map(str, range(1, 13)))
        if name in boxed:
            code = f"{prefix}disease_{name}"
            answer = taker.choice(code, "TRANGTHAI", state, {"0": "no", "1": "yes"})
            unknown = not answer and plain(detail) == plain(UNKNOWN_WORD)
            values[code] = "unknown" if unknown else answer or "yes"
            if detail and not unknown:
                taker.note(code, "detail", "Mô tả của bệnh đã đánh dấu (MOTA) không có chỗ ghi riêng: không nhận.")
        else:
            kept = name if name in _WRITTEN else "other"
            code = f"{prefix}disease_{kept}"
            named = kept != name or (
                name == "other" and not detail and plain(label) != plain(_label("own-disease", "15"))
            )
            words = [word for word in ([label, detail] if named else [detail]) if word]
            if line := ": ".join(words) or {"1": "Có", "0": NONE_WORD}.get(state, ""):
                written.setdefault(code, []).append(line)
        if prefix and text(row, "NGUOIMAC"):
            people.setdefault(f"{code}_person", []).append(text(row, "NGUOIMAC"))
    return values | {code: "\n".join(each) for code, each in written.items()} | _together(people, taker)


def said(value: Any) -> bool:
    """Whether a value of section B says anything."""
    return bool(value) if isinstance(value, Answer) else value not in (None, "")
