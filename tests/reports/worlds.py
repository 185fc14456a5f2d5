"""A small place with a little of everything, for tests that ask every report."""

import datetime as dt
from typing import Any

from stations.models import Organization, ServiceArea
from tests.reports import builders as make

DONE = {"section_a_complete_on": dt.date(2024, 2, 1), "identity_confirmed_on": dt.date(2024, 2, 1)}


def small_world() -> dict[str, Any]:
    """A province with two communes, an old district with an old commune, a site, people of all states, visits."""
    province = make.unit("province", "Tỉnh Thử")
    district = make.unit("district", "Huyện Cũ", make.unit("province", "Tỉnh Thử", scheme="old"), "old")
    old = make.unit("commune", "Xã Cũ", district, "old")
    commune, other = make.unit("commune", "Xã Một", province), make.unit("commune", "Xã Hai", province)
    make.succession(old, commune)
    first, second = make.village(commune, "Thôn Một", old), make.village(commune, "Thôn Hai", old)
    site = Organization.objects.create(name="Điểm trạm thử", plain_name="diem tram thu", kind="site", unit=commune)
    ServiceArea.objects.create(organization=site, village=second)
    make.population(first, 9)
    make.population(second, 40)
    names = ["Nguyễn Văn Thử Một"]
    make.visits(make.people(8, first, full_name=names[0], **DONE), dt.date(2026, 3, 2))
    make.people(3, first, birth_date=dt.date(2025, 6, 1))
    make.people(1, first, status="dead", death_date=dt.date(2026, 3, 5))
    make.people(2, second, status="moved", moved_out_on=dt.date(2026, 3, 6))
    make.visits(make.people(20, second), dt.date(2026, 2, 2), bp_systolic=150, bp_diastolic=95)
    make.people(2, commune, **DONE)
    make.people(30, make.village(other, "Thôn Xa"), full_name="Trần Thị Xa", **DONE)
    return {
        "province": province, "district": district, "old": old, "commune": commune, "other": other,
        "villages": (first, second), "site": site, "names": names,
    }  # fmt: skip
