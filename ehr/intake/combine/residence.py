"""Where the person lives and is registered."""

from __future__ import annotations

from ehr.common.text import nfc
from ehr.intake.columns import Column, Layout
from ehr.intake.combine.line import Line, Step, letter_of
from ehr.intake.places import Places

ADDRESS = 200  # characters


def residence(by_field: dict[str, Column], places: Places, layout: Layout) -> Step:
    """Village and commune of residence: from their columns, else from the address, else from the title, else from the
    name of the sheet. The commune is that of the batch."""
    letter = letter_of(by_field, "current_village_code")
    of_sheet = places.villages.find(layout.sheet)
    if of_sheet is None and len(places.villages.in_force) == 1 and not letter:
        of_sheet = places.villages.in_force[0]
    # "Tổ 1" as a row within the list of a village: the village stays.
    whole = places.villages.find(layout.title.get("current_village", ""))
    survey = layout.kind in ("survey", "register")
    checked = not layout.title.get("current_commune")

    def step(line: Line) -> None:
        nonlocal checked
        parts = line.parts
        if not checked:
            checked = True
            _check_title(line, layout.title["current_commune"], places)
        if "current_village_code" not in parts:
            _village_elsewhere(line)
        address = line.title.get("current_address_detail")
        if address and survey and "current_address_detail" not in parts:
            _put_address(line, nfc(address))
        district = parts.pop("current_district", None)
        if district is not None and not places.units.is_own_district(district):
            message = "Huyện ghi trên dòng không phải huyện cũ của xã này; không ghi được."
            line.row.problem(
                letter_of(by_field, "current_district"),
                "current_district",
                district,
                "current_district.other",
                "warning",
                message,
            )
        if survey or "current_village_code" in parts:
            parts.setdefault("current_commune", places.commune.code)

    def _village_elsewhere(line: Line) -> None:
        parts = line.parts
        if any(problem["field"].startswith("current_village") for problem in line.row.problems):
            return
        found = places.villages.within(parts["current_address_detail"]) if parts.get("current_address_detail") else None
        written = line.title.get("current_village", "")
        if found is None and written:
            found = places.villages.find(written) or whole
            if found is None and survey:
                message = f"Tiêu đề ghi «{written[:60]}». {places.villages.unknown(written)}"
                line.row.problem(
                    letter, "current_village_code", written[:60], "current_village.unknown", "error", message
                )
                return
        found = found or places.villages.at_start(line.title.get("village_in_text", "")) or of_sheet
        if found is not None:
            parts["current_village_code"] = found.code
        elif survey:
            line.row.problem(
                letter,
                "current_village_code",
                "",
                "current_village.missing",
                "warning",
                "Chưa biết người này ở thôn nào.",
            )

    return step


def _put_address(line: Line, address: str) -> None:
    if len(address) > ADDRESS:
        message = f"Địa chỉ trên tiêu đề dài {len(address)} ký tự, chỉ ghi được {ADDRESS}: không ghi."
        line.row.problem(
            "", "current_address_detail", address[:60], "current_address_detail.length", "warning", message
        )
    else:
        line.parts["current_address_detail"] = address


def _check_title(line: Line, written: str, places: Places) -> None:
    """Said once, on the first row: a sheet of another commune."""
    if not places.units.is_own_commune(written) and not places.units.begins_with_own(written):
        message = f"Tiêu đề của trang ghi xã «{written[:60]}»; lần nhập này dành cho {places.commune.full_name}."
        line.row.problem("", "current_commune", written[:60], "current_commune.title", "warning", message)


PERMANENT = {
    "permanent_address": "address", "permanent_address_detail": "detail", "permanent_village": "village",
    "permanent_commune": "commune", "permanent_district": "district", "permanent_province": "province",
}  # fmt: skip


# Why an address stands where the cell is empty; the writer knows by it that nobody wrote this address.
AS_PRESENT = "Cột HKTT để trống: thường trú tại nơi ở hiện nay."


def permanent(by_field: dict[str, Column], places: Places, layout: Layout) -> Step:
    """The permanent address from its columns. On survey sheets an empty cell means that it is the present one
    (questionnaire, column 23), unless the row says that the person stays there for a time only."""
    letter = letter_of(by_field, *PERMANENT)
    survey = layout.kind == "survey"

    def step(line: Line) -> None:
        given = {role: line.parts.pop(name) for name, role in PERMANENT.items() if name in line.parts}
        if not given:
            unread = any(problem["field"].startswith("permanent_") for problem in line.row.problems)
            if survey and not unread and line.parts.get("residence", "permanent") == "permanent":
                _as_present(line, letter)
            return
        found = places.units.permanent(**given)
        detail = found.get("permanent_address_detail", "")
        if len(detail) > ADDRESS:
            line.row.problem(
                "",
                "permanent_address_detail",
                detail[:60],
                "permanent_address_detail.length",
                "error",
                "Địa chỉ thường trú dài quá 200 ký tự.",
            )
            return
        line.parts.update(found)

    return step


def _as_present(line: Line, letter: str) -> None:
    commune, detail = line.parts.get("current_commune"), line.parts.get("current_address_detail")
    if not commune or "full_name" not in line.parts:
        return
    line.parts["permanent_commune"] = commune
    line.row.clean(letter, "permanent_commune", "", commune, AS_PRESENT)
    if village := line.parts.get("current_village_code"):
        line.parts["permanent_village_code"] = village
    if detail:
        line.parts["permanent_address_detail"] = detail
        line.row.clean(letter, "permanent_address_detail", "", detail, AS_PRESENT)
