"""Accepting, deciding, undoing: once, group by group, never against somebody who changed a person since."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.intake import services as intake
from ehr.intake.register import services
from ehr.intake.register.models import RegisterAcceptance, RegisterLine
from ehr.records.models import Address, Identifier, Membership, Person, Relative
from ehr.records.services.person import save_person
from tests.ehr.intake.register.people import BA, CON, EVERYBODY, HAI, HOA, LAN, TU, Resident, ago

pytestmark = pytest.mark.django_db
STRANGER = Resident("Vũ Văn Lạ", number="038080000999", household="7")
CHILD = Resident("Nguyễn Văn Tí", born=ago(40), relation="Con đẻ", mother=LAN.name)


def person(name):
    return Person.objects.get(full_name=name)


def state_of(name):
    """Everything that the register holds of a person, but for stamps and versions."""
    found = person(name)
    kept = {
        field.attname: getattr(found, field.attname)
        for field in Person._meta.concrete_fields
        if field.attname not in ("updated_at", "version")
    }
    tables = {
        model.__name__: sorted(
            tuple(str(getattr(row, f.attname)) for f in model._meta.concrete_fields if f.attname != "updated_at")
            for row in model.objects.filter(person=found)
        )
        for model in (Identifier, Address, Membership, Relative)
    }
    return kept | tables


def test_newborns_get_a_record_a_household_and_a_mother(register, clerk):
    twin = CHILD.but(name="Nguyễn Văn Tèo")
    batch = register.compare(*EVERYBODY, CHILD, twin)

    made = services.accept(batch, group="born", by=clerk)

    assert (made.state, made.accepted, made.refused) == ("done", 2, 0)
    for name in (CHILD.name, twin.name):
        child = person(name)
        assert child.mother == person(LAN.name)
        assert child.id_missing_reason.code == "1"
        assert child.village == person(LAN.name).village
        membership = Membership.objects.get(person=child, valid_to=None)
        assert membership.household == Membership.objects.get(person=person(LAN.name)).household
        assert Relative.objects.get(person=child, role="mother").linked_person == person(LAN.name)


def test_a_child_waits_until_its_mother_is_chosen(register, clerk, line):
    child = Resident("Phạm Văn Bé", born=ago(90), household="3", village="Thôn Bắc Nam", relation="Cháu")
    batch = register.compare(*EVERYBODY, child)

    assert services.accept(batch, group="born", by=clerk) is None
    services.choose_mother(line(batch, child.name), by=clerk, mother=person(HOA.name))
    services.accept(batch, group="born", by=clerk)

    assert person(child.name).mother == person(HOA.name)
    assert Relative.objects.get(person=person(child.name), role="mother").name == HOA.name


def test_a_child_may_stay_without_a_mother(register, clerk, line):
    child = Resident("Phạm Văn Bé", born=ago(90), household="3", village="Thôn Bắc Nam", relation="Cháu")
    batch = register.compare(*EVERYBODY, child)

    services.choose_mother(line(batch, child.name), by=clerk, mother=None)
    services.accept(batch, group="born", by=clerk)

    assert person(child.name).mother is None


def test_only_candidates_can_be_the_mother(register, clerk, line):
    batch = register.compare(*EVERYBODY, CHILD)

    with pytest.raises(ValidationError):
        services.choose_mother(line(batch, CHILD.name), by=clerk, mother=person(BA.name))


def test_the_mother_may_come_with_the_same_list(register, clerk, line):
    mother = Resident("Vũ Thị Mẹ", born="01/01/1995", sex="Nữ", household="7", number="038195000777")
    child = Resident("Vũ Văn Con", born=ago(60), household="7", relation="Con đẻ", mother=mother.name)
    batch = register.compare(*EVERYBODY, mother, child)
    assert line(batch, child.name).mother is None

    services.accept_all(batch, by=clerk)

    assert person(child.name).mother == person(mother.name)


def test_a_changed_number_leaves_the_former_one(register, clerk):
    batch = register.compare(HAI, LAN, CON, BA, TU.but(number="038085000105"), HOA)

    services.accept(batch, group="number", by=clerk)

    numbers = Identifier.objects.filter(person=person(TU.name))
    assert numbers.get(valid_to=None).value == "038085000105"
    assert numbers.exclude(valid_to=None).get().value == "012345678"


def test_a_move_within_the_commune_keeps_the_former_address(register, clerk, places):
    batch = register.compare(HAI, LAN, CON, BA.but(village="Thôn Bắc Nam", household="30"), TU, HOA)

    services.accept(batch, group="moved_within", by=clerk)

    moved = person(BA.name)
    assert moved.village == places.villages[1] and moved.status == "active"
    assert Address.objects.get(person=moved, use="former").village == places.villages[0]
    household = Membership.objects.get(person=moved, valid_to=None).household
    assert (household.code, household.village) == ("30", places.villages[1])


def test_deaths_and_moves_need_a_date(register, clerk):
    batch = register.compare(HAI.but(note="Đã mất ngày 01/02/2026"), LAN.but(note="đã chết"), CON, BA, TU, HOA)

    assert services.accept(batch, group="died", by=clerk).accepted == 1
    assert (person(HAI.name).status, person(HAI.name).death_date) == ("dead", date(2026, 2, 1))
    assert person(LAN.name).status == "active"

    assert services.accept(batch, group="died", by=clerk, day=date(2026, 3, 1)).accepted == 1
    assert person(LAN.name).death_date == date(2026, 3, 1)


def test_moved_out_says_where_to(register, clerk):
    batch = register.compare(HAI, LAN.but(note="Chuyển đi Hà Nội ngày 03/04/2026"), CON, BA, TU, HOA)

    services.accept(batch, group="moved_out", by=clerk)

    gone = person(LAN.name)
    assert (gone.status, gone.moved_out_on, gone.moved_out_to) == ("moved", date(2026, 4, 3), "Hà Nội")


def test_people_missing_in_the_list_are_decided(register, clerk, line):
    batch = register.compare(HAI, LAN, CON, HOA)
    with pytest.raises(ValidationError):
        services.accept(batch, group="missing_there", by=clerk)

    services.accept(
        batch, group="missing_there", by=clerk, lines=[line(batch, BA.name).pk], outcome="dead", day=date(2026, 1, 5)
    )
    services.accept(
        batch, group="missing_there", by=clerk, lines=[line(batch, TU.name).pk], outcome="moved", day=date(2026, 1, 6),
        place="Hà Nội",
    )  # fmt: skip

    assert (person(BA.name).status, person(BA.name).death_date) == ("dead", date(2026, 1, 5))
    assert (person(TU.name).status, person(TU.name).moved_out_to) == ("moved", "Hà Nội")


def test_lines_that_are_kept_stay_out_and_can_be_opened_again(register, clerk, line):
    batch = register.compare(HAI, LAN, CON, BA, HOA)
    key = line(batch, TU.name).pk

    assert services.keep(batch, lines=[key], by=clerk) == 1
    assert services.accept(batch, group="missing_there", by=clerk, outcome="moved", day=date(2026, 1, 6)) is None
    assert services.reopen(batch, lines=[key], by=clerk) == 1
    assert services.accept(batch, group="missing_there", by=clerk, outcome="moved", day=date(2026, 1, 6)).accepted == 1


def test_who_came_back_is_a_resident_again(register, clerk):
    Person.objects.filter(full_name=BA.name).update(
        status="moved", moved_out_on=date(2025, 1, 1), moved_out_to="Hà Nội"
    )
    batch = register.compare(*EVERYBODY)

    services.accept(batch, group="moved_in", by=clerk)

    back = person(BA.name)
    assert (back.status, back.moved_out_on, back.moved_out_to) == ("active", None, "")


def test_a_decided_row_goes_to_its_group(register, clerk, groups, line):
    cousin = Resident("Nguyễn Văn Hải", born="12/03/1980", household="8")
    register.add(cousin)
    batch = register.compare(*EVERYBODY, cousin)
    found = line(batch, cousin.name)
    second = Person.objects.filter(full_name=cousin.name).latest("pk")

    services.decide(found, "same", by=clerk, person=second)

    assert groups(batch) == {}


def test_a_row_decided_as_new_is_written_as_new(register, clerk, groups, line):
    cousin = Resident("Nguyễn Văn Hải", born="12/03/1980", household="8")
    register.add(cousin)
    batch = register.compare(*EVERYBODY, cousin.but(household="9"))

    services.decide(line(batch, cousin.name), "new", by=clerk)

    assert groups(batch) == {"missing_here": [cousin.name], "missing_there": [cousin.name]}
    assert services.accept(batch, group="missing_here", by=clerk).accepted == 1
    assert Person.objects.filter(full_name=cousin.name).count() == 3


def test_only_a_candidate_can_be_the_same_person(register, clerk, line):
    cousin = Resident("Nguyễn Văn Hải", born="12/03/1980", household="8")
    register.add(cousin)
    batch = register.compare(*EVERYBODY, cousin)

    with pytest.raises(ValidationError):
        services.decide(line(batch, cousin.name), "same", by=clerk, person=person(BA.name))


def test_accepting_twice_writes_once(register, clerk):
    batch = register.compare(*EVERYBODY, STRANGER)
    key = uuid.uuid4()

    first = services.accept(batch, group="missing_here", by=clerk, key=key)
    again = services.accept(batch, group="missing_here", by=clerk, key=key)
    other = services.accept(batch, group="missing_here", by=clerk)
    services.run(first.pk)

    assert again == first and other is None
    assert Person.objects.filter(full_name=STRANGER.name).count() == 1


def test_a_killed_worker_loses_nothing(register, clerk, monkeypatch):
    from ehr.intake.register.services import accepting

    strangers = [STRANGER.but(name=f"Vũ Văn Lạ {i}", number=f"03808000{i:04d}") for i in range(900, 905)]
    batch = register.compare(*EVERYBODY, *strangers)
    monkeypatch.setattr(accepting, "CHUNK", 2)
    monkeypatch.setattr(accepting, "enqueue_on_commit", lambda *args: None)
    made = services.accept(batch, group="missing_here", by=clerk, wait=False)
    real, calls = accepting._write, []

    def dying(acceptance, lines):
        calls.append(1)
        real(acceptance, lines)
        if len(calls) == 2:
            raise SystemExit

    monkeypatch.setattr(accepting, "_write", dying)
    with pytest.raises(SystemExit):
        services.run(made.pk)
    assert Person.objects.filter(full_name__startswith="Vũ Văn Lạ").count() == 2

    monkeypatch.setattr(accepting, "_write", real)
    services.run(made.pk)
    made.refresh_from_db()

    assert Person.objects.filter(full_name__startswith="Vũ Văn Lạ").count() == 5
    assert (made.state, made.accepted) == ("done", 5)


def test_somebody_entered_meanwhile_is_not_entered_again(register, clerk, line):
    batch = register.compare(*EVERYBODY, STRANGER)
    register.add(STRANGER)

    made = services.accept(batch, group="missing_here", by=clerk)

    assert made.accepted == 0
    assert line(batch, STRANGER.name).group == "ambiguous"
    assert Person.objects.filter(full_name=STRANGER.name).count() == 1


def test_a_list_sent_again_has_nothing_to_do(register, clerk, groups):
    listed = [
        HAI.but(note="Đã mất ngày 01/02/2026"), LAN, CON.but(relation="Cháu"),
        BA.but(village="Thôn Bắc Nam", household="30"),
        TU.but(number="038085000105"), HOA, STRANGER, CHILD,
    ]  # fmt: skip
    first = register.compare(*listed)
    services.accept_all(first, by=clerk)
    assert groups(first, state="open") == {}

    again = register.compare(*listed, Resident("Người Mới Thêm", household="40", note="đã mất"))

    assert groups(again) == {}
    assert services.accept_all(again, by=clerk) == []


def test_groups_are_undone_one_after_another(register, clerk, groups):
    before = {one.name: state_of(one.name) for one in EVERYBODY}
    batch = register.compare(
        HAI.but(note="Đã mất ngày 01/02/2026"), LAN, CON.but(relation="Cháu"),
        BA.but(village="Thôn Bắc Nam", household="30"),
        TU.but(number="038085000105"), HOA, STRANGER, CHILD,
    )  # fmt: skip
    made = {each.group: each for each in services.accept_all(batch, by=clerk)}
    waiting = groups(batch)

    services.undo(made["moved_within"], by=clerk)
    assert state_of(BA.name) == before[BA.name]
    assert person(HAI.name).status == "dead", "the other groups stay"
    assert person(STRANGER.name)

    services.undo(made["born"], by=clerk)
    assert not Person.objects.filter(full_name=CHILD.name).exists()
    for group in ("missing_here", "number", "changed", "died"):
        services.undo(made[group], by=clerk)

    assert {one.name: state_of(one.name) for one in EVERYBODY} == before
    assert Person.objects.count() == 6
    assert groups(batch, state="open") == waiting
    assert set(RegisterAcceptance.objects.values_list("state", flat=True)) == {"undone"}


def test_what_was_undone_can_be_accepted_again(register, clerk):
    batch = register.compare(*EVERYBODY, STRANGER)
    services.undo(services.accept(batch, group="missing_here", by=clerk), by=clerk)

    made = services.accept(batch, group="missing_here", by=clerk)

    assert made.accepted == 1
    assert Person.objects.filter(full_name=STRANGER.name).count() == 1
    services.undo(made, by=clerk)
    assert not Person.objects.filter(full_name=STRANGER.name).exists()


@pytest.mark.django_db(transaction=True)  # history tells the later change by its time, which is that of a transaction
def test_people_changed_since_are_named_and_kept(register, clerk):
    batch = register.compare(HAI, LAN, CON.but(relation="Cháu"), BA.but(born="03/04/1950"), TU, HOA)
    made = services.accept(batch, group="changed", by=clerk)
    save_person(values={"phone_mobile": "0912345678"}, person=person(BA.name), by=clerk, door="screen")

    with pytest.raises(ValidationError) as refusal:
        services.undo(made, by=clerk)
    assert refusal.value.code == "register.blocked"

    undone = services.undo(made, by=clerk, rest=True)
    assert (undone.state, undone.kept) == ("undone", 1)
    assert person(BA.name).birth_date == date(1950, 4, 3)
    assert Membership.objects.get(person=person(CON.name)).relation.code == "08"


def test_a_mother_on_whom_a_child_rests_stays(register, clerk):
    mother = Resident("Vũ Thị Mẹ", born="01/01/1995", sex="Nữ", household="7", number="038195000777")
    child = Resident("Vũ Văn Con", born=ago(60), household="7", relation="Con đẻ", mother=mother.name)
    batch = register.compare(*EVERYBODY, mother, child)
    made = {each.group: each for each in services.accept_all(batch, by=clerk)}

    undone = services.undo(made["missing_here"], by=clerk, rest=True)

    assert undone.kept == 1
    assert person(child.name).mother == person(mother.name)


def test_a_comparison_in_use_is_not_made_again(register, clerk):
    batch = register.compare(*EVERYBODY, STRANGER)
    made = services.accept(batch, group="missing_here", by=clerk)

    with pytest.raises(ValidationError):
        services.compare(batch, by=clerk)
    services.undo(made, by=clerk)
    services.compare(batch, by=clerk)

    assert RegisterLine.objects.filter(batch=batch).count() == 1


@pytest.mark.parametrize("who", ["centre", "admin", "nobody", "far"])
def test_others_may_not_touch_a_list(register, users, who, line):
    batch = register.compare(*EVERYBODY, STRANGER)
    by = getattr(users, who)

    for work in (
        lambda: services.accept(batch, group="missing_here", by=by),
        lambda: services.compare(batch, by=by),
        lambda: services.keep(batch, lines=[1], by=by),
        lambda: services.choose_mother(line(batch, STRANGER.name), by=by, mother=None),
        lambda: services.decide(line(batch, STRANGER.name), "new", by=by),
    ):
        with pytest.raises(PermissionDenied):
            work()
    assert not Person.objects.filter(full_name=STRANGER.name).exists()


def test_a_group_that_needs_decisions_is_not_accepted_whole(register, clerk):
    batch = register.compare(*EVERYBODY)

    with pytest.raises(ValidationError):
        services.accept(batch, group="ambiguous", by=clerk)


def test_a_whole_list_is_confirmed_and_undone_like_any_batch(register, clerk, groups):
    before = {one.name: state_of(one.name) for one in EVERYBODY}
    batch = register.compare(HAI.but(note="Đã mất ngày 01/02/2026"), LAN, CON.but(relation="Cháu"), BA, HOA, STRANGER)

    batch = intake.confirm(batch, by=clerk, wait=True)

    assert (batch.state, batch.counts["written"]) == ("done", 3)
    assert person(HAI.name).status == "dead" and person(STRANGER.name)
    assert groups(batch, state="open") == {"missing_there": [TU.name]}, "who is missing in the list is for the officer"
    assert intake.result(batch)["counts"]["new"] == 1

    batch = intake.undo(batch, by=clerk, wait=True)

    assert batch.state == "undone"
    assert {one.name: state_of(one.name) for one in EVERYBODY} == before
    assert not Person.objects.filter(full_name=STRANGER.name).exists()


def test_a_list_of_which_something_was_accepted_is_not_cancelled(register, clerk):
    batch = register.compare(*EVERYBODY, STRANGER)
    services.accept(batch, group="missing_here", by=clerk)
    batch.refresh_from_db()

    with pytest.raises(ValidationError):
        intake.cancel(batch, by=clerk)
    assert batch.state == "done"
