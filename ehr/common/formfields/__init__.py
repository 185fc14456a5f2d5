"""Form fields for people who type all day: plain text boxes, Vietnamese dates and numbers, short answers.

They translate what is typed and name what was found and what is expected. Rules (ranges of vitals, dates in the future,
digits of a personal number) live in the rules modules, not here.
"""

from ehr.common.formfields.answers import AnswerNumberField, AnswerTextField, TriStateField
from ehr.common.formfields.dates import DateField, PartialDateField
from ehr.common.formfields.numbers import (
    BloodPressure,
    BloodPressureField,
    DecimalField,
    IntegerField,
    NumberField,
)
from ehr.common.formfields.texts import NameField, PhoneField

__all__ = [
    "AnswerNumberField",
    "AnswerTextField",
    "BloodPressure",
    "BloodPressureField",
    "DateField",
    "DecimalField",
    "IntegerField",
    "NameField",
    "NumberField",
    "PartialDateField",
    "PhoneField",
    "TriStateField",
]
