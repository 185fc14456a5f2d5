"""Change history by triggers: every version of a row, whoever wrote it and through whichever door, COPY included."""

from typing import Any, cast

import pghistory
import pgtrigger
from django.db import models


def tracked(*, by: str = "", exclude: tuple[str, ...] = ()):
    """Class decorator: keeps each inserted, updated and deleted version of the model's rows in `<Model>Event`.

    `by`: the foreign key by which versions are looked up (usually "person"); empty for the row itself.
    `exclude`: generated columns, which can be computed again. The actor, door and batch of `audit.services.context`
    are stored with each version; one statement writes all versions of a bulk write."""

    def decorate(model: type[models.Model]) -> type[models.Model]:
        name = f"{model._meta.model_name}_event_by"
        return pghistory.track(
            pghistory.InsertEvent(),
            # Only rows that differ: a bulk upsert touches many rows without changing them.
            pghistory.UpdateEvent(condition=pghistory.AnyChange(exclude_auto=True)),
            pghistory.DeleteEvent(),
            exclude=list(exclude) or None,
            level=pgtrigger.Statement,
            obj_field=pghistory.ObjForeignKey(db_index=False, related_name="+"),
            context_field=pghistory.ContextJSONField(),
            context_id_field=cast("Any", None),  # documented: None leaves the column out
            meta={
                "verbose_name": f"Lịch sử: {model._meta.verbose_name}",
                "indexes": [models.Index(fields=[by or "pgh_obj", "pgh_id"], name=name[:30])],
            },
        )(model)

    return decorate
