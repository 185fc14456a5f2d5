"""Vietnamese names: family name, middle name, given name, by sex, ethnic group and year of birth."""

from collections import defaultdict
from functools import lru_cache
from random import Random

from ehr.common.text import plain, sort_key
from ehr.config.demo.picks import Pick, read

MALE, FEMALE = 0, 1
KINH = "01"
OLD, MIDDLE, NEW = range(3)
LAST_OLD_YEAR, FIRST_NEW_YEAR = 1974, 2005
#: How a given name marked `old` or `new` is weighted in each era; and "Thị", nearly general once, rare now.
ERA_WEIGHTS = {"old": (1.6, 0.8, 0.12), "new": (0.04, 0.8, 2.0), "": (1.0, 1.0, 0.8)}
THI_WEIGHT = (4.0, 1.0, 0.12)
# Digits 4 of the personal number tell sex; words of a name tell it too, so the tables are per sex.
_SEX = {"M": MALE, "F": FEMALE}


@lru_cache(maxsize=1 << 16)
def plain_words(words: str) -> str:
    """`plain` of a part of a name."""
    return plain(words)


@lru_cache(maxsize=1 << 16)
def sort_words(words: str) -> str:
    """The part that these words have in `sort_key` of a longer name; a test compares both."""
    return " ".join(sort_key(word) for word in words.split())


class Names:
    """Tables of name parts. `ethnic` is a code of the list of ethnic groups; groups without own names take Kinh's."""

    def __init__(self) -> None:
        families: dict[str, list[tuple[str, float]]] = defaultdict(list)
        parts: dict[tuple[str, str, int, int], list[tuple[str, float]]] = defaultdict(list)
        for row in read("names.csv"):
            weight = float(row["weight"])
            if row["part"] == "family":
                families[row["ethnic_code"]].append((row["name"], weight))
                continue
            sexes = (MALE, FEMALE) if row["sex"] == "U" else (_SEX[row["sex"]],)
            for sex in sexes:
                for era in (OLD, MIDDLE, NEW):
                    factor = ERA_WEIGHTS[row["era"]][era]
                    if row["ethnic_code"] == KINH and row["name"].startswith("Thị"):
                        factor = THI_WEIGHT[era]
                    parts[row["part"], row["ethnic_code"], sex, era].append((row["name"], weight * factor))
        self.families = {code: Pick(weighted) for code, weighted in families.items()}
        self._parts = {key: Pick(weighted) for key, weighted in parts.items()}

    def family(self, rng: Random, ethnic: str) -> str:
        return self.families.get(ethnic, self.families[KINH])(rng.random())

    def part(self, which: str, ethnic: str, sex: int, era: int) -> Pick[str]:
        found = self._parts.get((which, ethnic, sex, era))
        return found or self._parts[which, KINH, sex, era]

    def name(
        self, rng: Random, *, family: str, ethnic: str, sex: int, year: int, taken: set[str]
    ) -> tuple[str, str, str]:
        """Full name, its search form and its sort key. `taken`: given names of the household, not used again."""
        era = OLD if year <= LAST_OLD_YEAR else NEW if year >= FIRST_NEW_YEAR else MIDDLE
        middles = self.part("middle", ethnic, sex, era)
        given_names = self.part("given", ethnic, sex, era)
        for _attempt in range(12):
            middle, given = middles(rng.random()), given_names(rng.random())
            if given not in taken and given not in middle and given != family and not middle.startswith(family):
                break
        taken.add(given)
        return (
            f"{family} {middle} {given}",
            f"{plain_words(family)} {plain_words(middle)} {plain_words(given)}",
            f"{sort_words(given)} {sort_words(family)} {sort_words(middle)}",
        )
