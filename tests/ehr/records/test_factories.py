"""Every factory makes a row that passes the model's own checks."""

import inspect

import pytest

from tests.factories import records, vaccination

FACTORIES = [
    made
    for module in (records, vaccination)
    for _, made in inspect.getmembers(module, inspect.isclass)
    if made.__module__ == module.__name__ and made._meta.model and not made._meta.abstract
]


@pytest.mark.django_db
@pytest.mark.parametrize("made", FACTORIES, ids=lambda made: made.__name__)
def test_factory_makes_a_valid_row(made):
    row = made()
    row.refresh_from_db()
    row.full_clean()

    assert str(row)
