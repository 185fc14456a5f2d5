"""What a new list says beside the register: each group, and nothing that is not a change."""

import pytest

from ehr.intake.models import ImportBatch
from ehr.intake.register import compare, services
from ehr.intake.register.fields import FIELDS
from ehr.intake.register.models import RegisterLine
from ehr.records.models import Person
from tests.ehr.intake.register.people import BA, CON, EVERYBODY, HAI, HOA, LAN, TU, Resident, ago

pytestmark = pytest.mark.django_db
STATE = ImportBatch.State


def test_the_same_people_give_no_line(register, groups):
    batch = register.compare(*EVERYBODY)

    assert batch.state == STATE.PREVIEW, batch.message
    assert groups(batch) == {}
    assert batch.comparison.unchanged == 6
    assert batch.counts["unchanged"] == 6


def test_an_empty_cell_and_a_less_precise_birth_date_are_no_change(register, groups):
    batch = register.compare(*EVERYBODY[1:], HAI.but(born="1980", number=""))

    assert groups(batch) == {}


def test_a_tone_written_on_the_other_vowel_is_no_change(register, groups):
    register.add(Resident("Lê Văn Hòa", number="038080000111", household="9"))

    batch = register.compare(*EVERYBODY, Resident("Lê Văn Hoà", number="038080000111", household="9"))

    assert groups(batch) == {}
    assert batch.comparison.unchanged == 7


def test_fields_that_differ_are_a_change(register, groups, line):
    batch = register.compare(HAI, LAN, CON.but(relation="Cháu"), BA.but(born="03/04/1950"), TU, HOA)

    assert groups(batch) == {"changed": [CON.name, BA.name]}
    assert line(batch, CON.name).changes == {"relation_to_head": ["08", "12"]}
    assert line(batch, BA.name).changes == {"birth_date": ["1950", "1950-04-03"]}
    assert batch.counts["updated"] == 2


@pytest.mark.parametrize("sample", [0, 1000], ids=["other fields than the sample", "fields of the sample"])
def test_every_field_is_compared_where_the_first_look_knows_it_and_where_not(
    register, groups, line, sample, monkeypatch
):
    batch = register.compare(*EVERYBODY)
    row = batch.rows.get(label=TU.name)
    row.values |= dict.fromkeys(FIELDS - {"household_code", "relation_to_head"}, "khác")
    row.save()
    monkeypatch.setattr(compare, "SAMPLE", sample or 1)  # of one row: the first, which is Hải's

    services.compare(batch)

    assert groups(batch) == {"moved_within": [TU.name]}
    assert set(line(batch, TU.name).changes) == FIELDS - {"household_code", "relation_to_head"}
    assert batch.comparison.unchanged == 5


def test_fates_follow_a_second_comparison(register, groups):
    """The record was set right in between: the row is no change any longer."""
    batch = register.compare(HAI, LAN, CON.but(name="Nguyễn Văn Năm"), BA, TU, HOA)
    assert groups(batch) == {"changed": ["Nguyễn Văn Năm"]}
    Person.objects.filter(full_name=CON.name).update(full_name="Nguyễn Văn Năm")

    services.compare(batch)

    assert groups(batch) == {}
    assert set(batch.rows.values_list("fate", flat=True)) == {"unchanged"}


def test_a_new_number_is_a_change_of_number(register, groups, line):
    batch = register.compare(HAI, LAN, CON, BA, TU.but(number="038085000105"), HOA)

    assert groups(batch) == {"number": [TU.name]}
    assert line(batch, TU.name).changes == {"id_number": ["012345678", "038085000105"]}


def test_an_old_card_beside_a_present_number_is_no_change(register, groups):
    batch = register.compare(HAI.but(number="171234567"), *EVERYBODY[1:])

    assert groups(batch) == {}


def test_everything_the_same_but_the_number_is_a_change_of_number(register, groups, line):
    batch = register.compare(HAI.but(number="038080000201"), LAN, CON, BA, TU, HOA)

    assert groups(batch) == {"number": [HAI.name]}
    assert line(batch, HAI.name).changes == {"id_number": ["038080000101", "038080000201"]}


def test_another_number_in_another_household_is_somebody_else(register, groups):
    batch = register.compare(HAI.but(number="038080000201", household="9"), LAN, CON, BA, TU, HOA)

    assert groups(batch) == {"missing_here": [HAI.name], "missing_there": [HAI.name]}


