"""Names, ticks, words of lists, measures."""

import datetime as dt

import pytest

from ehr.intake.cells.choices import (
    family_reader,
    frequency_reader,
    read_blood,
    side_reader,
    tick_reader,
    word_reader,
)
from ehr.intake.cells.measures import number_reader, read_pressure, vision_reader
from ehr.intake.cells.texts import answer_reader, name_reader, read_code_text, read_email, text_reader
from ehr.intake.cells.words import code_list, own_list


def codes(read):
    return [] if read[1] is None else [code for _, code, _, _ in read[1].problems]


def cleaned(read):
    return bool(read[1] and read[1].cleaned)


@pytest.mark.parametrize(
    ("cell", "name", "clean"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An", False), ("NGUYỄN VĂN AN", "Nguyễn Văn An", True),
        ("nguyễn văn an", "Nguyễn Văn An", True),
        ("Nguyễn  Văn   An ", "Nguyễn Văn An", True), ("Nguyễn Văn An.", "Nguyễn Văn An", True),
        ("H'Nhung Niê", "H'Nhung Niê", False),
        ("Nguye\u0302\u0303n Va\u0306n An", "Nguyễn Văn An", True), ("Nguyễn\nVăn An", "Nguyễn Văn An", True),
    ],
)  # fmt: skip
def test_names(cell, name, clean):
    read = name_reader("full_name")(cell)
    assert read[0] == name
    assert cleaned(read) == clean


def test_what_is_no_name():
    assert codes(name_reader("full_name")("12345")) == ["full_name.letters"]
    assert codes(name_reader("full_name")("A" * 101)) == ["full_name.length"]
    assert name_reader("mother_name")("không")[0] == "Không có"
    assert name_reader("mother_name")("Khổng Thị Kim")[0] == "Khổng Thị Kim"
    assert name_reader("full_name")("Không Văn An")[0] == "Không Văn An"


SEXES = {
    "Nam": "1",
    "nam": "1",
    "M": "1",
    "Trai": "1",
    1: "1",
    "1": "1",
    "Nữ": "2",
    "nu": "2",
    "NU": "2",
    "F": "2",
    "Gái": "2",
    2: "2",
}


@pytest.mark.parametrize("cell", list(SEXES))
def test_sexes(cell):
    assert word_reader("sex", own_list("sex"), "Giới tính")(cell)[0] == SEXES[cell]


@pytest.mark.parametrize("cell", [0, "0", "x", "Nam Nữ"])
def test_a_sex_that_could_be_either_is_refused(cell):
    assert codes(word_reader("sex", own_list("sex"), "Giới tính")(cell)) == ["sex.unknown_word"]


RELATIONS = {"01": ("Chủ hộ", ""), "17": ("Vợ/Chồng chủ hộ", ""), "08": ("Con đẻ", ""), "18": ("Con dâu/Con rể", ""),
             "19": ("Bố/Mẹ", ""),
             "20": ("Ông/Bà", ""), "12": ("Cháu", ""), "21": ("Anh/Chị", ""), "13": ("Quan hệ khác", "")}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("chủ hộ", "01"), ("CH", "01"), ("Vợ", "17"), ("vo", "17"), ("Chồng", "17"), ("Con", "08"), ("con đẻ", "08"),
        ("Con trai", "08"),
        ("Con dâu", "18"), ("con rể", "18"), ("Bố", "19"), ("Mẹ", "19"), ("mẹ chồng", "19"), ("Cha", "19"),
        ("Bà", "20"), ("Ông nội", "20"),
        ("cháu nội", "12"), ("Cháu ngoại", "12"), ("Chị", "21"), ("Em", "13"), ("Con nuôi", "13"), ("08", "08"),
        ("Ở trọ", "13"),
    ],
)  # fmt: skip
def test_relations(word, code):
    read = word_reader("relation_to_head", code_list("relation-831", RELATIONS), "Quan hệ")(word)
    assert read[0] == code
    assert codes(read) == []


def test_a_relation_that_loses_meaning_is_shown():
    reader = word_reader("relation_to_head", code_list("relation-831", RELATIONS), "Quan hệ")
    assert reader("Em ruột")[1].cleaned[0][1:] == ("Quan hệ khác", "Mẫu 831 xếp vào «Quan hệ khác».")
    assert not cleaned(reader("Con"))
    assert codes(reader("hàng xóm")) == ["relation_to_head.unknown_word"]
    assert "Chủ hộ, Vợ/Chồng chủ hộ" in reader("hàng xóm")[1].problems[0][3]


