"""Who sees which batches."""

import datetime as dt

import pytest
from django.utils.timezone import localdate

from ehr.intake.models import ImportBatch, ImportRow
from stations.models import Assignment, Organization, ServiceArea, User
from tests.factories.intake import ImportBatchFactory, ImportRowFactory

pytestmark = pytest.mark.django_db


def fresh(user):
    """As the next request has the user: nothing of the scope is remembered on the object."""
    return User.objects.get(pk=user.pk)


def test_batches_of_the_own_commune_only(users, places):
    own = ImportBatchFactory(commune=places.commune, by=users.head)
    other = ImportBatchFactory(commune=places.other_commune)
    row = ImportRowFactory(batch=own)
    ImportRowFactory(batch=other)
    assert set(ImportBatch.objects.visible_to(fresh(users.clerk))) == {own}
    assert set(ImportRow.objects.visible_to(fresh(users.clerk))) == {row}
    assert set(ImportBatch.objects.visible_to(fresh(users.department))) == {own, other}
    assert not ImportBatch.objects.visible_to(fresh(users.admin)).exists()


def test_a_site_sees_its_own_files_while_it_serves_villages_there(users, places):
    site = Organization.objects.create(
        name="Điểm trạm thử", plain_name="diem tram thu", kind="site", unit=places.commune
    )
    served = ServiceArea.objects.create(
        organization=site, village=places.villages[0], valid_from=dt.date(2025, 7, 1)
    )  # fmt: skip
    user = User.objects.create(username="diem.tram", full_name="Người Mẫu")
    Assignment.objects.create(user=user, role="clerk", organization=site, valid_from=dt.date(2025, 7, 1))
    own = ImportBatchFactory(commune=places.commune, by=user)
    ImportBatchFactory(commune=places.commune, by=users.head)
    assert set(ImportBatch.objects.visible_to(fresh(user))) == {own}
    served.valid_to = localdate()
    served.save()
    assert not ImportBatch.objects.visible_to(fresh(user)).exists()


def test_a_file_stays_behind_when_its_sender_moves_to_another_commune(users, places):
    ImportBatchFactory(commune=places.commune, by=users.clerk)
    Assignment.objects.filter(user=users.clerk).update(unit=places.other_commune)
    assert not ImportBatch.objects.visible_to(fresh(users.clerk)).exists()
