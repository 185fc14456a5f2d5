"""Loads a new release of a code list from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehr.codes.files import CodesFileError
from ehr.codes.services import load_codes_file
from ehr.common.dates import DateError, parse_date

MOST_BYTES = 64 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Nạp một phiên bản mới của một danh mục từ tệp CSV (UTF-8): cột code, name, tùy chọn name_en, parent_code, "
        "position, valid_from, valid_to; cột khác thành thuộc tính. Tệp có lỗi thì không nạp dòng nào."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", metavar="DANH_MỤC", help="khóa của danh mục, ví dụ icd10")
        parser.add_argument("file", metavar="TỆP.csv", type=Path)
        parser.add_argument(
            "--version", dest="release", required=True, metavar="V", help="tên phiên bản, ví dụ TT06-2026"
        )
        parser.add_argument("--source", required=True, metavar="NGUỒN", help="văn bản ban hành")
        parser.add_argument(
            "--valid-from", required=True, metavar="NGÀY", help="ngày hiệu lực: 01/07/2026 hoặc 2026-07-01"
        )
        parser.add_argument("--close-previous", action="store_true", help="phiên bản trước hết hiệu lực từ ngày này")
        parser.add_argument("--name", default="", metavar="TÊN", help="tên danh mục, khi là danh mục mới")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's own --version (of Django) makes room for the version of the list."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if path.stat().st_size > MOST_BYTES:
                raise CommandError("Tệp lớn hơn 64 MB: không phải một danh mục.")
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"Không đọc được tệp {path}: {error.strerror}.") from error
        try:
            loaded = load_codes_file(
                system=options["system"], version=options["release"], content=content, source=options["source"],
                valid_from=_day(options["valid_from"]), close_previous=options["close_previous"], name=options["name"],
            )  # fmt: skip
        except CodesFileError as error:
            raise CommandError(f"Không nạp dòng nào vì tệp {path.name} có lỗi:\n{error}") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        outcome = f"thêm {loaded.inserted}, sửa {loaded.updated}" if loaded.changed else "không có gì thay đổi"
        self.stdout.write(f"{loaded.release}: {loaded.rows} mã, {outcome}.")
        if loaded.absent:
            self.stdout.write(f"  {loaded.absent} mã không còn trong tệp, giữ nguyên vì hồ sơ có thể đang dùng.")
        for release in loaded.closed:
            self.stdout.write(f"  Phiên bản {release} hết hiệu lực từ {release.valid_to:%d/%m/%Y}.")


def _day(text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return parse_date(text)
    except DateError as error:
        raise CommandError(f"--valid-from: {error.message}") from error
