"""`manage.py export_claims`: a facility's own visits as claim XML."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehr.claims.export import services
from ehr.common.dates import DateError, parse_date
from stations.commands import user_of

DOOR = "command"
SHOWN = 50


class Command(BaseCommand):
    help = (
        "Xuất lượt khám của một cơ sở ra gói XML BHYT (130-4750, 3176 theo ngày ra). Lượt không qua được kiểm tra bị "
        "giữ lại và nêu lý do, các lượt khác vẫn xuất. Mã thoát 1 khi không có lượt nào xuất được."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--facility", required=True, metavar="MÃ", help="mã CSKCB (5 ký tự)")
        parser.add_argument("--from", dest="first", required=True, metavar="NGÀY", help="từ ngày ra (dd/mm/yyyy)")
        parser.add_argument("--to", dest="last", required=True, metavar="NGÀY", help="đến hết ngày ra (dd/mm/yyyy)")
        parser.add_argument("-o", "--output", required=True, metavar="TỆP", help="tệp sẽ ghi")
        parser.add_argument("--nested", action="store_true", help="bảng bên trong là thẻ XML, không mã hóa base64")
        parser.add_argument("--one-per-visit", action="store_true", help="tệp .zip, mỗi lượt khám một tệp XML")
        parser.add_argument("--changed", action="store_true", help="chỉ lượt chưa xuất hoặc đã đổi sau lần xuất trước")
        parser.add_argument("--restricted", action="store_true", help="kèm hồ sơ hạn chế (HIV, lao, tâm thần…)")
        parser.add_argument("--json", action="store_true", help="in tóm tắt dạng JSON")
        parser.add_argument("--user", metavar="TÊN", help="xuất dưới tên tài khoản này, trong địa bàn của tài khoản đó")

    def handle(self, *args: Any, **options: Any) -> None:
        path, user = Path(options["output"]), user_of(options["user"])
        part = path.with_name(f".{path.name}.part")  # a broken run leaves no half file under the wanted name
        try:
            period = services.period_of(
                options["facility"], _day(options["first"]), _day(options["last"]), by=user,
                restricted=options["restricted"],
            )  # fmt: skip
            with part.open("wb") as out:
                part.chmod(0o600)
                result = services.export(
                    period, out, by=user, door=DOOR, nested=options["nested"], one_per_visit=options["one_per_visit"],
                    changed_only=options["changed"],
                )  # fmt: skip
            if result.export is not None:
                part.replace(path)
        except PermissionDenied:
            raise CommandError(f"Không có cơ sở mã {options['facility']}, hoặc tài khoản không được xuất.") from None
        except services.WrongPeriod as wrong:
            raise CommandError(str(wrong)) from None
        except OSError as error:
            raise CommandError(f"Không ghi được tệp {path}: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        if options["json"]:
            self.stdout.write(json.dumps({"file": path.name, **result.as_json()}, ensure_ascii=False))
        else:
            self._print(result)
        if result.export is None:
            sys.exit(1)

    def _print(self, result: services.Result) -> None:
        self.stdout.write(f"Đã xuất {result.go} trong {result.visits} lượt khám; giữ lại {result.held_visits}.")
        for standard, count in result.standards.items():
            self.stdout.write(f"  {standard}: {count}")
        if result.restricted:
            self.stdout.write(f"  {result.restricted} hồ sơ hạn chế không xuất.")
        for key, why in result.again[:SHOWN]:
            self.stdout.write(f"  Xuất lại {key}: {why}")
        for key in result.cancelled:
            self.stdout.write(f"  Đã hủy sau khi xuất, cần báo hủy với cổng: {key}")
        for each in result.held[:SHOWN]:
            where = " ".join(filter(None, (each.table, f"dòng {each.line}" if each.line else "", each.column)))
            self.stderr.write(f"  Giữ lại {each.ma_lk}, {where} ({each.rule}): {each.message}")
        if len(result.held) > SHOWN:
            self.stderr.write(f"  … và {len(result.held) - SHOWN} lý do nữa; --json in tất cả.")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text) if text[:4].isdigit() and "-" in text else parse_date(text)
    except (ValueError, DateError):
        raise CommandError(f"Không hiểu ngày «{text[:20]}»: viết dd/mm/yyyy.") from None
