"""Section A as a form: fields in the order of form 831, then what the paper has no line for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms

from ehr.common import formfields
from ehr.common.sections import Item
from ehr.records.facts import codes_of
from ehr.records.forms.base import CodeField, Group, SavingForm, SharedFields, field_for
from ehr.records.forms.places import PlaceField, offered_communes, offered_villages, provinces, resolve_places
from ehr.records.models import Address, Household, Identifier, Person, Relative
from ehr.records.models.person import Sex
from ehr.records.sections import SECTION_A, a
from stations.models import AdminUnit, Organization, User, Village
from stations.scope import scope_of

TABLES = {"person": Person, "identifier": Identifier, "address": Address, "relative": Relative, "household": Household}
LABELS = {
    "person_identifier": "Số định danh cá nhân",
    "vneid_account": "Tài khoản VNeID",
    "social_insurance_code": "Mã số BHXH",
    "population_member_code": "Mã nhân khẩu",
    "permanent_village_code": "Thôn, bản, tổ dân phố",
    "current_village_code": "Thôn, bản, tổ dân phố",
    "permanent_address_detail": "Thôn/xóm; số nhà, đường phố",
    "current_address_detail": "Số nhà, đường phố",
    "permanent_district": "Quận/Huyện (đơn vị cũ)",
    "current_district": "Quận/Huyện (đơn vị cũ)",
    "phone_landline": "Điện thoại cố định",
    "phone_mobile": "Điện thoại di động",
    "caregiver_name": "Họ tên người chăm sóc chính",
    "caregiver_phone_landline": "Điện thoại cố định",
    "caregiver_phone_mobile": "Điện thoại di động",
    "relative_relation_code": "Loại quan hệ (người chăm sóc)",
    "relative_identifier": "Mã định danh (người chăm sóc)",
    "relative_is_guardian": "Giám hộ",
    "id_missing_reason": "Lý do chưa có số",
    "residence": "Tình trạng cư trú",
    "resident_since": "Cư trú từ ngày",
    "status": "Trạng thái hồ sơ",
    "death_date": "Ngày mất",
    "moved_out_on": "Ngày chuyển đi",
    "moved_out_to": "Chuyển đến",
    "identity_source": "Nguồn xác minh danh tính",
    "identity_confirmed_on": "Ngày xác minh danh tính",
    "birth_certificate_number": "Số giấy chứng sinh",
    "station": "Trạm y tế quản lý",
    "note": "Ghi chú",
}
LAYOUTS = {
    "household_code": "sm", "full_name": "lg", "birth_date": "sm", "id_issue_date": "sm",
    "residence": "sm", "resident_since": "sm", "status": "sm", "death_date": "sm", "moved_out_on": "sm",
    "moved_out_to": "sm",
    "note": "wide", "phone_landline": "sm", "phone_mobile": "sm", "caregiver_phone_landline": "sm",
    "caregiver_phone_mobile": "sm", "caregiver_relation": "sm", "identity_confirmed_on": "sm",
}  # fmt: skip
HELP = {
    "birth_date": "12/03/1980, 03/1980, 1980 hoặc ?",
    "id_number": "12 số CCCD, 9 số CMND hoặc hộ chiếu",
    "health_insurance_number": "Không có: ghi «không»",
    "phone_mobile": "Không có: ghi «không»",
}
NEEDED = frozenset({"full_name", "sex", "birth_date", "current_commune"})
# The exchange sends the number of the card under this tag too; it is shown, and typed only once, as id_number.
SHOWN_ONLY = frozenset({"person_identifier"})
UNITS = {  # field: (level, list)
    "birth_registration_province": ("province", ""),
    "permanent_commune": ("commune", ""),
    "permanent_district": ("district", "old"),
    "permanent_province": ("province", ""),
    "current_commune": ("commune", "new"),
    "current_district": ("district", "old"),
    "current_province": ("province", "new"),
}
WITHIN = {"permanent_commune": "permanent_province", "current_commune": "current_province"}
MOVED_TO = {
    "id_missing_reason": "A2",
    "birth_certificate_number": "A2",
    "current_village_code": "A4",
    "permanent_village_code": "A3",
}
DATES = ("resident_since", "death_date", "moved_out_on", "identity_confirmed_on")
CHOICES = {
    "residence": Person.Residence.choices,
    "status": Person.Status.choices,
    "identity_source": Person.IdentitySource.choices,
}
UNITS_URL = "/tra-cuu/don-vi/"
VILLAGES_URL = "/tra-cuu/thon/"
_GUARDIAN = {"yes": True, "no": False}


def label_of(code: str) -> str:
    """The label of a field of section A or its extras, as the screens show it."""
    if code in LABELS:
        return LABELS[code]
    return SECTION_A.item(code).label


def groups_of_section_a() -> list[tuple[str, list[str], bool]]:
    """(title, field codes, folded) in the order of the form; screens of reading and of typing share it."""
    groups: dict[str, list[str]] = {}
    titles = {group.code: group.label for group in SECTION_A.groups}
    for group in SECTION_A.groups:
        for item in group.items:
            groups.setdefault(MOVED_TO.get(item.code, group.code), []).append(item.code)
    groups["A2"] += ["id_missing_reason", "birth_certificate_number"]
    extra = [code for code in a.EXTRA_STORES if code not in MOVED_TO]
    groups["A4"].remove("current_village_code")  # beside its commune
    groups["A4"].insert(groups["A4"].index("current_commune") + 1, "current_village_code")
    ordered = [(titles[code], groups[code], code == "AX") for code in groups]
    return [*ordered, ("Quản lý hồ sơ", extra, False)]


def max_length_of(store: str) -> int | None:
    """Length of the column behind a field."""
    table, _, rest = store.partition(".")
    column = rest.rpartition(".")[2]
    if table == "identifier":
        return 150 if column == "issued_by" else 30
    if table not in TABLES:
        return None
    return getattr(TABLES[table]._meta.get_field(column), "max_length", None)


def _field(code: str) -> forms.Field:
    label, store = label_of(code), (a.STORES | a.EXTRA_STORES)[code]
    common: dict[str, Any] = {"label": label, "required": False, "help_text": HELP.get(code, "")}
    made: forms.Field
    if code in UNITS:
        level, scheme = UNITS[code]
        made = PlaceField(
            AdminUnit, level=level, scheme=scheme, combo=f"{UNITS_URL}?level={level}&scheme={scheme}", **common
        )
        if code in WITHIN:
            made.widget.attrs["data-within"] = WITHIN[code]
    elif code.endswith("village_code"):
        made = PlaceField(Village, combo="local", **common)
        commune = "current_commune" if code.startswith("current") else "permanent_commune"
        made.widget.attrs |= {"data-options-url": VILLAGES_URL, "data-follows": commune}
    elif code == "station":
        made = PlaceField(Organization, **common)
    elif code == "full_name":
        made = formfields.NameField(**common, max_length=100)
    elif code == "birth_date":
        made = formfields.PartialDateField(**common)
    elif code == "sex":
        made = forms.ChoiceField(**common, choices=Sex.choices, widget=forms.RadioSelect)
    elif code == "id_missing_reason":
        made = CodeField("id-missing-reason", **common)
    elif code in DATES:
        made = formfields.DateField(**common)
    elif code in CHOICES:
        made = forms.ChoiceField(**common, choices=CHOICES[code])
    elif code == "note":
        made = forms.CharField(**common, widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)
    else:
        item = SECTION_A.item(code) if code in SECTION_A.names else Item(code, label, "text", store)
        made = field_for(
            item,
            answerable=code in a.ANSWERABLE,
            label=label,
            help_text=HELP.get(code, ""),
            max_length=max_length_of(store),
        )
    made.layout, made.need = LAYOUTS.get(code, ""), code in NEEDED  # type: ignore[attr-defined]
    made.disabled = code in SHOWN_ONLY
    return made


_CODES = [code for _, codes, _ in groups_of_section_a() for code in codes]
SectionAFields = type("SectionAFields", (SavingForm,), {code: _field(code) for code in _CODES})


class PersonForm(SectionAFields):  # type: ignore[misc, valid-type]
    """All of section A. `values()` is the flat dictionary that `save_person` takes."""

    elsewhere = {"merged_into": "status"}

    def __init__(
        self, *args: Any, user: User, household: Household | None = None, person: Person | None = None, **kwargs: Any
    ) -> None:
        self.user, self.household = user, household
        super().__init__(*args, **kwargs)
        status = person.status if person else Person.Status.ACTIVE
        kept = {Person.Status.ACTIVE, Person.Status.MOVED, Person.Status.DEAD, status}
        if scope_of(user).can("record.delete"):
            kept.add(Person.Status.ERROR)
        self.fields["status"].choices = [choice for choice in Person.Status.choices if choice[0] in kept]
        if status == Person.Status.DUPLICATE:
            self.fields["status"].disabled = True  # only the un-merge changes it
        scope = scope_of(user)
        for code, offer in (
            ("current_commune", lambda: offered_communes(scope)),
            ("current_village_code", lambda: self._villages_beside("current_commune")),
            ("permanent_village_code", lambda: self._villages_beside("permanent_commune")),
            ("station", lambda: Organization.objects.filter(pk__in=scope.stations)),
            ("current_province", lambda: self._provinces),
            ("permanent_province", lambda: self._provinces),
            ("birth_registration_province", lambda: self._provinces),
        ):
            self.fields[code].widget.offer = offer

    @cached_property
    def _provinces(self) -> list[AdminUnit]:
        return provinces()

    def _villages_beside(self, commune: str) -> list[Village]:
        """Villages of the commune that the form shows; of the user's communes while none is chosen."""
        key = self[commune].value()
        key = getattr(key, "pk", key)
        if str(key or "").isdigit():
            return offered_villages([int(key)])
        return offered_villages(scope_of(self.user).communes) if commune == "current_commune" else []

    def clean(self) -> dict[str, Any]:
        household = self.household
        known = (household.village, household.commune, household.commune.parent) if household else ()
        resolve_places(self, known)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["relative_is_guardian"] = _GUARDIAN.get(values.get("relative_is_guardian", ""))
        if values.get("current_commune") is None and values.get("current_village_code"):
            values["current_commune"] = values["current_village_code"].commune
        return values

    def groups(self) -> list[Group]:
        return [Group(title, self.bound(codes), folded) for title, codes, folded in groups_of_section_a()]


# The choices of these depend on who asks and what is stored.
PersonForm.base_fields = SharedFields(  # type: ignore[attr-defined]
    PersonForm.base_fields,  # type: ignore[attr-defined]
    own=("status", *(name for name, made in PersonForm.base_fields.items() if isinstance(made, PlaceField))),  # type: ignore[attr-defined]
)


def form_values(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of section A as initial values of the form."""
    guardian = {True: "yes", False: "no"}.get(facts.get("relative_is_guardian"), "")  # type: ignore[call-overload]
    return {**facts, "relative_is_guardian": guardian}


def new_person_values(user: User, household: Household | None) -> dict[str, Any]:
    """What a new person most likely is: of this country, of the user's commune, of the household."""
    values: dict[str, Any] = {
        "nationality": codes_of("country").get("VN"),
        "status": "active",
        "residence": "permanent",
        "identity_source": "manual",
    }
    if household:
        return values | {
            "household_code": household.code, "current_commune": household.commune,
            "current_province": household.commune.parent,
            "current_village_code": household.village, "current_address_detail": household.address_detail,
        }  # fmt: skip
    communes = offered_communes(scope_of(user))
    if len(communes) == 1:
        values |= {"current_commune": communes[0], "current_province": communes[0].parent}
    return values
