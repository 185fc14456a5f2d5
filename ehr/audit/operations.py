"""Migration operation for the history triggers of many models at once."""

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
