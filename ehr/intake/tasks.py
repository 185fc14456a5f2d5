"""Background work on batches. Every task may run twice, at once or again, without harm."""

from celery import shared_task

from ehr.common.background import enqueue_on_commit
from ehr.intake import services
from ehr.intake.register import tasks as register_tasks


@shared_task(name="intake.read")
def read(batch_id: int) -> None:
    """Reads the file of a batch into rows for the preview."""
    services.guarded(batch_id, services.read)


@shared_task(name="intake.write")
def write(batch_id: int) -> None:
    """Writes a confirmed batch, or what is left of it."""
    services.guarded(batch_id, services.write)


@shared_task(name="intake.undo")
def undo(batch_id: int) -> None:
    """Takes a batch back, or what is left of it."""
    services.guarded(batch_id, services.run_undo)


@shared_task(name="intake.resume")
def resume() -> None:
    """Every minute: hands out again the work that lost its worker."""
    for task, batch_id in services.stuck():
        enqueue_on_commit(task, batch_id)


@shared_task(name="intake.clear")
def clear() -> None:
    """Every night: what came in on files and is over its age leaves the database."""
    services.clear_old()


__all__ = ["clear", "read", "register_tasks", "resume", "undo", "write"]