ETHNIC = {
    "01": ("Kinh", "Việt"), "02": ("Tày", "Thổ, Ngạn"), "05": ("Khơ-me", "Khmer, Thổ"), "06": ("Mường", "Mol"),
    "08": ("HMông", "Mông, Mèo"), "24": ("Thổ", "Kẹo"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Kinh", "01"), ("KINH", "01"), ("H'Mông", "08"), ("Hmong", "08"), ("Mông", "08"), ("Muong", "06"),
        ("Khmer", "05"),
        ("Thổ", "24"), ("Tho", "24"), ("01", "01"), ("Ngạn", "02"),
    ],
)  # fmt: skip
def test_ethnic_groups_by_name_and_other_names(word, code):
    assert word_reader("ethnicity", code_list("ethnicity", ETHNIC), "Dân tộc")(word)[0] == code


def test_an_unknown_word_refuses_or_warns_by_field():
    words = code_list("occupation", {"6": ("Nông nghiệp", "")})
    assert (
        word_reader("occupation", words, "Nghề nghiệp", level="warning")("Thợ nhôm kính")[1].problems[0][2] == "warning"
    )
    assert word_reader("occupation", words, "Nghề nghiệp", level="warning")("Làm ruộng")[0] == "6"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("x", "yes"), ("X", "yes"), ("có", "yes"), (1, "yes"), ("1", "yes"), ("✓", "yes"), ("v", "yes"), (True, "yes"),
        ("không", "no"), (0, "no"), ("0", "no"), ("-", "no"), ("ko", "no"), (False, "no"), ("kb", "unknown"),
        ("?", "unknown"),
        ("Có, từ 2015", "yes"), ("2015", "yes"),
    ],
)  # fmt: skip
def test_ticks(cell, value):
    read = tick_reader("disease_asthma")(cell)
    assert read[0] == value


def test_what_more_a_tick_says_is_named_as_lost_and_nonsense_refused():
    assert codes(tick_reader("disease_asthma")("Có, từ 2015")) == ["tick.detail_lost"]
    assert codes(tick_reader("disease_asthma")("xem sổ")) == ["disease_asthma.tick"]
    assert codes(tick_reader("disease_asthma")("K")) == ["disease_asthma.tick"]
    assert codes(tick_reader("disease_asthma")(7)) == ["disease_asthma.tick"]


def test_the_relatives_name_in_the_box_of_a_family_disease():
    read = family_reader("family_disease_asthma", "family_disease_asthma_person")("mẹ")
    assert read[0] == "yes"
    assert read[1].others == (("family_disease_asthma_person", "mẹ"),)
    assert family_reader("family_disease_asthma", "p")("x") == ("yes", None)
    assert family_reader("family_disease_asthma", "p")("không") == ("no", None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("Không", "0"),
        ("Có", "1"),
        ("TX", "2"),
        ("thường xuyên", "2"),
        ("x", "1"),
        (0, "0"),
        (2, "2"),
        ("kb", "unknown"),
        ("Thỉnh thoảng", "1"),
    ],
)
def test_how_often(cell, value):
    assert frequency_reader("risk_smoking")(cell)[0] == value


def test_quit_means_no_and_formerly():
    read = frequency_reader("risk_smoking")("Đã bỏ")
    assert (read[0], read[1].others) == ("0", (("risk_smoking_quit", "yes"),))
    assert frequency_reader("risk_alcohol", tri_state=True)("TX")[0] == "yes"
    assert frequency_reader("risk_alcohol", tri_state=True)("Không")[0] == "no"
    assert codes(frequency_reader("risk_smoking")("2 bao/ngày")) == ["risk_smoking.unknown_word"]


@pytest.mark.parametrize(
    ("cell", "group", "rh"),
    [
        ("O+", "O", "pos"), ("AB-", "AB", "neg"), ("A Rh(+)", "A", "pos"), ("b", "B", None), ("O Rh-", "O", "neg"),
        ("Nhóm A", "A", None), ("0+", "O", "pos"), ("AB dương tính", "AB", "pos"),
    ],
)  # fmt: skip
def test_blood_groups(cell, group, rh):
    read = read_blood(cell)
    assert read[0] == group
    assert dict(read[1].others if read[1] else ()) == ({"blood_group_rh": rh} if rh else {})


