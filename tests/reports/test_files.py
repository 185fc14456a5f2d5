"""The same rows as XLSX, PDF, CSV and JSON; hostile names come out harmless."""

import csv
import datetime as dt
import io
import json
from dataclasses import replace

import openpyxl
import pytest
from pypdf import PdfReader

from reports import coverage, pdf, services
from reports.coverage import CoverageRow
from reports.letterhead import letterhead
from reports.models import ReportRun
from reports.official import FOLDER, FormError, write_form
from reports.registry import REPORTS
from reports.stored import as_json, csv_file
from reports.tables import PlainRow, Table, text_of
from reports.xlsx import xlsx_file
from tests.reports import builders as make

pytestmark = pytest.mark.django_db
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    '=HYPERLINK("http://x","a")',
    "+1+1",
    "@SUM(A1)",
    "Tho\u0302n De\u0302\u0301m",
    "X" * 300,
)


def table_of(rows):
    district = make.unit("district", "Quận Thử Nghiệm", make.unit("province", "Thành phố Thử", scheme="old"), "old")
    return Table(
        report="coverage",
        title="Tình hình cập nhật dữ liệu liên thông hồ sơ sức khỏe điện tử",
        subtitle="Tháng 06/2024",
        unit=district,
        unit_name=district.full_name,
        period=make.ask(district, "2024-06").period,
        by="commune",
        columns=coverage.COLUMNS,
        rows=rows,
        total=coverage.total_of(rows),
        definitions=tuple(one.text for one in coverage.definitions(make.ask(district))),
        explanations=(coverage.OVER_100,),
        problems=tuple(coverage.breaches(rows)),
    )


@pytest.fixture
def wards():
    return table_of([CoverageRow(name, n, name, *given) for n, (name, *given, _) in enumerate(make.WARDS, start=1)])


@pytest.fixture
def hostile():
    return table_of([CoverageRow(name[:9], n, name, 10, 3, 2, 3) for n, name in enumerate(HOSTILE, start=1)])


def head(table):
    return letterhead(table.unit, make.TODAY)


def cells(content):
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return sheet, {cell.value: cell for line in sheet.iter_rows() for cell in line if cell.value is not None}


def pdf_text(content):
    reader = PdfReader(io.BytesIO(content))
    return reader, " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


# ----------------------------------------------------------------------------------------------------------------- XLSX
def test_xlsx_has_numbers_and_headings_that_stay(wards):
    sheet, found = cells(xlsx_file(wards, head(wards)))

    assert sheet.freeze_panes == "A10"
    assert sheet.print_title_rows == "$8:$9"
    line = [cell.value for cell in sheet[found["Phường Cổ Nhuế 1"].row]]
    assert line == [1, "Phường Cổ Nhuế 1", 47199, 48900, 10662, 48296, 1.0232]
    total = sheet[found["Tổng cộng"].row]
    assert [cell.value for cell in total][2:] == [370719, 373718, 96962, 372656, 1.0052]
    assert [cell.number_format for cell in total][2:] == ["#,##0"] * 4 + ["0.00%"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")


def test_xlsx_defuses_names(hostile):
    sheet, found = cells(xlsx_file(hostile, head(hostile)))

    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f" or cell.hyperlink]
    assert "'" + HOSTILE[1] in found
    assert HOSTILE[0] in found


# ------------------------------------------------------------------------------------------------------------------ PDF
def test_pdf_reads_back_with_the_frame_of_decree_30(wards):
    reader, text = pdf_text(pdf.pdf_file(wards, head(wards)))

    for expected in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "SỞ Y TẾ THÀNH PHỐ THỬ",
        "TRUNG TÂM Y TẾ QUẬN THỬ NGHIỆM", "/BC-TTYT", "Thử Nghiệm, ngày 20 tháng 3 năm 2026", "BÁO CÁO", "Nơi nhận:",
        "GIÁM ĐỐC", "370.719 373.718 96.962 372.656 ▲ 100,52%", "102,32%", "(7)=(6)/(3)×100%",
    ):  # fmt: skip
        assert expected in text
    width, height = reader.pages[0].mediabox[2:]
    assert (round(width), round(height)) == (595, 842)


def test_pdf_repeats_the_heading_and_counts_pages():
    long = table_of([CoverageRow(str(n), n, f"Thôn số {n}", 100, 90, 30, 80) for n in range(1, 151)])

    reader, _ = pdf_text(pdf.pdf_file(long, head(long)))

    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 2
    assert all("Đơn vị" in page and "(2)" in page for page in pages if "Thôn số" in page)
    assert f"2/{len(pages)}" in pages[1]
    assert "GIÁM ĐỐC" in pages[-1]
    assert "Nơi nhận" in pages[-1]


def test_pdf_shows_hostile_names_as_text(hostile):
    reader, text = pdf_text(pdf.pdf_file(hostile, head(hostile)))

    assert "onerror" in text
    assert "=HYPERLINK" in text
    assert not any("/Annots" in page for page in reader.pages)
    assert not any(page.images for page in reader.pages)


def test_without_pango_the_pdf_says_so(wards, monkeypatch):
    monkeypatch.setattr(pdf, "pdf_available", lambda: False)
    with pytest.raises(pdf.PdfOff, match="chưa bật PDF"):
        pdf.pdf_file(wards, head(wards))


