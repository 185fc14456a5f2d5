"""Columns by meaning: every heading of the village survey, near spellings, groups, neighbours."""

import pytest

from ehr.intake.columns import fields_of, header_keys, labels, recognise
from ehr.intake.files import Merged, Sheet

PART_A = [  # questionnaire of the village survey, 3a: heading to print, other headings met, field
    ("Hộ số|Mã hộ|Mã hộ GĐ|Hộ khẩu|Số hộ khẩu|Mã căn/hộ|Mã hộ gia đình", "household_code"),
    ("Quan hệ với chủ hộ|Mối quan hệ với chủ hộ|Quan hệ|QH chủ hộ|Q.hệ", "relation_to_head"),
    ("Giới tính|GIỚI TÍNH|Nam/Nữ|GT|Giới", "sex"),
    ("Ngày sinh|Ngày, tháng, năm sinh|NGÀY SINH|Ng.sinh|Ngày\ntháng\nnăm sinh", "birth_date"),
    ("Năm sinh", "birth_date:year"),
    (
        "Số CMND/CCCD|Số CMND/ Thẻ căn cước/ Hộ chiếu|CMND/CCCD/HC|CCCD|Số định danh cá nhân|ĐDCN|Số định danh cá "
        "nhân (12 số)",
        "id_number",
    ),
    ("Ngày cấp", "id_issue_date"),
    ("Nơi cấp", "id_issue_place"),
    ("Số thẻ BHYT|Mã đối tượng (Số Thẻ BHYT)|Mã thẻ BHYT", "health_insurance_number"),
    ("Mã số BHXH", "social_insurance_code"),
    ("Tỉnh/TP đăng ký khai sinh|Nơi cấp giấy khai sinh|Nơi đăng ký khai sinh", "birth_registration_province"),
    ("Dân tộc|DÂN TỘC|DT", "ethnicity"),
    ("Quốc tịch|Quốc gia", "nationality"),
    ("Tôn giáo|TÔN GIÁO", "religion"),
    ("Nghề nghiệp|NGHỀ NGHIỆP|Nghề", "occupation"),
    ("Nhóm máu ABO", "blood_group_abo"),
    ("Nhóm máu", "blood_group"),
    ("Rh|Hệ Rh", "blood_group_rh"),
    (
        "Thôn|Thôn (bản, tổ dân phố)|Thôn (Ấp, Bản, Làng, Tổ dân phố)|TỔ DÂN PHỐ|Xóm|Khu phố",
        "current_village_code",
    ),
    ("Địa chỉ|Địa chỉ hộ|ĐỊA CHỈ|Địa chỉ hiện tại", "current_address_detail"),
    ("Xã|Xã (phường, thị trấn)", "current_commune"),
    ("Huyện|Huyện (quận, thị xã, Tp thuộc tỉnh)", "current_district"),
    ("Tỉnh|Tỉnh (Tp)", "current_province"),
    ("HKTT (thôn, xã, tỉnh)|Nơi đăng ký HKTT|Thường trú", "permanent_address"),
    (
        "Điện thoại|Số điện thoại|Số điện thoại (nếu có)|SĐT liên hệ|Di động|SĐT|Số ĐT|ĐT",
        "phone_mobile",
    ),
    ("Email|EMAIL", "email"),
    ("Họ tên mẹ|Mẹ", "mother_name"),
    ("Họ tên bố|Bố", "father_name"),
    ("Người chăm sóc chính|Người nhà", "caregiver_name"),
    ("Quan hệ NCSC", "caregiver_relation"),
    ("Điện thoại NCSC|SĐT người nhà", "caregiver_phone_mobile"),
    ("Tình trạng cư trú|Loại cư trú|Thường trú/Tạm trú", "residence"),
    ("Ghi chú|ĐẶC ĐIỂM", "note"),
    (
        "STT|Số TT|Stt|TT|Trình độ học vấn|Tình trạng hôn nhân|Nơi làm việc|Đảng viên|Người cao tuổi|Người khuyết tật",
        "",
    ),
]
PART_B = [  # 3b: group, headings, fields
    (
        "1. Lúc sinh",
        "Đẻ thường;Đẻ mổ;Đẻ thiếu tháng;Bị ngạt;Cân nặng (g);Chiều dài (cm);Dị tật bẩm sinh;Vấn đề khác",
        "birth_delivery_mode:vaginal birth_delivery_mode:caesarean birth_preterm birth_asphyxia birth_weight_g "
        "birth_length_cm birth_defect birth_other_problem",
    ),
    (
        "2. Nguy cơ",
        "Hút thuốc;Đã bỏ thuốc;Rượu bia;Số ly/ngày;Đã bỏ rượu;Ma túy;Đã bỏ ma túy;Thể lực;Yếu tố tiếp xúc;Thời gian "
        "tiếp "
        "xúc;Loại hố xí;Nguy cơ khác",
        "risk_smoking risk_smoking_quit risk_alcohol risk_alcohol_glasses_per_day risk_alcohol_quit risk_drug "
        "risk_drug_quit risk_physical_activity risk_exposure risk_exposure_duration household_toilet_type risk_other",
    ),
    ("3a. Dị ứng", "Thuốc;Hóa chất/mỹ phẩm;Thực phẩm;Khác", "allergy_drug allergy_chemical allergy_food allergy_other"),
    (
        "3b. Bệnh tật",
        "Tim mạch;Tăng huyết áp;Đái tháo đường;Dạ dày;Phổi mạn tính;Hen suyễn;Bướu cổ;Viêm gan;Tim bẩm sinh;Tâm thần;"
        "Tự kỷ;"
        "Động kinh;Ung thư (loại);Lao (loại);Khác",
        "disease_cardiovascular disease_hypertension disease_diabetes disease_stomach disease_chronic_lung "
        "disease_asthma "
        "disease_goitre disease_hepatitis disease_congenital_heart disease_mental disease_autism disease_epilepsy "
        "disease_cancer disease_tuberculosis disease_other",
    ),
    (
        "4. Khuyết tật",
        "Thính lực;Thị lực;Tay;Chân;Cong vẹo cột sống;Khe hở môi, vòm miệng;Khác",
        "disability_hearing disability_vision disability_arm disability_leg disability_scoliosis disability_cleft "
        "disability_other",
    ),
    ("5. Phẫu thuật", "Bộ phận, năm", "surgery_history"),
    (
        "6a. Dị ứng gia đình",
        "Thuốc;Người mắc;Hóa chất;Người mắc;Thực phẩm;Người mắc;Khác;Người mắc",
        "family_allergy_drug family_allergy_drug_person family_allergy_chemical family_allergy_chemical_person "
        "family_allergy_food family_allergy_food_person family_allergy_other family_allergy_other_person",
    ),
    (
        "6b. Bệnh gia đình",
        "Tim mạch;Người mắc;Hen suyễn;Người mắc;Tăng huyết áp;Người mắc;Đái tháo đường;Người mắc;Tâm thần;Người mắc;"
        "Động "
        "kinh;Người mắc;Ung thư;Lao;Khác",
        "family_disease_cardiovascular family_disease_cardiovascular_person family_disease_asthma "
        "family_disease_asthma_person family_disease_hypertension family_disease_hypertension_person "
        "family_disease_diabetes family_disease_diabetes_person family_disease_mental family_disease_mental_person "
        "family_disease_epilepsy family_disease_epilepsy_person family_disease_cancer family_disease_tuberculosis "
        "family_disease_other",
    ),
    (
        "7. SKSS-KHHGĐ",
        "BPTT đang dùng;Kỳ thai cuối;Có thai;Sảy;Phá;Đẻ;Đẻ thường;Đẻ mổ;Đẻ khó;Đủ tháng;Non;Con sống;Bệnh phụ khoa",
        "contraception_method last_pregnancy pregnancy_count miscarriage_count abortion_count birth_count "
        "normal_delivery_count caesarean_count difficult_delivery_count term_birth_count preterm_birth_count "
        "living_children_count gynaecological_disease",
    ),
    ("8", "Vấn đề khác", "other_issues"),
]


