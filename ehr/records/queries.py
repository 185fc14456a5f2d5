"""Reading people and households for the working screens: finding, lists, members."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector, TrigramSimilarity
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Concat

from ehr.common import identifiers
from ehr.common.prepared import Prepared
from ehr.common.text import plain
from ehr.records import timeline
from ehr.records.facts import IDENTITY_KINDS, put_places
from ehr.records.models import Household, Identifier, Membership, Person, Relative
from stations import memory
from stations.models import AdminUnit, User, Village
from stations.scope import Scope, scope_of

MOST_FOUND = 50
CANDIDATES = 300  # read before they are put in order; who needs more types another word
FEW_COMMUNES = 4  # places up to this size are looked through name by name
LEAST_LIKENESS = 0.4
SHORT = 2  # letters of an abbreviated word: "ng v an"
_CODE = re.compile(r"HS[0-9]{11}", re.IGNORECASE)
_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


# --- one person
def _counts() -> dict[str, Any]:
    return {f"count_{tab.key}": tab.count() for tab in timeline.tabs() if tab.count}


_PERSON = Prepared(lambda code: Person.objects.filter(code=code).order_by(), str)
_COUNTED = Prepared(lambda code: Person.objects.filter(code=code).annotate(**_counts()).order_by(), str)


def visible_person(user: User, code: str, *, counted: bool = False) -> Person | None:
    """`Person.objects.visible_to(user)` for one record code, with village, commune and province from memory; None for
    an unknown person and for one outside the user's places. `counted`: with the counts of the tabs. One query."""
    scope = scope_of(user)
    person = (_COUNTED if counted else _PERSON).first(code.upper()) if scope.can("record.view") else None
    if person is None or not scope.includes(person):
        return None
    put_places(person, "village", "commune", "province")
    return person


def tab_counts(person: Person) -> dict[str, int]:
    """Rows behind each tab of the person; read now unless they came with the person."""
    counts = _counts()
    source = person if all(hasattr(person, name) for name in counts) else _COUNTED.first(person.code)
    return {name.removeprefix("count_"): getattr(source, name) for name in counts}


_HOUSEHOLD = Prepared(lambda key: Household.objects.filter(pk=key).order_by(), int)


def visible_household(user: User, key: int) -> Household | None:
    """`Household.objects.visible_to(user)` for one key, with its places from memory; None like `visible_person`.
    One query."""
    scope = scope_of(user)
    household = _HOUSEHOLD.first(key) if scope.can("record.view") and key < 2**63 else None
    if household is None or not (
        household.province_id in scope.provinces
        or household.commune_id in scope.communes
        or household.village_id in scope.villages
    ):
        return None
    put_places(household, "village", "commune", "province")
    return household


# --- many people
@dataclass(slots=True)
class Found:
    """People found, best first. `how`: "number", "name", "typo" or "" (nothing was asked)."""

    people: Sequence[Person] = field(default_factory=list)
    more: bool = False
    how: str = ""


def find_people(*, user: User, text: str) -> Found:
    """People in the user's places by name without tones (a birth year may follow), identifier, phone, household number
    or record code. At most 50, and at most three queries, at any size of the table."""
    text = text.strip()[:100]
    if not plain(text):
        return Found()
    compact = identifiers.clean_number(text)
    if any(char.isdigit() for char in compact) and not any(word.isalpha() for word in plain(text).split()):
        found = _by_number(user, text, compact)
        if found.people or not _YEAR.fullmatch(compact):
            return found
    words, year = _words_and_year(text)
    if not words:
        return Found(how="name")
    scope = scope_of(user)
    if not scope.can("record.view"):
        return Found()
    born = Q(birth_date__gte=date(year, 1, 1), birth_date__lt=date(year + 1, 1, 1)) if year else Q()
    candidates = _in_wide_places if _is_wide(scope) else _in_few_communes
    ids, how = _born_in(scope, words, born) if year else candidates(scope, words, born), "name"
    if not ids and len(words) > 1:
        ids, how = candidates(scope, words, born, typo=True), "typo"
    return _ordered(user, ids, words, how)


