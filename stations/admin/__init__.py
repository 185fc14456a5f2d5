"""Admin pages of places, organisations, figures and users."""

from stations.admin import organizations, population, staff, units

__all__ = ["organizations", "population", "staff", "units"]