# --------------------------------------------------------------------------------------------------------- CSV and JSON
def test_csv_and_json_carry_the_same_rows(wards):
    lines = list(csv.reader(io.StringIO(csv_file(wards).decode("utf-8-sig"))))
    data = as_json(wards)

    keys = [column.key for column in wards.columns]
    assert lines[0] == [column["heading"] for column in data["columns"]]
    assert [[str(row[key]) for key in keys[:-1]] for row in data["rows"]] == [line[:-1] for line in lines[1:-1]]
    assert [row["rate"] for row in data["rows"]] == [float(line[-1]) for line in lines[1:-1]]
    assert data["total"] == {
        "key": "all",
        "number": None,
        "unit": "Tổng cộng",
        "population": 370719,
        "linked": 373718,
        "examined": 96962,
        "managed": 372656,
        "rate": 100.52,
        "flags": ["over_100"],
    }


def test_csv_defuses_names(hostile):
    lines = list(csv.reader(io.StringIO(csv_file(hostile).decode("utf-8-sig"))))
    assert [line[1][0] for line in lines[2:5]] == ["'", "'", "'"]
    assert lines[5][1] == HOSTILE[4]


def test_hash_follows_the_figures_only(wards):
    other = table_of(wards.rows)
    same = Table(**{**{name: getattr(wards, name) for name in wards.__slots__}, "notes": (), "explanations": ()})
    changed = Table(**{**{name: getattr(wards, name) for name in wards.__slots__}, "rows": wards.rows[:-1]})

    assert same.data_hash() == wards.data_hash() != changed.data_hash()
    assert other.data_hash() != wards.data_hash()  # another district


# ---------------------------------------------------------------------------------------------------------- all formats
def test_a_report_of_real_rows_in_every_format_and_its_run():
    commune = make.unit("commune", "Xã Thử", make.unit("province", "Tỉnh Thử"))
    make.people(2, make.village(commune, HOSTILE[0]), section_a_complete_on=dt.date(2025, 1, 1))
    make.people(1, make.village(commune, HOSTILE[1]), section_a_complete_on=dt.date(2025, 1, 1))
    question = make.ask(commune)
    table = coverage.build(question)

    for format in services.FORMATS:
        content = services.make_file(report=REPORTS["coverage"], question=question, format=format, by=None)
        shown = {
            "xlsx": lambda c: [v for v in cells(c)[1] if isinstance(v, str)],
            "mau": lambda c: [v for v in cells(c)[1] if isinstance(v, str)],
            "pdf": lambda c: pdf_text(c)[1],
            "csv": lambda c: c.decode("utf-8-sig").replace('""', '"'),
            "json": lambda c: json.loads(c)["rows"][0]["unit"] + json.loads(c)["total"]["unit"],
        }[format](content)
        assert "Tổng cộng" in shown
    runs = ReportRun.objects.filter(unit=commune)
    assert {run.format for run in runs} == {*services.FORMATS}
    assert {run.data_hash for run in runs} == {table.data_hash()}
    assert text_of(coverage.COLUMNS[5], table.total) == "3"


@pytest.mark.parametrize("name", ["key", "values", "marks", "flags", "hidden", "person_id"])
def test_a_row_refuses_a_column_that_bears_the_name_of_its_own(name):
    with pytest.raises(ValueError, match=name):
        PlainRow("1", {"unit": "Thôn A", name: 7})


# --- official forms --------------------------------------------------------------------------------------------------
def official(table, report=None):
    out = io.BytesIO()
    write_form((report or REPORTS["coverage"]).form, table, letterhead(table.unit, table.period.last_day), out)
    return openpyxl.load_workbook(out).active


def test_every_form_belongs_to_a_report():
    forms = [report for report in REPORTS.values() if report.form]
    assert [report.key for report in forms] == ["coverage"]
    assert {path.name for path in FOLDER.glob("*.xlsx")} == {report.form for report in forms}


def test_the_form_of_the_pilot_report_says_what_the_pilot_report_says(wards):
    sheet = official(wards)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=8, max_row=21)]
    assert rows[0][:2] == [1, "Phường Cổ Nhuế 1"]
    assert rows[0][2:6] == [47199, 48900, 10662, 48296]
    assert rows[-1][1:6] == ["Tổng cộng", 370719, 373718, 96962, 372656]
    assert sheet["G21"].value == pytest.approx(1.0052)
    assert [sheet[f"{column}8"].number_format for column in "CG"] == ["#,##0", "0.00%"]
    assert sheet["B20"].border.left.style == "thin"
    assert sheet["B21"].font.bold
    assert sheet["A1"].value == "PHỤ LỤC"
    assert "A23:G23" in {str(area) for area in sheet.merged_cells.ranges}
    assert not [cell.value for row in sheet.iter_rows() for cell in row if "{{" in str(cell.value)]


def test_a_form_hides_what_the_table_hides_and_names_are_no_formulas(wards):
    row = PlainRow("a", {"number": 1, "unit": "=1+1", "population": None, "linked": None, "examined": 0, "managed": 9,
                         "rate": None}, hidden={"linked": "<5"})  # fmt: skip
    sheet = official(replace(wards, rows=[row], total=None))
    assert [sheet.cell(8, place).value for place in range(2, 8)] == ["'=1+1", "-", "<5", 0, 9, "-"]
    assert official(replace(wards, rows=[])).cell(8, 2).value == "Tổng cộng"


def test_a_form_that_asks_for_an_unknown_column_is_refused(wards):
    with pytest.raises(FormError, match="rate"):
        official(replace(wards, columns=wards.columns[:-1]))
