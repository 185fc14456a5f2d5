from datetime import date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from ehr.common import formfields
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate
from ehr.common.formfields import BloodPressure


def refusal(field, value):
    with pytest.raises(ValidationError) as raised:
        field.clean(value)
    return raised.value.error_list[0].code, raised.value.messages[0]


CLEANED = [
    (formfields.DateField(), "12/03/1980", date(1980, 3, 12)),
    (formfields.DateField(), "1980-03-12", date(1980, 3, 12)),
    (formfields.DateField(required=False), "  ", None),
    (formfields.DateField(), datetime(1980, 3, 12, 23, 0), date(1980, 3, 12)),
    (formfields.PartialDateField(), "03/1980", PartialDate(date(1980, 3, 1), "month")),
    (formfields.PartialDateField(), date(1980, 3, 12), PartialDate(date(1980, 3, 12), "day")),
    (formfields.PartialDateField(), PartialDate(None, "unknown"), PartialDate(None, "unknown")),
    (formfields.PartialDateField(), "?", PartialDate(None, "unknown")),
    (formfields.PartialDateField(required=False), "", None),
    (formfields.DecimalField(), "61,5", Decimal("61.5")),
    (formfields.DecimalField(), "61.5", Decimal("61.5")),
    (formfields.DecimalField(), 61.5, Decimal("61.5")),
    (formfields.DecimalField(max_digits=4, decimal_places=1), "161,50", Decimal("161.5")),
    (formfields.DecimalField(required=False), " ", None),
    (formfields.IntegerField(), " 1 200 ", 1200),
    (formfields.IntegerField(), 12, 12),
    (formfields.IntegerField(required=False), "", None),
    (formfields.NumberField(), "7.219", 7219),
    (formfields.NumberField(), "7219", 7219),
    (formfields.PhoneField(), "+84 912.345.678", "0912345678"),
    (formfields.PhoneField(), "(024) 3823-4567", "02438234567"),
    (formfields.PhoneField(required=False), "", ""),
    (formfields.NameField(), " NGUYỄN  VĂN AN ", "Nguyễn Văn An"),
    (formfields.NameField(), "Nguye\u0302\u0303n Van", "Nguyễn Van"),
    (formfields.BloodPressureField(), "120/80", BloodPressure(120, 80)),
    (formfields.BloodPressureField(), "120 - 80", BloodPressure(120, 80)),
    (formfields.BloodPressureField(), "120\\80", BloodPressure(120, 80)),
    (formfields.BloodPressureField(required=False), "", None),
    (formfields.TriStateField(), "c", "yes"),
    (formfields.TriStateField(), "yes", "yes"),
    (formfields.TriStateField(), "K", "no"),
    (formfields.TriStateField(), "Không", "no"),
    (formfields.TriStateField(), "kb", "unknown"),
    (formfields.TriStateField(), "không rõ", "unknown"),
    (formfields.TriStateField(), True, "yes"),
    (formfields.TriStateField(), "", ""),
    (formfields.AnswerTextField(), "không", Answer.NONE),
    (formfields.AnswerTextField(), "Không biết", Answer.UNKNOWN),
    (formfields.AnswerTextField(), "", Answer.NOT_ASKED),
    (formfields.AnswerTextField(), " mổ  ruột thừa\r\n2010 ", Answer("mổ ruột thừa\n2010", "value")),
    (formfields.AnswerNumberField(), "61,5", Answer(Decimal("61.5"), "value")),
    (formfields.AnswerNumberField(decimal_places=0), "0", Answer(0, "value")),
    (formfields.AnswerNumberField(), "-", Answer.NONE),
    (formfields.AnswerNumberField(), "kb", Answer.UNKNOWN),
    (formfields.AnswerNumberField(), "", Answer.NOT_ASKED),
]


