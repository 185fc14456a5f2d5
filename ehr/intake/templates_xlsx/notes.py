"""The sheet "Hướng dẫn" of a template."""

from __future__ import annotations

from ehr.intake.templates_xlsx.columns import Template

GENERAL = (
    "Điền vào trang «{sheet}», từ ngay dưới dòng tiêu đề; mỗi dòng một người (hoặc một mũi tiêm, một lượt khám). "
    "Trang «Ví dụ» chỉ để xem cách điền: người trên đó là người bịa, khi tải lên hệ thống bỏ qua trang này.",
    "Có thể chép dòng từ tệp khác vào. Nên dán dạng giá trị (Paste Special › Values) để giữ định dạng văn bản của "
    "các cột "
    "số CCCD, thẻ BHYT, điện thoại, ngày: nhờ đó Excel không cắt số 0 đầu và không đảo ngày với tháng.",
    "Có thể thêm cột khác (hệ thống bỏ qua cột không nhận ra và nói rõ), đổi thứ tự cột, chép trang thành nhiều thôn.",
    "Ô để trống nghĩa là chưa hỏi: không xóa thông tin đang có trong hồ sơ. «Không có» ghi 0 hoặc «không»; không "
    "biết ghi kb.",
    "Sau khi tải lên, hệ thống cho xem trước từng dòng (thêm, sửa, không đổi, nghi trùng, từ chối và vì sao). Chưa "
    "xác nhận "
    "thì chưa ghi gì. Dòng bị từ chối tải về được thành tệp kèm lý do, sửa rồi gửi lại; đã ghi rồi vẫn hoàn tác được.",
)
FOR_KIND = {
    "survey": (
        "Bắt buộc: họ tên, giới tính, ngày sinh, thôn, hộ số, quan hệ với chủ hộ. Người đã có hồ sơ được nhận ra "
        "theo số "
        "định danh, rồi theo họ tên, ngày sinh, thôn; số định danh nên điền nếu biết.",
        "Câu nhạy cảm (ma túy, tâm thần, phá thai, bệnh phụ khoa) không nên để trên danh sách nhiều người cùng xem.",
    ),
    "register": (
        "Danh sách được đối chiếu với hồ sơ: mới sinh, mất, chuyển đến, chuyển đi, thay đổi. Nên gửi trọn thôn hoặc "
        "trọn xã.",
    ),
    "vaccination": (
        "Chỉ ghi cho người đã có hồ sơ (phần A): họ tên và ngày sinh, hoặc số định danh. Dòng không tìm thấy người "
        "sẽ bị "
        "từ chối kèm lý do: hãy lập phần A trước.",
        "Tên vắc xin: chọn trong danh sách. Dòng in trên mẫu (BCG, Sởi 1, HPV 2, UV1…) đã gồm số mũi; vắc xin khác "
        "thì ghi "
        "thêm «Mũi số».",
        "Gửi lại cùng danh sách không ghi lần hai; sửa một ô rồi gửi lại thì chỉ mũi đó được sửa.",
    ),
    "exam": (
        "Chỉ ghi cho người đã có hồ sơ (phần A): họ tên và ngày sinh, hoặc số định danh. Dòng không tìm thấy người "
        "sẽ bị "
        "từ chối kèm lý do: hãy lập phần A trước.",
        "Cùng người, cùng ngày khám, cùng loại khám là một lượt khám: gửi lại thì không ghi lần hai, ô đã sửa thì "
        "được cập "
        "nhật. BMI do hệ thống tính.",
    ),
}  # fmt: skip


def notes(template: Template) -> tuple[str, ...]:
    """Numbered paragraphs."""
    return (template.about, *(text.format(sheet=template.sheet) for text in GENERAL), *FOR_KIND[template.kind])


def cell_of(template: Template) -> list[tuple[str, str, str]]:
    """(column, required or not, how to fill it in) for each column with a heading."""
    kinds = {
        "date": "Ngày/tháng/năm, ví dụ 12/03/1980", "int": "Số nguyên", "decimal": "Số, dấu phẩy cho phần lẻ (61,5)",
        "tick": "x / 0 / kb", "choice": "Chọn trong danh sách", "dose": "Ngày tiêm, x, hoặc «chưa»", "text": "Văn bản",
    }  # fmt: skip
    return [
        (
            f"{column.group} › {column.header}" if column.group else column.header,
            "Bắt buộc" if column.required else "",
            f"{kinds[column.kind]}. {column.note}" if column.note else kinds[column.kind],
        )
        for column in template.columns
        if column.field
    ]