def fields(rows, kind="survey", merged=(), saved=None):
    layout = recognise(Sheet("Trang", rows, merged=list(merged)), kind, saved)
    assert layout is not None
    return layout


def found(*headers, kind="survey"):
    return [column.field for column in fields([list(headers)], kind).columns]


@pytest.mark.parametrize(("spellings", "field"), PART_A)
def test_headings_of_part_a(spellings, field):
    for heading in spellings.split("|"):
        layout = fields([["Họ và tên", heading, "Email" if field != "email" else "Nghề nghiệp"]])
        column = layout.columns[1]
        assert (column.field, column.why) == (field, column.why), heading
        assert column.sure, heading
        assert bool(column.why) == (field == ""), heading


@pytest.mark.parametrize(
    "spelling", ["Họ và tên", "Họ tên", "HỌ TÊN", "Họ và tên khai sinh", "Họ & tên", "Họ và tên trẻ"]
)
def test_headings_of_names(spelling):
    assert found("STT", spelling, "Ngày sinh") == ["", "full_name", "birth_date"]


def part_b_rows(*, merge):
    """Header rows of the whole part B; groups merged, or written once with empty cells after them (CSV)."""
    above, below, expected, merged = ["STT", "Họ và tên"], [None, None], ["", "full_name"], []
    for group, headings, codes in PART_B:
        names = [" ".join(name.split()) for name in headings.split(";")]
        if merge:
            merged.append(Merged(0, len(above), 0, len(above) + len(names) - 1))
        above += [group] + [None] * (len(names) - 1)
        below += names
        expected += codes.split()
    if merge:
        merged += [Merged(0, 0, 1, 0), Merged(0, 1, 1, 1)]
    return [above, below, [1, "Trần Thị Bình"]], expected, merged


