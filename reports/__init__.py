"""Reports: one module each, a query that returns typed rows, one Table that every door renders.

Adding a report
1. `reports/<name>.py` with `build(question: Question) -> Table` and `REPORT = Report(key=…, path=…, …)`; several in one
   module are fine as a tuple `REPORTS`.
2. One line in `reports/registry.py`: the module.
3. What its columns mean: lines in a `reports/data/indicators_<group>.csv` (code, dated text, source); the table takes
   them with `definitions_on(question.defined_on, codes)` and `version_of`.
4. A partial `templates/reports/<name>.html` only if the plain table will not do (`Report.template`).
5. A test. `tests/reports/test_all_reports.py` asks every registered report in every way and every format, checks the
   people behind each figure, the round trip through JSON, widths and hidden small numbers: it needs no line of yours.

What a report is given: `Question` (unit, period, by, user, today, only_villages, options). Never `localdate()`; days in
`[period.start, period.end)`, instants in `[period.start_instant, period.end_instant)`. `period.kind == "day"` asks for
the state at the end of that day.
Who and where: `place = place_of(question)` gives the lines of the table (village, site, commune, old unit…), the
condition `place.people(path)` and `place.line_of((village_id, commune_id))`; a person without village or without old
unit has a line of its own. Start from `question.people()` or `question.visible(Model.objects…)`: it holds the scope.
Figures by place: `reports.figures` (Count, Rate, Derived, Entered; `count_lines`, `fold`, `table_of`). One statement
for all counts; `fold` takes the rows (village, commune, counts) of any statement of your own.
Registers (a line per person or visit): `Report(personal=True)`, rows a `QueryRows(queryset, make)` whose `make` returns
PlainRow(key, values, person_id=…); `total=None`. Screen pages, files stream, the access log is written, all by
the engine. Lines of a register come in a total order of the query.
Columns: kinds index, text, int, decimal, percent (Decimal with two places, from `ehr.common.numbers.percent`), date.
`Column.people` and a `PeopleList` of the same key in `Report.people` open the list behind a figure: the same condition,
and the list is as long as the figure. `Column.of` names what a column is computed from, so that hiding a small number
hides it too. `counts=True` for figures about people that open no list.
Small numbers: `services.make_table` hides 1 to 4 outside the responsible unit (`reports.small`); never call `build`
from a door.
Snapshots: `stored.as_json(table)` and `stored.from_json(data)` are inverse; `table.version` names the definitions,
`table.data_hash()` the figures. Store the table of `report.build(question)`; outsiders see `small.suppressed(table)`.
"""
