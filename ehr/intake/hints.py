"""How to put a refused cell right, in one sentence. Most messages of the readers of cells say it themselves; the rules
of the record speak to people at a form, who see their box: these sentences speak to people at a spreadsheet."""

from __future__ import annotations

BY_CODE = {
    "full_name.required": "Ghi đủ họ và tên vào dòng này.",
    "sex.required": "Ghi Nam hoặc Nữ.",
    "birth_date.required": "Ghi ngày/tháng/năm; chỉ biết năm thì ghi năm; không biết thì ghi «?».",
    "birth_date.future": "Xem lại năm sinh.",
    "id_number.taken": "Xem lại số trên giấy tờ; nếu đúng, tìm hồ sơ đang mang số này để sửa.",
    "household_code.taken": "Xem lại số hộ và thôn.",
    "current_commune.scope": "Xem lại cột xã: danh sách này chỉ cho xã đã chọn khi gửi.",
    "row.repeated": "Giữ một dòng, xóa dòng lặp.",
    "sex.female_only": "Xem lại cột giới tính, hoặc xóa ô này.",
}
BY_ENDING = {
    "day": "Xem lại ngày trên giấy tờ; chỉ biết tháng, năm thì ghi 03/1980 hoặc 1980.",
    "month": "Xem lại tháng trên giấy tờ; chỉ biết năm thì ghi năm.",
    "short_year": "Ghi đủ bốn chữ số của năm.",
    "required": "Điền ô này rồi gửi lại.",
    "future": "Xem lại năm.",
    "before_birth": "Xem lại năm, so với năm sinh.",
    "unknown_code": "Ghi như trong danh sách chọn của tệp mẫu.",
    "unknown_word": "Ghi như trong danh sách chọn của tệp mẫu.",
    "range": "Xem lại số và đơn vị đo.",
    "choice": "Ghi như trong danh sách chọn của tệp mẫu.",
}


def hint(code: str, message: str = "") -> str:
    """What to do about a problem with this code; "" when its message says it already.

    >>> hint("death_date.future")
    'Xem lại năm.'
    """
    found = BY_CODE.get(code) or BY_ENDING.get(code.rpartition(".")[2], "")
    return "" if found and _says(message, found) else found


def _says(message: str, found: str) -> bool:
    return found.rstrip(".").lower() in message.lower() or "hãy" in message.lower()
