"""Habits of files in the wild: README of the specification, sections 2 and 7."""

import base64
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.claims.spec import Standard, shapes
from ehr.claims.xml import read_claims, scan
from ehr.claims.xml.flat import flat_rows
from ehr.claims.xml.limits import LIMITS
from ehr.claims.xml.tree import parse, tree_rows
from tests.bench import _claims
from tests.ehr.claims.builders import envelope, hoso, slot, visit_xml


def read(data: bytes):
    return list(read_claims(data))


def only(data: bytes):
    (claim,) = read(data)
    return claim


DRUG = "<DSACH_CHI_TIET_THUOC><CHI_TIET_THUOC><MA_LK>K1</MA_LK><STT>1</STT></CHI_TIET_THUOC></DSACH_CHI_TIET_THUOC>"
DRUG_FAMILY = f"<CHITIEU_CHITIET_THUOC>{DRUG}</CHITIEU_CHITIET_THUOC>"


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(visit_xml().encode()).decode(),
        base64.encodebytes(visit_xml().encode()).decode(),
        "  " + base64.b64encode(visit_xml().encode()).decode() + "\r\n",
        base64.b64encode(b"\xef\xbb\xbf" + visit_xml().encode()).decode(),
        base64.b64encode(visit_xml().encode("utf-16")).decode(),
        base64.b64encode(('<?xml version="1.0" encoding="utf-16"?>' + visit_xml()).encode()).decode(),
        base64.b64encode(('<?xml version="1.0" encoding="utf-8"?>\n' + visit_xml()).encode()).decode(),
        visit_xml(),
        f"<![CDATA[{visit_xml()}]]>",
        f"<![CDATA[<?xml version='1.0' encoding='utf-8'?>{visit_xml()}]]>",
        visit_xml().replace("<", "&lt;").replace(">", "&gt;"),
        f"\n  {visit_xml()}\n  <!-- ghi chú -->",
        visit_xml().replace("Nông Văn An", "<![CDATA[Nông Văn An]]>"),
        visit_xml().replace("><", ">\n\t<"),
        visit_xml().replace("<TONG_HOP>", '<TONG_HOP xmlns="http://benh-vien.example/x">'),
    ],
)
def test_every_way_to_write_a_document(content):
    claim = only(envelope(hoso(f"<FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>")))
    assert claim.set_aside is None
    assert claim.main.text("HO_TEN") == "Nông Văn An"
    assert claim.main.text("MA_LK") == "K1"
    assert claim.standard is Standard.QD3176


@pytest.mark.parametrize("document", [DRUG, DRUG_FAMILY, DRUG_FAMILY.replace("<CHI", "\n  <CHI")])
def test_outer_root_may_be_missing(document):
    claim = only(envelope(hoso(slot("XML2", document), slot("XML1", visit_xml()))))
    assert [row.text("STT") for row in claim.rows("XML2")] == ["1"]
    assert claim.slots == ["XML2", "XML1"]


@pytest.mark.parametrize("empty", ["<X/>", "<X></X>", "<X>  \n</X>", ""])
def test_four_ways_to_say_nothing(empty):
    row = only(
        envelope(hoso(slot("XML1", visit_xml().replace("<HO_TEN>", empty.replace("X", "MA_TAI_NAN") + "<HO_TEN>"))))
    ).main
    assert (row.has("MA_TAI_NAN"), row.text("MA_TAI_NAN"), "MA_TAI_NAN" in row.canonical()) == (False, "", False)


def test_empty_slots_and_lists_without_rows():
    slots = [slot("XML1", visit_xml()), "<FILEHOSO><LOAIHOSO>XML4</LOAIHOSO><NOIDUNGFILE/></FILEHOSO>"]
    slots += [slot("XML2", "<CHITIEU_CHITIET_THUOC><DSACH_CHI_TIET_THUOC/></CHITIEU_CHITIET_THUOC>"), slot("XML3", "")]
    slots += ["<FILEHOSO><LOAIHOSO>XML5</LOAIHOSO><NOIDUNGFILE>  </NOIDUNGFILE></FILEHOSO>"]
    claim = only(envelope(hoso(*slots)))
    assert list(claim.tables) == ["XML1"]
    assert claim.set_aside is None and len(claim.slots) == 5


