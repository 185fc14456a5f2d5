"""Templates to download: complete, safe to type into, and understood when they come back."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from ehr.intake.sections.columns import NOT_ON_SHEETS
from ehr.intake.templates_xlsx import NOT_DATA, TEMPLATES, file_name, workbook
from ehr.intake.templates_xlsx.examples import EXAMPLES
from ehr.intake.templates_xlsx.lists import read_lists
from ehr.records.sections import SECTION_B, SECTION_D
from ehr.vaccination.queries import printed_rows
from tests.factories.stations import VillageFactory

pytestmark = pytest.mark.django_db
NAMES = sorted(TEMPLATES)


def opened(name, commune):
    return load_workbook(BytesIO(workbook(name, commune)))


def headings(name, book):
    template = TEMPLATES[name]
    row = 5 if any(column.group for column in template.columns) else 4
    return row, [cell.value for cell in book[template.sheet][row]]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_its_columns_example_notes_and_lists(places, name):
    book = opened(name, places.commune)
    template = TEMPLATES[name]
    assert book.sheetnames == [template.sheet, "Ví dụ", "Hướng dẫn", "Danh mục"]
    assert book["Danh mục"].sheet_state == "hidden"
    row, found = headings(name, book)
    assert found == [column.header for column in template.columns]
    assert book[template.sheet].freeze_panes.endswith(str(row + 1))
    assert book[template.sheet].print_title_rows == f"$4:${row}"
    assert book[template.sheet].max_row == row  # empty below: ready to be filled in
    example = book["Ví dụ"]
    assert "NGƯỜI BỊA" in example["A1"].value
    names = [column.field for column in template.columns].index("full_name")
    assert all("Ví Dụ" in example.cell(r, names + 1).value for r in range(row + 1, example.max_row + 1))
    assert example.max_row > row + 1
    assert len([1 for (cell, *_) in book["Hướng dẫn"].iter_rows(values_only=True) if cell]) > len(template.columns) / 2


@pytest.mark.parametrize("name", NAMES)
def test_excel_changes_nothing_that_is_typed(places, name):
    """Identity, phone and date columns are text: no lost zero, no day for month."""
    book = opened(name, places.commune)
    sheet = book[TEMPLATES[name].sheet]
    for letter, dimension in sheet.column_dimensions.items():
        assert sheet.column_dimensions[letter].number_format == "@", letter
        assert dimension.width > 3


@pytest.mark.parametrize("name", NAMES)
def test_examples_fill_only_columns_that_exist_and_drop_downs_hold_their_words(places, name):
    template = TEMPLATES[name]
    lists = read_lists({column.source for column in template.columns if column.source}, places.commune)
    for row in EXAMPLES[name]:
        for column in template.columns:
            words = lists.get(column.source) if column.source else column.options
            value = row.get(column.field)
            if words and value:
                assert value in words, (column.header, value)


def filled(name, commune, rows):
    """The template with rows typed into its sheet by a spreadsheet program."""
    book, template = opened(name, commune), TEMPLATES[name]
    top, _ = headings(name, book)
    for number, row in enumerate(rows, start=top + 1):
        for index, column in enumerate(template.columns, start=1):
            book[template.sheet].cell(number, index, row.get(column.field) or None)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_filled_template_is_understood(places, name):
    """Every column for sure, the place from the title, every cell read; the example is not taken for people."""
    from ehr.intake.columns import recognise
    from ehr.intake.files import read_file
    from ehr.intake.places import Places
    from ehr.intake.rows import read_rows

    template = TEMPLATES[name]
    rows = [{"current_village_code": "Thôn Đông Hải", **row} for row in EXAMPLES[name]]
    sheets = {sheet.name: sheet for sheet in read_file(filled(name, places.commune, rows), "mau.xlsx")}
    layouts = {sheet_name: recognise(sheet, template.kind) for sheet_name, sheet in sheets.items()}
    assert [sheet_name for sheet_name, layout in layouts.items() if layout] == [template.sheet]
    layout = layouts[template.sheet]
    wanted = [(column.field or "", True) for column in template.columns]
    assert [(column.field if column.field != "stt" else "", column.sure) for column in layout.columns] == wanted
    assert layout.title["current_commune"] == "Nam Sầm Sơn" and "current_village" not in layout.title
    read = list(read_rows(sheets[template.sheet], layout, Places(places.commune)))
    assert [row.label for row in read] == [row["full_name"] for row in rows]
    assert [problem for row in read for problem in row.problems if problem["level"] == "error"] == []
    assert {row.values["current_village_code"] for row in read} == {"T1"}


def test_villages_of_the_commune_are_offered(places):
    VillageFactory(commune=places.commune, name="=Thôn Lạ", code="N9", position=9)
    book = opened("survey", places.commune)
    [column] = [column for column in book["Danh mục"].iter_cols(values_only=True) if column[0] == "Thôn"]
    assert [name for name in column[1:] if name] == ["Thôn Đông Hải", "Thôn Bắc Nam", "'=Thôn Lạ"]
    rules = book["Phiếu điều tra"].data_validations.dataValidation
    assert any(rule.formula1 and "Danh mục" in rule.formula1 for rule in rules)


def test_no_question_of_the_form_is_forgotten(places):
    full = {column.field for column in TEMPLATES["survey-full"].columns}
    assert set(SECTION_B.names) <= full
    assert len([c for c in TEMPLATES["survey"].columns if c.field in SECTION_B.names]) == 20
    assert set(printed_rows()) <= {column.field for column in TEMPLATES["vaccination-book"].columns}
    assert set(SECTION_D.names) - NOT_ON_SHEETS <= {column.field for column in TEMPLATES["exam"].columns}


def test_the_name_of_the_file_is_plain(places):
    assert file_name("survey", places.commune) == "mau-survey-16516.xlsx"
    assert set(NOT_DATA) == {"Ví dụ", "Hướng dẫn", "Danh mục"}
