"""The few values that the runtime needs before, or without, Django's settings."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent.parent


def load() -> None:
    """Reads .env into the environment, as settings do; variables that are already set win."""
    if (BASE_DIR / ".env").exists():
        import environ

        environ.Env.read_env(BASE_DIR / ".env")


def var_dir() -> Path:
    """Where this installation keeps what it writes: VAR_DIR, else var/ in the project."""
    return Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")
