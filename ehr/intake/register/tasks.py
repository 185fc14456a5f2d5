"""Background work on acceptances. Every task may run twice, at once or again, without harm."""

from celery import shared_task

from ehr.intake.register import services


@shared_task(name="intake.register.accept")
def accept(acceptance_id: int) -> None:
    """Writes an acceptance, or what is left of it."""
    services.run(acceptance_id)


@shared_task(name="intake.register.undo")
def undo(acceptance_id: int) -> None:
    """Takes an acceptance back, or what is left of it."""
    services.run_undo(acceptance_id)
