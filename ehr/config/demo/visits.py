"""What visits are about: reasons, findings, tests, diagnoses, advice, by kind of visit. Texts as doctors write them."""

from dataclasses import dataclass

from ehr.config.demo.picks import Pick, ages

# Median height and weight: WHO standards to 5 years, WHO reference to 18 shifted to what Vietnamese surveys find.
HEIGHT_CM = (
    ages([(0, 62), (1, 76), (2, 87), (3, 95), (4, 102), (5, 108), (8, 125), (11, 141), (14, 160), (17, 168), (40, 166), (60, 162), (85, 158)]),
    ages([(0, 61), (1, 74), (2, 85), (3, 94), (4, 101), (5, 107), (8, 124), (11, 143), (13, 152), (16, 156), (40, 155), (60, 151), (85, 147)]),
)  # fmt: skip
WEIGHT_KG = (
    ages([(0, 6.5), (1, 9.6), (2, 12), (3, 14), (5, 17.5), (8, 25), (11, 35), (14, 49), (17, 57), (40, 62), (60, 60), (85, 54)]),
    ages([(0, 6), (1, 9), (2, 11.4), (3, 13.5), (5, 17), (8, 24), (11, 36), (13, 43), (16, 48), (40, 53), (60, 53), (85, 46)]),
)  # fmt: skip
SYSTOLIC = ages([(0, 85), (6, 95), (14, 108), (20, 114), (40, 120), (60, 128), (85, 132)])
PULSE = ages([(0, 130), (1, 120), (3, 105), (6, 95), (12, 85), (18, 78), (80, 76)])
BREATHING = ages([(0, 40), (1, 30), (4, 24), (8, 20), (14, 18), (80, 18)])