def test_another_village_of_the_commune_is_a_move_within(register, groups, line):
    batch = register.compare(HAI, LAN, CON, BA.but(village="Thôn Bắc Nam"), TU, HOA)

    assert groups(batch) == {"moved_within": [BA.name]}
    assert line(batch, BA.name).changes["current_village_code"] == ["T1", "T2"]


def test_somebody_unknown_is_missing_here(register, groups):
    batch = register.compare(*EVERYBODY, Resident("Vũ Văn Lạ", number="038080000999", household="7"))

    assert groups(batch) == {"missing_here": ["Vũ Văn Lạ"]}


def test_a_remark_says_who_moved_in_moved_out_and_died(register, groups, line):
    batch = register.compare(
        HAI.but(note="Đã mất ngày 01/02/2026"), LAN.but(note="Chuyển đi Hà Nội ngày 03/04/2026"), CON, BA, TU,
        HOA.but(note="Chồng đã mất"), Resident("Vũ Văn Lạ", household="7", note="Mới chuyển đến"),
        Resident("Vũ Văn Qua", household="7", note="đã mất"),
    )  # fmt: skip

    assert groups(batch) == {"died": [HAI.name], "moved_out": [LAN.name], "moved_in": ["Vũ Văn Lạ"]}
    assert str(line(batch, HAI.name).day) == "2026-02-01"
    assert (str(line(batch, LAN.name).day), line(batch, LAN.name).place) == ("2026-04-03", "Hà Nội")


def test_who_moved_away_and_stands_in_the_list_again_came_back(register, groups):
    Person.objects.filter(full_name=BA.name).update(status="moved", moved_out_on="2025-01-01")

    assert groups(register.compare(*EVERYBODY)) == {"moved_in": [BA.name]}


def test_who_is_dead_for_us_and_alive_in_the_list_is_asked_about(register, groups, line):
    Person.objects.filter(full_name=BA.name).update(status="dead", death_date="2025-01-01")
    batch = register.compare(*EVERYBODY)

    assert groups(batch) == {"ambiguous": [BA.name]}
    assert line(batch, BA.name).why == "Sổ ghi người này đã mất, danh sách vẫn có."


def test_residents_whom_the_list_lacks_are_missing_there(register, groups, line):
    batch = register.compare(HAI, LAN, CON, BA, HOA)

    assert groups(batch) == {"missing_there": [TU.name]}
    assert line(batch, TU.name).why == ""


def test_a_household_that_is_absent_as_a_whole_is_named_so(register, groups, line):
    register.add(Resident("Vũ Văn Còn", household="4", village="Thôn Bắc Nam", number="038080000120"))
    batch = register.compare(HAI, LAN, CON, BA, Resident("Vũ Văn Còn", household="4", village="Thôn Bắc Nam"))
    services.compare(batch, villages=[village.pk for village in register.places.villages])

    assert groups(batch)["missing_there"] == [HOA.name, TU.name]
    assert line(batch, TU.name).why == "Cả hộ không còn trong danh sách."


def test_a_list_of_one_village_compares_that_village_only(register, groups):
    batch = register.compare(HAI, LAN, CON)

    assert groups(batch) == {"missing_there": [BA.name]}
    assert batch.comparison.whole is False
    assert batch.comparison.villages == [register.places.villages[0].pk]


def test_the_officer_may_choose_the_villages(register, groups):
    batch = register.compare(HAI, LAN, CON)

    services.compare(batch, villages=[], by=register.by)
    assert groups(batch) == {}

    comparison = services.compare(batch, villages=[village.pk for village in register.places.villages], by=register.by)
    assert groups(batch) == {"missing_there": [BA.name, HOA.name, TU.name]}
    assert comparison.whole is True


def test_people_of_another_commune_are_not_missing(register, groups, places):
    from tests.factories.records import PersonFactory

    PersonFactory(village=places.other_village)

    assert groups(register.compare(*EVERYBODY)) == {}


def test_two_people_of_one_name_in_two_households_stay_apart(register, groups):
    cousin = Resident("Nguyễn Văn Hải", born="13/03/1981", household="8")
    register.add(cousin)

    assert groups(register.compare(*EVERYBODY, cousin)) == {}


