import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.claims import spec
from ehr.claims.claim import Claim, Row
from ehr.claims.spec import Standard, table
from ehr.claims.values import clean
from ehr.claims.xml import read_claims, write_claims, write_records
from ehr.claims.xml.write import as_text, document_xml, escape
from tests.bench import _claims

COLUMNS = spec.tables(Standard.QD3176)


def column(name, of="XML1"):
    return COLUMNS[of].columns[name]


@pytest.mark.parametrize(
    ("value", "name", "table_name", "text"),
    [
        (Decimal("1050.005"), "T_BHTT", "XML1", "1050.01"),
        (Decimal("1050.00"), "T_BHTT", "XML1", "1050"),
        (Decimal("10.0005"), "SO_LUONG", "XML2", "10.001"),
        (Decimal("1E+3"), "SO_LUONG", "XML2", "1000"),
        (3, "GIOI_TINH", "XML1", "3"),
        (None, "GIOI_TINH", "XML1", ""),
        ("57,45", "CAN_NANG", "XML1", "57.45"),
        (dt.date(1998, 10, 4), "NGAY_SINH", "XML1", "199810040000"),
        (dt.date(2026, 1, 5), "NGAY_HEN_KL", "XML14", "20260105"),
        (dt.datetime(2025, 10, 20, 8, 19, tzinfo=dt.UTC), "NGAY_VAO", "XML1", "202510201519"),
        ("A09;I10", "MA_BENH_KT", "XML1", "A09;I10"),
        ("20250101;20260101", "GT_THE_TU", "XML1", "20250101;20260101"),
        ("Nguye\u0302\u0303n ", "HO_TEN", "XML1", "Nguyễn"),
    ],
)
def test_values_as_the_standard_writes_them(value, name, table_name, text):
    assert as_text(value, column(name, table_name)) == text


def test_columns_stand_in_the_order_of_the_standard_and_unknown_ones_last():
    text = document_xml([{"THE_LA": "1", "STT": "2", "MA_LK": "a<b"}], Standard.QD3176, "XML5")
    assert text.startswith(
        "<CHITIEU_CHITIET_DIENBIENLAMSANG><DSACH_CHI_TIET_DIEN_BIEN_BENH><CHI_TIET_DIEN_BIEN_BENH><MA_LK>a&lt;b</MA_LK><STT>2</STT>"
    )
    assert "<DU_PHONG/><THE_LA>1</THE_LA></CHI_TIET_DIEN_BIEN_BENH>" in text


def test_4210_has_no_outer_root():
    assert document_xml([{}], Standard.QD4210, "XML2").startswith("<DSACH_CHI_TIET_THUOC><CHI_TIET_THUOC><MA_LK/>")


def test_what_xml_cannot_carry_is_left_out():
    assert escape("a\x00b\x0bc\r\n]]> & <é>") == "abc&#13;\n]]&gt; &amp; &lt;é&gt;"


def test_records(tmp_path):
    path = tmp_path / "a.xml"
    _claims.write_file(path, 30)
    reader = read_claims(path)
    assert (reader.envelope.declared, reader.envelope.facility, reader.envelope.made_on) == ("30", "99001", "20251101")
    claims = list(reader)
    given_rows = list(_claims.records(30))
    for claim, record in zip(claims, given_rows, strict=True):
        assert set(claim.tables) == set(record)
        assert claim.main.number("T_TONGCHI_BV") == record["XML1"][0]["T_TONGCHI_BV"]
        assert claim.main.moment("NGAY_RA") == record["XML1"][0]["NGAY_RA"]
        assert claim.main.date("NGAY_SINH") == record["XML1"][0]["NGAY_SINH"]
        assert list(claim.main.raw) == list(COLUMNS["XML1"].columns)


@pytest.mark.parametrize(
    ("record", "count"), [({"XML1": [{"KHONG_CO": "1"}]}, 1), ({"XML99": [{}]}, 1), ({"XML1": [{"MA_LK": "1"}]}, 2)]
)
def test_mistakes_are_not_written_over(record, count):
    with pytest.raises(ValueError):
        write_records(
            io.BytesIO(),
            [record],
            standard=Standard.QD3176,
            facility="99001",
            made_on=dt.date(2025, 11, 1),
            count=count,
        )


