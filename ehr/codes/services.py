"""Writing code lists: one release at a time, set-based, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from ehr.codes.files import CodeRow, read_codes
from ehr.codes.models import Code, CodeSystem, Release
from ehr.common.plain_names import fill_plain_name
from ehr.common.reference import upsert
from ehr.common.text import plain

COLUMNS = (
    "system_id", "release_id", "code", "name", "name_en", "plain_name", "parent_code", "position", "properties",
    "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True)
class LoadedRelease:
    """What a load did. `absent`: codes of the release that the file no longer has; they stay, records may name them."""

    release: Release
    rows: int
    inserted: int
    updated: int
    absent: int
    closed: tuple[Release, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.closed)


@transaction.atomic
def load_release(
    *, system: str, version: str, rows: Sequence[CodeRow], source: str, sha256: str, valid_from: date | None = None,
    codes_from: date | None = None, close_previous: bool = False, name: str = "", uri: str = "",
) -> LoadedRelease:  # fmt: skip
    """Stores `rows` as release `version` of the list `system`, which is made when it is new (`name`).

    `valid_from`: first day of the release. `codes_from`: first day of its codes where the row names none; a first list
    leaves it empty, so that older records can carry its codes. `close_previous`: earlier open releases and their codes
    end on `valid_from`. Loading the same rows again changes nothing. Raises ValidationError before it writes."""
    if close_previous and valid_from is None:
        raise ValidationError(
            "Muốn đóng phiên bản trước thì phải có ngày hiệu lực của phiên bản mới.", code="valid_from"
        )
    code_system, _ = CodeSystem.objects.get_or_create(key=system, defaults={"name": name or system, "uri": uri})
    if (name and code_system.name != name) or (uri and code_system.uri != uri):
        code_system.name, code_system.uri = name or code_system.name, uri or code_system.uri
        code_system.save()
    about = {"valid_from": valid_from, "source": source, "sha256": sha256}
    release, created = Release.objects.get_or_create(system=code_system, version=version, defaults=about)
    if not created and any(getattr(release, field) != value for field, value in about.items()):
        for field, value in about.items():
            setattr(release, field, value)
        release.save()
    inserted, updated = upsert(
        Code, COLUMNS, ("release_id", "code"), (_values(row, code_system, release, codes_from) for row in rows)
    )
    absent = release.codes.exclude(code__in=[row.code for row in rows]).count() if not created else 0
    closed = _close_before(release) if close_previous else ()
    return LoadedRelease(release, len(rows), inserted, updated, absent, closed)


def _values(row: CodeRow, system: CodeSystem, release: Release, codes_from: date | None) -> tuple[object, ...]:
    return (
        system.pk, release.pk, row.code, row.name, row.name_en, plain(row.name)[:500], row.parent_code, row.position,
        Jsonb(row.properties), row.valid_from or codes_from, row.valid_to or release.valid_to,
    )  # fmt: skip


def _close_before(release: Release) -> tuple[Release, ...]:
    """Ends the other releases that are open on the first day of `release`, and their codes."""
    start = release.valid_from
    others = Release.objects.filter(system=release.system).exclude(pk=release.pk)
    still_open = others.filter(Q(valid_to=None) | Q(valid_to__gt=start))
    earlier = tuple(still_open.filter(Q(valid_from=None) | Q(valid_from__lt=start)))
    for previous in earlier:
        previous.valid_to = start
        previous.save()
        previous.codes.filter(Q(valid_to=None) | Q(valid_to__gt=start)).update(valid_to=start)
    return earlier


def load_codes_file(
    *, system: str, version: str, content: bytes, source: str, valid_from: date, close_previous: bool = False,
    name: str = "",
) -> LoadedRelease:  # fmt: skip
    """A release from the bytes of a CSV file. Raises CodesFileError (row, column of each fault) or ValidationError."""
    return load_release(
        system=system, version=version, rows=read_codes(content), source=source, valid_from=valid_from,
        codes_from=valid_from, sha256=hashlib.sha256(content).hexdigest(), close_previous=close_previous, name=name,
    )  # fmt: skip


def check_code(code: Code) -> None:
    """Raises ValidationError for a code whose release belongs to another list."""
    if code.release_id and code.system_id and code.release.system_id != code.system_id:
        message = "Phiên bản thuộc danh mục khác."
        raise ValidationError({"release": ValidationError(message, code="release.other_system")})


def save_code(*, code: Code) -> Code:
    """Stores one code of a small list, entered by hand. Raises ValidationError."""
    check_code(code)
    fill_plain_name(code)
    code.full_clean()
    code.save()
    return code
