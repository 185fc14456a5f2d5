"""`manage.py export_831`: the records of a commune as form-831 XML."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehr.exchange.form831 import services
from stations.commands import commune_of, user_of

DOOR = "command"


class Command(BaseCommand):
    help = (
        "Xuất hồ sơ của một xã ra XML mẫu 831 (CSDLYTE831). Tên tệp đuôi .zip: mỗi người một tệp XML, như các cổng "
        "tiếp nhận yêu cầu; đuôi khác: một tệp XML nhiều hồ sơ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commune", required=True, metavar="MÃ", help="mã xã/phường (5 chữ số, danh mục hai cấp)")
        parser.add_argument("-o", "--output", required=True, metavar="TỆP", help="tệp .xml hoặc .zip sẽ ghi")
        parser.add_argument("--json", action="store_true", help="in tóm tắt dạng JSON")
        parser.add_argument("--user", metavar="TÊN", help="xuất dưới tên tài khoản này, trong địa bàn của tài khoản đó")

    def handle(self, *args: Any, **options: Any) -> None:
        path, commune, user = Path(options["output"]), commune_of(options["commune"]), user_of(options["user"])
        part = path.with_name(f".{path.name}.part")  # a broken run leaves no half file under the wanted name
        try:
            with part.open("wb") as out:
                os.chmod(part, 0o600)
                found = services.export_people(commune, out, by=user, door=DOOR, zipped=path.suffix.lower() == ".zip")
            part.replace(path)
        except PermissionDenied:
            raise CommandError("Tài khoản này không được xuất hồ sơ của xã này.") from None
        except OSError as error:
            raise CommandError(f"Không ghi được tệp {path}: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        lost = [{"message": message, "people": count} for message, count in found.lost.most_common()]
        if options["json"]:
            self.stdout.write(json.dumps({"people": found.people, "lost": lost}, ensure_ascii=False))
            return
        self.stdout.write(f"Đã xuất {found.people} hồ sơ của {commune.full_name}.")
        for line in lost:
            self.stdout.write(f"  {line['people']:>7} hồ sơ: {line['message']}")