@pytest.mark.parametrize("merge", [True, False])
def test_all_headings_of_part_b_under_their_groups(merge):
    rows, expected, merged = part_b_rows(merge=merge)
    layout = fields(rows, merged=merged)
    assert [column.field for column in layout.columns] == expected
    assert all(column.sure for column in layout.columns)
    assert (layout.header_row, layout.first_row) == (1, 3)


def test_twenty_questions_in_one_header_row():
    headings = (
        "Hút thuốc;Rượu bia;Thể lực;Loại hố xí;Dị ứng thuốc;Dị ứng hóa chất;Dị ứng thực phẩm;Dị ứng khác;Tăng huyết "
        "áp;Đái "
        "tháo đường;Hen suyễn;Tim mạch;Phổi mạn tính;Ung thư;Lao;Khác;Khuyết tật;Phẫu thuật;Tiền sử gia đình;Ghi chú"
    )
    assert found("Họ và tên", *headings.split(";"))[1:] == [
        "risk_smoking",
        "risk_alcohol",
        "risk_physical_activity",
        "household_toilet_type",
        "allergy_drug",
        "allergy_chemical",
        "allergy_food",
        "allergy_other",
        "disease_hypertension",
        "disease_diabetes",
        "disease_asthma",
        "disease_cardiovascular",
        "disease_chronic_lung",
        "disease_cancer",
        "disease_tuberculosis",
        "disease_other",
        "disability_other",
        "surgery_history",
        "family_disease_other",
        "note",
    ]


def test_relation_beside_a_relative_is_that_of_the_caregiver():
    assert found("Họ và tên", "Người nhà", "Quan hệ", "SĐT người nhà") == [
        "full_name", "caregiver_name", "caregiver_relation", "caregiver_phone_mobile",
    ]  # fmt: skip
    assert found("Hộ số", "Họ và tên", "Quan hệ", "Người nhà", "Quan hệ") == [
        "household_code", "full_name", "relation_to_head", "caregiver_name", "caregiver_relation",
    ]  # fmt: skip


def test_a_phone_after_the_caregiver_is_asked_about():
    layout = fields([["Họ và tên", "Người nhà", "Quan hệ", "Số điện thoại"]])
    assert layout.columns[3].field == "caregiver_phone_mobile"
    assert layout.columns[3].sure is False


def test_male_and_female_are_two_columns_also_under_the_year_of_birth():
    assert found("Họ và tên", "Nam", "Nữ") == ["full_name", "sex:male", "sex:female"]
    rows = [["Họ và tên", "Năm sinh", None, "Dân tộc"], [None, "Nam", "Nữ", None], ["Trần Bình", None, 1980]]
    layout = fields(rows, merged=[Merged(0, 1, 0, 2), Merged(0, 0, 1, 0), Merged(0, 3, 1, 3)])
    assert [column.field for column in layout.columns] == ["full_name", "sex:male", "sex:female", "ethnicity"]


