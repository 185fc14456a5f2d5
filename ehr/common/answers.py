"""Không có, không biết and chưa hỏi are three different answers; a value is the fourth."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.db.models import TextChoices

from ehr.common.text import State


class AnswerState(TextChoices):
    """State beside a free value: text, number, date."""

    NOT_ASKED = "", "Chưa hỏi"
    NONE = "none", "Không có"
    UNKNOWN = "unknown", "Không biết"
    VALUE = "value", "Có"


class TriState(TextChoices):
    """A tick box that can also be left open."""

    NOT_ASKED = "", "Chưa hỏi"
    YES = "yes", "Có"
    NO = "no", "Không"
    UNKNOWN = "unknown", "Không biết"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its state. `value` is None unless the state is "value"."""

    value: str | Decimal | int | None = None
    state: State = ""

    NOT_ASKED: ClassVar["Answer"]
    NONE: ClassVar["Answer"]
    UNKNOWN: ClassVar["Answer"]

    def __post_init__(self) -> None:
        if (self.state == "value") != (self.value is not None):
            raise ValueError("An answer has a value exactly when its state is 'value'.")

    def __bool__(self) -> bool:
        """True when the question was answered at all."""
        return self.state != ""

    @classmethod
    def of(cls, value: str | Decimal | int | None, state: str = "") -> "Answer":
        """From two stored columns. A value decides over the state; without one, state "value" counts as not asked."""
        if value is not None and value != "":
            return cls(value, "value")
        return {"none": cls.NONE, "unknown": cls.UNKNOWN}.get(state, cls.NOT_ASKED)


Answer.NOT_ASKED = Answer()
Answer.NONE = Answer(None, "none")
Answer.UNKNOWN = Answer(None, "unknown")
