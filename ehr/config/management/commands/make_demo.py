"""Invented people at any size: manage.py make_demo --people 1000000 --seed 1 --province 38"""

import datetime as dt
import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import localdate

from ehr.config.demo import load, making, places, programmes, suspend
from ehr.config.demo.reference import ReferenceMissing
from ehr.records.models import Person
from stations.models import AdminUnit

MOST = 10_000_000  # the numbers of people and telephones are that many


class Command(BaseCommand):
    help = (
        "Tạo người dân giả định (không có thật) với hộ, hồ sơ A–D, tiêm chủng, lượt khám. Cùng --seed cho cùng kết quả."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, required=True, metavar="N", help=f"số người, 1 đến {MOST}")
        parser.add_argument("--seed", default="1", help="cùng seed và cùng ngày cho cùng những người ấy")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--commune", metavar="MÃ", help="xã/phường mới, 5 chữ số (mặc định 16516)")
        where.add_argument("--district", metavar="MÃ", help="quận/huyện cũ, 3 chữ số")
        where.add_argument("--province", metavar="MÃ", help="tỉnh/thành phố mới, 2 chữ số")
        parser.add_argument(
            "--date",
            type=dt.date.fromisoformat,
            metavar="NĂM-THÁNG-NGÀY",
            help="tuổi tính đến ngày này (mặc định hôm nay)",
        )
        parser.add_argument(
            "--full-forms", type=float, default=0.05, metavar="TỶ LỆ", help="phần hộ trả lời đủ mọi dòng phần B"
        )
        parser.add_argument(
            "--processes", type=int, default=os.cpu_count() or 1, help="số tiến trình khi tạo nhiều người"
        )
        parser.add_argument("--history", action="store_true", help="ghi cả lịch sử thay đổi của người giả định")
        parser.add_argument("--force", action="store_true", help="tạo thêm dù địa bàn đã có người")
        parser.add_argument("--i-know", action="store_true", help="cho phép ghi vào máy chủ nêu ở DATABASE_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        begin, people = time.monotonic(), options["people"]
        if not 1 <= people <= MOST:
            raise CommandError(f"--people phải từ 1 đến {MOST}.")
        if not (settings.EMBEDDED or settings.TESTING or options["i_know"]):
            raise CommandError("DATABASE_URL trỏ tới một máy chủ: nếu đó không phải hệ thống thật, thêm --i-know.")
        if suspend.is_suspended():
            self.say("Lần tạo trước dừng giữa chừng: dựng lại chỉ mục và ràng buộc.")
            suspend.restore(load.conninfo())
        communes, district = self.where(options)
        self.refuse_if_inhabited(communes, district, force=options["force"])
        as_of = options["date"] or localdate()
        try:
            context = places.make_context(seed=options["seed"], as_of=as_of, full_forms=options["full_forms"])
        except ReferenceMissing as error:
            raise CommandError(str(error)) from None
        large = people >= load.LARGE and not options["history"] and not Person.objects.exists()
        with transaction.atomic():
            areas = places.areas_of(communes=communes, district=district, people=people, seed=options["seed"])
            jobs, figures = making.plan(areas, seed=options["seed"])
            making.store_places(areas, figures, as_of=as_of)
            if not large:
                tally = load.load_here(context, making.with_keys(jobs), history=options["history"])
        if large:
            self.say(f"Tạo {_number(people)} người bằng {options['processes']} tiến trình…")
            tally = load.load_large(context, making.with_keys(jobs), processes=options["processes"], say=self.say)
        if people >= load.LARGE // 10 and not settings.TESTING:
            load.analyze()
        tally.add(
            programmes.fill(
                [area.commune.pk for area in areas], as_of=as_of, seed=options["seed"], history=options["history"]
            )
        )
        self.summary(tally.rows, people, time.monotonic() - begin, as_of)

    def where(self, options: dict[str, Any]) -> tuple[list[AdminUnit], AdminUnit | None]:
        """New communes, and the old district when one was asked for."""
        new = AdminUnit.objects.filter(scheme="new", valid_to=None).select_related("parent")
        if options["district"]:
            district = AdminUnit.objects.filter(scheme="old", level="district", code=options["district"]).first()
            if district is None:
                raise CommandError(f"Không có quận/huyện cũ mã {options['district']}.")
            return list(new.filter(level="commune", predecessions__old__parent=district).distinct()), district
        if options["province"]:
            found = list(new.filter(level="commune", parent__code=options["province"]).order_by("code"))
            if not found:
                raise CommandError(f"Không có tỉnh/thành phố mới mã {options['province']}.")
            return found, None
        code = options["commune"] or "16516"
        found = list(new.filter(level="commune", code=code))
        if not found:
            raise CommandError(f"Không có xã/phường mới mã {code}.")
        return found, None

    def refuse_if_inhabited(self, communes: list[AdminUnit], district: AdminUnit | None, *, force: bool) -> None:
        here = Person.objects.filter(commune__in=communes)
        if district:
            here = here.filter(village__old_commune__parent=district)
        if not force and here.exists():
            raise CommandError(
                "Địa bàn này đã có người trong cơ sở dữ liệu: chọn nơi khác, hoặc thêm --force để tạo thêm."
            )

    def say(self, text: str) -> None:
        if self.verbosity:
            self.stdout.write(text)
            self.stdout.flush()

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.verbosity = options.get("verbosity", 1)
        return super().execute(*args, **options)

    def summary(self, rows: dict[str, int], people: int, seconds: float, as_of: dt.date) -> None:
        self.say(
            f"Đã tạo {_number(people)} người giả định, tính đến {as_of:%d/%m/%Y}, trong {seconds:.1f} giây.".replace(
                ".", ",", 0
            )
        )
        for table, number in rows.items():
            self.say(f"  {table}: {_number(number)}")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
