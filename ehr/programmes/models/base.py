"""What rows of programmes share."""

from django.db import models

from ehr.common import modelfields
from ehr.records.models.base import OfPerson, Stamped, Versioned
from ehr.records.models.encounter import Encounter, EncounterQuerySet
from stations.models import Organization


class OfProgramme(OfPerson, Versioned):
    """An episode of one person, and who looks after it. The facility may stand outside the list."""

    facility = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Cơ sở", db_index=False
    )
    facility_name = modelfields.CharField("Tên cơ sở (ngoài danh mục)", max_length=150, blank=True)
    note = modelfields.TextField("Ghi chú", blank=True)

    class Meta:
        abstract = True


class OfVisit(Stamped):
    """Facts of one visit that a programme asks for."""

    encounter = models.ForeignKey(
        Encounter, models.CASCADE, related_name="%(class)s_set", verbose_name="Lượt khám", db_index=False
    )

    objects = EncounterQuerySet.as_manager()

    class Meta:
        abstract = True
