"""The commune of a first run: Quảng Đại with 7,219 invented residents, its station, and one account per role."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import localdate

from ehr.config.demo import accounts, load, quang_dai
from ehr.config.demo.reference import ReferenceMissing
from ehr.records.models import Person
from stations.models import AdminUnit

FILE = "demo_accounts.txt"


class Command(BaseCommand):
    help = "Tạo xã mẫu Quảng Đại: 5 thôn, 7.219 người giả định, cơ sở y tế và tài khoản chạy thử. Chạy lại vô hại."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--i-know", action="store_true", help="cho phép ghi vào máy chủ nêu ở DATABASE_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        begin = time.monotonic()
        asked = options["i_know"] or os.environ.get("DEMO", "").lower() in ("1", "true", "yes")
        if not (settings.EMBEDDED or settings.TESTING or asked):
            # A server may be the real one, and these accounts are for playing: only on request.
            self.stdout.write("DATABASE_URL trỏ tới một máy chủ: không tạo xã mẫu (DEMO=1 hoặc --i-know để tạo).")
            return
        try:
            with ThreadPoolExecutor(2) as pool, transaction.atomic():
                people, made = self.make(accounts.start_passwords(pool))
        except AdminUnit.DoesNotExist:
            raise CommandError("Chưa nạp đơn vị hành chính: hãy chạy manage.py load_reference trước.") from None
        except ReferenceMissing as error:
            raise CommandError(str(error)) from None
        if people and not settings.TESTING:
            load.analyze()
        path = Path(settings.VAR_DIR) / FILE
        accounts.write_down(made, path)
        seconds = f"{time.monotonic() - begin:.1f}".replace(".", ",")
        if options["verbosity"]:
            said = (
                f"{quang_dai.RESIDENTS} người đang cư trú, {people - quang_dai.RESIDENTS} người đã mất hoặc chuyển đi"
            )
            self.stdout.write(f"Xã mẫu Quảng Đại: {said if people else 'đã có từ trước'} ({seconds} giây).")
        if any(account.secret for account in made):
            self.stdout.write(f"Tài khoản chạy thử (ghi ở {path}):")
            self.stdout.writelines(f"  {line}\n" for line in accounts.table(made))

    def make(self, passwords: accounts.Passwords) -> tuple[int, list[accounts.Account]]:
        """Everything that is not there yet; how many people were made, and the accounts."""
        as_of = localdate()
        old, commune = quang_dai.units()
        villages = quang_dai.make_villages(old, commune)
        organizations = quang_dai.make_organizations(commune, villages)
        quang_dai.make_figures(old, commune, villages, as_of)
        people = 0
        if not Person.objects.filter(village__in=villages).exists():
            tally = quang_dai.make_people(commune, old, villages, organizations["station"], as_of)
            people = tally.rows["records_person"]
        return people, accounts.make_accounts(commune, organizations, passwords)
