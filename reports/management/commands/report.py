"""`manage.py report`: a report as a file, the same rows as on screen; without arguments, the list of reports."""

import datetime as dt
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from reports import services
from reports.pdf import PdfOff
from reports.periods import EXAMPLES, NAMES, Period, PeriodError
from reports.questions import GROUPINGS, Question, UnitError, find_unit
from reports.registry import REPORTS
from reports.report import Report
from stations.models import AdminUnit


class Command(BaseCommand):
    help = "Lập báo cáo ra tệp. Không có tham số: liệt kê các báo cáo."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", nargs="?", choices=[*REPORTS], help="tên báo cáo")
        parser.add_argument("--unit", help="mã đơn vị hành chính: tỉnh 2, huyện cũ 3, xã 5 chữ số")
        parser.add_argument("--scheme", choices=["old", "new"], help="danh mục của mã; mặc định new, không có thì old")
        parser.add_argument(
            "--period", help="kỳ: 2026-06, 2026-Q3, 2026-H1, 2026, 2026-06-15; mặc định kỳ đang chạy của báo cáo"
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="TÊN=GIÁ_TRỊ",
            help="tham số riêng của báo cáo, lặp lại được",
        )
        parser.add_argument(
            "--cover", action="store_true", help="che các số từ 1 đến 4, để gửi ra ngoài đơn vị quản lý trực tiếp"
        )
        parser.add_argument(
            "--definitions", metavar="NGÀY", help="bộ định nghĩa có hiệu lực ngày này (2027-03-01) thay cho bộ của kỳ"
        )
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
        if not services.offers(report, options["format"]):
            raise CommandError(f"Báo cáo “{report.title}” không có biểu mẫu riêng: hãy dùng --format xlsx.")
        unit = self._unit(options["unit"], options["scheme"])
        question = self._question(report, unit, options)
        output = options["output"]
        out = sys.stdout.buffer if output in (None, "-") else self._open(output)
        try:
            services.write_file(
                report=report, question=question, format=options["format"], by=None, out=out, covered=options["cover"]
            )
            if output not in (None, "-"):
                self.stderr.write(f"Đã ghi {output} ({out.tell():,} byte).".replace(",", "."))
        except PdfOff as exc:
            raise CommandError(str(exc)) from None
        finally:
            if output not in (None, "-"):
                out.close()

    def _list(self) -> None:
        for report in REPORTS.values():
            personal = " (danh sách người: có dữ liệu cá nhân)" if report.personal else ""
            self.stdout.write(f"{report.key}\n    {report.title}{personal}. {report.summary}")
            kinds = ", ".join(f"{NAMES[kind]} ({EXAMPLES[kind]})" for kind in report.periods)
            self.stdout.write(f"    --period: {kinds}")
            for level, groupings in report.levels.items():
                self.stdout.write(f"    {AdminUnit.Level(level).label}: --by {'|'.join(groupings)}")
            for option in report.options:
                values = "|".join(value for value, _ in option.choices)
                self.stdout.write(f"    {option.label}: --option {option.key}={values}")
        self.stdout.write(
            "\nVí dụ: manage.py report coverage --unit MÃ --period 2026-10 --by village [--scheme old|new] [--cover] "
            f"[--definitions NGÀY] --format {'|'.join(services.FORMATS)} -o TỆP"
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

    def _question(self, report: Report, unit: AdminUnit, options: dict[str, Any]) -> Question:
        today, by = localdate(), options["by"]
        groupings = report.groupings_for(unit)
        if not groupings:
            raise CommandError(f"Báo cáo {report.key} không lập cho {unit.get_level_display().lower()}.")
        if by and by not in groupings:
            raise CommandError(f"{unit.full_name}: --by chỉ có thể là {' hoặc '.join(groupings)}.")
        try:
            period = (
                Period.parse(options["period"], today=today, kinds=report.periods)
                if options["period"]
                else Period.of(report.periods[0], today)
            )
        except PeriodError as exc:
            raise CommandError(str(exc)) from None
        return Question(
            unit=unit, period=period, by=by or groupings[0], user=None, today=today,
            options=self._options(report, options["option"]), definitions_of=self._day(options["definitions"]),
        )  # fmt: skip

    def _day(self, given: str | None) -> dt.date | None:
        try:
            return dt.date.fromisoformat(given) if given else None
        except ValueError:
            raise CommandError(f"--definitions {given!r} không phải là ngày: hãy ghi như 2027-03-01.") from None

    def _options(self, report: Report, given: list[str]) -> dict[str, str]:
        asked = dict(text.partition("=")[::2] for text in given)
        choices = {option.key: [value for value, _ in option.choices] for option in report.options}
        for key, value in asked.items():
            if value not in choices.get(key, ()):
                known = "; ".join(f"{name}={'|'.join(values)}" for name, values in choices.items()) or "không có"
                raise CommandError(f"Không có tham số {key}={value}. Báo cáo {report.key} có: {known}.")
        return report.options_of(asked)

    def _open(self, output: str) -> BinaryIO:
        try:
            return Path(output).open("wb")
        except OSError as exc:
            raise CommandError(f"Không ghi được tệp {output}: {exc.strerror}.") from None
