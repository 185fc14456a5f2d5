"""A facility's own visits out as one package: 10,000 of them, read from the database, checked by all rules of export,
written and kept in the ledger. The yardstick is parsing the same package with our own reader, in the same run.

What was written is read again: the same visits with the same values, or the benchmark raises. Everything happens in a
transaction that is rolled back."""

from __future__ import annotations

import datetime as dt
import io
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench import _claims, _common

NUMBER = 10_000
BUDGET = 3.0


def main(people: int = _common.PEOPLE, number: int = NUMBER) -> None:
    """Prints the seconds of export and of parsing, and their ratio."""
    _common.set_up(people)
    from django.db import transaction

    with TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "visits.xml"
        _claims.write_file(path, number)
        keys = _store(path)
        out = io.BytesIO()
        spent, result = _processor(lambda: _export(out))
        parsing, read = _processor(lambda: _parse(out.getvalue()))
        if result.go != number or _digests(read) != keys:
            raise AssertionError(f"{result.go} of {number} visits went out, {result.held[:1]}")
        transaction.set_rollback(True)
    ratio = spent / parsing
    print(f"   {number} visits, {len(out.getvalue()) / 1e6:.0f} MB")
    print(f"   export: read, check, write, keep    {spent:8.2f} s {spent / number * 1e6:8.0f} µs each")
    print(f"   parsing the package                 {parsing:8.2f} s {parsing / number * 1e6:8.0f} µs each")
    print(f"   export: {ratio:.2f}× parsing (budget {BUDGET:g}×) {'ok' if ratio <= BUDGET else 'OVER'}")


def _store(path: Path) -> dict[str, str]:
    """The visits as claims with one version each; digest by MA_LK."""
    from ehr.claims.models import Claim, ClaimFile, ClaimVersion
    from ehr.claims.storing.document import document
    from ehr.claims.xml import read_claims
    from stations.models import FacilityCode, Organization

    facility = Organization.objects.filter(kind="station").order_by("pk")[0]
    FacilityCode.objects.get_or_create(organization=facility, kind="claims", code=_claims.FACILITY)
    # What other benchmarks left there is not to go out.
    left = Claim.objects.filter(facility_code=_claims.FACILITY)
    left.update(state=Claim.State.UNDONE, current=None)
    file = ClaimFile.objects.create(sha256="b" * 64, name=path.name, size=path.stat().st_size)
    read = list(read_claims(path))
    rows = Claim.objects.bulk_create(
        Claim(
            facility_code=_claims.FACILITY, ma_lk=each.ma_lk, facility=facility,
            started_at=each.main.moment("NGAY_VAO"), ended_at=each.main.moment("NGAY_RA"),  # type: ignore[union-attr]
        )
        for each in read
    )  # fmt: skip
    documents = [document(each) for each in read]
    versions = ClaimVersion.objects.bulk_create(
        ClaimVersion(
            claim=row, number=1, file=file, index=each.index, standard=each.standard, digest=made.digest,
            content=made.content,
        )
        for row, each, made in zip(rows, read, documents, strict=True)
    )  # fmt: skip
    for row, version in zip(rows, versions, strict=True):
        row.current = version
    Claim.objects.bulk_update(rows, ["current"], batch_size=2000)
    return {each.ma_lk: made.digest for each, made in zip(read, documents, strict=True)}


def _export(out: io.BytesIO) -> Any:
    from ehr.claims.export import services

    period = services.period_of(_claims.FACILITY, dt.date(2025, 7, 1), dt.date(2025, 12, 31), by=None)
    return services.export(period, out, by=None, door="bench")


def _parse(data: bytes) -> list[Any]:
    from ehr.claims.xml import read_claims

    return list(read_claims(data))


def _digests(claims: list[Any]) -> dict[str, str]:
    from ehr.claims.storing.document import document

    return {each.ma_lk: document(each).digest for each in claims}


def _processor(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of this process, and the answer."""
    begin = time.process_time()
    found = work()
    return time.process_time() - begin, found


if __name__ == "__main__":
    _common.from_command_line(main, __doc__)