@pytest.mark.parametrize(
    "headings", [("Ngày", "Tháng", "Năm"), ("NGAY", "THANG", "NAM"), ("Ngày sinh", "Tháng", "Năm")]
)
def test_a_birth_date_in_three_columns(headings):
    assert found("Họ và tên", *headings)[1:] == ["birth_date:day", "birth_date:month", "birth_date:year"]


def test_date_and_year_of_birth_in_one_file():
    assert found("Họ và tên", "Giới tính", "Ngày sinh", "Năm sinh")[2:] == ["birth_date", "birth_date:year"]


def test_the_place_of_birth_registration_in_three_columns():
    rows = [["Họ và tên", "Nơi cấp giấy khai sinh", None, None], [None, "Xã", "Huyện", "Tỉnh"], ["A", "x", "y", "z"]]
    layout = fields(rows, merged=[Merged(0, 1, 0, 3), Merged(0, 0, 1, 0)])
    assert [column.field for column in layout.columns] == ["full_name", "", "", "birth_registration_province"]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Số CCCD/ Mã định danh", "id_number"),
        ("CMT, CCCD", "id_number"),
        ("Hộ", "household_code"),
        ("Ngày khám/Bố", ""),
    ],
)
def test_two_names_of_one_column(heading, field):
    assert found("Họ và tên", heading, "Năm sinh")[1] == field


def test_a_name_in_two_columns():
    assert found("STT", "Họ đệm", "Tên", "Ngày sinh")[1:3] == ["full_name:family", "full_name:given"]


@pytest.mark.parametrize("merged", [[Merged(0, 1, 0, 2)], []])
def test_a_name_under_one_heading_over_two_columns(merged):
    rows = [["STT", "Họ và tên", None, "Ngày sinh"], [1, "Nguyễn Văn", "An", 1980], [2, "Trần Thị", "Bình", 1990]]
    layout = fields(rows, merged=merged)
    assert [column.field for column in layout.columns][1:3] == ["full_name:family", "full_name:given"]
    assert layout.columns[2].sure == bool(merged)


def test_doses_numbered_under_their_vaccine_without_merged_cells():
    rows = [["Họ tên trẻ", "Ngày sinh", "OPV", None, None, "IPV", "VNNB", None], [None, None, 1, 2, 3, None, 1, 2]]
    layout = fields([*rows, ["Trần Bình"]], "vaccination")
    assert [column.field for column in layout.columns][2:] == [
        "c1_polio_1", "c1_polio_2", "c1_polio_3", "", "c1_je_1", "c1_je_2",
    ]  # fmt: skip


def test_places_of_permanent_registration_and_of_residence_by_group():
    rows = [
        ["Họ và tên", "Nơi ở hiện tại", None, None, "Hộ khẩu thường trú", None, None],
        [None, "Thôn", "Xã", "Tỉnh"] * 1 + ["Thôn", "Xã", "Tỉnh"],
    ]
    assert [column.field for column in fields([*rows, ["A"]]).columns][1:] == [
        "current_village_code", "current_commune", "current_province",
        "permanent_village", "permanent_commune", "permanent_province",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Họ  và tên mẹe", "mother_name"), ("Nghề nghiêp", "occupation"), ("Quan hệ vớ chủ hộ", "relation_to_head"),
        ("Số điên thoaị", "phone_mobile"), ("Ngề nghiệp", "occupation"), ("Dân tôc", "ethnicity"),
        ("Số điện thoại của người dân", "phone_mobile"),
    ],
)  # fmt: skip
def test_typing_mistakes(heading, field):
    assert found("Họ và tên", heading, "Ngày sinh")[1] == field


def test_a_number_in_a_heading_is_no_typing_mistake():
    layout = fields([["Họ và tên", "Ngày sinh", "Sởi 3", "Bại liệt 4"]], "vaccination")
    assert [column.field for column in layout.columns][2:] == ["", ""]
    assert all(not column.sure and column.why for column in layout.columns[2:])


def test_an_unknown_column_is_shown_not_guessed():
    column = fields([["Họ và tên", "Ngày sinh", "Cột riêng của xã"]]).columns[2]
    assert (column.field, column.sure) == ("", False)
    assert "Chưa nhận ra" in column.why


