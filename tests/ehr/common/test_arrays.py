"""Lists as parameters arrive as they were given."""

import datetime as dt

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ehr.common.arrays import PlainLists

TEXTS = [
    "", "NULL", "null", "x,y", "{z}", " ", "\t", "a\nb", '"', '","', 'nửa " nửa', "\\", "C:\\tệp", "Nguyễn Thị Đỗ",
    "e\u0302\u0301", "\u00a0", "'", "%s",
]  # fmt: skip


def back(value, cast):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{cast}", [value])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "cast"),
    [
        ([1, 0, -3, 2**40], "bigint[]"), ([], "bigint[]"), ([7, None], "bigint[]"), ([True, False], "boolean[]"),
        (TEXTS, "text[]"), (['","'], "text[]"), (["một", None], "text[]"), ([None, None], "text[]"),
        ([[1, 2], [3, 4]], "bigint[]"), ([dt.date(1980, 3, 12)], "date[]"), (["12", "3"], "text[]"),
    ],
)  # fmt: skip
def test_lists_arrive_as_they_were_given(value, cast):
    assert back(value, cast) == value


@pytest.mark.django_db
def test_connections_use_it():
    connection.ensure_connection()
    dumpers = connection.connection.adapters
    from psycopg.adapt import PyFormat

    assert dumpers.get_dumper(list, PyFormat.TEXT) is PlainLists


class AnyTexts(TestCase):
    @given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
    def test_any_texts(self, texts):
        assert back(texts, "text[]") == texts
