from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Engine

from ehr.common.answers import Answer
from ehr.common.dates import PartialDate

ENGINE = Engine(builtins=["ehr.common.templatetags.vietnamese"])


def render(source, **context):
    return ENGINE.from_string(source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "context", "shown"),
    [
        ("{{ x|vndate }}", {"x": date(1980, 3, 12)}, "12/03/1980"),
        ("{{ x|vndate }}", {"x": datetime(2025, 12, 31, 18, 0, tzinfo=UTC)}, "01/01/2026"),
        ("{{ x|vndate }}", {"x": None}, ""),
        ("{{ x|vndatetime }}", {"x": datetime(2025, 12, 31, 18, 5, tzinfo=UTC)}, "01/01/2026 01:05"),
        ("{{ x|vndatetime }}", {"x": None}, ""),
        ("{{ x|partial_date:p }}", {"x": date(1980, 1, 1), "p": "year"}, "1980"),
        ("{{ x|partial_date:p }}", {"x": date(1980, 3, 12), "p": "day"}, "12/03/1980"),
        ("{{ x|partial_date:p }}", {"x": None, "p": "unknown"}, "Không biết"),
        ("{{ x|partial_date:p }}", {"x": None, "p": ""}, ""),
        ("{{ x|partial_date }}", {"x": PartialDate.parse("03/1980")}, "03/1980"),
        ("{{ x|vnnumber }}", {"x": 370719}, "370.719"),
        ("{{ x|vnnumber:1 }}", {"x": Decimal("61.55")}, "61,6"),
        ("{{ x|vnnumber }}", {"x": None}, ""),
        ("{{ x|vnpercent:y }}", {"x": 5116, "y": 5000}, "102,32%"),
        ("{{ x|vnpercent:y }}", {"x": 5, "y": 0}, "-"),
        ("{{ x|answer_label }}", {"x": "yes"}, "Có"),
        ("{{ x|answer_label }}", {"x": "no"}, "Không"),
        ("{{ x|answer_label }}", {"x": "none"}, "Không có"),
        ("{{ x|answer_label }}", {"x": "unknown"}, "Không biết"),
        ("{{ x|answer_label }}", {"x": ""}, "Chưa hỏi"),
        ("{{ x|answer_label }}", {"x": None}, "Chưa hỏi"),
        ("{{ x|answer_label }}", {"x": False}, "Không"),
        ("{{ x|answer_label }}", {"x": Answer.NONE}, "Không có"),
        ("{{ x|answer_label }}", {"x": Answer(Decimal("61.5"), "value")}, "61,5"),
        ("{{ x|answer_label }}", {"x": Answer("<img>", "value")}, "&lt;img&gt;"),
        ("{{ x|dash }}", {"x": ""}, "–"),
        ("{{ x|dash }}", {"x": 0}, "0"),
    ],
)
def test_filters(source, context, shown):
    assert render(source, **context) == shown
