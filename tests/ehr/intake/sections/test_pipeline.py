"""Sections C and D through the whole pipeline: the same person on several rows, decided one by one."""

from datetime import date

import pytest

from ehr.intake import services
from ehr.intake.models import ImportRow
from ehr.records.models import Encounter, Person
from ehr.vaccination.queries import section_c
from tests.factories.records import PersonFactory

pytestmark = pytest.mark.django_db
DOSES = (
    "Họ và tên,Ngày sinh,Giới tính,Thôn,Vắc xin,Ngày tiêm\n"
    "Lê Văn Thử,12/03/1980,Nam,{village},HPV 1,12/03/2026\n"
    "Lê Văn Thử,12/03/1980,Nam,{village},Cúm 1,12/03/2026\n"
)
VISITS = (
    "Họ và tên,Ngày sinh,Giới tính,Thôn,Ngày khám,Huyết áp,Cân nặng (kg)\n"
    'Lê Văn Thử,12/03/1980,Nam,{village},10/02/2026,120/80,"61,5"\n'
    "Lê Văn Thử,12/03/1980,Nam,{village},11/02/2026,130/85,61\n"
)


@pytest.fixture
def send(users, places):
    """send(text, kind) → the batch, read by the clerk."""

    def upload(text, kind):
        return services.upload(
            data=text.encode(), file_name="lop.csv", kind=kind, commune=places.commune, by=users.clerk, door="screen",
            wait=True,
        )  # fmt: skip

    return upload


@pytest.mark.parametrize(("kind", "text"), [("vaccination", DOSES), ("exam", VISITS)])
def test_a_person_may_stand_on_several_rows(send, users, places, kind, text):
    person = PersonFactory(full_name="Lê Văn Thử", birth_date=date(1980, 3, 12), village=places.villages[0])
    batch = send(text.format(village="Thôn Đông Hải"), kind)
    assert (batch.counts["new"], batch.counts["refused"]) == (2, 0)
    assert set(ImportRow.objects.values_list("person", flat=True)) == {person.pk}
    services.confirm(batch, by=users.clerk, wait=True)
    assert len(section_c(person).by_row) + Encounter.objects.filter(person=person).count() == 2
    batch.refresh_from_db()
    services.undo(batch, by=users.clerk, wait=True)
    assert len(section_c(person).by_row) + Encounter.objects.filter(person=person).count() == 0


def test_both_rows_may_be_decided_to_be_the_same_person(send, users, places):
    person = PersonFactory(full_name="Lê Văn Thử", birth_date=date(1980, 3, 12), village=places.villages[1])
    batch = send(DOSES.format(village="Thôn Đông Hải"), "vaccination")
    assert batch.counts["possible_duplicate"] == 2  # another village: never guessed
    for row in ImportRow.objects.filter(batch=batch):
        services.decide(row, ImportRow.Decision.SAME, by=users.clerk)
    services.confirm(batch, by=users.clerk, wait=True)
    assert set(section_c(person).by_row) == {"c2_hpv_1", "c2_influenza_1"}


def test_nobody_is_made_by_a_sheet_of_doses(send, users, places):
    batch = send(DOSES.format(village="Thôn Đông Hải"), "vaccination")
    assert batch.counts["refused"] == 2
    [codes] = {tuple(problem["code"] for problem in row.problems) for row in ImportRow.objects.all()}
    assert codes == ("person.unknown",)
    services.confirm(batch, by=users.clerk, wait=True)
    assert not Person.objects.exists()
