"""Printed rows are read once a minute; rows that a test adds end with the test."""

import pytest

from ehr.vaccination import queries


@pytest.fixture(autouse=True)
def _printed_rows(monkeypatch):
    monkeypatch.setattr(queries, "_printed", None)