def _words_and_year(text: str) -> tuple[list[str], int | None]:
    words = plain(text).split()
    years = [word for word in words if _YEAR.fullmatch(word)]
    return [word for word in words if word.isalpha()][:8], int(years[-1]) if years else None


# --- by number
def _by_number(user: User, text: str, compact: str) -> Found:
    """Any number a person is known by. One query for the keys, one for the people."""
    phone = identifiers.clean_phone(text)
    numbers = {compact, text}
    keys: list[QuerySet[Any, int]] = [
        Identifier.objects.filter(value__in=numbers).values_list("person_id", flat=True),
        Membership.objects.filter(
            household__in=Household.objects.visible_to(user).filter(code__in=numbers), valid_to=None
        ).values_list("person_id", flat=True),
    ]
    if _CODE.fullmatch(compact):
        keys.append(Person.objects.filter(code=compact).values_list("pk", flat=True))
    if len(phone) >= 8:
        keys += [
            Person.objects.filter(phone_mobile=phone).exclude(phone_mobile="").values_list("pk", flat=True),
            Person.objects.filter(phone_landline=phone).exclude(phone_landline="").values_list("pk", flat=True),
            Relative.objects.filter(phone_mobile=phone).exclude(phone_mobile="").values_list("person_id", flat=True),
            Relative.objects.filter(phone_landline=phone)
            .exclude(phone_landline="")
            .values_list("person_id", flat=True),
        ]
    limited = [key.order_by()[:CANDIDATES] for key in keys]
    ids = set(_union(limited))
    people = _placed(
        _rows(Person.objects.visible_to(user).filter(pk__in=ids)).order_by("sort_name", "pk")[: MOST_FOUND + 1]
    )
    return Found(people[:MOST_FOUND], len(people) > MOST_FOUND, "number")


# --- by name
def _is_wide(scope: Scope) -> bool:
    """Whether the places hold too many people to look through all their names."""
    return bool(scope.provinces) or len(scope.communes | scope.village_communes) > FEW_COMMUNES


def _born_in(scope: Scope, words: list[str], born: Q) -> list[int]:
    """Keys of people of a birth year, best first. One query: the index of birth dates (person_birth_name) holds the
    names and places, and those born in a year are few of all. Every word is the beginning of a word of the name."""
    people = Person.objects.filter(born, scope.people()).annotate(padded=_padded()).filter(*_begun(words))
    return list(people.order_by(_rank(" ".join(words))).values_list("pk", flat=True)[:CANDIDATES])


def _in_few_communes(scope: Scope, words: list[str], born: Q, *, typo: bool = False) -> list[int]:
    """Keys of people of a few communes, best first. One query: the index of communes and names (person_commune_plain)
    holds all that is asked, and a commune has some ten thousand names. Every word is the beginning of a word of the
    name; with `typo` the names most like the typed one."""
    inside = Q()
    if not scope.village_communes <= scope.communes:  # else whoever lives in these communes is at the user's places
        inside = Q(commune__in=scope.communes) | Q(village__in=scope.villages) | Q(station__in=scope.stations)
    parts = [Person.objects.filter(born, inside, commune__in=scope.communes | scope.village_communes)]
    if scope.stations:  # managed by the station, living elsewhere: few, asked as ranges of the index of stations
        bounds = [None, *sorted(scope.communes | scope.village_communes), None]
        for low, high in pairwise(bounds):
            between = {"commune__gt": low, "commune__lt": high}
            between = {lookup: bound for lookup, bound in between.items() if bound is not None}
            parts.append(Person.objects.filter(born, station__in=scope.stations, **between))
    typed = " ".join(words)
    begun = _begun(words)
    best: Any = _rank(typed)
    if typo:  # one word is wrong, so all others are right; comparing letters is left to the few names that remain
        others = [Q(*begun[:i], *begun[i + 1 :]) for i in range(len(begun))]
        begun, best = [reduce(or_, others)], F("likeness").desc()
    likeness = TrigramSimilarity("plain_name", typed)
    limited = [
        part.annotate(padded=_padded(), likeness=likeness)
        .filter(*begun).order_by(best).values_list("pk", "likeness")[:CANDIDATES]
        for part in parts
    ]  # fmt: skip
    return [pk for pk, alike in _union(limited) if alike >= LEAST_LIKENESS or not typo]


