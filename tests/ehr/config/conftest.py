"""Fixtures of the runtime's tests."""

import os
import shutil
import tempfile

import pytest

from ehr.config.runtime.environment import BASE_DIR
from ehr.config.runtime.place import place_of


@pytest.fixture(scope="module")
def make_var_dir():
    """make_var_dir() → a fresh VAR_DIR which the servers' own user can reach as well, also when root runs the tests."""
    made = []

    def make():
        top = BASE_DIR / "var" / "test"
        top.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(prefix=f"try-{os.getpid()}-", dir=top)
        os.chmod(folder, 0o755)
        made.append(top / folder / "var")
        return made[-1]

    yield make
    for var_dir in made:
        root = place_of(var_dir).root  # in /var/lib where root keeps the project in a closed folder
        if root.name == "var" or root.name.startswith("ehr-"):
            shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(var_dir.parent, ignore_errors=True)
