import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from django.db import models
from django.test.utils import isolate_apps
from unfold.overrides import FORMFIELD_OVERRIDES

from ehr.common import formfields, modelfields


def admin_field(field, base):
    """The form field the admin makes: its theme passes a widget of its own."""
    return field.formfield(**FORMFIELD_OVERRIDES[base])


def test_the_admin_reads_day_first_and_shows_it_so():
    field = admin_field(modelfields.DateField("Ngày sinh"), models.DateField)

    assert field.clean("12/03/1980") == date(1980, 3, 12)
    assert 'value="12/03/1980"' in field.widget.render("d", field.prepare_value(date(1980, 3, 12)))


def test_the_admin_reads_a_comma_in_a_text_box():
    field = admin_field(modelfields.DecimalField("Cân nặng", max_digits=5, decimal_places=2), models.DecimalField)

    html = field.widget.render("n", field.prepare_value(Decimal("61.50")))

    assert field.clean("61,5") == Decimal("61.5")
    assert 'type="text"' in html and 'value="61,5"' in html


def test_forms_of_names_use_the_name_field():
    assert isinstance(modelfields.NameField("Họ tên", max_length=100).formfield(), formfields.NameField)


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        (modelfields.CharField(), " Nguye\u0302\u0303n\u200b  An ", "Nguyễn An"),
        (modelfields.NameField(), "A\u0301i", "Ái"),
        (modelfields.TextField(), "so\u0302\u0301t\r\n 39 ", "sốt\n39"),
    ],
)
def test_every_door_stores_nfc(field, given, stored):
    assert field.to_python(given) == field.get_prep_value(given) == stored
    assert unicodedata.is_normalized("NFC", stored)


@pytest.mark.parametrize("field", [modelfields.CharField(null=True), modelfields.TextField(null=True)])
def test_null_stays_null(field):
    assert field.to_python(None) is None
    assert field.get_prep_value(None) is None


@isolate_apps("ehr.common")
def test_the_instance_in_hand_carries_what_is_stored():
    class Note(models.Model):  # noqa: DJ008
        name = modelfields.NameField(max_length=50)
        text = modelfields.TextField()
        remark = modelfields.CharField(max_length=50, null=True)
        report = modelfields.TextField(null=True)

        class Meta:
            app_label = "common"

    note = Note(name=" A\u0301i ", text="a \r\nb")
    for field in Note._meta.local_concrete_fields[1:]:
        field.pre_save(note, add=True)

    assert (note.name, note.text, note.remark, note.report) == ("Ái", "a\nb", None, None)


def test_migrations_name_our_fields():
    paths = [f.deconstruct()[1] for f in (modelfields.DateField(), modelfields.DecimalField(), modelfields.NameField())]

    assert paths == [f"ehr.common.modelfields.{name}" for name in ("DateField", "DecimalField", "NameField")]
