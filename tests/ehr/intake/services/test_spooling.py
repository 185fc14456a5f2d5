"""A large sheet is read in two halves, and they say what the whole sheet says."""

import pytest

from ehr.intake import matching
from ehr.intake.files import read_file
from ehr.intake.models import ImportBatch
from ehr.intake.services import spooling
from ehr.intake.services.headers import recognised
from tests.ehr.intake.sheets import HEADER, person, sheet

pytestmark = pytest.mark.django_db
TITLE = ["DANH SÁCH NHÂN KHẨU", "Xã Ở Nơi Khác, huyện Không Có"]


def rows_of(number, **change):
    """Households of four; only the first row of each bears its number."""
    made = [person(at, **{"Mã hộ": "" if at % 4 else f"H{at // 4}"}, **change) for at in range(number)]
    return [row for at, row in enumerate(made) if at != number // 2 + 1]


def spooled(commune, data, many, monkeypatch):
    monkeypatch.setattr(spooling, "MANY", many)
    batch = ImportBatch(pk=1, commune=commune, kind="survey")
    sheets = read_file(data, "thon.csv")
    layouts = [recognised(batch, each) for each in sheets]
    spool = spooling.spool_rows(batch, sheets, layouts, 7, lambda rows: None)
    return spool, [row for _, data in spool.chunks for row in spooling.unpacked(data)]


def test_two_halves_say_what_the_whole_sheet_says(commune, monkeypatch):
    data = sheet(rows_of(41), title=TITLE)
    whole, rows = spooled(commune, data, 10_000, monkeypatch)
    parts, same_rows = spooled(commune, data, 10, monkeypatch)

    assert len(whole.keys) == 40
    assert [first for first, _ in whole.chunks] != [first for first, _ in parts.chunks]
    assert (parts.keys, same_rows) == (whole.keys, rows)
    assert [row.number for row in rows] == sorted(row.number for row in rows)
    assert {row.values["household_code"] for row in rows} == {f"H{at}" for at in range(11)}
    told = [problem["code"] for row in same_rows for problem in row.problems]
    assert told.count(spooling.TITLE) <= 1


def test_rows_come_back_from_the_helper_as_they_were(commune, monkeypatch):
    whole, _ = spooled(commune, sheet(rows_of(9)), 10_000, monkeypatch)
    with spooling._memory() as file:
        assert spooling._received(file) is None
        spooling._send(whole, file)
        again = spooling._received(file)
        assert (again.keys, again.chunks) == (whole.keys, whole.chunks)

        file.truncate(file.seek(0, 2) // 2)
        assert spooling._received(file) is None


def test_codes_of_the_helper_mean_the_same_here():
    row = matching.staged(0, {"full_name": "Lê Văn Thử", "sex": "1"})
    meaning, rows = matching.flattened([row])
    other = {code: 1 << at for at, code in enumerate(reversed([*meaning, "only_there"]))}
    mask = other["full_name"] | other["sex"] | other["only_there"]
    (came,) = matching.raised((other, [(*rows[0][:13], mask, None)]))

    assert came.codes & ~row.codes == matching.staged(0, {"only_there": "x"}).codes


@pytest.mark.parametrize("column", ["Mã hộ", None])
def test_a_sheet_is_cut_where_a_household_begins(commune, column):
    rows = rows_of(41)
    header = HEADER
    if column is None:
        header = [name for name in HEADER if name != "Mã hộ"]
        rows = [[cell for name, cell in zip(HEADER, row, strict=True) if name != "Mã hộ"] for row in rows]
    batch = ImportBatch(pk=1, commune=commune, kind="survey")
    (found,) = read_file(sheet(rows, header=header), "thon.csv")
    from ehr.intake.places import Places
    from ehr.intake.rows import first_free_row

    index = first_free_row(found, recognised(batch, found), Places(commune), 18)

    assert index is not None
    assert index >= 18
    if column:
        assert found.rows[index][1].startswith("H")
