"""Lines of the comparison that come by the hundred: a district has 160 villages, and eleven groups in each.

Through the template engine they cost more than the rest of the page."""

from __future__ import annotations

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from ehr.common.templatetags.vietnamese import vnnumber
from ehr.intake.register.models import Group
from ehr.intake.register.queries import Tally, VillageRow

register = template.Library()
NOT_COMPARED = ' <span class="badge">không tìm người vắng</span>'
NOBODY = '<span class="muted">–</span>'


@register.simple_tag
def village_line(row: VillageRow, shown: Group) -> SafeString:
    """A village with its people in the list and in the register, and how many lines of each group wait there. `shown`:
    the group that the name leads to."""
    village = "khac" if row.key is None else str(row.key)
    badge = "" if row.compared else NOT_COMPARED
    cells = [vnnumber(row.listed), vnnumber(row.known), *(_waiting(village, *pair) for pair in row.tallies)]
    return SafeString(
        f'<tr><th scope="row"><a href="{_address(village, shown)}">{escape(row.name)}</a>{badge}</th>'
        + "".join(f'<td class="right">{cell}</td>' for cell in cells)
        + "</tr>"
    )


def _waiting(village: str, group: Group, tally: Tally) -> str:
    return f'<a href="{_address(village, group)}">{vnnumber(tally.waiting)}</a>' if tally.waiting else NOBODY


def _address(village: str, group: Group) -> str:
    return f"?nhom={group.value}&thon={village}"
