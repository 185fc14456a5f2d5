"""Who issues a report: the head and foot of Decree 30/2020/NĐ-CP, appendix I, from the tree of organisations."""

import datetime as dt
from dataclasses import dataclass

from stations.models import AdminUnit, Organization

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
# Level of the unit → kind of organisation that reports for it, abbreviation in the number, signer's capacity.
ISSUERS = {
    "commune": (Organization.Kind.STATION, "TYT", "TRƯỞNG TRẠM", "Trạm Y tế"),
    "district": (Organization.Kind.CENTRE, "TTYT", "GIÁM ĐỐC", "Trung tâm Y tế"),
    "province": (Organization.Kind.DEPARTMENT, "SYT", "GIÁM ĐỐC", "Sở Y tế"),
}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Text of the head and foot. The number is given by hand when the paper is registered."""

    upper: str
    own: str
    abbreviation: str
    place: str
    day: dt.date
    capacity: str
    recipients: tuple[str, ...]
    title: str = "BÁO CÁO"
    nation: str = NATION
    motto: str = MOTTO

    @property
    def upper_lines(self) -> tuple[str, ...]:
        return balanced(self.upper)

    @property
    def own_lines(self) -> tuple[str, ...]:
        return balanced(self.own)

    @property
    def number(self) -> str:
        return f"/BC-{self.abbreviation}"

    @property
    def dateline(self) -> str:
        """Quảng Đại, ngày 05 tháng 7 năm 2024: day and months 1, 2 with two digits (appendix I, II.4)."""
        month = f"{self.day.month:02d}" if self.day.month < 3 else str(self.day.month)
        return f"{self.place}, ngày {self.day.day:02d} tháng {month} năm {self.day.year}"


def balanced(name: str, width: int = 26) -> tuple[str, ...]:
    """A long name in two lines of about the same length; the printer would leave one word alone."""
    if len(name) <= width:
        return (name,)
    spaces = [at for at, sign in enumerate(name) if sign == " "]
    if not spaces:
        return (name,)
    at = min(spaces, key=lambda at: abs(len(name) - 2 * at))
    return name[:at], name[at + 1 :]


def letterhead(unit: AdminUnit, day: dt.date) -> Letterhead:
    """Head for a report of `unit` issued on `day`; one query (and the unit's parent).

    Without an organisation on record the usual names are built from the unit's."""
    kind, abbreviation, capacity, noun = ISSUERS[unit.level]
    issuer = (
        Organization.objects.valid_on(day).filter(unit=unit, kind=kind).select_related("parent").order_by("pk").first()
    )
    own = issuer.name if issuer else f"{noun} {_lower_first(unit.full_name)}"
    upper = issuer.parent.name if issuer and issuer.parent else _upper(unit)
    return Letterhead(
        upper=upper.upper(),
        own=own.upper(),
        abbreviation=abbreviation,
        place=unit.name,
        day=day,
        capacity=capacity,
        recipients=(f"- {upper[0].upper()}{upper[1:]} (để b/c);", f"- Lưu: VT, {abbreviation}."),
    )


def _upper(unit: AdminUnit) -> str:
    """A station belongs to the commune since 2025 (Circular 43/2025/TT-BYT), before to the district centre."""
    if unit.level == "commune" and unit.scheme == "old" and unit.parent:
        return f"Trung tâm Y tế {_lower_first(unit.parent.full_name)}"
    if unit.level == "district" and unit.parent:
        return f"Sở Y tế {_lower_first(unit.parent.full_name)}"
    return f"Ủy ban nhân dân {_lower_first(unit.full_name)}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