def test_two_people_of_one_name_and_birth_are_asked_about(register, groups, line):
    cousin = Resident("Nguyễn Văn Hải", born="12/03/1980", household="8")
    register.add(cousin)
    batch = register.compare(*EVERYBODY, cousin)

    assert groups(batch) == {"ambiguous": ["Nguyễn Văn Hải"]}, "nor is the cousin missing while nobody has decided"
    assert len(line(batch, "Nguyễn Văn Hải").candidates) == 2


def test_a_row_with_an_error_is_refused_and_its_person_not_missing(register, groups):
    batch = register.compare(*EVERYBODY[1:], HAI.but(born="31/02/1980"))

    assert groups(batch) == {"refused": [HAI.name]} or groups(batch) == {
        "refused": [HAI.name], "missing_there": [HAI.name],
    }  # fmt: skip


def test_children_nobody_knows_are_newborns_with_their_mother(register, groups, line):
    batch = register.compare(
        *EVERYBODY,
        Resident("Nguyễn Văn Tí", born=ago(40), relation="Con đẻ", mother=LAN.name),
        Resident("Nguyễn Thị Tèo", born=ago(40), sex="Nữ", relation="Con đẻ"),
        Resident("Phạm Văn Bé", born=ago(90), household="3", village="Thôn Bắc Nam", relation="Cháu"),
        Resident("Trần Văn Út", born=ago(200), household="2", relation="Cháu"),
        Resident("Trần Văn Lớn", born=ago(900), household="2", relation="Cháu"),
    )  # fmt: skip

    assert groups(batch)["born"] == ["Nguyễn Văn Tí", "Nguyễn Thị Tèo", "Trần Văn Út", "Phạm Văn Bé"]
    assert groups(batch)["missing_here"] == ["Trần Văn Lớn"]
    mothers = {name: getattr(line(batch, name).mother, "full_name", None) for name in groups(batch)["born"]}
    assert mothers == {"Nguyễn Văn Tí": LAN.name, "Nguyễn Thị Tèo": LAN.name, "Phạm Văn Bé": None, "Trần Văn Út": None}
    assert line(batch, "Phạm Văn Bé").mother_state == RegisterLine.Mother.ASK, "a grandchild's mother is never guessed"
    assert [each["why"] for each in line(batch, "Phạm Văn Bé").candidates] == ["Cùng hộ"]
    assert line(batch, "Trần Văn Út").mother_state == "", "nobody of that age in the household"


def test_two_women_of_the_mothers_name_are_asked_about(register, line):
    register.add(Resident("Đỗ Thị Hoa", born="01/01/1992", sex="Nữ", household="6", number="038192000130"))
    twin = Resident("Lê Văn Con", born=ago(30), household="20", relation="Cháu", mother="Đỗ Thị Hoa")
    batch = register.compare(
        *EVERYBODY, Resident("Đỗ Thị Hoa", born="01/01/1992", sex="Nữ", household="6", number="038192000130"), twin
    )

    found = line(batch, "Lê Văn Con")
    assert found.mother_state == RegisterLine.Mother.ASK
    assert {Person.objects.get(pk=each["person"]).full_name for each in found.candidates} == {"Đỗ Thị Hoa"}
    assert len(found.candidates) == 2


def test_a_mother_whose_name_has_other_tones_is_asked_about(register, line):
    batch = register.compare(
        *EVERYBODY, Resident("Nguyễn Văn Tí", born=ago(40), relation="Con đẻ", mother="Lê Thị Làn")
    )

    assert line(batch, "Nguyễn Văn Tí").mother_state == RegisterLine.Mother.ASK
    assert [each["why"] for each in line(batch, "Nguyễn Văn Tí").candidates] == ["Cùng hộ, tên khác dấu"]


def test_twins_are_two_newborns(register, groups, line):
    batch = register.compare(
        *EVERYBODY,
        Resident("Nguyễn Văn Tí", born=ago(40), relation="Con đẻ", mother=LAN.name),
        Resident("Nguyễn Văn Tèo", born=ago(40), relation="Con đẻ", mother=LAN.name),
    )

    assert groups(batch) == {"born": ["Nguyễn Văn Tí", "Nguyễn Văn Tèo"]}
    assert {line(batch, name).mother.full_name for name in ("Nguyễn Văn Tí", "Nguyễn Văn Tèo")} == {LAN.name}
