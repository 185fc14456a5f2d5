"""Reading code lists."""

from datetime import date

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.timezone import localdate

from ehr.codes.models import Code
from ehr.common.text import plain


def codes_on(system: str, on: date | None = None) -> QuerySet[Code]:
    """Codes of the list in force on a day (today), in printed order."""
    return Code.objects.of(system).valid_on(on or localdate())


def code(system: str, value: str, on: date | None = None) -> Code | None:
    """The code `value` of the list as it was in force on the day; of several releases the latest. One query."""
    return codes_on(system, on).filter(code=value).order_by("-release__valid_from", "-release_id").first()


def find_codes(system: str, text: str, *, on: date | None = None, limit: int = 20) -> list[Code]:
    """Codes whose code begins with `text`, or whose name holds all its words (without tones): best first. One query."""
    words = plain(text).split()
    if not words:
        return []
    by_code = codes_on(system, on).filter(code__istartswith=text.strip())
    by_name = codes_on(system, on)
    for word in words:
        by_name = by_name.filter(plain_name__contains=word)
    rank = Case(
        When(code__iexact=text.strip(), then=Value(0)),
        When(code__istartswith=text.strip(), then=Value(1)),
        When(plain_name__startswith=words[0], then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list((by_code | by_name).annotate(rank=rank).order_by("rank", "position", "code")[:limit])
