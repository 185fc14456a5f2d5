from decimal import Decimal

import pytest

from ehr.common.answers import Answer, AnswerState, TriState


@pytest.mark.parametrize(
    ("value", "state", "expected"),
    [
        ("mổ 2010", "value", Answer("mổ 2010", "value")),
        (0, "", Answer(0, "value")),
        (Decimal("0.5"), "none", Answer(Decimal("0.5"), "value")),
        ("", "none", Answer.NONE),
        (None, "unknown", Answer.UNKNOWN),
        ("", "value", Answer.NOT_ASKED),
        (None, "", Answer.NOT_ASKED),
    ],
)
def test_two_columns_make_one_answer(value, state, expected):
    assert Answer.of(value, state) == expected


def test_only_an_empty_box_is_no_answer():
    assert [bool(a) for a in (Answer.NOT_ASKED, Answer.NONE, Answer.UNKNOWN, Answer("x", "value"))] == [
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(("value", "state"), [("x", "none"), (None, "value"), ("x", "")])
def test_value_and_state_must_agree(value, state):
    with pytest.raises(ValueError, match="value"):
        Answer(value, state)


def test_labels():
    assert dict(TriState.choices) == {"": "Chưa hỏi", "yes": "Có", "no": "Không", "unknown": "Không biết"}
    assert AnswerState("none").label == "Không có"
