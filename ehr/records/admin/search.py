"""Searching people in the admin: words of the name without tones, or a number that a paper shows."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q

from ehr.common.identifiers import clean_number, clean_phone
from ehr.common.text import plain
from ehr.records.models import Identifier

HELP = "Tìm theo họ tên (không cần dấu), số giấy tờ, mã hồ sơ, số điện thoại."
FEWEST_DIGITS = 4


def people_matching(term: str, prefix: str = "") -> Q:
    """Condition for the people that `term` names; `prefix` leads to the person, such as "person__"."""
    number = clean_number(term)
    if len(re.sub(r"[^0-9]", "", number)) >= FEWEST_DIGITS:
        return (
            Q(**{f"{prefix}code": number.upper()})
            | Q(**{f"{prefix}phone_mobile": clean_phone(term)})
            | Q(**{f"{prefix}pk__in": Identifier.objects.filter(value=number).values("person")})
        )
    condition = Q()
    for word in plain(term).split():
        condition &= Q(**{f"{prefix}plain_name__contains": word})
    return condition


class PeopleSearch:
    """Mixin of admin pages: `search_prefix` leads from the row to the person."""

    search_prefix = "person__"
    search_fields = ("pk",)  # shows the search box; what it looks for is said below
    search_help_text = HELP

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if search_term.strip():
            queryset = queryset.filter(people_matching(search_term, self.search_prefix))
        return queryset, False