def test_blood_groups_that_are_none():
    assert codes(read_blood("C")) == ["blood_group.unknown_word"]
    assert codes(read_blood("-")) == ["blood_group.unknown_word"]
    assert read_blood("không biết")[0] is None


def test_the_columns_male_and_female_hold_ticks_years_or_dates():
    male, female = side_reader("male"), side_reader("female")
    assert male("x") == ("1", None)
    assert female(1982)[0] == "2"
    assert female(1982)[1].others == (("birth_date", "1982"),)
    assert male("12/03/1980")[1].others == (("birth_date", "1980-03-12"),)
    assert (male(0), male("-")) == ((None, None), (None, None))
    assert male(1)[0] == "1"
    assert codes(male("abc")) == ["date.format"]


def test_free_answers():
    reader = answer_reader("allergy_drug")
    assert reader("Penicillin") == ("Penicillin", None)
    assert reader("không")[0] == "Không có"
    assert reader("kb")[0] == "Không biết"
    assert reader("x") == ("Có", None)
    assert answer_reader("surgery_history", lines=True)("Ruột thừa 2010; mổ đẻ 2015")[0] == "Ruột thừa 2010\nmổ đẻ 2015"
    assert codes(text_reader("id_issue_place", 150)("a" * 151)) == ["id_issue_place.length"]
    assert codes(read_email("an tại nhà")) == ["email.format"]
    assert read_email(" an@xa.vn ")[0] == "an@xa.vn"


@pytest.mark.parametrize(
    ("field", "whole", "cell", "value"),
    [
        ("birth_weight_g", True, 3200, 3200), ("birth_weight_g", True, "3.200", 3200),
        ("birth_weight_g", True, "3200g", 3200),
        ("birth_weight_g", True, "3,2 kg", 3200), ("birth_weight_g", True, 3.2, 3200),
        ("birth_weight_g", True, "3kg2", 3200),
        ("height_cm", False, "1m65", "165.00"), ("height_cm", False, 165, "165"),
        ("height_cm", False, "165,5", "165.5"),
        ("height_cm", False, 1.6, "160.0"), ("weight_kg", False, 61.5, "61.5"), ("weight_kg", False, "61,5 kg", "61.5"),
        ("pregnancy_count", True, "0", 0), ("pregnancy_count", True, "không", 0),
        ("pregnancy_count", True, "kb", "Không biết"),
        ("pulse", True, "80 lần/phút", 80), ("temperature", False, "36,5°C", "36.5"),
    ],
)  # fmt: skip
def test_numbers(field, whole, cell, value):
    read = number_reader(field, whole=whole)(cell)
    assert read[0] == value
    assert codes(read) == []


@pytest.mark.parametrize(
    ("field", "whole", "cell", "code"),
    [
        ("pulse", True, "tám mươi", "number.format"), ("pulse", True, 80.5, "number.whole"),
        ("weight_kg", False, dt.date(2026, 5, 6), "number.date"),
        ("weight_kg", False, "61.500", "number.ambiguous"), ("weight_kg", False, float("inf"), "number.format"),
    ],
)  # fmt: skip
def test_what_is_no_number(field, whole, cell, code):
    assert codes(number_reader(field, whole=whole)(cell)) == [code]


def test_blood_pressure_and_eyesight():
    assert dict(read_pressure("120/80")[1].others) == {"bp_systolic": 120, "bp_diastolic": 80}
    assert dict(read_pressure("120-80 mmHg")[1].others) == {"bp_systolic": 120, "bp_diastolic": 80}
    assert dict(read_pressure("12/8")[1].others) == {"bp_systolic": 120, "bp_diastolic": 80}
    assert codes(read_pressure("cao")) == ["bp.format"]
    vision = vision_reader("vision_right_uncorrected")
    assert vision("8/10") == ("8/10", None)
    assert vision(dt.datetime(2026, 10, 8))[0] == "8/10"
    assert vision(dt.datetime(2026, 8, 10))[0] == "8/10"
    assert vision(9)[0] == "9/10"


def test_texts_that_excel_turned_into_dates_are_said():
    assert codes(read_code_text(dt.datetime(2026, 2, 1))) == ["household_code.date"]
    read = text_reader("current_address_detail", 200)(dt.date(2026, 5, 12))
    assert (read[0], codes(read)) == ("12/05/2026", ["current_address_detail.date"])
    assert read_code_text(100.1) == ("100.1", None)
    assert read_code_text(12.0) == ("12", None)