def test_appraisals_have_their_own_root():
    row = Row(
        table(Standard.QD3176, "XML12"), 1, {"HO_TEN": "Nông Văn An", "NGAY_HOP": "20251101", "KET_QUA_KHAM": "mất 21%"}
    )
    claim = Claim(1, Standard.QD3176, {"XML12": [row]})
    out = io.BytesIO()
    write_claims(out, [claim, claim], facility="99001", made_on="20251101", kind="appraisal")
    assert out.getvalue().startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<CHI_TIEU_GIAM_DINH_YKHOA>')
    reader = read_claims(out.getvalue())
    assert (reader.envelope.kind, reader.envelope.count) == ("appraisal", 2)
    back = list(reader)
    assert [claim.main for claim in back] == [row, row]
    assert back[0].standard is Standard.QD3176 and back[0].main.text("KET_QUA_KHAM") == "mất 21%"


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=15).filter(
    lambda text: text.strip()
)


@st.composite
def claims(draw):
    """A claim of any standard with any tables, rows, columns and texts."""
    standard = draw(st.sampled_from(list(Standard)))
    known = spec.tables(standard)
    names = draw(
        st.lists(
            st.sampled_from([name for name in known if name not in ("XML0", "XML1", "XML12")]), unique=True, max_size=4
        )
    )
    tables = {}
    for name in ["XML1", *names]:
        of = known[name]
        rows = draw(
            st.lists(
                st.dictionaries(st.sampled_from(list(of.columns)), TEXT, max_size=6),
                min_size=1,
                max_size=1 if name == "XML1" else 3,
            )
        )
        tables[name] = [Row(of, line, row) for line, row in enumerate(rows, 1)]
    card = "MA_THE" if standard is Standard.QD4210 else "MA_THE_BHYT"
    tables["XML1"][0].raw[card] = "GD4999900000001"
    tables["XML1"][0].raw["NGAY_RA"] = "202410010800" if standard is Standard.QD4750 else "202510010800"
    return Claim(
        1,
        standard,
        tables,
        unread=draw(st.dictionaries(st.sampled_from(["XML16", "XML17"]), st.just("<a>é</a>"), max_size=1)),
    )


@settings(max_examples=60)
@given(st.lists(claims(), min_size=1, max_size=3), st.booleans())
def test_any_claim_comes_back_equal(written, nested):
    out = io.BytesIO()
    write_claims(out, written, facility="99001", made_on="20251101", nested=nested)
    back = list(read_claims(out.getvalue()))
    assert [claim.tables for claim in back] == [claim.tables for claim in written]
    assert [(claim.standard, claim.unread) for claim in back] == [(claim.standard, claim.unread) for claim in written]
    assert [claim.digest() for claim in back] == [claim.digest() for claim in written]
    assert [claim.set_aside for claim in back] == [None] * len(back)
    assert all(value == clean(value) for claim in back for row in claim.all_rows() for value in row.values.values())


def test_twins_have_two_papers():
    papers = [{"MA_LK": "K1", "HO_TEN_ME": "Vàng Thị Hương", "MA_THE_TAM": f"TE199998610341{at}"} for at in (1, 2)]
    record = {
        "XML1": [{"MA_LK": "K1", "MA_THE_BHYT": "GD4999900000001", "NGAY_RA": dt.date(2025, 9, 2)}],
        "XML7": papers,
    }
    out = io.BytesIO()
    write_records(out, [record], standard=Standard.QD3176, facility="99001", made_on=dt.date(2025, 11, 1), count=1)
    (claim,) = read_claims(out.getvalue())
    assert claim.slots == ["XML1", "XML7", "XML7"]
    assert [(row.line, row.text("MA_THE_TAM")) for row in claim.rows("XML7")] == [
        (1, "TE1999986103411"),
        (2, "TE1999986103412"),
    ]
    with pytest.raises(ValueError, match="one row"):
        document_xml([{}, {}], Standard.QD3176, "XML7")