def test_slots_that_no_standard_knows_are_kept():
    claim = only(envelope(hoso(slot("XML1", visit_xml()), slot("XML16", "<X16><A>1</A></X16>"), slot("XML17", ""))))
    assert claim.unread == {"XML16": "<X16><A>1</A></X16>"}
    assert [(found.rule_id, found.value, found.level) for found in claim.findings] == [
        ("CLM-ENV-06", "XML16", "warning")
    ]


def test_unknown_tags_are_kept_and_order_does_not_matter():
    one = only(
        envelope(hoso(slot("XML1", "<TONG_HOP><MA_LK>K1</MA_LK><MA_THE_BHYT>x</MA_THE_BHYT><LA>7</LA></TONG_HOP>")))
    )
    two = only(
        envelope(hoso(slot("XML1", "<TONG_HOP><LA>7</LA><MA_THE_BHYT>x</MA_THE_BHYT><MA_LK>K1</MA_LK></TONG_HOP>")))
    )
    assert one.main.raw["LA"] == "7" and one.main.unknown() == ["LA"]
    assert one.main == two.main and one.digest() == two.digest()


def test_a_tag_twice_and_a_tag_within_a_tag():
    row = only(
        envelope(
            hoso(slot("XML1", visit_xml().replace("<HO_TEN>", "<HO_TEN></HO_TEN><LA><B>1</B><C>2</C></LA><HO_TEN>")))
        )
    ).main
    assert (row.text("HO_TEN"), row.repeated, row.nested, row.raw["LA"]) == ("Nông Văn An", ("HO_TEN",), ("LA",), "1 2")


def test_decomposed_letters_are_composed():
    row = only(envelope(hoso(slot("XML1", visit_xml(HO_TEN="Nguye\u0302\u0303n"))))).main
    assert row.text("HO_TEN") == "Nguyễn"
    assert row.raw["HO_TEN"] == "Nguye\u0302\u0303n"


@pytest.mark.parametrize(
    "prolog", [b"\xef\xbb\xbf", b"\n\n ", b"<!-- xuat tu HIS -->", b'<?xml version="1.0" encoding="windows-1252"?>']
)
def test_prologs(prolog):
    data = prolog + envelope(hoso(slot("XML1", visit_xml(), encoded=False)), head="")
    assert only(data).main.text("HO_TEN") == "Nông Văn An"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["utf-16", "utf-8"])
def test_wide_encodings_with_any_declaration(codec, declared):
    text = envelope(
        hoso(slot("XML1", visit_xml(), encoded=False)), head=f'<?xml version="1.0" encoding="{declared}"?>'
    ).decode()
    assert only(text.encode(codec)).main.text("HO_TEN") == "Nông Văn An"


@pytest.mark.parametrize("declared", ["windows-1258", "utf-8"])
def test_windows_1258(declared):
    words = "Đă\u0323ng Thi\u0323 A\u0301nh"  # the code page has letters and tones apart
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    data = envelope(hoso(slot("XML1", visit_xml(HO_TEN=words), encoded=False)), head=head).decode().encode("cp1258")
    assert only(data).main.text("HO_TEN") == "Đặng Thị Ánh"


def test_one_hoso_in_another_encoding_does_not_spoil_its_neighbour():
    bad = hoso(slot("XML1", visit_xml("K1", HO_TEN="Đo\u0300an"), encoded=False)).encode("cp1258")
    data = envelope(hoso(slot("XML1", visit_xml("K2"), encoded=False)), "@@").replace(b"@@", bad)
    assert [claim.main.text("HO_TEN") for claim in read(data)] == ["Nông Văn An", "Đòan"]


@pytest.mark.parametrize("attributes", [' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', ' xmlns="urn:x"'])
def test_namespaces_of_the_root(attributes):
    document = (
        visit_xml().replace("<HO_TEN>", '<MA_TAI_NAN xsi:nil="true"/><HO_TEN>') if "xsi" in attributes else visit_xml()
    )
    data = envelope(hoso(slot("XML1", document, encoded=False))).replace(
        b"<GIAMDINHHS>", f"<GIAMDINHHS{attributes}>".encode()
    )
    assert only(data).main.text("HO_TEN") == "Nông Văn An"