def test_the_same_field_twice_is_taken_once():
    layout = fields([["Họ và tên", "Số điện thoại", "SĐT"]])
    assert [column.field for column in layout.columns] == ["full_name", "phone_mobile", ""]
    assert "Trùng với cột B" in layout.columns[2].why


def test_a_saved_mapping_wins_and_its_gaps_are_kept():
    rows = [["Họ và tên", "Cột riêng", "Ghi chú", "Khác", "Khác"]]
    layout = fields(rows)
    saved = layout.mapping() | {"cot rieng": "occupation", "ghi chu": "", "khac #2": "disease_other"}
    again = fields(rows, saved=saved)
    assert [column.field for column in again.columns] == [
        "full_name",
        "occupation",
        "",
        again.columns[3].field,
        "disease_other",
    ]
    assert header_keys(again.columns) == ["ho va ten", "cot rieng", "ghi chu", "khac", "khac #2"]
    assert again.columns[1].sure


VACCINES = (
    "BCG;VGB sơ sinh;DPT-VGB-Hib 1;DPT-VGB-Hib 2;DPT-VGB-Hib 3;Bại liệt 1;Bại liệt 2;Bại liệt 3;Sởi 1;Sởi 2;DPT4;"
    "VNNB B1;VNNB B2;VNNB B3"
)


def test_printed_rows_of_vaccination_as_columns():
    assert found("Họ và tên", "Ngày sinh", *VACCINES.split(";"), kind="vaccination")[2:] == [
        "c1_bcg",
        "c1_hepb_birth",
        "c1_dpt_hepb_hib_1",
        "c1_dpt_hepb_hib_2",
        "c1_dpt_hepb_hib_3",
        "c1_polio_1",
        "c1_polio_2",
        "c1_polio_3",
        "c1_measles_1",
        "c1_measles_2",
        "c1_dpt_4",
        "c1_je_1",
        "c1_je_2",
        "c1_je_3",
    ]


def test_doses_numbered_under_their_vaccine():
    rows = [["Họ tên trẻ", "Ngày sinh", "Bại liệt", None, None, "Sởi"], [None, None, 1, 2, 3, None], ["Trần Bình"]]
    layout = fields(rows, "vaccination", merged=[Merged(0, 2, 0, 4)])
    assert [column.field for column in layout.columns][2:] == ["c1_polio_1", "c1_polio_2", "c1_polio_3", "c1_measles_1"]


def test_one_dose_per_row():
    headings = ("Họ và tên", "Ngày sinh", "Vắc xin", "Mũi số", "Ngày tiêm", "Số lô", "Phản ứng sau tiêm")
    assert found(*headings, kind="vaccination")[2:] == [
        "vaccine",
        "dose_number",
        "occurrence_date",
        "lot_number",
        "reaction",
    ]


def test_an_exam_list_with_groups():
    rows = [
        [
            "TT",
            "Họ và tên",
            "Ngày khám",
            "Thể lực",
            None,
            None,
            "Thị lực không kính",
            None,
            "Nội khoa",
            None,
            "Kết luận",
        ],
        [None, None, None, "Chiều cao", "Cân nặng", "Huyết áp", "MP", "MT", "Tim mạch", "Hô hấp", None],
        [1, "Trần Bình"],
    ]
    layout = fields(rows, "exam", merged=[Merged(0, 3, 0, 5), Merged(0, 6, 0, 7), Merged(0, 8, 0, 9)])
    assert [column.field for column in layout.columns][2:] == [
        "exam_date", "height_cm", "weight_kg", "bp", "vision_right_uncorrected", "vision_left_uncorrected",
        "organ_cardiovascular", "organ_respiratory", "conclusion",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["survey", "register", "vaccination", "exam"])
def test_what_a_column_may_be_mapped_to_names_every_field_once(kind):
    codes = [code for _, items in fields_of(kind) for code, _ in items]
    assert len(codes) == len(set(codes))
    assert {"full_name", "birth_date", "sex", "id_number", "current_village_code"} <= set(codes)
    assert all(labels(kind)[code] for code in codes)
    assert ("disease_asthma" in codes) == (kind == "survey")
    assert ("c1_bcg" in codes) == (kind == "vaccination")
    assert ("bp_systolic" in codes) == (kind == "exam")
