"""`manage.py create_api_key`: a partner system, its place, and a key that is printed once."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from ehr.common.problems import problems_of
from ehr.common.text import plain
from ehr.exchange.keys import issue_key
from ehr.exchange.models import Partner
from ehr.exchange.places import facility_of_code
from stations.models import AdminUnit, Organization, Role, User
from stations.queries import unit_by_code
from stations.services import assign, create_user


class Command(BaseCommand):
    help = (
        "Tạo khóa REST cho một hệ thống đối tác, gắn với một đơn vị hành chính hoặc một cơ sở y tế. "
        "Khóa chỉ in ra một lần, không đọc lại được. Đối tác chưa có thì được tạo; chạy lại: thêm địa bàn, khóa mới."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="tên hệ thống đối tác")
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument(
            "--unit", help="mã tỉnh, huyện cũ hoặc xã; mã trùng hai danh mục là mã mới, old-<mã> là mã cũ"
        )
        place.add_argument("--facility", help="mã CSKCB 5 ký tự, mã 13 số, hoặc org-<số>")
        parser.add_argument("--label", default="Khóa chính", help="nhãn để phân biệt các khóa (mặc định: Khóa chính)")
        parser.add_argument(
            "--expires", metavar="YYYY-MM-DD", help="ngày đầu tiên khóa hết hiệu lực; mặc định: không hạn"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        unit, organization = _unit(options["unit"]), _facility(options["facility"])
        expires = _instant(options["expires"])
        try:
            partner = _partner(options["partner"])
            assign(user=partner.user, role=Role.PARTNER, by=None, unit=unit, organization=organization)
            key, text = issue_key(partner=partner, label=options["label"], expires_at=expires)
        except ValidationError as exc:
            raise CommandError(" ".join(problem.message for problem in problems_of(exc))) from None
        self.stderr.write(f"Đối tác: {partner.name}. Địa bàn: {unit or organization}. Nhãn: {key.label}.")
        self.stderr.write("Khóa (chỉ hiện lần này, hãy chuyển qua kênh an toàn):")
        self.stdout.write(text)


def _facility(code: str | None) -> Organization | None:
    found = facility_of_code(code) if code else None
    if code and found is None:
        raise CommandError(f"Không có cơ sở y tế mã {code}.")
    return found


def _unit(code: str | None) -> AdminUnit | None:
    if not code:
        return None
    old = code.removeprefix("old-")
    found = AdminUnit.objects.filter(scheme="old", code=old).first() if old != code else unit_by_code(code)
    if found is None:
        raise CommandError(f"Không có đơn vị hành chính mã {code}.")
    return found


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--expires: không đọc được ngày {text}; viết YYYY-MM-DD.")
    instant = timezone.make_aware(datetime.combine(day, time()))
    if instant <= timezone.now():
        raise CommandError("--expires: ngày này đã qua.")
    return instant


def _partner(name: str) -> Partner:
    """The partner of this name; made with an account that nobody can log in with."""
    partner = Partner.objects.select_related("user").filter(name=name).first()
    if partner:
        if not partner.is_active:
            raise CommandError(f"Đối tác {name} đang tạm ngừng.")
        return partner
    base = "doitac-" + (plain(name).replace(" ", "-")[:40] or "moi")
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    username = next(each for each in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)
    user = create_user(username=username, full_name=name, must_change_password=False, by=None)
    partner = Partner(name=name, user=user)
    partner.full_clean()
    partner.save()
    return partner
