"""What a browser sends back from the saving form of a page, for tests that change a little of it."""

from typing import Any


def sent(response: Any, **change: Any) -> dict[str, str]:
    """Names and texts of all controls of the page's form; `change` is typed over it (None empties a control)."""
    form = response.context["form"]
    data = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if not field.disabled:
            data[form[name].html_name] = "" if value is None else str(value)
    return data | {name: "" if value is None else value for name, value in change.items()}
