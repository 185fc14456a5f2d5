"""What the tables of the record share."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ehr.codes.models import Code
from stations.scope import ScopedQuerySet


class Stamped(models.Model):
    """When a row came and last changed. Who and how stands in its history."""

    created_at = models.DateTimeField("Tạo lúc", auto_now_add=True)
    updated_at = models.DateTimeField("Cập nhật lúc", auto_now=True)

    class Meta:
        abstract = True


class Versioned(Stamped):
    """A form edits this row: `version` grows with each save, and a save on an older copy is refused."""

    version = models.PositiveIntegerField("Phiên bản", default=1, editable=False)

    class Meta:
        abstract = True


class Answered(models.Model):
    """ "Không có", "không biết" and "chưa hỏi" are three answers. A field without a value was not asked, unless its
    name stands in one of these two lists; a field with a value stands in neither."""

    answered_none = ArrayField(
        models.CharField(max_length=40), verbose_name="Trả lời «không có»", default=list, blank=True, editable=False
    )
    answered_unknown = ArrayField(
        models.CharField(max_length=40), verbose_name="Trả lời «không biết»", default=list, blank=True, editable=False
    )

    class Meta:
        abstract = True

    def answer_state(self, name: str) -> str:
        """ "value", "none", "unknown" or "" (not asked) for the field `name`."""
        if getattr(self, name, None) not in (None, ""):
            return "value"
        return "none" if name in self.answered_none else "unknown" if name in self.answered_unknown else ""


class YesNo(models.TextChoices):
    """The answer to a tick box of the form; empty means that nobody asked yet."""

    YES = "yes", "Có"
    NO = "no", "Không"
    UNKNOWN = "unknown", "Không biết"


def of_person(**options: Any) -> models.ForeignKey:
    """The foreign key to the person. `db_index=False` where another index of the table begins with it."""
    return models.ForeignKey(
        "records.Person", models.PROTECT, verbose_name="Người dân", related_name="%(class)s_set", **options
    )


class OfPerson(models.Model):
    """Rows that belong to one person; visible to whoever may see the person."""

    person = of_person()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


def code_field(label: str, system: str, **options):
    """Foreign key to one list of the shared code lists. Without an index: nobody looks people up by it."""
    options = {"null": True, "blank": True, "related_name": "+", "db_index": False} | options
    return models.ForeignKey(
        Code, models.PROTECT, verbose_name=label, limit_choices_to={"system__key": system}, **options
    )
