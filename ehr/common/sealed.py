"""Values that must not be read from a copy of the database: AES-256-GCM, with the key kept apart from the data.

A sealed value names its key, so that keys can change: `FIELD_KEYS` lists them, the first one seals, all of them open.
`context` says what the value belongs to and is sealed with it: a value moved to another row does not open there.

Layout: 1 byte version, 4 bytes key id, 12 bytes nonce, ciphertext with its 16-byte tag. REQ-SEC-04, REQ-EXC-08."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_VERSION = b"\x01"
_KEY, _ID, _NONCE, _TAG = 32, 4, 12, 16
_HEAD = len(_VERSION) + _ID


class SealError(Exception):
    """A sealed value that cannot be opened. `code`: sealed.broken (changed, cut off, of another context),
    sealed.unknown_key (its key is not among FIELD_KEYS). The message is Vietnamese and names no value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _Keys:
    """The keys of this installation. `sealing`: the first; `by_id`: all."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        raw = [_decode(text) for text in texts]
        if not raw:
            raise ImproperlyConfigured("Thiếu khóa mã hóa trường FIELD_KEYS. Xem .env.example.")
        self.by_id = {_id(key): AESGCM(key) for key in raw}
        if len(self.by_id) != len(raw):
            raise ImproperlyConfigured("FIELD_KEYS có hai khóa giống nhau.")
        self.sealing = _id(raw[0])
        # The oldest key makes the index: what is looked up by it must stay the same when a new key comes in front.
        self.index = hmac.digest(raw[-1], b"ehr blind index", "sha256")


def _decode(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured("FIELD_KEYS phải gồm các khóa base64.") from error
    if len(key) != _KEY:
        raise ImproperlyConfigured(f"Mỗi khóa của FIELD_KEYS phải dài {_KEY} byte, đang có khóa dài {len(key)} byte.")
    return key


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"ehr field key" + key).digest()[:_ID]


_keys = lru_cache(maxsize=8)(_Keys)


def _now() -> _Keys:
    return _keys(tuple(settings.FIELD_KEYS))


def seal(plain: bytes, *, context: str) -> bytes:
    """`plain` encrypted under the first key; 33 bytes longer. Sealing twice gives two different values."""
    keys = _now()
    head = _VERSION + keys.sealing
    nonce = os.urandom(_NONCE)
    return head + nonce + keys.by_id[keys.sealing].encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """What `seal` was given. Raises SealError."""
    value = bytes(sealed)
    if len(value) < _HEAD + _NONCE + _TAG or not value.startswith(_VERSION):
        raise SealError("sealed.broken", "Dữ liệu mã hóa bị hỏng hoặc không đúng định dạng.")
    head, nonce, rest = value[:_HEAD], value[_HEAD : _HEAD + _NONCE], value[_HEAD + _NONCE :]
    key = _now().by_id.get(head[len(_VERSION) :])
    if key is None:
        name = head[len(_VERSION) :].hex()
        raise SealError("sealed.unknown_key", f"Không có khóa {name} để mở dữ liệu mã hóa: bổ sung vào FIELD_KEYS.")
    try:
        return key.decrypt(nonce, rest, head + context.encode())
    except InvalidTag as error:
        raise SealError("sealed.broken", "Dữ liệu mã hóa đã bị sửa hoặc thuộc về bản ghi khác.") from error


def sealed_by_first_key(sealed: bytes | memoryview) -> bool:
    """Whether the value is under the key that seals now; otherwise it is to be sealed anew after a change of keys."""
    return bytes(sealed[:_HEAD]) == _VERSION + _now().sealing


def blind_index(text: str) -> str:
    """64 hexadecimal digits, equal for equal texts: finds a row by a value that is not stored, and gives it away to
    nobody without the key. Made with the last key of FIELD_KEYS, which therefore stays."""
    return hmac.new(_now().index, text.encode(), hashlib.sha256).hexdigest()


__all__ = ["SealError", "blind_index", "seal", "sealed_by_first_key", "unseal"]
