"""Time and memory of ugly files, each in a process of its own: calamine's memory is not Python's."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from ehr.config.runtime.environment import BASE_DIR
from tests.ehr.intake.files import ugly

CHILD = r"""
import json, re, sys, time
from django.conf import settings
settings.configure(**json.loads(sys.argv[2]))
from ehr.intake.files import FileRefused, read_file, text, workbook
data = open(sys.argv[1], "rb").read()
# Not ru_maxrss: a child begins with its parent's.
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024
before = peak()
start = time.process_time()
try:
    sheets = read_file(data, "a")
    answer = [len(sheet.rows) for sheet in sheets]
except FileRefused as refused:
    answer = refused.code
seconds = time.process_time() - start
print(json.dumps([answer, seconds, peak() - before]))
"""
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'


def letters(number):
    return "" if not number else letters((number - 1) // 26) + chr(65 + (number - 1) % 26)


def with_rows(row):
    return ugly.raw_xlsx(ONE + "".join(map(row.format, range(2, 1_000_001))))


def columns(cell):
    return ugly.raw_xlsx('<row r="1">' + "".join(cell.format(letters(at)) for at in range(1, 16385)) + "</row>")


TABLE = '<table:table table:name="A"><table:table-row{0}>{1}</table:table-row></table:table>'
WHOLE_SHEET = ugly.ods_text("x", ' table:number-columns-repeated="16384"')
FILES = {
    "1,000,000 empty rows": (lambda: with_rows('<row r="{0}"/>'), [1]),
    "1,000,000 rows with a border": (
        lambda: with_rows('<row r="{0}"><c r="A{0}" s="0"/><c r="B{0}" s="0"/></row>'),
        [1],
    ),
    "1,000,000 rows": (lambda: with_rows('<row r="{0}"><c r="A{0}"><v>1</v></c></row>'), "file.size"),
    "16,384 empty columns": (lambda: columns('<c r="{0}1" s="0"/>'), "file.empty"),
    "16,384 columns": (lambda: columns('<c r="{0}1"><v>1</v></c>'), "file.size"),
    "last cell": (lambda: ugly.raw_xlsx(ONE + '<row r="9"><c r="XFD1048576"><v>1</v></c></row>'), "file.size"),
    "hidden bomb": (
        lambda: ugly.lying_zip(ugly.bomb(120 << 20), "xl/worksheets/sheet1.xml", 1 << 20),
        "file.damaged",
    ),
    "ods": (lambda: ugly.ods(TABLE.format(' table:number-rows-repeated="1048576"', WHOLE_SHEET)), "file.size"),
    "xls": (
        lambda: ugly.compound({"Workbook": ugly.biff(ugly.number_cell(0, 0, 1) + ugly.number_cell(65535, 255, 1))}),
        "file.size",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_ugly_files_take_little_time_and_memory(name, tmp_path):
    make, expected = FILES[name]
    path = tmp_path / "a"
    path.write_bytes(make())
    limits = {key: getattr(settings, key) for key in dir(settings) if key.startswith("INTAKE_MAX_")}
    assert len(limits) == 7
    done = subprocess.run(  # the child reads our own file
        [sys.executable, "-c", CHILD, str(path), json.dumps(limits)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer, seconds, megabytes = json.loads(done.stdout)
    assert answer == expected
    assert seconds < 4  # 0 to 2 on two cores of our own; others may use them now
    assert megabytes < 40
