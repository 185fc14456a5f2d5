"""Keys of the people that a transaction is about to make: rows live inside a transaction only, so that two workers with
claims of the same new person do the work once. No model: nothing is ever read from it. And an index of the cards of
claims that wait for their person."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_parts_of_files_and_rule_levels")]

    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE claims_newcomer (key bytea PRIMARY KEY)", "DROP TABLE claims_newcomer"
        ),
        migrations.AddIndex(
            model_name="claim",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("match__in", ["foreign", "unmatched"])), fields=["cards"], name="claim_waiting_cards"
            ),
        ),
    ]
