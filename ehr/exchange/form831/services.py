"""Form-831 XML out of the records that a user may see, and in. Doors call these functions only."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils.timezone import localdate

from ehr.audit import services as audit
from ehr.common.problems import Problem
from ehr.exchange.form831.files import FormFileRefused, Sent, read, scan, sent_files
from ehr.exchange.form831.importing import DOOR, Taken, answers_to, take_all
from ehr.exchange.form831.stored import records
from ehr.exchange.form831.writing import CLOSING, Sender, Written, opening, write
from ehr.intake.services.access import require_commune
from ehr.records.models import Person
from stations.models import AdminUnit, FacilityCode, Organization, User

__all__ = ["FormFileRefused", "Received", "Sender", "export_people", "people_of", "person_xml", "receive", "sender_of"]
CHUNK = 500
RIGHT = "record.export"
FATES = ("new", "update", "unchanged", "ambiguous", "refused")


# --- Out -------------------------------------------------------------------------------------------------------------


def sender_of(commune: AdminUnit, *, on: dt.date) -> Sender:
    """The station of the commune, with its insurance code of the day. Two queries."""
    station = Organization.objects.valid_on(on).filter(kind="station", unit=commune).order_by("pk").first()
    if station is None:
        return Sender()
    code = FacilityCode.objects.valid_on(on).filter(organization=station, kind="claims").order_by("pk").first()
    return Sender(code.code if code else "", station.name)


def person_xml(person: Person, *, by: User, door: str, address: str | None = None) -> tuple[bytes, list[Problem]]:
    """The file of one person, who was found in the user's scope, and what it could not carry. Logged as an export."""
    audit.log_access(by=by, person_id=person.pk, action="export", door=door, object="form831", address=address)
    today = localdate()
    written = written_of(person)
    return _file([written.xml], sender_of(person.commune, on=today), today), written.lost


def written_of(person: Person) -> Written:
    """The record of one person as XML, with what it lacks; the caller logs the access."""
    (written,) = write(list(records([(person.pk, person.code)])))
    return written


def _file(parts: list[str], sender: Sender, on: dt.date) -> bytes:
    """A whole file. Its number says what is in it, so that a receiver knows a file that comes twice."""
    body = "".join(parts)
    number = hashlib.sha256(body.encode()).hexdigest()[:32]
    return (opening(sender, on=on, request_id=number) + body + CLOSING).encode()


def people_of(commune: AdminUnit, *, by: User | None) -> QuerySet[Person]:
    """People of a commune whose records may go out. Raises PermissionDenied."""
    require_commune(by, commune, RIGHT)
    found = Person.objects.active().filter(commune=commune)
    return found if by is None else found & Person.objects.visible_to(by)


@dataclass(slots=True)
class Exported:
    """How many people went out, and how often which thing could not be carried."""

    people: int = 0
    lost: Counter[str] = field(default_factory=Counter)


def export_people(
    commune: AdminUnit, out: BinaryIO, *, by: User | None, door: str, zipped: bool, address: str | None = None
) -> Exported:
    """All people of the commune as one file with many records, or (`zipped`) as an archive of one file per person, as
    gateways take them. Memory is that of one chunk. Raises PermissionDenied."""
    found, today = Exported(), localdate()
    people = people_of(commune, by=by)
    sender = sender_of(commune, on=today)
    if zipped:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for written in _written(people, found, by=by, door=door, address=address):
                name = zipfile.ZipInfo(f"{written.code}.xml", (today.year, today.month, today.day, 0, 0, 0))
                name.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(name, _file([written.xml], sender, today))
        return found
    out.write(opening(sender, on=today, request_id=f"{commune.code}-{today:%Y%m%d}").encode())
    for written in _written(people, found, by=by, door=door, address=address):
        out.write(written.xml.encode())
    out.write(CLOSING.encode())
    return found


def _written(
    people: QuerySet[Person], found: Exported, *, by: User | None, door: str, address: str | None
) -> Iterator[Written]:
    """Chunk by chunk: what is not logged does not go out."""
    keys = list(people.order_by("pk").values_list("pk", "code"))
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        audit.log_accesses(
            by=by, person_ids=[key for key, _ in chunk], action="export", door=door, object="form831", address=address
        )
        for written in write(list(records(chunk))):
            found.people += 1
            found.lost.update({problem.message for problem in written.lost})
            yield written


# --- In --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Received:
    """What became of a sending: `files` as [{file, sha256, people, refused}], `people` as `answers_to` gives them."""

    files: list[dict[str, Any]] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        fates = Counter(each["fate"] for each in self.people)
        return {"people": len(self.people), **{fate: fates[fate] for fate in FATES}}

    @property
    def refused(self) -> bool:
        """Whether a file was refused whole."""
        return any(each["refused"] for each in self.files)

    def as_json(self) -> dict[str, Any]:
        return {"files": self.files, "counts": self.counts, "people": self.people}


def receive(
    files: Iterable[tuple[str, BinaryIO]], *, commune: AdminUnit, by: User | None, door: str = DOOR,
    today: dt.date | None = None,
) -> Received:  # fmt: skip
    """Writes the records of form-831 files into the commune. A file that cannot be read is refused whole and spoils no
    other; what is sent again changes nothing. Raises PermissionDenied."""
    require_commune(by, commune)
    found = Received()
    taken = take_all(_all_sent(files, found), commune=commune, by=by, door=door, today=today)
    chunk: list[Taken] = []
    for each in taken:
        chunk.append(each)
        if len(chunk) >= CHUNK:
            found.people += answers_to(chunk)
            chunk = []
    found.people += answers_to(chunk)
    found.people.sort(key=_place_in(found.files))
    return found


def _place_in(files: list[dict[str, Any]]) -> Any:
    order = {each["file"]: at for at, each in enumerate(files)}
    return lambda answer: (order[answer["file"]], answer["position"])


def _all_sent(files: Iterable[tuple[str, BinaryIO]], found: Received) -> Iterator[Sent]:
    stream = iter(files)
    while True:
        try:
            name, file = next(stream)
        except StopIteration:
            return
        except FormFileRefused as refused:
            found.files.append(_refused("", refused))  # an archive; a stream of several goes on with the next one
            continue
        try:
            form = scan(name, file)
        except FormFileRefused as refused:
            found.files.append(_refused(name, refused))
            continue
        found.files.append({"file": name, "sha256": form.sha256, "people": form.people, "refused": None})
        yield from read(form, file)


def _refused(name: str, refused: FormFileRefused) -> dict[str, Any]:
    return {"file": name, "sha256": "", "people": 0, "refused": {"code": refused.code, "message": refused.message}}


def receive_bytes(name: str, data: bytes, *, commune: AdminUnit, by: User | None, door: str) -> Received:
    """As `receive`, for one file or archive in memory."""
    return receive(sent_files(name, io.BytesIO(data)), commune=commune, by=by, door=door)
