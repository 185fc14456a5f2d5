"""Cells of the comparison that come by the thousand: a district has 160 villages and eleven groups."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from ehr.common.templatetags.vietnamese import vnnumber
from ehr.intake.register.queries import VillageRow

register = template.Library()
NOBODY = '<td class="right"><span class="muted">–</span></td>'


@register.simple_tag
def tally_cells(row: VillageRow) -> SafeString:
    """How many lines of each group wait in a village, each with the address of these lines. Numbers and our own words
    only: nothing to escape."""
    village = "khac" if row.key is None else row.key
    return SafeString(
        "".join(
            f'<td class="right"><a href="?nhom={group.value}&thon={village}">{vnnumber(tally.waiting)}</a></td>'
            if tally.waiting
            else NOBODY
            for group, tally in row.tallies
        )
    )
