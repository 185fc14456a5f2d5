"""`manage.py close_month YYYY-MM`: keeps the figures of a month, or checks that history still gives the same."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from ehr.common.numbers import format_number
from reports.periods import Period, PeriodError
from reports.questions import UnitError, find_unit
from reports.submission.close import Closed, close, verify


class Command(BaseCommand):
    help = "Chốt số liệu một tháng của mọi đơn vị. Chạy lại vô hại: chỉ chốt phần còn thiếu."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM", help="tháng đã hết")
        parser.add_argument("--unit", help="chỉ đơn vị mã này và các đơn vị bên dưới")
        parser.add_argument("--verify", action="store_true", help="không chốt, chỉ tính lại từ lịch sử và so sánh")

    def handle(self, *args: Any, **options: Any) -> None:
        today = localdate()
        try:
            period = Period.parse(options["month"], today=today, kinds=["month"])
            unit = find_unit(options["unit"])[0] if options["unit"] else None
        except (PeriodError, UnitError) as error:
            raise CommandError(str(error)) from None
        if period.end > today:
            raise CommandError(f"{period.title} chưa hết, chưa chốt được.")
        if options["verify"]:
            self._verified(period, verify(period, unit=unit))
            return
        done = close(period, unit=unit, say=self._progress)
        if done.busy:
            raise CommandError(f"{period.title} đang được chốt ở nơi khác.")
        self.stdout.write(
            f"{period.title}: đã chốt {format_number(done.made)} bảng, có sẵn {format_number(done.kept)} bảng "
            f"({format_number(round(done.seconds))} giây)."
        )
        self._gaps(done)

    def _verified(self, period: Period, done: Closed) -> None:
        self._gaps(done)
        if done.different:
            named = ", ".join(f"{key.report} {key.grouping} đơn vị {key.unit}" for key in done.different[:10])
            raise CommandError(
                f"{period.title}: {len(done.different)} trong {done.kept} bảng khác với số liệu đã chốt: {named}."
            )
        self.stdout.write(f"{period.title}: {format_number(done.kept)} bảng tính lại đúng như đã chốt.")

    def _progress(self, done: int, total: int) -> None:
        if done % 50 == 0 or done == total:
            self.stderr.write(f"{format_number(done)}/{format_number(total)} bảng")

    def _gaps(self, done: Closed) -> None:
        if done.unknown:
            self.stderr.write(
                f"{format_number(done.unknown)} dòng nạp không kèm lịch sử và đã sửa sau đó: lấy bản cũ nhất còn giữ."
            )
