"""`manage.py import_claims`: claim files (.xml, .zip, folders of both) into the records."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehr.claims import services
from ehr.claims.findings import ClaimFileRefused
from ehr.claims.models import ClaimFile
from stations.models import User

DOOR = "command"
State = ClaimFile.State
SUFFIXES = (".xml", ".zip")
LEVELS = {"reject": "TỪ CHỐI", "error": "LỖI", "warning": "Cảnh báo"}
LABELS = {
    "encounters": "Số hồ sơ", "stored": "Đã nhận", "unchanged": "Không đổi", "rejected": "Từ chối",
    "unmatched": "Chưa gắn với người",
}  # fmt: skip
SHOWN = 50  # problems printed for people; --json prints all


class Command(BaseCommand):
    help = (
        "Nhập hồ sơ khám chữa bệnh BHYT (XML 4210, 130-4750, 3176). Mặc định chỉ nhận tệp rồi để tiến trình nền xử lý; "
        "--wait thì xử lý ngay và chờ xong. Mã thoát 1 khi có tệp bị từ chối cả tệp."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="tệp .xml, .zip hoặc thư mục chứa các tệp đó")
        parser.add_argument("--wait", action="store_true", help="xử lý ngay và chờ đến khi xong")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        parser.add_argument("--user", metavar="TÊN", help="ghi dưới tên tài khoản này")

    def handle(self, *args: Any, **options: Any) -> None:
        user = _user(options["user"])
        results, failed = [], False
        for path in _files(options["paths"]):
            for found, refused in _import(path, user, wait=options["wait"]):
                failed = failed or refused
                results.append(found)
                if not options["json"]:
                    self._print(found)
        if options["json"]:
            self.stdout.write(json.dumps({"files": results}, ensure_ascii=False))
        if failed:
            sys.exit(1)

    def _print(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"{result['file']} {result['standard'] and '– chuẩn ' + result['standard']}".rstrip())
        for name, label in LABELS.items():
            self.stdout.write(f"  {label + ':':<20}{result[name]:>7}")
        problems = result["problems"]
        for problem in problems[:SHOWN]:
            self.stdout.write(f"  {_where(problem)}{LEVELS[problem['level']]}: {problem['message']}")
        if len(problems) > SHOWN:
            self.stdout.write(f"  … và {len(problems) - SHOWN} vấn đề nữa; --json in tất cả.")


def _where(problem: dict[str, Any]) -> str:
    where = [f"Hồ sơ {problem['hoso']}" if problem["hoso"] else "", problem["table"]]
    where.append(f"dòng {problem['line']}" if problem["line"] else "")
    text = ", ".join(filter(None, where))
    return f"{text}: " if text else ""


def _files(paths: list[str]) -> Iterator[Path]:
    """The files themselves, and those of folders in the order of their names; links are not followed."""
    for text in paths:
        path = Path(text)
        if path.is_dir():
            yield from sorted(
                found
                for found in path.rglob("*")
                if found.suffix.lower() in SUFFIXES and found.is_file() and not found.is_symlink()
            )
        elif path.exists():
            yield path
        else:
            raise CommandError(f"Không có tệp hoặc thư mục {path}.")


def _import(path: Path, user: User | None, *, wait: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    """Result of each file of a path, and whether it was refused as a whole."""
    try:
        with path.open("rb") as data:
            files = services.receive(data=data, name=path.name, by=user, door=DOOR, wait=wait)
    except ClaimFileRefused as refused:
        yield services.refused(path.name, "", refused.rule_id, refused.message), True
        return
    except PermissionDenied:
        raise CommandError("Tài khoản này không được nhập hồ sơ BHYT.") from None
    except OSError as error:
        raise CommandError(f"Không đọc được tệp {path}: {error.strerror}.") from None
    for file in files:
        yield services.result(file), file.state in (State.REFUSED, State.FAILED)


def _user(name: str | None) -> User | None:
    if name is None:
        return None
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"Không có tài khoản {name} đang hoạt động.")
    return found
