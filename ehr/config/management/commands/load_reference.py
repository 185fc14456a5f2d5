"""Loads the reference lists that the project brings along. Repeatable: a second run changes nothing and says so."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from ehr.codes import reference as codes
from ehr.codes.models import CodeSystem, Release
from ehr.common.reference import FixtureError, Loaded, ReferenceList
from ehr.programmes import reference as programmes
from ehr.vaccination import reference as vaccination
from reports.submission import reference as submission
from stations import reference as stations

# Which content of which list is in the tables: one Release per list, under a system of its own.
MARKER = "reference"
MARKER_NAME = "Dữ liệu tham chiếu đã nạp"
LOCK = 831_001


def all_lists() -> list[ReferenceList]:
    """Every list in the order in which they must be loaded."""
    return [
        *stations.reference_lists(), *codes.reference_lists(), *vaccination.reference_lists(),
        *programmes.reference_lists(), *submission.reference_lists(),
    ]  # fmt: skip


class Command(BaseCommand):
    help = "Nạp danh mục đi kèm phần mềm: đơn vị hành chính, bảng mã, vắc xin. Chạy lại nhiều lần vô hại."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-changed", action="store_true", help="chỉ nạp danh mục có tệp khác với lần nạp trước")
        parser.add_argument("--only", nargs="+", metavar="TÊN", help="chỉ nạp các danh mục này")

    def handle(self, *args: Any, **options: Any) -> None:
        begin = time.monotonic()
        lists = all_lists()
        if options["only"]:
            unknown = set(options["only"]) - {each.name for each in lists}
            if unknown:
                names = ", ".join(each.name for each in lists)
                raise CommandError(f"Không có danh mục {', '.join(sorted(unknown))}. Các danh mục: {names}.")
            lists = [each for each in lists if each.name in options["only"]]
        stored = dict(Release.objects.filter(system__key=MARKER).values_list("version", "sha256"))
        changes = rows = 0
        for each in lists:
            sha256 = each.sha256()
            if options["if_changed"] and stored.get(each.name) == sha256:
                continue
            loaded = self.load(each, sha256, options["verbosity"])
            changes += loaded.inserted + loaded.updated
            rows += loaded.rows
        if options["verbosity"]:
            seconds = f"{time.monotonic() - begin:.1f}".replace(".", ",")
            outcome = f"{_number(changes)} dòng mới hoặc thay đổi" if changes else "không có gì thay đổi"
            self.stdout.write(f"Đã đọc {_number(rows)} dòng: {outcome} ({seconds} giây).")

    def load(self, each: ReferenceList, sha256: str, verbosity: int) -> Loaded:
        """One list in one transaction; a wrong file leaves the tables as they were."""
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:  # two starts at once take turns
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                loaded = each.load()
                self.mark(each, sha256)
        except FixtureError as error:
            raise CommandError(f"{each.title}: {error}") from error
        if verbosity:
            same = "" if loaded.inserted or loaded.updated else ", không đổi"
            change = f"thêm {_number(loaded.inserted)}, sửa {_number(loaded.updated)}{same}"
            self.stdout.write(f"{each.name}: {_number(loaded.rows)} dòng, {change}.")
            for note in loaded.notes:
                self.stdout.write(f"  {note}")
        return loaded

    def mark(self, each: ReferenceList, sha256: str) -> None:
        """Remembers the content that the tables now hold."""
        system, _ = CodeSystem.objects.get_or_create(key=MARKER, defaults={"name": MARKER_NAME})
        same = Release.objects.filter(system=system, version=each.name, sha256=sha256)
        if not same.exists():
            Release.objects.update_or_create(
                system=system, version=each.name, defaults={"sha256": sha256, "source": each.source}
            )


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
