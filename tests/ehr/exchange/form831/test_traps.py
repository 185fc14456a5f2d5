"""Files of other exporters, with the known traps in them, and hostile ones."""

import io
import zipfile

import pytest

from ehr.exchange.form831 import services
from ehr.exchange.form831.stored import records
from ehr.records.models import Encounter, HealthHistory, Person
from ehr.vaccination.models import Immunization
from tests.ehr.exchange.form831.people import document, general
from tests.factories.records import EncounterFactory, IdentifierFactory, PersonFactory, national_id
from tests.factories.vaccination import ImmunizationFactory

pytestmark = pytest.mark.django_db


def receive(places, data, by=None, name="a.xml"):
    return services.receive_bytes(name, data, commune=places.commune, by=by, door="command")


def only(found):
    (answer,) = found.people
    return answer


def codes(answer):
    return {(problem["field"], problem["code"]) for problem in answer["problems"]}


def test_a_current_smoker_sent_as_no_is_unknown(places):
    risks = "".join(
        f"<DSYEUTO><LOAI>{kind}</LOAI><TRANGTHAI>0</TRANGTHAI><DABO>{quit_}</DABO></DSYEUTO>"
        for kind, quit_ in (("1", "0"), ("2", "1"), ("4", ""))
    )
    answer = only(receive(places, document(f"{general()}<TIENSU><YEUTO_SUCKHOE>{risks}</YEUTO_SUCKHOE></TIENSU>")))
    history = HealthHistory.objects.get()
    assert (history.risk_smoking, history.risk_smoking_quit) == ("", "")
    assert (history.risk_alcohol, history.risk_alcohol_quit, history.risk_physical_activity) == ("no", "yes", "0")
    assert ("risk_smoking", "form831.risk_unknown") in codes(answer)


def test_normal_birth_by_default_is_not_taken(places):
    answer = only(
        receive(
            places, document(f"{general()}<TIENSU><TINHTRANG_LUCSINH><LOAIDE>0</LOAIDE></TINHTRANG_LUCSINH></TIENSU>")
        )
    )
    assert not HealthHistory.objects.filter(birth_delivery_mode="0").exists()
    assert ("birth_delivery_mode", "form831.default") in codes(answer)


@pytest.mark.parametrize(
    ("written", "more", "stored"),
    [
        ("1", f"<SOCMND>{national_id(3, sex='2')}</SOCMND>", "2"),
        ("2", f"<SOCMND>{national_id(3, sex='1')}</SOCMND>", "1"),
        ("2", f"<SOCMND>{national_id(3, sex='2')}</SOCMND>", "2"),
        ("1", "", "1"),
    ],
)
def test_a_swapped_sex_is_set_right_by_the_number(places, written, more, stored):
    answer = only(receive(places, document(general("Lê Thu Thử", written, more=more))))
    assert Person.objects.get().sex == stored
    assert (("sex", "form831.sex_swapped") in codes(answer)) == (stored != written)


def test_a_swapped_sex_is_set_right_by_answers_for_women(places):
    of_women = "<TIENSU><SUCKHOE_SINHSAN><SOLAN_COTHAI>2</SOLAN_COTHAI></SUCKHOE_SINHSAN></TIENSU>"
    only(receive(places, document(general("Lê Thu Thử", "1") + of_women)))
    assert Person.objects.get().sex == "2"


def test_a_file_where_all_numbers_say_the_opposite_is_swapped_as_a_whole(places):
    people = [
        general(f"Lê Thu Thử {at}", "1", f"12/03/198{at}", f"<SOCMND>{national_id(at, sex='2')}</SOCMND>")
        for at in range(3)
    ]
    receive(places, document(*people, general("Phạm Minh Giả", "2", "1/1/1990")))
    assert set(Person.objects.filter(full_name__startswith="Lê").values_list("sex", flat=True)) == {"2"}
    assert Person.objects.get(full_name="Phạm Minh Giả").sex == "1"


def test_the_sex_of_a_known_person_is_not_overwritten(places):
    person = PersonFactory(full_name="Lê Ánh Thử", sex="2")
    number = IdentifierFactory(person=person, value="038080900555").value
    answer = only(
        receive(
            places, document(general("Lê Ánh Thử", "1", f"{person.birth_date:%d/%m/%Y}", f"<SOCMND>{number}</SOCMND>"))
        )
    )
    person.refresh_from_db()
    assert person.sex == "2"
    assert ("sex", "form831.kept") in codes(answer)


