"""What a register says about a person: numbers, cards, address; and texts joined from the rows below a visit."""

from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, CharField, F, Func, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Replace

from ehr.common.dates import age_on
from ehr.common.numbers import format_number
from ehr.records.models import Diagnosis, Identifier, Medication, Person


def number_of(kind: str, path: str = "person_id") -> Subquery:
    """The present number of this kind of the person of a row."""
    found = Identifier.objects.filter(person=OuterRef(path), kind=kind, valid_to=None).order_by("-pk")
    return Subquery(found.values("value")[:1], output_field=CharField())


def with_numbers(rows: QuerySet[Any], path: str = "person_id") -> QuerySet[Any]:
    """Rows with `national_id` and `card`."""
    return rows.annotate(
        national_id=number_of(Identifier.Kind.NATIONAL_ID, path), card=number_of(Identifier.Kind.INSURANCE_CARD, path)
    )


def _joined(model: Any, text: Any) -> Subquery:
    """Texts of the rows of a visit in their order, separated by semicolons."""
    rows = model.objects.filter(encounter=OuterRef("pk")).order_by().values("encounter")
    joined = rows.annotate(joined=StringAgg(text, delimiter="; ", order_by=("position", "pk")))
    return Subquery(joined.values("joined"), output_field=TextField())


def joined(*parts: Any) -> Any:
    """Columns (by name), and texts given as Value, put together as one text; nothing counts as empty."""
    empty = Value("", TextField())
    texts = [Coalesce(Cast(part, TextField()), empty, output_field=TextField()) for part in parts]
    return Concat(*texts, output_field=TextField()) if len(texts) > 1 else texts[0]


def diagnoses() -> Subquery:
    """ "I10 Tăng huyết áp vô căn; …" of a visit."""
    name = Case(When(name="", then=F("conclusion")), default=F("name"), output_field=TextField())
    return _joined(Diagnosis, joined("icd10_code", Value(" "), name))


def medicines() -> Subquery:
    """ "Amlodipin 30 viên; …" of a visit."""
    amount = Replace(Cast(Func(F("quantity"), function="trim_scale"), TextField()), Value("."), Value(","))
    return _joined(Medication, joined("name", Value(" "), amount, Value(" "), "unit"))


def address_of(person: Person) -> str:
    """House, village, commune."""
    parts = [person.address_detail, person.village.name if person.village else "", person.commune.full_name]
    return ", ".join(part for part in parts if part)


def village_of(person: Person) -> str:
    return person.village.name if person.village else ""


def mother_of(child: Person) -> Person | None:
    """The mother's record, when she lives in the child's commune: elsewhere it may be out of the reader's places."""
    mother = child.mother
    return mother if mother is not None and mother.commune_id == child.commune_id else None


def age_at(person: Person, day: Any) -> int | None:
    """Full years on a day; None when unknown."""
    return age_on(person.birth_date, person.birth_precision, day) if day else None


def number_text(value: Any, places: int = 0) -> str:
    """A number as written here, "" for none."""
    return "" if value is None else format_number(value, places) if places else format_number(value)
