"""Files that are broken or made to do harm: one clear sentence, quickly, with little memory; good neighbours go on."""

import base64
import io
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml import Limits, claim_files, read_claims, scan
from ehr.claims.xml.limits import MIB
from tests.ehr.claims.builders import SAMPLES, envelope, hoso, slot, visit_xml

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>'


class Spaces(io.RawIOBase):
    """A stream of spaces of any length after a beginning."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size, self.at = head, size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset
        return offset

    def tell(self):
        return self.at

    def read(self, size=-1):
        size = min(size, self.size + len(self.head) - self.at)
        data = self.head[self.at : self.at + size]
        data += b" " * (size - len(data))
        self.at += size
        return data


def refused(source, **limits):
    with pytest.raises(ClaimFileRefused) as caught:
        list(read_claims(source, limits=Limits(**limits)))
    message = caught.value.message
    assert message.endswith(".") and len(message) < 220 and message[0].isupper()
    return caught.value.code


@pytest.mark.parametrize(
    "prolog", [LAUGHS, EXTERNAL, QUADRATIC, "<!DOCTYPE GIAMDINHHS>", "<!-- x --><!DOCTYPE GIAMDINHHS []>"]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_document_types_and_entities(prolog, codec):
    data = envelope(hoso(slot("XML1", visit_xml(HO_TEN="&i;"), encoded=False)), head=prolog).decode().encode(codec)
    begin = time.process_time()
    assert refused(data) == "claims.doctype"
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("prolog", [LAUGHS, EXTERNAL, QUADRATIC])
@pytest.mark.parametrize("entity", ["&i;", "&a;" * 1000])
def test_entities_within_an_inner_document_set_that_one_aside(prolog, entity):
    claims = list(
        read_claims(
            envelope(hoso(slot("XML1", prolog + visit_xml(HO_TEN=entity))), hoso(slot("XML1", visit_xml("K2"))))
        )
    )
    assert (claims[0].set_aside.rule_id, claims[0].set_aside.level) == ("CLM-ENV-01", "reject")
    assert "root:" not in str(claims[0].tables)
    assert claims[1].set_aside is None and claims[1].ma_lk == "K2"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "claims.empty"),
        (b"  \n ", "claims.empty"),
        (b"%PDF-1.7 ...", "claims.not_xml"),
        (b"PK\x03\x04rest", "claims.not_xml"),
        (b'{"a": 1}', "claims.not_xml"),
        (bytes(range(256)) * 10, "claims.not_xml"),
        (b"<KHAMSUCKHOE><A/></KHAMSUCKHOE>", "claims.health_check"),
        (b'<?xml version="1.0"?><CSDLYTE831/>', "claims.form831"),
        (b"<html><body/></html>", "claims.wrong_root"),
        (visit_xml().encode(), "claims.wrong_root"),
        (b"<GIAMDINHHS>", "claims.truncated"),
        (b"<?xml version='1.0'", "claims.truncated"),
        (b"<GIAMDINHHS><A></B></GIAMDINHHS>", "claims.broken"),
        (b"<GIAMDINHHS></GIAMDINHHS><GIAMDINHHS></GIAMDINHHS>", "claims.broken"),
        (b"<GIAMDINHHS><KHAMSUCKHOE/></GIAMDINHHS>", "claims.health_check"),
        ("<GIAMDINHHS/>".encode("utf-32"), "claims.encoding"),
    ],
)
def test_what_is_no_claim_file(data, code):
    assert refused(data) == code


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize(
    "name", ["s06-3176-batch8.xml", "s02-4210-plain-cdata.xml", "s11-4750-checkin-xml0.xml", "s12-3176-utf16.xml"]
)
def test_a_file_cut_short_is_refused_before_its_first_claim(name, share):
    data = (SAMPLES / name).read_bytes()
    assert refused(data[: int(len(data) * share)]) == "claims.truncated"


def test_health_check_within_a_claim_envelope():
    claim = next(iter(read_claims(envelope(hoso(slot("XML1", "<KHAMSUCKHOE><A>1</A></KHAMSUCKHOE>"))))))
    assert claim.set_aside.rule_id == "CLM-ENV-09"
    assert "khám sức khỏe" in claim.set_aside.message


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("@@@@", "CLM-ENV-08"),
        (base64.b64encode(visit_xml().encode()).decode()[:-3], "CLM-ENV-08"),
        (base64.b64encode(visit_xml().encode()).decode() + "=", "CLM-ENV-08"),
        ("ab=cdefg", "CLM-ENV-08"),
        (base64.b64encode(b"\x00\x01\x02").decode(), "CLM-ENV-08"),
        (base64.b64encode(b"\xff\xfe<\x00T").decode(), "CLM-ENV-08"),
        (base64.b64encode("không phải xml".encode()).decode(), "CLM-ENV-08"),
        (base64.b64encode(visit_xml().encode()[:60]).decode(), "CLM-ENV-01"),
        (base64.b64encode(visit_xml(DIA_CHI="Thôn 1 & 2").encode()).decode(), "CLM-ENV-01"),
        (base64.b64encode(b"<A><B/></A>").decode(), "CLM-ENV-09"),
        ("chữ <TONG_HOP/>", "CLM-ENV-08"),
        ("<TONG_HOP/><TONG_HOP/>", "CLM-ENV-08"),
        ("<TONG_HOP><A></TONG_HOP>", "CLM-ENV-01"),
        ("<a>" * 40 + "</a>" * 40, "CLM-ENV-11"),
        (base64.b64encode(("<a>" * 3000 + "</a>" * 3000).encode()).decode(), "CLM-ENV-01"),
        (base64.b64encode(("<TONG_HOP>" + "<a/>" * 500_000 + "</TONG_HOP>").encode()).decode(), "CLM-ENV-11"),
        (base64.b64encode(visit_xml(DIA_CHI="x" * 300_000).encode()).decode(), "CLM-ENV-11"),
        (base64.b64encode(visit_xml(DIA_CHI=" " * 300_000).encode()).decode(), "CLM-ENV-11"),
        ("&nbsp;", "CLM-ENV-01"),
    ],
)
def test_one_broken_hoso_is_set_aside_and_the_others_go_on(content, rule):
    broken = f"<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO></HOSO>"
    good = [hoso(slot("XML1", visit_xml(f"K{at}"))) for at in (1, 3)]
    claims = list(read_claims(envelope(good[0], broken, good[1])))
    assert [claim.ma_lk for claim in claims if claim.set_aside is None] == ["K1", "K3"]
    assert (claims[1].set_aside.rule_id, claims[1].set_aside.level) == (rule, "reject")
    assert claims[1].set_aside.message.endswith((".", ")."))


def test_an_unescaped_sign_is_told_with_the_key_of_the_visit():
    broken = hoso(slot("XML1", visit_xml("K77", DIA_CHI="Tổ 1 & 2"), encoded=False))
    finding = next(iter(read_claims(envelope(broken)))).set_aside
    assert "dấu &" in finding.message and finding.value == "K77"


def test_a_hoso_without_end_costs_itself_only():
    lost = "<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>"
    claims = list(read_claims(envelope(lost, hoso(slot("XML1", visit_xml("K2"))))))
    assert claims[0].set_aside is not None and claims[1].ma_lk == "K2"


def test_one_broken_table_leaves_the_key_readable():
    claim = next(iter(read_claims(envelope(hoso(slot("XML1", visit_xml("K5")), slot("XML2", "<x"))))))
    assert claim.ma_lk == "K5" and claim.set_aside.table == "XML2"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "claims.blank"),
        (b"<GIAMDINHHS>", "claims.blank"),
        (b"<GIAMDINHHS><DANHSACHHOSO><HOSO>", "claims.too_large"),
        (b"<GIAMDINHHS><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>", "claims.too_large"),
        (b"<GIAMDINHHS a='", "claims.blank"),
    ],
)
def test_two_gigabytes_of_spaces(head, code):
    begin = time.process_time()
    assert refused(Spaces(head, 2 << 30)) == code
    assert time.process_time() - begin < 5


def test_limits():
    hosos = [hoso(slot("XML1", visit_xml(f"K{at}"))) for at in range(20)]
    assert refused(envelope(*hosos), hosos=10) == "claims.too_many"
    assert refused(envelope(*hosos), bytes=500) == "claims.too_large"
    assert refused(b"<GIAMDINHHS>" + b"<a>" * 60 + b"</a>" * 60 + b"</GIAMDINHHS>") == "claims.too_deep"
    assert refused(b"<GIAMDINHHS>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</GIAMDINHHS>") in (
        "claims.too_deep",
        "claims.broken",
    )
    assert refused(b"<GIAMDINHHS>" + b"<a/>" * 30_000 + b"</GIAMDINHHS>") == "claims.too_large"


MEMORY = """
import resource, sys
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.xml import read_claims
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for claim in read_claims(sys.argv[1]):
        print(claim.set_aside.rule_id if claim.set_aside else "ok")
