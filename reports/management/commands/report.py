"""`manage.py report`: a report as a file, the same rows as on screen; without arguments, the list of reports."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from reports import services
from reports.pdf import PdfOff
from reports.periods import Month, MonthError
from reports.questions import GROUPINGS, Question, UnitError, find_unit
from reports.registry import REPORTS, Report
from stations.models import AdminUnit


class Command(BaseCommand):
    help = "Lập báo cáo ra tệp. Không có tham số: liệt kê các báo cáo."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", nargs="?", choices=[*REPORTS], help="tên báo cáo")
        parser.add_argument("--unit", help="mã đơn vị hành chính: tỉnh 2, huyện cũ 3, xã 5 chữ số")
        parser.add_argument("--scheme", choices=["old", "new"], help="danh mục của mã; mặc định new, không có thì old")
        parser.add_argument("--month", help="tháng báo cáo YYYY-MM; mặc định tháng này")
        parser.add_argument("--by", choices=[*GROUPINGS], help="lập theo; mặc định theo cấp của đơn vị")
        parser.add_argument("--format", choices=[*services.FORMATS], default="csv", help="định dạng tệp (mặc định csv)")
        parser.add_argument("-o", "--output", help="tệp ra; không có hoặc “-”: đầu ra chuẩn")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["report"] is None:
            self._list()
            return
        report = REPORTS[options["report"]]
        if not options["unit"]:
            raise CommandError("Thiếu --unit MÃ.")
        unit = self._unit(options["unit"], options["scheme"])
        question = self._question(report, unit, options["month"], options["by"])
        try:
            content = services.make_file(report=report, question=question, format=options["format"], by=None)
        except PdfOff as exc:
            raise CommandError(str(exc)) from None
        self._write(content, options["output"])

    def _list(self) -> None:
        for report in REPORTS.values():
            self.stdout.write(f"{report.key:10} {report.title}\n{'':10} {report.summary}")
            for level, groupings in report.groupings.items():
                self.stdout.write(f"{'':10} {AdminUnit.Level(level).label}: --by {'|'.join(groupings)}")
        self.stdout.write(
            "\nVí dụ: manage.py report coverage --unit MÃ --month YYYY-MM [--by village|commune|district] "
            f"[--scheme old|new] --format {'|'.join(services.FORMATS)} -o TỆP"
        )

    def _unit(self, code: str, scheme: str | None) -> AdminUnit:
        try:
            unit, other = find_unit(code, scheme)
        except UnitError as exc:
            raise CommandError(str(exc)) from None
        if other and scheme is None:
            self.stderr.write(
                f"Mã {code} có ở hai danh mục: đang dùng {unit.full_name} ({unit.scheme}); "
                f"thêm --scheme {other.scheme} để lấy {other.full_name}."
            )
        return unit

    def _question(self, report: Report, unit: AdminUnit, month: str | None, by: str | None) -> Question:
        today = localdate()
        groupings = report.groupings_for(unit)
        if not groupings:
            raise CommandError(f"Báo cáo {report.key} không lập cho {unit.get_level_display().lower()}.")
        if by and by not in groupings:
            raise CommandError(f"{unit.full_name}: --by chỉ có thể là {' hoặc '.join(groupings)}.")
        try:
            asked = Month.parse(month, today=today) if month else Month.of(today)
        except MonthError as exc:
            raise CommandError(str(exc)) from None
        return Question(unit=unit, month=asked, by=by or groupings[0], user=None, today=today)

    def _write(self, content: bytes, output: str | None) -> None:
        if output in (None, "-"):
            sys.stdout.buffer.write(content)
            return
        try:
            Path(output or "").write_bytes(content)
        except OSError as exc:
            raise CommandError(f"Không ghi được tệp {output}: {exc.strerror}.") from None
        self.stderr.write(f"Đã ghi {output} ({len(content):,} byte).".replace(",", "."))