def test_given_doses_without_a_day_are_unknown_and_given_ones_stay(places):
    person = PersonFactory(full_name="Lê Bé Thử")
    ImmunizationFactory(person=person)
    number = f"<SOCMND>{IdentifierFactory(person=person).value}</SOCMND>"
    doses = "".join(
        f"<THONGTINMUITIEM><TENVACXIN>{name}</TENVACXIN><LOAIVACXIN>1</LOAIVACXIN><TRANGTHAI>{state}</TRANGTHAI>"
        f"<NGAYTIEM>{day}</NGAYTIEM></THONGTINMUITIEM>"
        for name, state, day in (
            ("BCG", "0", ""),
            ("Sởi 1", "1", ""),
            ("DPT4", "1", "01/02/2024"),
            ("Thuốc lạ", "1", "2/2/2024"),
        )
    )
    born = f"{person.birth_date:%d/%m/%Y}"
    answer = only(receive(places, document(f"{general('Lê Bé Thử', '1', born, number)}<TIEMCHUNG>{doses}</TIEMCHUNG>")))
    rows = dict(Immunization.objects.filter(person=person).values_list("form_row__code", "status"))
    assert rows == {"c1_bcg": "given", "c1_dpt_4": "given"}
    assert {
        ("vaccine_status", "form831.undated"),
        ("c1_bcg", "form831.kept"),
        ("vaccine_code", "form831.unreadable"),
    } <= codes(answer)


def test_joined_codes_are_parted_and_unknown_ones_kept_as_words(places):
    visit = (
        "<DANHSACHHOSOKHAMCHUABENH><HOSOKHAMCHUABENH><NGAYKHAM>10/02/2026</NGAYKHAM><KHAMDA>Ban đỏ</KHAMDA>"
        "<KHAMNIEMMAC>Hồng</KHAMNIEMMAC><CHANDOANKETLUAN><CHANDOANBENH><MABENH>I10;E11</MABENH><TENBENH>Tăng huyết "
        "áp; Đái tháo đường</TENBENH></CHANDOANBENH><CHANDOANBENH><MABENH>Q99.99</MABENH><TENBENH>Lạ</TENBENH>"
        "</CHANDOANBENH></CHANDOANKETLUAN></HOSOKHAMCHUABENH></DANHSACHHOSOKHAMCHUABENH>"
    )
    answer = only(receive(places, document(general() + visit)))
    encounter = Encounter.objects.get()
    assert list(encounter.diagnosis_set.values_list("icd10_code", "name")) == [
        ("I10", "Tăng huyết áp"), ("E11", "Đái tháo đường"), ("", "Q99.99 Lạ"),
    ]  # fmt: skip
    assert encounter.examfinding_set.get().finding == "Ban đỏ; Hồng"
    assert ("diagnosis_icd10_code", "form831.icd10") in codes(answer)
    again = receive(places, document(general() + visit))
    assert only(again)["fate"] == "unchanged"


def test_a_visit_that_was_cancelled_is_not_brought_back(places):
    person = PersonFactory(full_name="Lê Văn Thử")
    number = f"<SOCMND>{IdentifierFactory(person=person).value}</SOCMND>"
    EncounterFactory(person=person, status="error", status_reason="Nhầm người", visit_link_code="LK9")
    visit = (
        "<DANHSACHHOSOKHAMCHUABENH><HOSOKHAMCHUABENH><MA_LK>LK9</MA_LK><NGAYKHAM>10/02/2026</NGAYKHAM><MACH>80</MACH>"
        "</HOSOKHAMCHUABENH></DANHSACHHOSOKHAMCHUABENH>"
    )
    answer = only(receive(places, document(general(birth=f"{person.birth_date:%d/%m/%Y}", more=number) + visit)))
    assert Encounter.objects.filter(status="finished").count() == 0
    assert ("visits", "encounter.cancelled") in codes(answer)


def test_old_units_become_those_of_today(places):
    more = "<MAHUYEN_HIENTAI>382</MAHUYEN_HIENTAI><MAXA_HIENTAI>16537</MAXA_HIENTAI>"
    answer = only(receive(places, document(general(more=more))))
    assert answer["fate"] == "new", answer
    assert Person.objects.get().commune == places.commune


def test_somebody_who_may_be_another_is_left_to_people_with_the_records_named(places):
    person = PersonFactory(full_name="Lê Văn Thử")
    data = document(general(birth=f"{person.birth_date:%d/%m/%Y}", more="<DIENTHOAI_DD>0912345678</DIENTHOAI_DD>"))
    answer = only(receive(places, data))
    person.refresh_from_db()
    assert (answer["fate"], answer["candidates"], person.phone_mobile) == ("ambiguous", [person.code], "")
    assert Person.objects.count() == 1


