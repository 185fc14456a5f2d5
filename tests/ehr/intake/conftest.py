"""A batch from rows as they would be typed."""

import pytest

from ehr.intake import services
from tests.ehr.intake.sheets import sheet


@pytest.fixture
def send(users, commune):
    """send(rows, **how) → the batch, read, by the clerk of the own commune."""

    def upload(rows=None, *, data=None, by=users.clerk, kind="survey", name="thon-dong-hai.csv", **how):
        data = data if data is not None else sheet(rows) if rows is not None else sheet()
        return services.upload(
            data=data, file_name=name, kind=kind, commune=how.pop("commune", commune), by=by, door="screen",
            wait=how.pop("wait", True), **how,
        )  # fmt: skip

    return upload


@pytest.fixture
def write(send, users):
    """write(rows) → the batch, read and written."""

    def both(rows=None, **how):
        batch = send(rows, **how)
        return services.confirm(batch, by=how.get("by", users.clerk), wait=True)

    return both