def test_prefixed_envelope():
    data = envelope(hoso(slot("XML1", visit_xml()))).decode()
    for name in ("GIAMDINHHS", "HOSO", "FILEHOSO", "LOAIHOSO", "NOIDUNGFILE", "THONGTINDONVI", "MACSKCB"):
        data = data.replace(f"<{name}>", f"<b:{name}>").replace(f"</{name}>", f"</b:{name}>")
    claim = only(data.replace("<b:GIAMDINHHS>", '<b:GIAMDINHHS xmlns:b="urn:b">').encode())
    assert claim.ma_lk == "K1"


def test_facts_of_the_envelope_in_any_order():
    data = (
        "<GIAMDINHHS><CHUKYDONVI><Signature xmlns='urn:dsig'><SignedInfo/></Signature></CHUKYDONVI>"
        f"<THONGTINHOSO><DANHSACHHOSO>{hoso(slot('XML1', visit_xml()))}<HOSO/></DANHSACHHOSO>"
        "<SOLUONGHOSO>3</SOLUONGHOSO><NGAYLAP>202511011200</NGAYLAP></THONGTINHOSO><THONGTINDONVI><MACSKCB>99001</MACSKCB><LA/></THONGTINDONVI></GIAMDINHHS>"
    ).encode()
    found = scan(data)
    assert (found.facility, found.made_on, found.declared, found.count) == ("99001", "202511011200", "3", 2)
    assert found.signed and found.unknown_tags == ("LA",)
    assert read_claims(data).envelope == found


def test_a_blank_signature_is_none():
    assert not scan(
        envelope(hoso(slot("XML1", visit_xml()))).replace(b"<CHUKYDONVI/>", b"<CHUKYDONVI> </CHUKYDONVI>")
    ).signed


def test_two_visits_in_one_hoso_are_held():
    claims = read(
        envelope(
            hoso(slot("XML1", visit_xml("K1")), slot("XML1", visit_xml("K2"))), hoso(slot("XML1", visit_xml("K3")))
        )
    )
    assert (claims[0].set_aside.rule_id, claims[0].set_aside.level) == ("CLM-ENV-07", "error")
    assert claims[1].set_aside is None and claims[1].ma_lk == "K3"


def test_chunks():
    data = envelope(*(hoso(slot("XML1", visit_xml(f"K{at}"))) for at in range(1, 11)))
    parts = [[claim.ma_lk for claim in read_claims(data, first=first, count=4)] for first in (1, 5, 9)]
    assert parts == [["K1", "K2", "K3", "K4"], ["K5", "K6", "K7", "K8"], ["K9", "K10"]]
    known = scan(data)
    assert [claim.index for claim in read_claims(data, first=5, count=4, envelope=known)] == [5, 6, 7, 8]


def test_a_source_that_cannot_be_read_twice():
    class Once(io.RawIOBase):
        def __init__(self, data):
            self.left = io.BytesIO(data)

        def readable(self):
            return True

        def read(self, size=-1):
            return self.left.read(size)

    assert [claim.ma_lk for claim in read_claims(Once(envelope(hoso(slot("XML1", visit_xml())))))] == ["K1"]


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_pieces_may_end_anywhere(size, monkeypatch):
    monkeypatch.setattr("ehr.claims.xml.split.PIECE", size)
    data = b"\xef\xbb\xbf" + envelope(
        hoso(slot("XML1", visit_xml("K1"), encoded=False)), "<HOSO/>", "\n", hoso(slot("XML1", visit_xml("K2")))
    )
    assert [claim.ma_lk for claim in read(data)] == ["K1", "", "K2"]
    text = data[3:].decode()
    assert [claim.ma_lk for claim in read(text.encode("utf-16"))] == ["K1", "", "K2"]


# ------------------------------------------------------------------------------------------------------------ standard
@pytest.mark.parametrize(
    ("values", "standard"),
    [
        ({"NGAY_RA": "202412312359"}, Standard.QD4750),
        ({"NGAY_RA": "202501010000"}, Standard.QD3176),
        ({"NGAY_RA": "", "NGAY_VAO": "202412300800"}, Standard.QD4750),
        ({"NGAY_RA": "202001010000"}, Standard.QD4750),
    ],
)
def test_130_family_by_day(values, standard):
    assert only(envelope(hoso(slot("XML1", visit_xml(**values))))).standard is standard


def test_4210_by_its_card_column_whatever_the_day():
    document = "<TONG_HOP><MA_LK>1</MA_LK><MA_THE>GD4999900000001</MA_THE><NGAY_RA>202601010000</NGAY_RA></TONG_HOP>"
    assert only(envelope(hoso(slot("XML1", document)))).standard is Standard.QD4210


