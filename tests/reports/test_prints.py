"""Printed record, household questionnaire and village print: content, rights, logs, restart."""

import io
import time
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from pypdf import PdfReader
from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration

from ehr.audit.models import AccessLog
from ehr.common.answers import Answer
from ehr.common.dates import PartialDate
from ehr.common.sections import load_form831
from ehr.records import services
from ehr.records.models import Person
from ehr.vaccination.services import save_vaccinations
from reports import pdf
from reports.models import PrintJob
from reports.prints import jobs
from reports.prints.questionnaire import QUESTIONNAIRE
from reports.prints.record import printed_codes, record_context
from reports.prints.values import text_of
from reports.tasks import print_village
from tests.factories.records import EncounterFactory, HouseholdFactory, MembershipFactory, PersonFactory

HOSTILE = '<img src=x onerror=alert(1)> =HYPERLINK("x")'


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.fixture
def person(places, users):
    """A woman with something in every section."""
    values = {
        "full_name": "Nguyễn Thị Ánh", "sex": "2", "birth_date": PartialDate.parse("03/1980"),
        "current_commune": places.commune, "current_village_code": places.villages[0], "household_code": "H12",
        "relation_to_head": "01", "phone_mobile": "không", "mother_name": HOSTILE,
    }  # fmt: skip
    saved = services.save_person(values=values, by=users.clerk, door="screen").object
    saved.refresh_from_db()
    services.save_history(
        person=saved, by=users.clerk, door="screen",
        values={"birth_weight_g": "kb", "disease_asthma": "yes", "disease_cancer": "không", "risk_smoking": "2",
                "surgery_history": "Mổ ruột thừa (2010)", "family_disease_cancer": "Phổi",
                "family_disease_cancer_person": "Ông nội"},
    )  # fmt: skip
    save_vaccinations(
        person=saved, by=users.clerk, door="screen",
        rows={"c3_tetanus_1": {"status": "given", "occurrence_date": date(2005, 2, 1), "pregnancy_month": 5}},
        extra=[{"table": "2", "vaccine": "HPV", "dose_number": 1, "occurrence_date": date(2020, 1, 5)}],
    )  # fmt: skip
    services.save_encounter(
        person=saved, by=users.clerk, door="screen",
        values={"exam_date": date(2026, 11, 1), "bp_systolic": 120, "bp_diastolic": 80, "weight_kg": Decimal("61.5"),
                "height_cm": Decimal(160), "organ_respiratory": "Rì rào phế nang rõ", "advice": "Ăn nhạt",
                "labs": [{"group": "blood_chemistry", "service_name": "Glucose", "result": "5,2", "unit": "mmol/L"}],
                "diagnoses": [{"icd10_code": "I10"}]},
    )  # fmt: skip
    return saved


@pytest.fixture
def clerk(login, users):
    return login(users.clerk)


def test_record_prints_all_four_sections_in_order(clerk, person):
    response = clerk.get(reverse("prints:person", args=[person.code]))
    text = words(response.content)
    assert response["Content-Type"] == "application/pdf"
    positions = [text.index(x) for x in ("A. PHẦN THÔNG TIN", "B. NHÓM THÔNG TIN", "C. TIÊM CHỦNG", "D. KHÁM LÂM SÀNG")]
    assert positions == sorted(positions)
    for part in ("Nguyễn Thị Ánh", "03/1980", "H 1 2", "Không biết", "Mổ ruột thừa (2010)", "Ông nội", "01/02/2005",
                 "05/01/2020", "120/80", "61,5", "24", "Rì rào phế nang rõ", "Glucose: 5,2 mmol/L", "I10", "Ăn nhạt",
                 person.code):  # fmt: skip
        assert part in text


def test_hostile_text_stays_text(clerk, person):
    text = words(clerk.get(reverse("prints:person", args=[person.code])).content)
    assert "<img src=x onerror=alert(1)>" in text


def test_every_paper_field_has_a_place_on_the_printed_form():
    paper = {item.code for section in load_form831() for item in section.items() if item.paper}
    assert len(paper) == 209  # form831.md: 209 printed fields, 22 only in the exchange XML
    assert paper - printed_codes() == set()


def test_a_cancelled_visit_is_not_printed(person):
    EncounterFactory(person=person, exam_date=date(2026, 1, 1), status="error", status_reason="nhầm người")
    assert [visit["d"]["exam_date"].text for visit in record_context(person)["visits"]] == ["01/11/2026"]


def test_number_of_queries_does_not_grow_with_visits(person, django_assert_num_queries):
    record_context(person)  # code lists are read once
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        record_context(Person.objects.get(pk=person.pk))
    EncounterFactory.create_batch(20, person=person)
    with django_assert_num_queries(len(few)):
        record_context(Person.objects.get(pk=person.pk))


@pytest.mark.parametrize("role", ["far", "admin", "nobody"])
def test_wrong_place_or_role_gets_404(role, login, users, person):
    client = login(getattr(users, role))
    household = person.membership_set.get().household_id
    for url in (reverse("prints:person", args=[person.code]), reverse("prints:questionnaire", args=[household]),
                reverse("prints:village_questionnaires", args=[person.village_id])):  # fmt: skip
        assert client.get(url).status_code == 404
    assert not AccessLog.objects.exists()


def test_each_print_is_logged_for_each_person(clerk, person, users):
    other = PersonFactory(village=person.village, commune=person.commune)
    MembershipFactory(person=other, household=person.membership_set.get().household)
    clerk.get(reverse("prints:questionnaire", args=[person.membership_set.get().household_id]))
    logged = AccessLog.objects.filter(action="print", object=QUESTIONNAIRE, user=users.clerk)
    assert set(logged.values_list("person_id", flat=True)) == {person.pk, other.pk}


