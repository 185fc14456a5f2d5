"""Who a row is, judged from the people it may be: pure functions. Nobody is ever guessed.

A number is strong when the name agrees; a name is strong with the birth date and the village or household. Exactly one
strong person is certain; everything else that is found goes to the decision list, with the reason in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehr.intake.matching.hits import Hit
from ehr.intake.matching.staged import Match, StagedRow

MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is thought of one hit: 2 certain if alone, 1 somebody must look, 0 somebody else."""

    person: int
    strength: int
    why: str
    by_number: bool = False
    exact: bool = False
    alone: bool = False  # strong only while nobody else could be meant


def judge(row: StagedRow, found: Iterable[Hit]) -> Match:
    """The answer for one row."""
    hits = list(found)
    elsewhere = any(not hit.visible and (hit.number or hit.former) and row.number for hit in hits)
    opinions = [opinion for hit in hits if hit.visible and (opinion := look(row, hit)).strength]
    strong = [opinion for opinion in opinions if opinion.strength == 2]
    if any(opinion.by_number for opinion in strong):
        strong = [opinion for opinion in strong if opinion.by_number]
    if len(strong) > 1 and sum(opinion.exact for opinion in strong) == 1:  # twins: Anh and Ánh
        strong = [opinion for opinion in strong if opinion.exact]
    if len(strong) == 1 and not (strong[0].alone and len(opinions) > 1):
        return Match(strong[0].person, certain=True, rank=2 if strong[0].by_number else int(strong[0].exact))
    if elsewhere:
        return Match(elsewhere=True)
    opinions.sort(key=lambda opinion: (-opinion.strength, not opinion.by_number, not opinion.exact, opinion.person))
    return Match(candidates=[(opinion.person, opinion.why) for opinion in opinions[:MOST_CANDIDATES]])


def look(row: StagedRow, hit: Hit) -> Opinion:
    """What speaks for and against this one person."""
    if hit.number or hit.former or hit.card:
        return _by_number(row, hit)
    return _by_name(row, hit)


def _by_number(row: StagedRow, hit: Hit) -> Opinion:
    paper = "số giấy tờ" if hit.number else "số giấy tờ cũ" if hit.former else "số thẻ BHYT/BHXH"
    same_name, same_sex = row.key == hit.key, _sex(row, hit)
    birth = _birth(row, hit)
    exact = row.exact == hit.exact
    if same_name and (hit.number or hit.former) and (birth is not False or same_sex):
        return Opinion(hit.person, 2, f"Cùng {paper}, cùng họ tên", by_number=True, exact=exact)
    if same_name and birth and same_sex and not _two_numbers(row, hit):
        return Opinion(hit.person, 2, f"Cùng {paper}, họ tên và ngày sinh", by_number=True, exact=exact)
    against = [text for wrong, text in (
        (bool(row.key) and not same_name, "khác họ tên"), (birth is False, "khác ngày sinh"),
        (not same_sex, "khác giới tính"), (_two_numbers(row, hit), "khác số định danh"),
    ) if wrong]  # fmt: skip
    return Opinion(hit.person, 1, f"Cùng {paper}, nhưng {', '.join(against) or 'thiếu họ tên'}", by_number=True)


def _by_name(row: StagedRow, hit: Hit) -> Opinion:
    """Same name without tones, and a birth that may be the same, or the same household."""
    exact = row.exact == hit.exact
    household, village, birth = _household(row, hit), _village(row, hit), _birth(row, hit)
    place = "cùng hộ" if household else "cùng thôn" if village else "khác thôn" if village is False else "cùng xã"
    says = f"Cùng họ tên{'' if exact else ' (khác dấu)'}"
    # Anh and Ánh of one birth date and household are twins; a name typed without any tone may be either.
    other_name = not exact and not (row.bare or hit.bare)
    if not _sex(row, hit) or (other_name and not (household or village)):
        return Opinion(hit.person, 0, "")
    if _two_numbers(row, hit):  # two cards of the state: two people, unless everything else is the same
        same = exact and birth and _both_exact(row, hit) and household
        return Opinion(hit.person, 1 if same else 0, f"{says}, ngày sinh, {place}, nhưng khác số định danh")
    if birth is False:
        near = household and (exact or _swapped(row, hit))
        return Opinion(hit.person, 1 if near else 0, f"{says}, {place}, nhưng khác ngày sinh")
    if birth is None:
        return Opinion(hit.person, 2 if household and exact else 1, f"{says}, {place}, thiếu ngày sinh", exact=exact)
    if _both_exact(row, hit):
        when, strong = "ngày sinh", bool(household or village)
    else:  # only the year: the household must be the same, or unknown in the same village
        when, strong = "năm sinh", bool(household or (village and exact and household is None))
    other = ", khác hộ" if household is False and village else ""
    strength = 2 if strong and not other_name else 1
    why = f"{says}, {when}, {place}{other}"
    return Opinion(hit.person, strength, why, exact=exact, alone=not household and not _both_exact(row, hit))


def _sex(row: StagedRow, hit: Hit) -> bool:
    return not row.sex or not hit.sex or row.sex == hit.sex


def _birth(row: StagedRow, hit: Hit) -> bool | None:
    """None when one side does not know it."""
    return row.birth.meets(hit.birth) if row.birth and hit.birth else None


def _both_exact(row: StagedRow, hit: Hit) -> bool:
    return bool(row.birth and hit.birth and row.birth.exact and hit.birth.exact)


def _swapped(row: StagedRow, hit: Hit) -> bool:
    return bool(row.birth and hit.birth and row.birth.swapped(hit.birth))


def _two_numbers(row: StagedRow, hit: Hit) -> bool:
    return bool(row.national and hit.national and row.number != hit.national)


def _village(row: StagedRow, hit: Hit) -> bool | None:
    return (row.village == hit.village and hit.here) if row.village and hit.village else None


def _household(row: StagedRow, hit: Hit) -> bool | None:
    """Household numbers are counted per village."""
    if not row.household or not hit.household:
        return None
    if row.village and hit.household_village and row.village != hit.household_village:
        return False
    return row.household == hit.household
