"""Background work of the reports app. Every task may run twice without harm."""

from celery import shared_task

from reports.models import PrintJob
from reports.pdf import PdfOff
from reports.prints import jobs


@shared_task
def print_village(job_id: int) -> None:
    """Prints the questionnaires of a village (see `prints.jobs.run`)."""
    job = PrintJob.objects.select_related("village", "user").filter(pk=job_id).first()
    if job is None:
        return
    try:
        jobs.run(job)
    except PdfOff as off:
        PrintJob.objects.filter(pk=job_id).update(state=PrintJob.State.FAILED, message=str(off))
    except Exception:
        PrintJob.objects.filter(pk=job_id).update(
            state=PrintJob.State.FAILED, message="Không in được. Hãy thử lại; nếu vẫn lỗi, báo quản trị hệ thống."
        )
        raise


@shared_task
def remove_old_prints() -> None:
    """Removes printed files after a week."""
    jobs.remove_old()
