"""The cache keeps its client: a question costs no more than the question."""

from django.core.cache import cache

from ehr.common.cache import Cache


def test_one_client_for_all_questions():
    cache.set("kept:một", {"tên": "Bắc"}, 60)
    client = cache._cache.get_client()
    assert cache.get("kept:một") == {"tên": "Bắc"}
    assert cache.get_many(["kept:một", "kept:không"]) == {"kept:một": {"tên": "Bắc"}}
    assert cache._cache.get_client(write=True) is client
    assert Cache("redis://other:1/0", {})._cache.get_client() is not client
