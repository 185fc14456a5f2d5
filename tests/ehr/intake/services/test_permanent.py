"""An empty cell of "HKTT" means the present address, and never overwrites one that the record has."""

import pytest

from ehr.intake import services
from ehr.intake.models import ImportRow
from ehr.records.models import Address
from tests.ehr.intake.sheets import sheet

pytestmark = pytest.mark.django_db
HEADER = ["Mã hộ", "Họ và tên", "Quan hệ với chủ hộ", "Ngày sinh", "Giới tính", "Số CCCD", "Thôn", "HKTT", "Cư trú"]


def row(permanent="", residence=""):
    return [
        "H01", "Lê Văn Sáng", "Chủ hộ", "12/03/1980", "Nam", "038080900001", "Thôn Đông Hải", permanent, residence,
    ]  # fmt: skip


def permanent():
    return Address.objects.filter(use="permanent", valid_to=None).select_related("commune", "village").first()


@pytest.fixture
def sent(send, users):
    """sent(row) → the batch after writing."""

    def both(*cells):
        batch = send(data=sheet(cells, HEADER))
        return services.confirm(batch, by=users.clerk, wait=True)

    return both


def test_an_empty_cell_is_the_present_address_and_is_shown(sent, places):
    batch = sent(row())

    made = ImportRow.objects.get(batch=batch)
    shown = {cell["field"]: (cell["column"], cell["was"], cell["became"]) for cell in made.cleaned}
    assert shown["permanent_commune"] == ("H", "", places.commune.code)
    found = permanent()
    assert found.commune == places.commune
    assert "Đông Hải" in found.village.name


def test_the_same_file_again_changes_nothing(sent, send):
    sent(row())
    again = send(data=sheet([row()], HEADER))
    assert (again.counts["unchanged"], again.counts["updated"]) == (1, 0)


def test_an_address_that_is_known_stays(sent, send):
    sent(row("Số 5, Thôn Bắc Nam"))
    before = permanent().pk, permanent().detail
    again = send(data=sheet([row()], HEADER))
    assert again.counts["unchanged"] == 1
    assert (permanent().pk, permanent().detail) == before


def test_who_stays_for_a_time_lives_elsewhere(sent):
    sent(row("", "Tạm trú"))
    assert permanent() is None


def test_a_sheet_without_the_column_says_nothing(send, users):
    batch = send(data=sheet([[*row()[:7], row()[8]]], [*HEADER[:7], HEADER[8]]))
    services.confirm(batch, by=users.clerk, wait=True)
    assert permanent() is None
