"""Names and numbers of the patients of restricted claims are sealed like their content. Uses the field keys of this
installation, and the forms of `ehr.claims.patient` as they are on this day. Can be run again."""

import json

from django.db import migrations

TOGETHER = 500


def seal(apps, schema_editor):
    # The only application code: how a value is sealed is one matter of the whole installation.
    from ehr.common import sealed

    claims = apps.get_model("claims", "Claim")
    waiting = claims.objects.exclude(restricted=[]).filter(identity=None).order_by("pk")
    last = 0
    while rows := list(waiting.filter(pk__gt=last)[:TOGETHER]):
        last = rows[-1].pk
        for row in rows:
            said = {
                "full_name": row.full_name, "name_key": row.name_key, "birth": row.birth, "sex": row.sex,
                "number": row.number, "cards": list(row.cards),
            }  # fmt: skip
            texts = [f"number:{number}" for number in (row.number, *row.cards) if number]
            texts += [f"name:{row.name_key}"] if row.name_key else []
            plain = json.dumps(said, ensure_ascii=False).encode()
            row.identity = sealed.seal(plain, context=f"claims.patient:{row.pk}")
            row.blind = sorted({sealed.blind_index(text)[:32] for text in texts})
            row.full_name = row.name_key = row.birth = row.sex = row.number = ""
            row.cards = []
        claims.objects.bulk_update(
            rows, ["full_name", "name_key", "birth", "sex", "number", "cards", "identity", "blind"], batch_size=100
        )
        entries = apps.get_model("claims", "ClaimEntry")
        entries.objects.filter(claim__in=[row.pk for row in rows]).exclude(label="").update(label="")


def unseal(apps, schema_editor):
    from ehr.common import sealed

    claims = apps.get_model("claims", "Claim")
    for row in claims.objects.exclude(identity=None).order_by("pk").iterator(chunk_size=TOGETHER):
        said = json.loads(sealed.unseal(row.identity, context=f"claims.patient:{row.pk}"))
        claims.objects.filter(pk=row.pk).update(**said, identity=None, blind=[])


class Migration(migrations.Migration):
    dependencies = [("claims", "0007_sealed_patients")]

    operations = [migrations.RunPython(seal, unseal, elidable=True)]
