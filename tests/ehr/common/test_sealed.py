"""Sealed values: opened only whole, with their key and in their place."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from ehr.common.sealed import SealError, blind_index, seal, sealed_by_first_key, unseal

ONE, TWO, THREE = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.FIELD_KEYS = [ONE]


@pytest.mark.parametrize("plain", [b"", b"x", "Phác đồ điều trị".encode(), bytes(range(256)) * 4096])
def test_what_is_sealed_opens_again(plain):
    sealed = seal(plain, context="claims.file:1")
    assert unseal(sealed, context="claims.file:1") == plain
    assert unseal(memoryview(sealed), context="claims.file:1") == plain
    assert len(sealed) == len(plain) + 33


def test_nothing_of_the_text_is_seen_and_no_two_are_equal():
    first, second = seal(b"bi mat" * 20, context="a"), seal(b"bi mat" * 20, context="a")
    assert b"bi mat" not in first
    assert first != second


@pytest.mark.parametrize("at", [0, 1, 4, 5, 16, 17, 20, -1])
def test_one_changed_bit_is_noticed(at):
    sealed = bytearray(seal(b"noi dung", context="a"))
    sealed[at] ^= 1
    with pytest.raises(SealError) as caught:
        unseal(bytes(sealed), context="a")
    assert caught.value.code == ("sealed.unknown_key" if at in (1, 4) else "sealed.broken")
    assert "noi dung" not in caught.value.message


@pytest.mark.parametrize("length", [0, 1, 16, 32])
def test_a_value_cut_off_is_noticed(length):
    with pytest.raises(SealError) as caught:
        unseal(seal(b"", context="a")[:length], context="a")
    assert caught.value.code == "sealed.broken"


def test_a_value_of_another_place_does_not_open():
    sealed = seal(b"x", context="claims.version:1")
    with pytest.raises(SealError, match="thuộc về bản ghi khác"):
        unseal(sealed, context="claims.version:2")


def test_keys_change_and_old_values_stay(settings):
    old = seal(b"cu", context="a")
    index = blind_index("099000000001")
    settings.FIELD_KEYS = [TWO, ONE]
    new = seal(b"moi", context="a")
    assert (unseal(old, context="a"), unseal(new, context="a")) == (b"cu", b"moi")
    assert (sealed_by_first_key(old), sealed_by_first_key(new)) == (False, True)
    assert blind_index("099000000001") == index
    settings.FIELD_KEYS = [TWO]
    assert unseal(new, context="a") == b"moi"
    with pytest.raises(SealError) as caught:
        unseal(old, context="a")
    assert caught.value.code == "sealed.unknown_key"


def test_the_index_tells_values_apart_and_not_what_they_are(settings):
    assert blind_index("1") == blind_index("1") != blind_index("2")
    assert len(blind_index("1")) == 64
    before = blind_index("1")
    settings.FIELD_KEYS = [THREE]
    assert blind_index("1") != before


@pytest.mark.parametrize("keys", [[], ["ngan"], ["not base64 é"], [ONE, ONE], [ONE[:-4]]])
def test_keys_that_are_none_are_said_at_once(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match=r"FIELD_KEYS|Mỗi khóa"):
        seal(b"x", context="a")
