"""Taking claims out of the record again: a file is undone, or a facility withdraws a claim."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from ehr.audit import services as audit
from ehr.claims.models import Claim, ClaimVersion
from ehr.claims.record import tasks
from ehr.claims.record.giving_back import give_back
from ehr.claims.record.plan import OF_PERSON, TAKEN_BACK
from ehr.common.among import among
from ehr.records.models import CareDocument, Delivery, Encounter
from stations.models import User

DOOR = "claim"

#: Records that these claims made and on which nothing rests: no visit that counts, no dose, no other claim, no change
#: through another door. They stay as "entered in error"; their numbers are free for the right record.
_NOBODY_ELSE = """
    SELECT p.id FROM records_person p
    WHERE p.id = ANY(%s) AND p.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM records_encounter e WHERE e.person_id = p.id AND e.status <> 'error')
      AND NOT EXISTS (SELECT 1 FROM vaccination_immunization i WHERE i.person_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM claims_claim c
                      WHERE c.person_id = p.id AND c.state = 'active' AND NOT c.id = ANY(%s))
      AND NOT EXISTS (SELECT 1 FROM records_personevent h WHERE h.pgh_obj_id = p.id
                      AND coalesce(h.pgh_context ->> 'door', '') <> 'claim')"""


@transaction.atomic
def take_out(claim_pks: Iterable[int], *, by: User | None, reason: str, people: bool = True) -> int:
    """Visits of these claims are marked as entered in error with the reason; their papers, appointments and births go
    (they stay in the history), their open tasks too; so do records that only these claims made. A visit that the
    station entered itself stays, without what the claim added. Facts that filled empty fields of people go, unless
    somebody changed or confirmed them since. `people`: whether such records and facts go, too; not when the claims go
    on, but sealed. Gives how many facts went.

    All of it or nothing, with a fixed number of statements, and some for each other file that fills facts again."""
    keys = sorted(set(claim_pks))
    claims = list(
        Claim.objects.filter(among("id", keys)).values_list("pk", "key", "encounter_id", "person_id", "match")
    )
    if not claims:
        return 0
    visits = [encounter for _, _, encounter, _, _ in claims if encounter]
    files = list(Claim.objects.filter(among("id", keys)).values_list("current__file", flat=True).distinct()[:1])
    with audit.copy_context(by=by, door=DOOR, claim_file=files[0] or 0 if files else 0, undo=1):
        brought = Encounter.objects.filter(among("id", visits), source=Encounter.Source.CLAIM)
        brought_keys = list(brought.values_list("pk", flat=True))
        brought.exclude(status=Encounter.Status.ERROR).update(
            status=Encounter.Status.ERROR, status_reason=f"{TAKEN_BACK}{reason}"[:200], version=F("version") + 1,
            updated_at=timezone.now(),
        )  # fmt: skip
        born = list(Delivery.objects.filter(among("encounter_id", brought_keys)).values_list("child_id", flat=True))
        for model in OF_PERSON:
            model._base_manager.filter(among("encounter_id", brought_keys)).delete()
        CareDocument.objects.filter(source_key__in=[key for _, key, _, _, _ in claims]).delete()
        made = {person for _, _, _, person, match in claims if match == Claim.Match.NEW}
        if people:
            _withdraw(sorted({key for key in made | set(born) if key}), keys)
    tasks.drop(keys)
    if not people:
        return 0
    of = {key for key in (*born, *(person for _, _, _, person, _ in claims)) if key}
    said = ClaimVersion.objects.filter(among("claim_id", keys)).order_by().values_list("file", flat=True).distinct()
    return give_back(of, set(visits) - set(brought_keys), set(said), by=by, but=keys)


def _withdraw(people: list[int], claims: list[int]) -> None:
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOBODY_ELSE, [people, claims])
        gone = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "UPDATE records_person SET status = 'error', version = version + 1, updated_at = now() WHERE id = ANY(%s)",
            [gone],
        )
        cursor.execute(
            "UPDATE records_identifier SET valid_to = CURRENT_DATE, updated_at = now() "
            "WHERE person_id = ANY(%s) AND valid_to IS NULL",
            [gone],
        )
