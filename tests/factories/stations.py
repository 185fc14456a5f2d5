"""Places, organisations and figures: invented ones, beside the real units that are loaded already."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from ehr.common.plain_names import plain_name_of
from stations.models import (
    AdminUnit,
    AdminUnitName,
    AdminUnitSuccession,
    FacilityCode,
    Organization,
    PopulationFigure,
    ServiceArea,
    Village,
    VillagePlacement,
    VillageTarget,
)  # fmt: skip


class _Named(DjangoModelFactory):
    class Meta:
        abstract = True

    plain_name = factory.LazyAttribute(plain_name_of)


class ProvinceFactory(_Named):
    """An invented province; no real code begins with Z."""

    class Meta:
        model = AdminUnit

    scheme = "new"
    level = "province"
    code = factory.Sequence(lambda n: f"Z{n}")
    unit_type = "Tỉnh"
    name = factory.Sequence(lambda n: f"Thử Nghiệm {n}")
    full_name = factory.LazyAttribute(lambda o: f"{o.unit_type} {o.name}")
    valid_from = date(2025, 7, 1)


class CommuneFactory(ProvinceFactory):
    """An invented commune of the two-tier list."""

    level = "commune"
    code = factory.Sequence(lambda n: f"Y{n:04d}")
    unit_type = "Xã"
    name = factory.Sequence(lambda n: f"Tân Thử {n}")
    parent = factory.SubFactory(ProvinceFactory)


class OldProvinceFactory(ProvinceFactory):
    """An invented province of the three-tier list."""

    scheme = "old"
    valid_from = None
    valid_to = date(2025, 7, 1)


class OldDistrictFactory(OldProvinceFactory):
    """An invented district."""

    level = "district"
    code = factory.Sequence(lambda n: f"Z{n:02d}")
    unit_type = "Huyện"
    parent = factory.SubFactory(OldProvinceFactory)


class OldCommuneFactory(OldProvinceFactory):
    """An invented commune of an invented district."""

    level = "commune"
    code = factory.Sequence(lambda n: f"X{n:04d}")
    unit_type = "Xã"
    name = factory.Sequence(lambda n: f"Cựu Thử {n}")
    parent = factory.SubFactory(OldDistrictFactory)


class AdminUnitNameFactory(DjangoModelFactory):
    """The name of a unit until an upgrade."""

    class Meta:
        model = AdminUnitName

    unit = factory.SubFactory(CommuneFactory)
    full_name = factory.LazyAttribute(lambda o: f"Xã {o.unit.name}")
    unit_type = "Xã"
    valid_from = date(2025, 7, 1)


class AdminUnitSuccessionFactory(DjangoModelFactory):
    """A whole commune that went into another."""

    class Meta:
        model = AdminUnitSuccession

    old = factory.SubFactory(OldCommuneFactory)
    new = factory.SubFactory(CommuneFactory)
    part = "whole"
    is_default = True
    effective = date(2025, 7, 1)
    basis = "thử nghiệm"


class VillageFactory(_Named):
    """A village of an invented commune."""

    class Meta:
        model = Village

    commune = factory.SubFactory(CommuneFactory)
    code = factory.Sequence(lambda n: f"T{n:03d}")
    name = factory.Sequence(lambda n: f"Thôn Thử {n}")


class VillagePlacementFactory(DjangoModelFactory):
    """Where the village is now."""

    class Meta:
        model = VillagePlacement

    village = factory.SubFactory(VillageFactory)
    commune = factory.LazyAttribute(lambda o: o.village.commune)
    valid_from = date(2025, 7, 1)


class OrganizationFactory(_Named):
    """A station of an invented commune."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Trạm Y tế Tân Thử {n}")
    kind = "station"
    unit = factory.SubFactory(CommuneFactory)


class FacilityCodeFactory(DjangoModelFactory):
    """A claims code that is clearly invented."""

    class Meta:
        model = FacilityCode

    organization = factory.SubFactory(OrganizationFactory)
    kind = "claims"
    code = factory.Sequence(lambda n: f"99X{n:02d}")


class ServiceAreaFactory(DjangoModelFactory):
    """The station serves a village of its commune."""

    class Meta:
        model = ServiceArea

    organization = factory.SubFactory(OrganizationFactory)
    village = factory.LazyAttribute(lambda o: VillageFactory(commune=o.organization.unit))


class PopulationFigureFactory(DjangoModelFactory):
    """The average population of a village in 2026."""

    class Meta:
        model = PopulationFigure

    village = factory.SubFactory(VillageFactory)
    period_start = date(2026, 1, 1)
    period_end = date(2026, 12, 31)
    population = 1200
    source = "Số liệu thử nghiệm"


class VillageTargetFactory(DjangoModelFactory):
    """Records to be made in 2026."""

    class Meta:
        model = VillageTarget

    village = factory.SubFactory(VillageFactory)
    year = 2026
    target = 1000
    source = "Kế hoạch thử nghiệm"
