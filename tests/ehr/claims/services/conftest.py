"""Claim files received and worked on in the test's own process."""

from pathlib import Path

import pytest

from ehr.claims import services

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def take():
    """take(name or bytes) → the one file, done, by the system itself."""

    def receive(data, *, name="tep.xml", by=None, wait=True):
        if isinstance(data, str):
            name, data = data, (SAMPLES / data).read_bytes()
        (file,) = services.receive(data=data, name=name, by=by, door="screen", wait=wait)
        return file

    return receive
