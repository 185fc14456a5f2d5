"""Plain tables as wide as our forms: as many texts, choices, dates and numbers, no keys to other tables."""

from typing import Any

from django.db import models

ANSWERS = [("yes", "Có"), ("no", "Không"), ("unknown", "Không biết"), ("", "Chưa hỏi")]
# Fields of the forms of section A, section B and a visit with one diagnosis, without those that carry no answer.
WIDTHS = {
    "section_a": {"text": 27, "choice": 14, "date": 6, "number": 7},
    "section_b": {"text": 44, "choice": 29, "date": 1, "number": 13},
    "visit": {"text": 44, "choice": 4, "date": 1, "number": 10},
}
VALUES = {"text": "Nguyễn Thị Mẫu", "choice": "no", "date": "12/03/2026", "number": "61"}


def _field(kind: str) -> models.Field:
    if kind == "choice":
        return models.CharField(max_length=10, blank=True, choices=ANSWERS)
    if kind == "date":
        return models.DateField(null=True, blank=True)
    if kind == "number":
        return models.DecimalField(max_digits=12, decimal_places=1, null=True, blank=True)
    return models.CharField(max_length=200, blank=True)


def _model(name: str, width: dict[str, int]) -> type[models.Model]:
    columns: dict[str, Any] = {f"{kind}_{at}": _field(kind) for kind, number in width.items() for at in range(number)}
    meta = type("Meta", (), {"app_label": "bare", "db_table": f"bare_{name}"})
    return type(name, (models.Model,), {**columns, "__module__": __name__, "Meta": meta})


MODELS = {name: _model(name, width) for name, width in WIDTHS.items()}


def typed(name: str) -> dict[str, str]:
    """What a browser sends for a filled form."""
    return {f"{kind}_{at}": VALUES[kind] for kind, number in WIDTHS[name].items() for at in range(number)}
