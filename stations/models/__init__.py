"""Who and where: administrative units, organisations, villages, staff."""

from stations.models.organizations import FacilityCode, Organization, ServiceArea
from stations.models.population import PopulationFigure, VillageTarget
from stations.models.staff import Assignment, Role, User
from stations.models.units import AdminUnit, AdminUnitName, AdminUnitSuccession, Village, VillagePlacement

__all__ = [
    "AdminUnit",
    "AdminUnitName",
    "AdminUnitSuccession",
    "Assignment",
    "FacilityCode",
    "Organization",
    "PopulationFigure",
    "Role",
    "ServiceArea",
    "User",
    "Village",
    "VillagePlacement",
    "VillageTarget",
]
