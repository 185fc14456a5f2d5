"""Operations of migrations that are applied as one step."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from ehr.audit.operations import Together

pytestmark = pytest.mark.django_db


def _tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("trial_")}


def test_operations_go_forwards_and_backwards_as_one_step():
    create = Together(
        [
            migrations.CreateModel("House", [("id", models.BigAutoField(primary_key=True))]),
            migrations.CreateModel(
                "Room",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("house", models.ForeignKey("trial.House", models.CASCADE)),
                ],
            ),
        ]
    )
    more = Together(
        [
            migrations.AddField("house", "name", models.CharField(max_length=9, default="")),
            migrations.AddIndex("house", models.Index(fields=["name"], name="trial_house_name")),
        ]
    )
    empty = ProjectState()
    made, full = empty.clone(), empty.clone()
    create.state_forwards("trial", made)
    create.state_forwards("trial", full)
    more.state_forwards("trial", full)

    with connection.schema_editor() as editor:
        create.database_forwards("trial", editor, empty, made)
        more.database_forwards("trial", editor, made, full)
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "trial_house")
    assert (_tables(), indexes["trial_house_name"]["columns"]) == ({"trial_house", "trial_room"}, ["name"])

    with connection.schema_editor() as editor:
        more.database_backwards("trial", editor, full, made)
    with connection.cursor() as cursor:
        columns = [each.name for each in connection.introspection.get_table_description(cursor, "trial_house")]
    assert columns == ["id"]
    with connection.schema_editor() as editor:
        create.database_backwards("trial", editor, made, empty)
    assert _tables() == set()


def test_a_step_can_be_taken_back_only_if_all_of_it_can():
    once = migrations.RunPython(lambda apps, editor: None)
    assert not Together([once]).reversible
    assert Together([migrations.RunSQL("SELECT 1", "SELECT 1")]).reversible
