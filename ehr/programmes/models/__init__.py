"""Rows that the registers of a station ask for and form 831 does not have."""

from ehr.programmes.models.checks import HealthCheck
from ehr.programmes.models.chronic import NcdRegistration, NcdVisit
from ehr.programmes.models.family import Abortion, Contraception
from ehr.programmes.models.pregnancy import Pregnancy
from ehr.programmes.models.reactions import AdverseEvent
from ehr.programmes.models.standards import GrowthStandard, IndicatorSetting

__all__ = [
    "Abortion",
    "AdverseEvent",
    "Contraception",
    "GrowthStandard",
    "HealthCheck",
    "IndicatorSetting",
    "NcdRegistration",
    "NcdVisit",
    "Pregnancy",
]