def _in_wide_places(scope: Scope, words: list[str], born: Q, *, typo: bool = False) -> list[int]:
    """Keys of people of a district or province. One query. First whole names, beginnings of names, and whole words in
    any order, which indexes answer at once; with `typo` short and last words as beginnings, and one wrong letter."""
    people, typed = Person.objects.filter(born, scope.people()), " ".join(words)
    by_words = people.annotate(words=_name_vector())
    if typo:
        opened = " & ".join(f"{word}:*" if len(word) <= SHORT or word is words[-1] else word for word in words)
        parts: list[QuerySet[Any, Any]] = [
            by_words.filter(words=_query(query)) for query in (opened, *_one_slip(words))
        ]
    else:
        parts = [
            people.filter(plain_name=typed), people.filter(plain_name__startswith=typed),
            by_words.filter(words=_query(" & ".join(words))),
        ]  # fmt: skip
    limited = [part.order_by().values_list("pk", flat=True)[:CANDIDATES] for part in parts]
    return list(dict.fromkeys(_union(limited)))


def _padded() -> Concat:
    """The name with a blank in front, so that each of its words begins after one (see `_begun`)."""
    return Concat(Value(" "), F("plain_name"), output_field=TextField())


def _begun(words: list[str]) -> list[Q]:
    """Conditions on `padded`: each word is the beginning of a word of the name."""
    return [Q(padded__contains=f" {word}") for word in words]


def _name_vector() -> SearchVector:
    """Exactly the expression of the index person_name_words."""
    return SearchVector("plain_name", config=Value("simple"))


def _query(words: str) -> SearchQuery:
    return SearchQuery(words, config=Value("simple"), search_type="raw")


def _one_slip(words: list[str]) -> Iterator[str]:
    """For each word, the words with one letter of it wrong, missing, too many or swapped. The index knows at once which
    of these spellings exist; similarity over a million names would read many more rows."""
    for position, word in enumerate(words):
        others = words[:position] + words[position + 1 :]
        yield " & ".join([*others, f"({' | '.join(sorted(_spellings(word)))})"])


def _spellings(word: str) -> set[str]:
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    gone = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    other = {head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS}
    more = {head + letter + tail for head, tail in cuts for letter in _LETTERS}
    return (gone | swapped | other | more) - {""}


def _rank(typed: str) -> Case:
    """0 the whole name, 1 names that end with what was typed (the given name), 2 names that begin with it, 3 others."""
    return Case(
        When(plain_name=typed, then=Value(0)),
        When(plain_name__endswith=f" {typed}", then=Value(1)),
        When(plain_name__startswith=f"{typed} ", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def _ordered(user: User, ids: list[int], words: list[str], how: str) -> Found:
    """The people behind the keys by rank, in Vietnamese order within; after a slip the likest first. One query."""
    people = _rows(Person.objects.visible_to(user).filter(pk__in=ids)).annotate(rank=_rank(" ".join(words)))
    if how == "typo":
        people = people.annotate(likeness=TrigramSimilarity("plain_name", " ".join(words)))
        people = people.order_by("-likeness", "pk")
    else:
        people = people.order_by("rank", "sort_name", "birth_date", "pk")
    rows = _placed(people[: MOST_FOUND + 1])
    return Found(rows[:MOST_FOUND], len(rows) > MOST_FOUND, how)


def _union(parts: Sequence[QuerySet[Any, Any]]) -> Sequence[Any]:
    """The rows of all parts, in one statement."""
    return list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])


