"""`manage.py import_831`: form-831 XML into the records of a commune."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehr.exchange.form831 import services
from ehr.exchange.form831.files import FormFileRefused, form_files
from ehr.intake.management.commands.import_sheet import LEVELS, SHOWN
from stations.commands import commune_of, user_of

DOOR = "command"
LABELS = {
    "people": "Số hồ sơ", "new": "Lập mới", "update": "Cập nhật", "unchanged": "Không đổi",
    "ambiguous": "Cần người xem", "refused": "Từ chối",
}  # fmt: skip


class Command(BaseCommand):
    help = (
        "Nhập XML mẫu 831 (tệp .xml, .zip hoặc thư mục) vào hồ sơ của một xã. Gửi lại cùng tệp không thay đổi gì. Mã "
        "thoát 1 khi có tệp bị từ chối cả tệp."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="tệp .xml, .zip hoặc thư mục")
        parser.add_argument("--commune", required=True, metavar="MÃ", help="mã xã/phường (5 chữ số, danh mục hai cấp)")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        parser.add_argument("--all", action="store_true", help=f"in mọi vấn đề, không chỉ {SHOWN} vấn đề đầu")
        parser.add_argument("--user", metavar="TÊN", help="ghi dưới tên tài khoản này, trong địa bàn của tài khoản đó")

    def handle(self, *args: Any, **options: Any) -> None:
        path, commune, user = Path(options["path"]), commune_of(options["commune"]), user_of(options["user"])
        if not path.exists():
            raise CommandError(f"Không có tệp hoặc thư mục {path}.")
        try:
            found = services.receive(form_files(path), commune=commune, by=user, door=DOOR)
        except PermissionDenied:
            raise CommandError("Tài khoản này không được nhập hồ sơ cho xã này.") from None
        except FormFileRefused as refused:
            raise CommandError(refused.message) from None
        except OSError as error:
            raise CommandError(f"Không đọc được {path}: {error.strerror}.") from None
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False))
        else:
            self._print(found, everything=options["all"])
        if found.refused or not found.files:
            sys.exit(1)

    def _print(self, found: services.Received, *, everything: bool) -> None:
        for name, count in found.counts.items():
            self.stdout.write(f"  {LABELS[name] + ':':<16}{count:>7}")
        for file in found.files:
            if file["refused"]:
                self.stderr.write(f"  Không nhận tệp {file['file']}: {file['refused']['message']}")
        if not found.files:
            self.stderr.write("  Không có tệp XML nào.")
        lines = [
            f"  {LEVELS[problem['level']]} ({each['file']}, hồ sơ thứ {each['position']}"
            f"{', ' + problem['field'] if problem['field'] else ''}): {problem['message']}"
            for each in found.people
            for problem in each["problems"]
        ]
        for line in lines if everything else lines[:SHOWN]:
            self.stdout.write(line)
        if len(lines) > SHOWN and not everything:
            self.stdout.write(f"  … còn {len(lines) - SHOWN} vấn đề; thêm --all để xem hết.")