@dataclass(frozen=True)
class Lab:
    """A test: name, LOINC, group of the form, unit, usual value and spread, decimals. Text results stand in `texts`."""

    name: str
    loinc: str
    group: str
    unit: str = ""
    mean: float = 0.0
    spread: float = 0.0
    places: int = 1
    texts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why somebody comes, and what is written then. `kind`: of Encounter. `follow`: disease it follows, 0 for none."""

    reason: str
    icd10: str
    kind: str = "visit"
    illness: str = ""
    findings: tuple[tuple[str, str], ...] = ()
    labs: tuple[str, ...] = ()
    advice: str = ""
    fever: float = 0.0
    conclusion: str = ""


LABS = {
    "glucose": Lab("Glucose máu lúc đói", "14771-0", "blood_chemistry", "mmol/L", 5.3, 0.6),
    "glucose_high": Lab("Glucose máu lúc đói", "14771-0", "blood_chemistry", "mmol/L", 8.2, 1.8),
    "hba1c": Lab("HbA1c", "4548-4", "blood_chemistry", "%", 7.4, 1.0),
    "cholesterol": Lab("Cholesterol toàn phần", "14647-2", "blood_chemistry", "mmol/L", 5.1, 0.9),
    "creatinine": Lab("Creatinin", "14682-9", "blood_chemistry", "µmol/L", 82, 14, 0),
    "alt": Lab("ALT (GPT)", "1742-6", "blood_chemistry", "U/L", 30, 10, 0),
    "wbc": Lab("Bạch cầu", "6690-2", "haematology", "G/L", 8.4, 2.2),
    "hb": Lab("Hemoglobin", "718-7", "haematology", "g/dL", 13.0, 1.2),
    "protein": Lab("Protein niệu", "20454-5", "urine_chemistry", texts=(("Âm tính", 0.94), ("Vết", 0.04), ("Dương tính (+)", 0.02))),
    "ultrasound": Lab("Siêu âm ổ bụng", "", "abdominal_ultrasound", texts=(
        ("Chưa phát hiện bất thường", 0.72), ("Gan nhiễm mỡ độ I", 0.2), ("Sỏi thận phải 6 mm", 0.05), ("Nang gan 12 mm", 0.03))),
    "foetus": Lab("Siêu âm thai", "", "other", texts=(("Một thai sống trong buồng tử cung", 0.97), ("Ngôi mông", 0.03))),
}  # fmt: skip

HEART_FINE, LUNGS_CLEAR = ("cardiovascular", "Nhịp tim đều, T1, T2 rõ"), ("respiratory", "Phổi thông khí đều, không rale")
BELLY_SOFT = ("digestive", "Bụng mềm, gan lách không to")
SKIN_FINE = ("skin_mucosa", "Da, niêm mạc hồng")

ACUTE_CHILD = Pick([
    (Reason("Sốt, ho, chảy mũi", "J06.9", illness="Trẻ sốt, ho, chảy nước mũi 2 ngày, bú và ăn kém.", fever=38.2,
            findings=(("ent", "Họng đỏ"), LUNGS_CLEAR), advice="Hạ sốt khi từ 38,5 °C, uống nhiều nước, khám lại khi sốt cao hoặc khó thở."), 6),
    (Reason("Ho, khò khè", "J20.9", illness="Ho có đờm 4 ngày, sốt nhẹ.", fever=37.8,
            findings=(("respiratory", "Rale ngáy rải rác hai phổi"),), labs=("wbc",), advice="Giữ ấm, vỗ rung, tái khám sau 3 ngày."), 3),
    (Reason("Đau họng", "J02.9", illness="Đau họng, nuốt vướng, sốt nhẹ.", fever=37.9, findings=(("ent", "Họng đỏ, a-mi-đan không mủ"),),
            advice="Súc họng nước muối ấm, uống đủ nước."), 3),
    (Reason("Tiêu chảy", "A09", illness="Đi ngoài phân lỏng 5 lần từ hôm qua, không máu.", fever=37.3, findings=(BELLY_SOFT,),
            advice="Uống oresol, tiếp tục ăn bú, rửa tay bằng xà phòng."), 2.5),
    (Reason("Ngứa, nổi mẩn", "L30.9", illness="Nổi mẩn đỏ, ngứa ở tay chân 3 ngày.", findings=(("dermatology", "Mảng đỏ, ít vảy ở nếp gấp"),),
            advice="Giữ da sạch, tránh xà phòng mạnh."), 1.5),
    (Reason("Sâu răng", "K02.1", findings=(("dental", "Sâu răng hàm sữa"),), advice="Chải răng hai lần mỗi ngày, khám nha khoa."), 1.5),
])  # fmt: skip
ACUTE_ADULT = Pick([
    (Reason("Ho, sốt", "J06.9", illness="Ho, sổ mũi, đau người 2 ngày.", fever=37.7, findings=(("ent", "Họng đỏ"), LUNGS_CLEAR),
            advice="Nghỉ ngơi, uống nhiều nước, đeo khẩu trang."), 4),
    (Reason("Đau thượng vị", "K29.7", illness="Đau thượng vị sau ăn, ợ chua 1 tuần.", findings=(("digestive", "Ấn đau thượng vị"),),
            advice="Ăn đúng bữa, tránh rượu và đồ cay."), 3),
    (Reason("Đau thắt lưng", "M54.5", illness="Đau lưng sau khi mang vác, không lan chân.", findings=(("musculoskeletal", "Co cứng cơ cạnh sống"),),
            advice="Tránh mang vác nặng, tập nhẹ nhàng."), 3),
    (Reason("Đau khớp gối", "M17.9", illness="Đau gối khi lên xuống cầu thang.", findings=(("musculoskeletal", "Khớp gối lạo xạo, không sưng"),),
            advice="Giảm cân, tránh ngồi xổm."), 2),
    (Reason("Đau đầu, mất ngủ", "R51", illness="Đau đầu, ngủ ít 1 tuần nay.", findings=(("neurological", "Không có dấu hiệu thần kinh khu trú"),),
            advice="Nghỉ ngơi, hạn chế cà phê."), 2),
    (Reason("Tiểu buốt", "N39.0", illness="Tiểu buốt, tiểu rắt 2 ngày.", findings=(("urinary", "Ấn tức trên xương mu"),), labs=("protein",),
            advice="Uống nhiều nước, không nhịn tiểu."), 1.5),
    (Reason("Đau mắt đỏ", "H10.9", illness="Mắt đỏ, cộm, có ghèn.", findings=(("eye", "Kết mạc cương tụ"),), advice="Không dùng chung khăn, rửa tay."), 1),
    (Reason("Sâu răng", "K02.1", findings=(("dental", "Sâu răng hàm dưới"),), advice="Khám nha khoa."), 1),
])  # fmt: skip
CHECK = Reason(
    "Khám sức khỏe định kỳ", "Z00.0", kind="check", findings=(SKIN_FINE, HEART_FINE, LUNGS_CLEAR), labs=("glucose", "hb"),
    advice="Ăn nhiều rau, giảm muối, tập thể dục đều.", conclusion="Đủ sức khỏe",
)  # fmt: skip
CHILD_CHECK = Reason(
    "Theo dõi phát triển", "Z00.1", kind="child", findings=(SKIN_FINE, ("nutrition", "Phát triển bình thường")),
    advice="Cho ăn đủ bốn nhóm chất, tiêm chủng đúng lịch.", conclusion="Trẻ phát triển bình thường",
)  # fmt: skip
ANTENATAL = Reason(
    "Khám thai", "Z34.9", kind="antenatal", findings=(("obgyn", "Tử cung tương ứng tuổi thai, tim thai rõ"),),
    labs=("protein", "hb", "foetus"), advice="Uống viên sắt, khám thai đúng hẹn, ăn đủ chất.", conclusion="Thai phát triển bình thường",
)  # fmt: skip
FOLLOW_UP = {
    1: Reason("Tái khám tim mạch", "I25.9", illness="Thỉnh thoảng tức ngực khi gắng sức.", findings=(HEART_FINE, LUNGS_CLEAR),
              labs=("cholesterol",), advice="Uống thuốc đều, không hút thuốc."),
    2: Reason("Tái khám tăng huyết áp", "I10", illness="Uống thuốc đều, thỉnh thoảng đau đầu.", findings=(HEART_FINE,),
              labs=("creatinine", "cholesterol"), advice="Ăn nhạt, uống thuốc đúng giờ, đo huyết áp tại nhà."),
    3: Reason("Tái khám đái tháo đường", "E11.9", illness="Uống thuốc đều, không có dấu hiệu hạ đường huyết.",
              findings=(HEART_FINE, ("nutrition", "Thể trạng trung bình")), labs=("glucose_high", "hba1c"),
              advice="Giảm tinh bột, đi bộ 30 phút mỗi ngày, kiểm tra bàn chân."),
    4: Reason("Đau thượng vị tái phát", "K29.5", illness="Đau âm ỉ thượng vị khi đói.", findings=(("digestive", "Ấn tức thượng vị"),),
              labs=("ultrasound",), advice="Ăn đúng bữa, tránh rượu, thuốc lá."),
    5: Reason("Khó thở khi gắng sức", "J44.9", illness="Ho khạc đờm buổi sáng, khó thở khi leo dốc.", findings=(("respiratory", "Rì rào phế nang giảm"),),
              advice="Bỏ thuốc lá, tập thở, giữ ấm."),
    6: Reason("Tái khám hen", "J45.9", illness="Trong tháng có 1 cơn khó thở về đêm.", findings=(("respiratory", "Ít rale rít hai phổi"),),
              advice="Dùng thuốc dự phòng hằng ngày, tránh khói bụi."),
    8: Reason("Theo dõi viêm gan B", "B18.1", findings=(BELLY_SOFT,), labs=("alt", "ultrasound"), advice="Không uống rượu, xét nghiệm mỗi 6 tháng."),
}  # fmt: skip
EYESIGHT = Pick([("10/10", 0.55), ("9/10", 0.15), ("8/10", 0.12), ("6/10", 0.1), ("4/10", 0.08)])
IDENTITY_CHECK = Pick([("qr", 0.35), ("chip", 0.12), ("insurance", 0.25), ("vneid", 0.1), ("manual", 0.13), ("", 0.05)])
ALL_ICD10 = sorted(
    {reason.icd10 for pick in (ACUTE_CHILD, ACUTE_ADULT) for reason in pick.items}
    | {reason.icd10 for reason in (*FOLLOW_UP.values(), CHECK, CHILD_CHECK, ANTENATAL)}
)
