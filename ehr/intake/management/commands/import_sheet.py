"""`manage.py import_sheet`: a spreadsheet into the records of a commune: preview, or read, check and write."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from ehr.common.problems import problems_of
from ehr.intake import services
from ehr.intake.columns.table import DEEPEST
from ehr.intake.files import FileRefused
from ehr.intake.models import ImportBatch, Kind
from ehr.intake.services.store import COUNTED
from stations.commands import commune_of, user_of

DOOR = "command"
State = ImportBatch.State
LABELS = {"rows": "Số dòng", **{name: str(fate.label) for name, fate in COUNTED.items()}}
COUNTS = tuple(LABELS)
LEVELS = {"error": "LỖI", "warning": "Cảnh báo", "info": "Ghi chú"}
LOOK_AGAIN = 0.5  # seconds
SHOWN = 50  # problems printed for people; --json and --all print all


class Command(BaseCommand):
    help = (
        "Nhập bảng tính vào hồ sơ của một xã. Mặc định chỉ xem trước, chưa ghi gì; --commit thì ghi và chờ đến khi "
        "xong. Mã thoát 1 khi cả tệp bị từ chối."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="tệp .xlsx, .xls, .ods hoặc .csv")
        parser.add_argument("--commune", required=True, metavar="MÃ", help="mã xã/phường (5 chữ số, danh mục hai cấp)")
        parser.add_argument(
            "--kind", choices=[*Kind.values], default=Kind.SURVEY.value, help="loại danh sách (mặc định survey)"
        )
        do = parser.add_mutually_exclusive_group()
        do.add_argument("--preview", action="store_true", help="chỉ xem trước (mặc định)")
        do.add_argument("--commit", action="store_true", help="ghi vào hồ sơ")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        parser.add_argument("--all", action="store_true", help=f"in mọi vấn đề, không chỉ {SHOWN} vấn đề đầu")
        parser.add_argument(
            "--header-row", action="append", default=[], metavar="[TRANG:]DÒNG[-DÒNG]",
            help="dòng tiêu đề của bảng, khi máy không tìm ra: 5, 5-6 (hai dòng), «Thôn 1:5» (chỉ trang đó, các trang "
            "khác bỏ qua); lặp lại được",
        )  # fmt: skip
        parser.add_argument("--user", metavar="TÊN", help="ghi dưới tên tài khoản này, trong địa bàn của tài khoản đó")

    def handle(self, *args: Any, **options: Any) -> None:
        path, commune, user = Path(options["file"]), commune_of(options["commune"]), user_of(options["user"])
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"Không đọc được tệp {path}: {error.strerror}.") from None
        try:
            batch = services.upload(
                data=data, file_name=path.name, kind=options["kind"], commune=commune, by=user, door=DOOR, wait=True,
                headers=[_header(text) for text in options["header_row"]],
            )  # fmt: skip
            _settle(batch, State.READING)
            if options["commit"] and batch.state == State.PREVIEW:
                batch = services.confirm(batch, by=user, wait=True)
            _settle(batch, State.QUEUED, State.WRITING)
        except FileRefused as refused:
            self._refuse(None, refused.code, refused.message, as_json=options["json"])
        except (PermissionDenied, Http404):
            raise CommandError("Tài khoản này không được nhập tệp cho xã này.") from None
        except ValidationError as refused:
            raise CommandError(" ".join(problem.message for problem in problems_of(refused))) from None
        if batch.state == State.REFUSED:
            self._refuse(batch, batch.message_code, batch.message, as_json=options["json"])
        result = services.result(batch)
        if options["json"]:
            self._print_json(result)
        else:
            self._print_text(batch, result, everything=options["all"])

    def _refuse(self, batch: ImportBatch | None, code: str, message: str, *, as_json: bool) -> None:
        """The whole file is refused: one sentence, exit code 1."""
        if as_json:
            problem = {
                "sheet": "", "row": None, "column": "", "value": "", "code": code, "level": "error", "message": message,
            }  # fmt: skip
            key = str(batch.key) if batch else None
            self._print_json({"batch": key, "counts": dict.fromkeys(COUNTS, 0), "problems": [problem]})
        else:
            self.stderr.write(message)
        sys.exit(1)

    def _print_json(self, result: Mapping[str, Any]) -> None:
        shown = {
            "batch": result["batch"],
            "counts": {name: result["counts"].get(name, 0) for name in COUNTS},
            "problems": result["problems"],
        }
        self.stdout.write(json.dumps(shown, ensure_ascii=False, default=str))

    def _print_text(self, batch: ImportBatch, result: Mapping[str, Any], *, everything: bool) -> None:
        self.stdout.write(f"{batch.file_name} – {batch.get_kind_display()} – {batch.commune.full_name}")
        for name in COUNTS:
            self.stdout.write(f"  {LABELS[name] + ':':<16}{result['counts'].get(name, 0):>7}")
        problems = result["problems"]
        shown = problems if everything else problems[:SHOWN]
        if problems:
            self.stdout.write(f"Vấn đề ({len(problems)}):")
        for line in _lines(shown):
            self.stdout.write(line)
        if len(shown) < len(problems):
            self.stdout.write(f"  … còn {len(problems) - len(shown)} vấn đề; thêm --all để xem hết.")
        self.stdout.write(_last_word(batch, result["counts"]))
        self.stdout.write(f"Lần nhập: {result['batch']}")


def _lines(problems: list[dict[str, Any]]) -> Iterator[str]:
    for problem in problems:
        place = [f"trang {problem['sheet']}" if problem.get("sheet") else ""]
        place += [f"dòng {problem['row']}" if problem.get("row") else ""]
        place += [f"cột {problem['column']}" if problem.get("column") else ""]
        value = f" «{problem['value']}»" if problem.get("value") not in (None, "") else ""
        where = ", ".join(part for part in place if part)
        yield f"  {LEVELS.get(problem['level'], problem['level'])} ({where}){value}: {problem['message']}"


def _last_word(batch: ImportBatch, counts: Mapping[str, int]) -> str:
    """What happened, in one sentence."""
    acts = counts["new"] + counts["updated"]
    if batch.state == State.PREVIEW:
        return "Mới xem trước, chưa ghi gì." if acts else "Không có gì để ghi: mọi dòng đã có hoặc cần xem lại."
    if batch.state == State.DONE:
        waiting = counts["possible_duplicate"]
        said = f"Đã ghi: {counts['new']} mới, {counts['updated']} cập nhật." if acts else ""
        left = f" {waiting} dòng nghi trùng chờ quyết định trên màn hình." if waiting else ""
        return (said or "Không có gì thay đổi.") + left
    return f"Trạng thái: {batch.get_state_display()}."


def _header(text: str) -> services.HeaderAt:
    """ "5", "5-6", "Thôn 1:5": where a table begins."""
    found = re.fullmatch(r"(?:(.+):)?(\d{1,6})(?:-(\d{1,6}))?", text.strip())
    first, last = (int(found[2]), int(found[3] or 0)) if found else (0, 0)
    if not found or first < 1 or (last and not first <= last < first + DEEPEST):
        said = f"ghi số dòng, ví dụ 5, 5-6 hoặc «Thôn 1:5»; nhiều nhất {DEEPEST} dòng."
        raise CommandError(f"--header-row {text}: {said}")
    return services.HeaderAt(first, found[1] or "", last - first + 1 if last else 0)


def _settle(batch: ImportBatch, *states: str) -> None:
    """Waits while another process works on the same file; the worker that has it does not let go of it before."""
    batch.refresh_from_db()
    while batch.state in states:
        time.sleep(LOOK_AGAIN)
        batch.refresh_from_db()