@pytest.mark.parametrize(
    ("document", "standard"),
    [
        ("<TONG_HOP><MA_LK>1</MA_LK><T_TONGCHI>1</T_TONGCHI><TEN_BENH>x</TEN_BENH></TONG_HOP>", Standard.QD4210),
        (
            "<TONG_HOP><MA_LK>1</MA_LK><T_TONGCHI_BV>1</T_TONGCHI_BV><CHAN_DOAN_RV>x</CHAN_DOAN_RV></TONG_HOP>",
            Standard.QD3176,
        ),
    ],
)
def test_without_card_the_other_columns_tell(document, standard):
    assert only(envelope(hoso(slot("XML1", document)))).standard is standard


@pytest.mark.parametrize(("column", "standard"), [("MA_CSKCB_DEN", Standard.QD3176), ("MA_NOI_DEN", Standard.QD4750)])
def test_referral_tells_before_the_day(column, standard):
    paper = f"<CHI_TIEU_GIAYCHUYENTUYEN><MA_LK>K1</MA_LK><{column}>99002</{column}></CHI_TIEU_GIAYCHUYENTUYEN>"
    other = "202501010000" if standard is Standard.QD4750 else "202406010000"
    claim = only(envelope(hoso(slot("XML1", visit_xml(NGAY_RA=other)), slot("XML13", paper))))
    assert claim.standard is standard and claim.rows("XML13")[0].column(column) is not None


# --------------------------------------------------------------------------------- the quick way and the thorough one
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
LEAVES = st.lists(st.tuples(st.sampled_from(["A", "B1", "C_D", "MA_LK", "E"]), TEXTS), max_size=5)
LAYOUT = st.sampled_from(["", " ", "\n\t", "\r\n"])


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@settings(max_examples=300)
@given(st.lists(LEAVES, min_size=1, max_size=12), LAYOUT, st.booleans(), st.sampled_from(["", "<?xml version='1.0'?>"]))
def test_quick_rows_are_those_of_the_parser(rows, blank, outer, declaration):
    def leaf(name, text):
        return f"<{name}/>" if not text else f"<{name}>{escape(text)}</{name}>"

    body = blank.join(
        "<CHI_TIET_THUOC>" + blank + "".join(leaf(*x) + blank for x in row) + "</CHI_TIET_THUOC>" for row in rows
    )
    document = f"<DSACH_CHI_TIET_THUOC>{blank}{body}</DSACH_CHI_TIET_THUOC>"
    if outer:
        document = f"<CHITIEU_CHITIET_THUOC>{document}</CHITIEU_CHITIET_THUOC>"
    document = declaration + document
    shape = shapes()["XML2"]
    quick = flat_rows(document, shape)
    slow = tree_rows(parse(document, LIMITS), shape)
    if quick is None:
        assert any(row.repeated for row in slow)
    else:
        assert quick == [row.raw for row in slow]


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["<", ">", "/", "A", "&", " ", "", "<!--", "]]>", "'"])), max_size=3
)


@settings(max_examples=400)
@given(MUTATIONS)
def test_what_the_quick_way_accepts_the_parser_accepts(mutations):
    document = (
        f"<CHITIEU_CHITIET_THUOC>{DRUG.replace('<STT>1</STT>', '<STT>1</STT><X/><Y>chữ</Y>')}</CHITIEU_CHITIET_THUOC>"
    )
    for at, piece in mutations:
        document = document[:at] + piece + document[at + 1 :]
    shape = shapes()["XML2"]
    quick = flat_rows(document, shape)
    if quick is not None and "]]>" not in document:
        assert quick == [row.raw for row in tree_rows(parse(document, LIMITS), shape)]


def test_learned_expressions_read_as_the_first_rows_do(tmp_path):
    path = tmp_path / "a.xml"
    _claims.write_file(path, 40)
    quick = list(read_claims(path))
    data = path.read_bytes().replace(b"<HOSO>", b"<HOSO >")  # an unusual tag: the parser reads the HOSO
    slow = list(read_claims(data))
    assert [claim.tables for claim in quick] == [claim.tables for claim in slow]
    assert sum(claim.main.number("T_TONGCHI_BV") for claim in quick) > Decimal(0)
    assert quick[0].main.date("NGAY_VAO") >= dt.date(2025, 8, 1)