except ClaimFileRefused as refused:
    print(refused.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (LAUGHS.encode() + b"<GIAMDINHHS/>", "claims.doctype"),
        (envelope(hoso(slot("XML1", LAUGHS + visit_xml(HO_TEN="&i;")))), "CLM-ENV-01"),
        (envelope(hoso(slot("XML1", "<TONG_HOP>" + "<a/>" * 3_000_000 + "</TONG_HOP>"))), "CLM-ENV-11"),
        (b"<GIAMDINHHS>" + b"<a/>" * 5_000_000, "claims.blank"),
        (b"<GIAMDINHHS><DANHSACHHOSO>" + b"<HOSO/>" * 50_000 + b"</DANHSACHHOSO></GIAMDINHHS>", "CLM-ENV-08"),
    ],
    ids=["laughs", "inner laughs", "inner elements", "outer elements", "empty claims"],
)
def test_memory_stays_small(content, wanted, tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
        check=True,
    )
    lines = done.stdout.split()
    assert lines[0] == wanted
    assert int(lines[-1]) < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0


# ------------------------------------------------------------------------------------------------------------ archives
def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def archive_refused(path: Path, **limits) -> str:
    with pytest.raises(ClaimFileRefused) as caught:
        for _, stream in claim_files(path, limits=Limits(**limits)):
            list(read_claims(stream))
    return caught.value.code


