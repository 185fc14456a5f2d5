"""Values that are made once on this machine and kept in files only their owner can read."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from ehr.config.runtime import StartupError, reason


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Text of `path`; when the file is missing, `make()` is stored there first, mode 0600.

    Two processes that create it at the same moment agree on one value: the file appears complete or not at all.
    Raises StartupError when the folder cannot be read or written.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return _create(path, make())
    except OSError as error:
        raise StartupError(f"Không đọc được tệp {path}: thuộc về người dùng khác ({reason(error)}).") from error


def _create(path: Path, value: str) -> str:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return path.read_text().strip()
        finally:
            temporary.unlink()
    except OSError as error:
        raise StartupError(f"Không ghi được vào thư mục {path.parent} ({reason(error)}).") from error
    return value


def secret_key(var_dir: Path) -> str:
    """Django's SECRET_KEY of this installation, from `var_dir`/secret_key."""
    return read_or_create(Path(var_dir) / "secret_key", lambda: secrets.token_urlsafe(50))


def field_key(var_dir: Path) -> str:
    """The key of sealed values (ehr.common.sealed) of this installation, from `var_dir`/field_key: 32 bytes, base64."""
    return read_or_create(
        Path(var_dir) / "field_key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    )


def password(path: Path) -> str:
    """A random password of 48 hexadecimal digits (safe inside an URL), kept in `path`."""
    return read_or_create(path, lambda: secrets.token_hex(24))
