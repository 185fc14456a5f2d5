"""Migration operations that render the state of all models once, where Django would do so for each step."""

from django.db.migrations.operations.base import Operation
from pgtrigger.migrations import _add_trigger, _remove_trigger


class InstallTriggers(Operation):
    """Creates in the database the triggers that CreateModel's options name.

    pgtrigger's own AddTrigger renders the state of all related models again for each trigger; with three triggers a
    table that alone took eight seconds of a first start."""

    reversible = True

    def __init__(self, models):
        self.models = models

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for name in self.models:
            for trigger in to_state.models[app_label, name].options["triggers"]:
                _add_trigger(schema_editor, to_state.apps.get_model(app_label, name), trigger)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for name in self.models:
            for trigger in from_state.models[app_label, name].options["triggers"]:
                _remove_trigger(schema_editor, from_state.apps.get_model(app_label, name), trigger)

    def describe(self):
        return f"Create the history triggers of {len(self.models)} models"


class Together(Operation):
    """Operations that Django applies as one step: the state of all models is rendered once, not once for each.

    With a record of a hundred tables around one person that was most of the time of a first start. For operations that
    do not build on each other's tables: tables that are created, or fields, indexes and triggers of tables that were
    there before."""

    def __init__(self, operations):
        self.operations = operations
        self.reversible = all(each.reversible for each in operations)

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # else each operation renders what it changes
        for each in self.operations:
            each.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for each in self.operations:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for each in reversed(self.operations):
            each.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return "; ".join(each.describe() for each in self.operations)