def test_archives_and_folders(tmp_path):
    good = envelope(hoso(slot("XML1", visit_xml())))
    zipped(tmp_path / "b.zip", **{"thang 1/a.XML": good, "__MACOSX/._a.xml": b"x", "doc.txt": b"x", "2.xml": good})
    (tmp_path / "a.xml").write_bytes(good)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.xml").write_bytes(good)
    (tmp_path / "ảnh.png").write_bytes(b"x")
    found = [(name, [claim.ma_lk for claim in read_claims(stream)]) for name, stream in claim_files(tmp_path)]
    assert found == [("a.xml", ["K1"]), ("b.zip/thang 1/a.XML", ["K1"]), ("b.zip/2.xml", ["K1"]), ("sub/c.xml", ["K1"])]
    assert [name for name, _ in claim_files(tmp_path / "b.zip")] == ["b.zip/thang 1/a.XML", "b.zip/2.xml"]
    assert [scan(stream).count for _, stream in claim_files(tmp_path / "a.xml")] == [1]


@pytest.mark.parametrize("name", ["../a.xml", "x/../../a.xml", "/etc/a.xml", "..\\a.xml", "C:\\a.xml"])
def test_names_that_point_outside(name, tmp_path):
    assert archive_refused(zipped(tmp_path / "a.zip", **{name: b"<a/>"})) == "claims.zip_name"


def test_bombs(tmp_path):
    bomb = zipped(tmp_path / "a.zip", **{"a.xml": b" " * (64 * MIB)})
    assert archive_refused(bomb) == "claims.zip_bomb"
    assert (
        archive_refused(zipped(tmp_path / "b.zip", **{f"{at}.xml": b"<a/>" for at in range(30)}), files=20)
        == "claims.zip_bomb"
    )
    assert archive_refused(zipped(tmp_path / "c.zip", **{"a.xml": b"x" * 5000}), unzipped=4000) == "claims.zip_bomb"


def test_an_archive_that_hides_its_size(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.xml": b"<GIAMDINHHS>" + b" " * 3_000_000})
    data = bytearray(path.read_bytes())
    size = (3_000_012).to_bytes(4, "little")
    at = data.rindex(size)  # the directory
    data[at : at + 4] = (500).to_bytes(4, "little")
    path.write_bytes(data)
    assert archive_refused(path) in ("claims.zip_broken", "claims.truncated")


def test_other_archives(tmp_path):
    good = zipped(tmp_path / "a.zip", **{"a.xml": envelope(hoso(slot("XML1", visit_xml())))})
    data = good.read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    assert archive_refused(tmp_path / "cut.zip") == "claims.zip_broken"
    damaged = bytearray(data)
    damaged[60:90] = bytes(30)
    (tmp_path / "damaged.zip").write_bytes(damaged)
    assert archive_refused(tmp_path / "damaged.zip") == "claims.zip_broken"
    locked = bytearray(data)
    locked[data.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert archive_refused(tmp_path / "locked.zip") == "claims.zip_encrypted"
    assert archive_refused(zipped(tmp_path / "n.zip", **{"b.zip": data})) == "claims.zip_nested"
    assert archive_refused(zipped(tmp_path / "e.zip", **{"b.txt": b"x"})) == "claims.zip_empty"
    assert archive_refused(zipped(tmp_path / "w.zip", **{"b.xml": b"<html/>"})) == "claims.wrong_root"
