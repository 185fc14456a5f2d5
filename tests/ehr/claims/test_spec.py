import csv
import datetime as dt

import pytest

from ehr.claims import spec
from ehr.claims.spec import Standard


def test_every_line_of_the_tables_is_there():
    found = {
        (str(standard), name, column)
        for standard in Standard
        for name, t in spec.tables(standard).items()
        for column in t.columns
    }
    with (spec.DATA / "tables.csv").open(encoding="utf-8", newline="") as file:
        wanted = {(row["standard"], row["table"], row["column"]) for row in csv.DictReader(file)}
    assert found == wanted
    assert len(found) == 1072


def test_numbers_of_columns_are_those_of_the_guide():
    counts = {name: len(t.columns) for name, t in spec.tables(Standard.QD3176).items()}
    assert counts == {
        "XML0": 26, "XML1": 66, "XML2": 39, "XML3": 47, "XML4": 12, "XML5": 9, "XML6": 47, "XML7": 26, "XML8": 22,
        "XML9": 35, "XML10": 13, "XML11": 23, "XML12": 35, "XML13": 37, "XML14": 22, "XML15": 20,
    }  # fmt: skip
    assert len(spec.tables(Standard.QD4750)["XML13"].columns) == 39
    assert [len(t.columns) for t in spec.tables(Standard.QD4210).values()] == [40, 27, 29, 10, 6]


@pytest.mark.parametrize(
    ("name", "column", "kind", "many", "longest"),
    [
        ("XML1", "CAN_NANG", "decimal", False, 6),
        ("XML1", "NGAY_SINH", "minute", False, 12),
        ("XML1", "GT_THE_TU", "day", True, None),
        ("XML1", "MA_BENH_KT", "text", True, 100),
        ("XML2", "SO_LUONG", "decimal", False, 10),
        ("XML2", "MUC_HUONG", "decimal", False, 3),
        ("XML14", "NGAY_HEN_KL", "day", False, 8),
        ("XML15", "SO_CCCD", "text", False, None),
        ("XML9", "CAN_NANG_CON", "integer", False, 10),
    ],
)
def test_kinds(name, column, kind, many, longest):
    found = spec.tables(Standard.QD3176)[name].columns[column]
    assert (found.kind, found.many, found.max_length) == (kind, many, longest)


def test_roots_of_4210_have_no_outer_element():
    old, new = (spec.tables(standard)["XML2"] for standard in (Standard.QD4210, Standard.QD3176))
    assert (old.root, old.list_element, old.row) == ("DSACH_CHI_TIET_THUOC", "", "CHI_TIET_THUOC")
    assert (new.root, new.list_element, new.row) == ("CHITIEU_CHITIET_THUOC", "DSACH_CHI_TIET_THUOC", "CHI_TIET_THUOC")
    assert old.repeats and not spec.tables(Standard.QD3176)["XML7"].repeats


def test_a_route_code_changes_its_meaning_with_the_day():
    before, after = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
    assert spec.code_label("MA_DOITUONG_KCB", "1.2", Standard.QD3176, before) == "Thông tuyến xã, huyện trong tỉnh"
    assert spec.code_label("MA_DOITUONG_KCB", "1.2", Standard.QD3176, after).startswith("Cơ sở cấp ban đầu: trạm y tế")
    assert spec.code_label("MA_DOITUONG_KCB", "1.10", Standard.QD3176, after) == ""


def test_lists_that_are_not_complete_are_known_as_such():
    trust = {
        name: spec.code_list(name, Standard.QD3176).trust
        for name in ("GIOI_TINH", "MA_NHOM", "MA_DANTOC", "MA_QUOCTICH")
    }
    assert trust == {"GIOI_TINH": "closed", "MA_NHOM": "recalled", "MA_DANTOC": "recalled", "MA_QUOCTICH": "open"}


def test_mapping_names_columns_that_exist():
    for line in spec.mappings():
        for standard in line.standards:
            known = spec.table(standard, line.table)
            if known is not None and line.column != "*":
                assert line.column in known.columns or len(line.standards) > 1, line