@pytest.mark.parametrize(("field", "typed", "expected"), CLEANED)
def test_what_is_typed_is_understood(field, typed, expected):
    found = field.clean(typed)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("field", "typed", "code", "said"),
    [
        (formfields.DateField(), "12/03/80", "date.short_year", "“12/03/80”"),
        (formfields.DateField(), "03/1980", "date.partial", "12/03/1980"),
        (formfields.DateField(), "13/13/1980", "date.month", "Không có tháng 13"),
        (formfields.DateField(), "", "required", "ngày/tháng/năm"),
        (formfields.PartialDateField(), "30/02/1980", "date.day", "Tháng 02/1980 không có ngày 30"),
        (formfields.PartialDateField(), " ", "required", "? nếu không biết"),
        (formfields.DecimalField(), "1.234", "number.ambiguous", "1234"),
        (formfields.DecimalField(), "sáu", "number.format", "“sáu”"),
        (formfields.DecimalField(min_value=2), "1,5", "min_value", "từ 2 trở lên, đang là 1,5"),
        (formfields.DecimalField(max_value=300), "1500", "max_value", "quá 300, đang là 1.500"),
        (formfields.DecimalField(decimal_places=1), "6,55", "decimal_places", "tối đa 1 chữ số"),
        (formfields.DecimalField(max_digits=4, decimal_places=1), "1234", "max_digits", "Số quá dài"),
        (formfields.IntegerField(), "1.234", "number.format", "“1.234”"),
        (formfields.IntegerField(), "61,5", "number.format", "Chỉ ghi chữ số"),
        (formfields.IntegerField(min_value=0), "-1", "min_value", "từ 0 trở lên"),
        (formfields.IntegerField(max_value=9), "10", "max_value", "quá 9"),
        (formfields.NumberField(), "7,5", "decimal_places", "tối đa 0"),
        (formfields.PhoneField(), "0912345678 / 0987654321", "phone.characters", "một số"),
        (formfields.PhoneField(), "nhà chị An", "phone.characters", "chữ số"),
        (formfields.PhoneField(), "0" * 30, "max_length", "Tối đa 20 ký tự, đang có 30"),
        (formfields.NameField(max_length=100), "A" * 300, "max_length", "đang có 300"),
        (formfields.BloodPressureField(), "120", "blood_pressure.format", "120/80"),
        (formfields.BloodPressureField(), "1200/80", "blood_pressure.format", "“1200/80”"),
        (formfields.TriStateField(), "có lẽ", "invalid_choice", "“có lẽ”"),
        (formfields.TriStateField(required=True), "", "required", "Chưa trả lời"),
        (formfields.AnswerTextField(required=True), "", "required", "Chưa nhập"),
        (formfields.AnswerTextField(max_length=5), "đau đầu", "max_length", "đang có 7"),
        (formfields.AnswerNumberField(max_value=20), "21", "max_value", "quá 20"),
        (formfields.AnswerNumberField(required=True), "", "required", "Chưa nhập"),
        (formfields.AnswerNumberField(), "nhiều", "number.format", "“nhiều”"),
    ],
)
def test_what_is_not_understood_is_named(field, typed, code, said):
    with translation.override("vi"):
        found_code, message = refusal(field, typed)

    assert found_code == code
    assert said in message


@pytest.mark.parametrize(
    ("field", "initial", "shown"),
    [
        (formfields.DateField(), date(1980, 3, 12), 'value="12/03/1980"'),
        (formfields.PartialDateField(), PartialDate(date(1980, 1, 1), "year"), 'value="1980"'),
        (formfields.PartialDateField(), (date(1980, 3, 1), "month"), 'value="03/1980"'),
        (formfields.PartialDateField(), (None, "unknown"), 'value="Không biết"'),
        (formfields.DecimalField(), Decimal("1234.50"), 'value="1234,5"'),
        (formfields.IntegerField(), 1200, 'value="1200"'),
        (formfields.NameField(), "Nguyễn Văn An", 'value="Nguyễn Văn An"'),
        (formfields.BloodPressureField(), (120, 80), 'value="120/80"'),
        (formfields.TriStateField(), "unknown", '<option value="unknown" selected>'),
        (formfields.AnswerTextField(), Answer.NONE, 'value="Không có"'),
        (formfields.AnswerTextField(), Answer.UNKNOWN, 'value="Không biết"'),
        (formfields.AnswerTextField(), Answer("<b>", "value"), 'value="&lt;b&gt;"'),
        (formfields.AnswerNumberField(), Answer(Decimal("61.5"), "value"), 'value="61,5"'),
    ],
)
def test_a_stored_value_is_shown_in_vietnamese_and_reads_back_unchanged(field, initial, shown):
    class Form(forms.Form):
        asked = field

    with translation.override("vi"):
        html = str(Form(initial={"asked": initial})["asked"])
        typed_again = Form({"asked": Form(initial={"asked": initial})["asked"].value()}, initial={"asked": initial})

    assert shown in html
    assert not typed_again.has_changed()


@pytest.mark.parametrize(
    ("field", "initial", "typed"),
    [
        (formfields.PartialDateField(), (date(1980, 1, 1), "year"), "01/01/1980"),
        (formfields.BloodPressureField(), (120, 80), "120/81"),
        (formfields.AnswerTextField(), Answer.NONE, ""),
        (formfields.AnswerNumberField(), Answer.NOT_ASKED, "0"),
        (formfields.AnswerNumberField(), Answer.NOT_ASKED, "sai"),
        (formfields.AnswerNumberField(), None, "kb"),
    ],
)
def test_a_different_answer_counts_as_a_change(field, initial, typed):
    assert field.has_changed(initial, typed)


@pytest.mark.parametrize("field", [formfields.DateField(), formfields.DecimalField(), formfields.BloodPressureField()])
def test_a_refused_text_stays_in_the_box(field):
    class Form(forms.Form):
        asked = field

    form = Form({"asked": "<img onerror=x>"})

    assert not form.is_valid()
    assert 'value="&lt;img onerror=x&gt;"' in str(form["asked"])
    assert "<img" not in str(form.errors)


@pytest.mark.parametrize(
    "field", [formfields.AnswerTextField(disabled=True), formfields.AnswerNumberField(disabled=True)]
)
def test_a_disabled_answer_never_changes(field):
    assert not field.has_changed(Answer.NONE, "12")


def test_boxes_are_plain_text_for_the_keyboard():
    html = str(formfields.DateField().widget.render("d", "")) + str(formfields.DecimalField().widget.render("n", ""))

    assert html.count('type="text"') == 2
    assert 'inputmode="numeric"' in html and 'inputmode="decimal"' in html and 'data-mask="date"' in html
