"""Background work of the reports app. Every task may run twice without harm."""

from celery import shared_task
from django.core.exceptions import PermissionDenied

from ehr.common import background
from reports.models import PrintJob, ReportBatch
from reports.pdf import PdfOff
from reports.prints import batches, jobs


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
def print_batch(batch_id: int) -> None:
    """Prints some reports of a batch and comes back for more (see `prints.batches.run`)."""
    batch = ReportBatch.objects.select_related("unit", "user").filter(pk=batch_id).first()
    if batch is None:
        return
    rows = ReportBatch.objects.filter(pk=batch_id).exclude(state=ReportBatch.State.DONE)
    try:
        if batches.run(batch):
            background.enqueue_on_commit("reports.tasks.print_batch", batch_id)
    except PdfOff as off:
        rows.update(state=ReportBatch.State.FAILED, message=str(off)[:200])
    except PermissionDenied:
        rows.update(state=ReportBatch.State.FAILED, message="Tài khoản không còn quyền in báo cáo này.")
    except Exception:
        rows.update(
            state=ReportBatch.State.FAILED, message="Không in được. Hãy thử lại; nếu vẫn lỗi, báo quản trị hệ thống."
        )
        raise


@shared_task
def remove_old_prints() -> None:
    """Removes printed files after a week."""
    jobs.remove_old()
    batches.remove_old()
