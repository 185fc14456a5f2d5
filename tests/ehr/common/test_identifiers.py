from datetime import date

import pytest

from ehr.common import identifiers
from ehr.common.identifiers import clean_number, clean_phone


def codes(problems):
    return {(problem.code, problem.level) for problem in problems}


def national_id(value, born=date(1980, 3, 12), precision="day", sex="male"):
    return codes(identifiers.check_national_id(value, birth_date=born, birth_precision=precision, sex=sex))


@pytest.mark.parametrize(
    ("value", "born", "sex"),
    [
        ("038080000001", date(1980, 3, 12), "male"),
        ("038180000001", date(1980, 3, 12), "2"),
        ("001205000001", date(2005, 1, 1), "1"),
        ("096305000001", date(2005, 1, 1), "Nữ"),
        ("038080000001", date(1980, 1, 1), ""),
        ("038080000001", None, "male"),
    ],
)
def test_a_number_that_fits_the_person(value, born, sex):
    assert national_id(value, born, sex=sex) == set()


@pytest.mark.parametrize(
    "value", ["", "12345", "03808000000", "0380800000011", "03808000000a", "٠٣٨٠٨٠٠٠٠٠٠١", "038080000001\n"]
)
def test_anything_but_twelve_digits_is_an_error(value):
    assert national_id(value) == {("national_id.format", "error")}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("038081000001", ("national_id.birth_year", "warning")),
        ("038280000001", ("national_id.birth_year", "warning")),  # century of 2000-2099
        ("038180000001", ("national_id.sex", "warning")),
        ("003080000001", ("national_id.place", "info")),
        ("000080000001", ("national_id.place", "info")),
    ],
)
def test_a_mismatch_warns_and_never_blocks(value, problem):
    assert national_id(value) == {problem}


def test_precision_of_the_birth_date_is_respected():
    assert national_id("038075000001", date(1980, 1, 1), "year") == {("national_id.birth_year", "warning")}
    assert national_id("038075000001", None, "unknown") == set()


def test_messages_do_not_repeat_the_number():
    found = list(
        identifiers.check_national_id("03818000000", birth_date=None, birth_precision="unknown", sex="")
    ) + list(identifiers.check_cmnd("1234567"))

    assert "11 chữ số" in found[0].message and "03818" not in found[0].message
    assert "7 chữ số" in found[1].message and "1234567" not in found[1].message


def test_the_place_list_has_63_provinces():
    places = identifiers.place_codes()

    assert len(places) == 63
    assert (places["001"], places["038"], places["096"]) == ("Hà Nội", "Thanh Hóa", "Cà Mau")


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (identifiers.check_cmnd, "123456789", set()),
        (identifiers.check_cmnd, "12345678", {("cmnd.format", "error")}),
        (identifiers.check_bhyt, "GD4380123456789", set()),
        (identifiers.check_bhyt, "T13801123456789", {("bhyt.format", "error")}),
        (identifiers.check_bhyt, "TE13801234ABCDE", {("bhyt.temporary", "warning")}),
        (identifiers.check_bhyt, "GD6380123456789", {("bhyt.format", "error")}),
        (identifiers.check_bhyt, "0123456789", set()),
        (identifiers.check_bhyt, "0000000000", {("bhyt.zeros", "warning")}),
        (identifiers.check_bhyt, "GD4380000000000", {("bhyt.zeros", "warning")}),
        (identifiers.check_bhyt, "038080000001", set()),
        (identifiers.check_bhyt, "12345", {("bhyt.format", "error")}),
        (identifiers.check_birth_certificate, "12345.GCS.00001.25", set()),
        (identifiers.check_birth_certificate, "12345GCS0000125", {("birth_certificate.format", "error")}),
        (identifiers.check_temporary, "TAM-0001", set()),
        (identifiers.check_temporary, "123456789012", {("temporary.like_national_id", "error")}),
        (identifiers.check_email, "an@tramyte.vn", set()),
        (identifiers.check_email, "an@tramyte", {("email.format", "warning")}),
        (identifiers.check_email, "an tramyte.vn", {("email.format", "warning")}),
        (identifiers.check_email, "", set()),
    ],
)
def test_cards_and_addresses(check, value, expected):
    assert codes(check(value)) == expected


@pytest.mark.parametrize(
    ("value", "country", "expected"),
    [
        ("B1234567", "VN", set()),
        ("12", "VN", {("passport.format", "warning")}),
        ("12", "LA", set()),
        ("P123", "", {("passport.country", "error")}),
    ],
)
def test_passport(value, country, expected):
    assert codes(identifiers.check_passport(value, country)) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("0912345678", "mobile", set()),
        ("02373123456", "landline", set()),
        ("02373123456", "any", set()),
        ("+85620123456", "mobile", set()),
        ("", "mobile", set()),
        ("01632345678", "mobile", {"phone.old_mobile"}),
        ("091234567", "mobile", {"phone.mobile"}),
        ("0212345678", "mobile", {"phone.mobile"}),
        ("0912345678", "landline", {"phone.landline"}),
        ("123", "any", {"phone.format"}),
    ],
)
def test_phones_only_warn(value, kind, expected):
    found = list(identifiers.check_phone(value, kind=kind))

    assert {problem.code for problem in found} == expected
    assert {problem.level for problem in found} <= {"warning"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("038 080 000 001", "038080000001"),
        ("038.080.000.001", "038080000001"),
        ("gd 4 38 0123456789", "GD4380123456789"),
        ("12345.gcs.00001.25", "12345.GCS.00001.25"),
        ("b-1234567", "B1234567"),
        ("\u200b038080000001\u00a0", "038080000001"),
    ],
)
def test_clean_number(typed, stored):
    assert clean_number(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0912 345 678", "0912345678"),
        ("+84912345678", "0912345678"),
        ("+84 (0) 912 345 678", "0912345678"),
        ("0084912345678", "0912345678"),
        ("84912345678", "0912345678"),
        ("+856 20 123 456", "+85620123456"),
        ("0237.3.123.456", "02373123456"),
    ],
)
def test_clean_phone(typed, stored):
    assert clean_phone(typed) == stored


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("038 080 000 001", "SDDCN"),
        ("123456789", "CMND9"),
        ("B1234567", "PASSPORT"),
        ("12345.GCS.00001.25", "BIRTH_CERT_NO"),
        ("GD4380123456789", "BHYT_CARD"),
        ("0123456789", "BHXH_NO"),
        ("không có", ""),
        ("", ""),
    ],
)
def test_the_shape_tells_the_kind(value, kind):
    assert identifiers.classify_identity_number(value) == kind