def test_questionnaire_is_one_sheet_of_two_sides_per_person(clerk, person):
    household = person.membership_set.get().household
    for number in range(3):
        MembershipFactory(
            person=PersonFactory(
                full_name=f"Lê Văn Thành Viên {number}", village=person.village, commune=person.commune
            ),
            household=household,
        )
    PersonFactory(village=person.village, commune=person.commune)  # lives alone elsewhere
    response = clerk.get(reverse("prints:questionnaire", args=[household.pk]))
    reader = PdfReader(io.BytesIO(response.content))
    assert len(reader.pages) == 2 * 4
    front = reader.pages[0].extract_text()
    assert person.code in front and "Nguyễn Thị Ánh" in front and "H12" in front
    assert "B7. Sức khỏe sinh sản" in reader.pages[1].extract_text()


@pytest.mark.parametrize("font", ["DejaVu Serif", "Noto Serif", "Liberation Serif"])
def test_long_names_do_not_break_the_two_sides(clerk, person, monkeypatch, font):
    """In the font of the machine and in the widest one; a font that is not installed is replaced by one that is."""
    css = Path(finders.find("prints/prints.css")).read_text()
    fonts = FontConfiguration()
    style = CSS(string=css.replace('"Times New Roman"', f'"{font}"'), font_config=fonts)
    monkeypatch.setattr(pdf, "_style", lambda name: (fonts, style))
    Person.objects.filter(pk=person.pk).update(full_name="Nguyễn " * 14)
    household = person.membership_set.get().household_id
    reader = PdfReader(io.BytesIO(clerk.get(reverse("prints:questionnaire", args=[household])).content))
    assert len(reader.pages) == 2


def test_household_without_living_members_has_nothing_to_print(clerk, person):
    household = HouseholdFactory(village=person.village, commune=person.commune)
    assert clerk.get(reverse("prints:questionnaire", args=[household.pk])).status_code == 404


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def village_of(person, households):
    for number in range(households):
        household = HouseholdFactory(village=person.village, commune=person.commune, code=f"X{number:03d}")
        MembershipFactory(person=PersonFactory(village=person.village, commune=person.commune), household=household)


def test_village_print_goes_on_where_a_killed_worker_stopped(users, person, media, monkeypatch):
    monkeypatch.setattr(jobs, "HOUSEHOLDS_PER_FILE", 2)
    village_of(person, 4)
    job = PrintJob.objects.create(village=person.village, user=users.clerk)
    real, calls = jobs.write_pdf, []

    def dies_at_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(jobs, "write_pdf", dies_at_second)
    with pytest.raises(KeyboardInterrupt):
        print_village(job.pk)
    print_village(job.pk)
    print_village(job.pk)  # delivered twice
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert len(calls) == 4  # three files, one of them begun twice
    with zipfile.ZipFile(jobs.folder(job) / "phieu.zip") as archive:
        pages = [len(PdfReader(io.BytesIO(archive.read(name))).pages) for name in archive.namelist()]
    assert pages == [4, 4, 2]
    assert AccessLog.objects.filter(object=QUESTIONNAIRE).count() == 5


def test_a_double_click_starts_one_print(clerk, person, users, media, django_capture_on_commit_callbacks):
    url = reverse("prints:village_questionnaires", args=[person.village_id])
    first, second = clerk.post(url), clerk.post(url)
    assert first["Location"] == second["Location"]
    assert PrintJob.objects.count() == 1
    assert clerk.get(first["Location"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_click_reaches_a_real_worker_over_the_real_broker(login, users, person, media):
    """The web process, which never imported the task, hands it to a Celery worker (test broker, real server)."""
    from celery.contrib.testing.worker import start_worker

    from ehr.config.celery import app

    village_of(person, 1)
    client = login(users.clerk)
    with start_worker(app, perform_ping_check=False, pool="solo", concurrency=1, loglevel="ERROR"):
        client.post(reverse("prints:village_questionnaires", args=[person.village_id]))
        for _ in range(150):
            job = PrintJob.objects.get()
            if job.state in (PrintJob.State.DONE, PrintJob.State.FAILED):
                break
            time.sleep(0.2)
    assert (job.state, job.done, job.message) == ("done", 2, "")


def test_only_who_asked_may_fetch_the_file(login, users, person, media):
    village_of(person, 1)
    job = PrintJob.objects.create(village=person.village, user=users.clerk)
    print_village(job.pk)
    url = reverse("prints:job_file", args=[job.key])
    assert zipfile.is_zipfile(io.BytesIO(login(users.clerk).get(url).getvalue()))
    assert login(users.head).get(url).status_code == 404


def test_printed_files_go_after_a_week(users, person, media):
    village_of(person, 1)
    job = PrintJob.objects.create(village=person.village, user=users.clerk)
    print_village(job.pk)
    PrintJob.objects.update(created_at="2026-01-01T00:00:00+07:00")
    jobs.remove_old()
    assert not jobs.folder(job).exists()
    assert not PrintJob.objects.exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Answer.NONE, "Không có"), (Answer.UNKNOWN, "Không biết"), (Answer.NOT_ASKED, ""), (Decimal("61.50"), "61,5"),
        (date(1980, 3, 12), "12/03/1980"), (PartialDate.parse("1980"), "1980"), (PartialDate.parse("?"), "Không biết"),
        (0, "0"), ("yes", "Có"), (Decimal("160"), "160"),
    ],
)  # fmt: skip
def test_text_of_a_value_as_written_on_paper(value, text):
    assert text_of(value) == text