def _rows(people: QuerySet[Person]) -> QuerySet[Person]:
    """What a line of a list shows, in the same query: `household_key`, `household_code`, `has_number`."""
    membership = Membership.objects.filter(person=OuterRef("pk"), valid_to=None)
    number = Identifier.objects.filter(person=OuterRef("pk"), valid_to=None, kind__in=IDENTITY_KINDS)
    return people.annotate(
        household_key=Subquery(membership.values("household_id")[:1]),
        household_code=Subquery(membership.values("household__code")[:1]),
        has_number=Exists(number),
    )


def _placed(people: Iterable[Person]) -> list[Person]:
    """The people with their places from memory: joining them to every line costs more than finding the people."""
    found = list(people)
    memory.load(Village, (person.village_id for person in found))
    memory.load(AdminUnit, (person.commune_id for person in found))
    for person in found:
        put_places(person, "village", "commune", "province")
    return found


def people_by_keys(*, user: User, keys: list[int]) -> list[Person]:
    """People of a list, in the order of the keys, those the user may see. One query."""
    people = {person.pk: person for person in _placed(_rows(Person.objects.visible_to(user).filter(pk__in=keys)))}
    return [people[key] for key in keys if key in people]


# --- households
def households(*, user: User, village: Village | None = None, text: str = "") -> QuerySet[Household]:
    """Households at the user's places with `size` and `head`, by village and number; a district or province village by
    village in the order of an index, because sorting all its households by names takes longer than the page may."""
    members = Membership.objects.filter(household=OuterRef("pk"), valid_to=None)
    by_village = ("village_id",) if _is_wide(scope_of(user)) else ("village__position", "village__name")
    found = Household.objects.visible_to(user).filter(closed_on=None)
    if village:
        found = found.filter(village=village)
    if text:
        found = found.filter(code__istartswith=text)
    return (
        found.select_related("village", "commune")
        .annotate(
            size=Subquery(members.order_by().values("household").annotate(n=Count("pk")).values("n")),
            head=Subquery(members.filter(is_head=True).values("person__full_name")[:1]),
        )
        .order_by(*by_village, "code", "pk")
    )


def households_by_keys(*, user: User, keys: list[int]) -> list[Household]:
    """Households of a list, in the order of the keys, those the user may see. One query."""
    found = {household.pk: household for household in households(user=user).filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


def members_of(*, user: User, household: Household) -> list[Person]:
    """Present members with `relation`, `is_head`, `has_number`, `has_card` and the counts of the tabs. One query."""
    membership = Membership.objects.filter(person=OuterRef("pk"), household=household, valid_to=None)
    counts = {f"count_{tab.key}": tab.count() for tab in timeline.tabs() if tab.count}
    current = Identifier.objects.filter(person=OuterRef("pk"), valid_to=None)
    people = (
        Person.objects.visible_to(user)
        .filter(membership_set__household=household, membership_set__valid_to=None)
        .annotate(
            relation=Subquery(membership.values("relation__name")[:1]),
            is_head=F("membership_set__is_head"),
            has_number=Exists(current.filter(kind__in=IDENTITY_KINDS)),
            has_card=Exists(current.filter(kind="BHYT_CARD")),
            **counts,
        )
    )
    return list(
        people.order_by("-is_head", F("membership_set__relation__position").asc(nulls_last=True), "birth_date", "pk")
    )


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """How far the user's places are: active people, those with section A complete, households."""

    people: int
    complete: int
    households: int


def place_counts(*, user: User) -> PlaceCounts:
    """Two queries."""
    people = (
        Person.objects.visible_to(user).residents().aggregate(n=Count("pk"), complete=Count("section_a_complete_on"))
    )
    return PlaceCounts(
        people["n"], people["complete"], Household.objects.visible_to(user).filter(closed_on=None).count()
    )


def villages_of_user(*, user: User) -> list[Village]:
    """Villages at the user's places, for lists by village. One query; none for a province, which is too many."""
    places = scope_of(user).places(wide=False)
    return list(Village.objects.filter(places, valid_to=None).order_by("commune", "position", "name"))