def test_one_bad_record_spoils_no_other_and_is_named(places):
    found = receive(
        places,
        document(
            general("Lê Văn Một", birth="12/03/1981"),
            general("Lê Văn Hai", birth="99/99/1981"),
            "<THONGTINCHUNG><HOTEN>Cụt",
            general("", birth="12/03/1981"),
            general("Lê Văn Ba", birth="12/03/1983", more="<MAXA_HIENTAI>16531</MAXA_HIENTAI>"),
            general("Lê Văn Bốn", birth="12/03/1984"),
        ),
    )
    assert [each["fate"] for each in found.people] == ["new", "refused", "refused", "refused", "refused", "new"]
    assert ("birth_date", "form831.unreadable") in codes(found.people[1])
    assert ("", "form831.broken") in codes(found.people[2])
    assert ("full_name", "full_name.required") in codes(found.people[3])
    assert ("current_commune", "current_commune.other") in codes(found.people[4])


def test_one_person_twice_in_a_file_is_one_record(places):
    one = general(more=f"<SOCMND>{national_id(1)}</SOCMND>")
    two = general(more=f"<SOCMND>{national_id(1)}</SOCMND><DIENTHOAI_DD>0912345678</DIENTHOAI_DD>")
    found = receive(places, document(one, two))
    assert [each["fate"] for each in found.people] == ["new", "update"]
    assert Person.objects.get().phone_mobile == "0912345678"


def test_many_files_in_an_archive_and_a_bad_one_among_them(places):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("1.xml", document(general("Lê Văn Một")))
        archive.writestr("2.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><DATA>&a;</DATA>")
        archive.writestr("3.xml", document(general("Lê Văn Ba", birth="1/1/1970")))
    found = receive(places, data.getvalue(), name="b.zip")
    assert [(each["file"], each["refused"] and each["refused"]["code"]) for each in found.files] == [
        ("1.xml", None), ("2.xml", "form831.doctype"), ("3.xml", None),
    ]  # fmt: skip
    assert found.counts["new"] == 2
    assert found.refused


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "form831.empty"),
        (b"PK\x03\x04 not an archive", "form831.zip_broken"),
        (b"not xml", "form831.not_xml"),
        (b'<!DOCTYPE DATA [<!ENTITY a "x">]><DATA><HOSOSUCKHOE>&a;</HOSOSUCKHOE></DATA>', "form831.doctype"),
        (b'<DATA><!DOCTYPE a SYSTEM "file:///etc/passwd"><HOSOSUCKHOE/></DATA>', "form831.doctype"),
        (b"<DATA><BODY><HOSOSUCKHOE><THONGTINCHUNG>", "form831.truncated"),
        (b"<DATA><BODY></BODY></DATA>", "form831.no_people"),
        (b"<GIAMDINHHS></GIAMDINHHS>", "form831.claims"),
        (b"<KHAMSUCKHOE></KHAMSUCKHOE>", "form831.health_check"),
        (b"<DATA>" + b"<a>" * 200 + b"<HOSOSUCKHOE/>" + b"</a>" * 200 + b"</DATA>", "form831.too_deep"),
        (b" " * 5_000_000, "form831.blank"),
    ],
)
def test_hostile_files_are_refused_by_name(places, data, code):
    found = receive(places, data)
    assert [each["refused"]["code"] for each in found.files] == [code]
    assert not found.people
    assert Person.objects.count() == 0


def test_a_deep_record_is_refused_alone(places):
    deep = "<TIENSU>" + "<x>" * 100 + "</x>" * 100 + "</TIENSU>"
    found = receive(places, document(general("Lê Văn Một") + deep, general("Lê Văn Hai", birth="1/1/1970")))
    assert [each["fate"] for each in found.people] == ["refused", "new"]


@pytest.mark.parametrize("people", [3, 30])
def test_queries_do_not_grow_with_people(places, people, django_assert_max_num_queries):
    visit = (
        "<DANHSACHHOSOKHAMCHUABENH><HOSOKHAMCHUABENH><NGAYKHAM>10/02/2026</NGAYKHAM><MACH>80</MACH>"
        "</HOSOKHAMCHUABENH></DANHSACHHOSOKHAMCHUABENH>"
    )
    data = document(*(general(f"Lê Văn Thử {chr(65 + at)}", birth=f"1/1/{1950 + at}") + visit for at in range(people)))
    with django_assert_max_num_queries(80):
        assert receive(places, data).counts["new"] == people


@pytest.mark.parametrize("people", [2, 12])
def test_reading_many_records_takes_the_same_queries(places, people, django_assert_max_num_queries):
    rows = PersonFactory.create_batch(people)
    for row in rows:
        EncounterFactory(person=row)
        ImmunizationFactory(person=row)
    with django_assert_max_num_queries(45):
        assert len(list(records([(row.pk, row.code) for row in rows]))) == people
