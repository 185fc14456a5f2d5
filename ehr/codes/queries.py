"""Reading code lists."""

import re
from datetime import date

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils.timezone import localdate

from ehr.codes.models import Code
from ehr.common.text import plain

CODE_LIKE = re.compile(r"[A-Za-z][0-9]")


def codes_on(system: str, on: date | None = None) -> QuerySet[Code]:
    """Codes of the list in force on a day (today), in printed order."""
    return Code.objects.of(system).valid_on(on or localdate())


def code(system: str, value: str, on: date | None = None) -> Code | None:
    """The code `value` of the list as it was in force on the day; of several releases the latest. One query."""
    return codes_on(system, on).filter(code=value).order_by("-release__valid_from", "-release_id").first()


def find_codes(system: str, text: str, *, on: date | None = None, limit: int = 20) -> list[Code]:
    """Codes whose code begins with `text`, or whose name holds all its words (without tones): best first.

    What looks like a code (a letter and a digit) is looked up by code first. One query, two when no code fits."""
    words = plain(text).split()
    if not words:
        return []
    if CODE_LIKE.match(text.strip()):
        found = codes_on(system, on).filter(code__startswith=text.strip().upper()).order_by("code")
        if codes := list(found[:limit]):
            return codes
    named = codes_on(system, on)
    for word in words:
        # A short word is looked for at the beginning of words: three letters are the least that the index can use.
        short = Q(plain_name__startswith=word) | Q(plain_name__contains=f" {word}")
        named = named.filter(short if len(word) < 3 else Q(plain_name__contains=word))
    found = named | codes_on(system, on).filter(code=text.strip())
    return list(
        found.annotate(rank=_rank(text, " ".join(words))).order_by("rank", Length("plain_name"), "code")[:limit]
    )


def _rank(text: str, phrase: str) -> Case:
    """How well a name answers: the phrase itself (also after "bệnh", "bệnh lý"), as whole words, its parts."""
    begins = Q(plain_name=phrase)
    for before in ("", "benh ", "benh ly "):
        begins |= Q(plain_name__startswith=f"{before}{phrase} ") | Q(plain_name=f"{before}{phrase}")
    return Case(
        When(code=text.strip(), then=Value(0)),
        When(begins, then=Value(1)),
        When(Q(plain_name__contains=f" {phrase} ") | Q(plain_name__endswith=f" {phrase}"), then=Value(2)),
        When(Q(plain_name__startswith=phrase) | Q(plain_name__contains=f" {phrase}"), then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
