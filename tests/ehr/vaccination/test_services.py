"""Writing section C."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ehr.audit.changes import event_model
from ehr.common.answers import Answer
from ehr.common.problems import StaleError
from ehr.vaccination.models import Immunization, VaccinationRecord
from ehr.vaccination.queries import printed_rows, section_c
from ehr.vaccination.services import COLUMNS, save_vaccinations
from tests.factories.records import ChildFactory, PersonFactory, WomanFactory
from tests.factories.vaccination import ImmunizationFactory

TODAY = date(2026, 3, 1)
GIVEN = {"status": "given", "occurrence_date": date(2025, 6, 2), "reaction": "Sốt nhẹ", "next_date": date(2025, 7, 2)}


@pytest.fixture
def child(village):
    return ChildFactory(village=village)


def save(person, by=None, **more):
    return save_vaccinations(person=person, by=by, door="screen", today=TODAY, **more)


def codes_of(refused):
    return {error.code for errors in refused.value.error_dict.values() for error in errors}


def versions():
    return [event_model(model).objects.count() for model in (VaccinationRecord, Immunization)]


def as_values(stored):
    """What a form that changes nothing would send."""

    def columns(dose):
        return {name: getattr(dose, name) for name in COLUMNS}

    return {
        "rows": {code: columns(stored.by_row[code]) if code in stored.by_row else None for code in printed_rows()},
        "extra": [
            columns(dose)
            | {"id": dose.pk, "vaccine": dose.vaccine.code, "table": dose.table, "dose_number": dose.dose_number}
            for dose in stored.extra
        ],
        "mother_tetanus_dose_count": stored.mother_tetanus_dose_count,
    }  # fmt: skip


def test_all_printed_rows_are_stored_and_read_back(village):
    woman = WomanFactory(village=village, birth_date=date(2000, 1, 1))
    rows = {code: {"status": "not_given", "next_date": date(2026, 9, 1)} for code in printed_rows()}
    rows["c1_bcg"] = GIVEN
    rows["c3_tetanus_1"] = GIVEN | {"pregnancy_month": 5}
    save(woman, rows=rows, mother_tetanus_dose_count="2")
    stored = section_c(woman)
    assert len(stored.by_row) == 32
    assert (len(stored.rows_of("1")), len(stored.rows_of("2")), len(stored.rows_of("3"))) == (14, 13, 5)
    bcg = stored.by_row["c1_bcg"]
    assert {name: getattr(bcg, name) for name in GIVEN} == GIVEN
    assert (bcg.vaccine.code, bcg.dose_number, bcg.table) == ("BCG", 1, "1")
    assert stored.by_row["c3_tetanus_1"].pregnancy_month == 5
    assert stored.by_row["c1_dpt_4"].next_date == date(2026, 9, 1)
    assert stored.mother_tetanus_dose_count == Answer(2, "value")
    assert stored.given == 2


def test_saving_what_is_stored_leaves_no_trace(child):
    extra = [{"table": "2", "vaccine": "IPV", "dose_number": 1, **GIVEN, "lot_number": "L1", "facility_name": "Viện"}]
    save(
        child,
        rows={"c1_bcg": GIVEN, "c1_polio_1": {"status": "not_given"}},
        extra=extra,
        mother_tetanus_dose_count="kb",
    )
    before, stored = versions(), section_c(child)
    saved = save(child, version=stored.record.version, **as_values(stored))
    assert versions() == before
    assert saved.object.version == stored.record.version


def test_an_empty_form_stores_nothing(child):
    saved = save(child, rows=dict.fromkeys(printed_rows()), extra=[], mother_tetanus_dose_count="", version=0)
    assert saved.object.pk is None
    assert versions() == [0, 0]


def test_absent_rows_stay_as_they_are(child):
    save(child, rows={"c1_bcg": GIVEN})
    save(child, rows={"c1_polio_1": {"status": "not_given"}})
    assert set(section_c(child).by_row) == {"c1_bcg", "c1_polio_1"}
    assert event_model(Immunization).objects.count() == 2


def test_an_emptied_row_is_removed(child):
    save(child, rows={"c1_bcg": GIVEN})
    save(child, rows={"c1_bcg": dict.fromkeys(GIVEN)})
    assert not Immunization.objects.exists()


def test_ticking_not_given_clears_all_but_the_appointment(child):
    save(child, rows={"c1_bcg": GIVEN})
    save(child, rows={"c1_bcg": GIVEN | {"status": "not_given"}})
    dose = Immunization.objects.get()
    assert (dose.status, dose.occurrence_date, dose.reaction, dose.next_date) == (
        "not_given", None, "", date(2025, 7, 2),
    )  # fmt: skip


def test_a_date_entered_later_unticks_not_given(child):
    save(child, rows={"c1_bcg": {"status": "not_given"}})
    save(child, rows={"c1_bcg": {"status": "not_given", "occurrence_date": date(2025, 6, 2)}})
    dose = Immunization.objects.get()
    assert (dose.status, dose.occurrence_date) == ("given", date(2025, 6, 2))


def test_a_date_without_a_tick_means_given(child):
    save(child, rows={"c1_bcg": {"occurrence_date": date(2025, 6, 2)}})
    assert Immunization.objects.get().status == "given"


def test_both_at_once_contradict_each_other(child):
    with pytest.raises(ValidationError) as refused:
        save(child, rows={"c1_bcg": {"status": "not_given", "occurrence_date": date(2025, 6, 2)}})
    assert codes_of(refused) == {"status.not_given"}
    assert set(refused.value.error_dict) == {"c1_bcg"}


def test_further_doses_are_added_changed_and_removed(child):
    first = {"table": "2", "vaccine": "IPV", "dose_number": 1, **GIVEN}
    save(child, extra=[first, first | {"vaccine": "ROTA1", "table": "1"}])
    ipv, rota = Immunization.objects.get(vaccine__code="IPV"), Immunization.objects.get(vaccine__code="ROTA1")
    save(child, extra=[first | {"id": ipv.pk, "lot_number": "L2"}])
    kept = Immunization.objects.get()
    assert (kept.pk, kept.lot_number) == (ipv.pk, "L2")
    save(child, rows={"c1_bcg": GIVEN})  # no list given: further doses stay
    assert Immunization.objects.count() == 2
    assert not Immunization.objects.filter(pk=rota.pk).exists()


def test_the_dose_of_somebody_else_is_never_taken_over(child, village):
    other = ImmunizationFactory(
        person=ChildFactory(village=village), form_row=None, vaccine=printed_rows()["c1_bcg"].vaccine
    )
    save(child, extra=[{"id": other.pk, "table": "2", "vaccine": "IPV", "status": "not_given"}])
    other.refresh_from_db()
    assert other.vaccine.code == "BCG"
    assert Immunization.objects.filter(person=child).count() == 1


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"rows": {"c1_nonsense": GIVEN}}, "c1_nonsense", "form_row.unknown"),
        ({"rows": {"c1_bcg": GIVEN | {"occurrence_date": date(2026, 3, 2)}}}, "c1_bcg", "occurrence_date.future"),
        ({"rows": {"c1_bcg": GIVEN | {"occurrence_date": date(2025, 5, 1)}}}, "c1_bcg", "occurrence_date.before_birth"),
        ({"rows": {"c1_bcg": GIVEN | {"reaction": "x" * 201}}}, "c1_bcg", "max_length"),
        ({"rows": {"c1_bcg": {"status": "maybe"}}}, "c1_bcg", "status.required"),
        ({"extra": [{"table": "2", "vaccine": "", "status": "given"}]}, "extra-0", "vaccine.unknown"),
        ({"extra": [{"table": "9", "vaccine": "IPV", "status": "given"}]}, "extra-0", "vaccine.unknown"),
        ({"extra": [{"vaccine": "IPV", **GIVEN}, {"vaccine": "MR", "lot_number": "x" * 41}]}, "extra-1", "max_length"),
        ({"mother_tetanus_dose_count": "30"}, "mother_tetanus_dose_count", "mother_tetanus_dose_count.range"),
        ({"mother_tetanus_dose_count": "1,5"}, "mother_tetanus_dose_count", "number.whole"),
        ({"mother_tetanus_dose_count": "hai"}, "mother_tetanus_dose_count", "number.format"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_line_and_nothing_is_written(child, arguments, field, code):
    with pytest.raises(ValidationError) as refused:
        save(child, **arguments)
    assert code in codes_of(refused)
    assert set(refused.value.error_dict) == {field}
    assert versions() == [0, 0]


def test_the_third_table_is_for_women(village):
    with pytest.raises(ValidationError) as refused:
        save(PersonFactory(village=village), rows={"c3_tetanus_1": GIVEN})
    assert codes_of(refused) == {"sex.female_only"}


def test_a_dose_after_death_is_refused(village):
    dead = ChildFactory(village=village, status="dead", death_date=date(2025, 6, 1))
    with pytest.raises(ValidationError) as refused:
        save(dead, rows={"c1_bcg": GIVEN})
    assert codes_of(refused) == {"occurrence_date.after_death"}


@pytest.mark.parametrize(
    ("written", "answer"),
    [("0", Answer(0, "value")), ("không", Answer.NONE), ("kb", Answer.UNKNOWN), ("", Answer.NOT_ASKED)],
)
def test_the_footer_keeps_none_unknown_and_not_asked_apart(child, written, answer):
    save(child, mother_tetanus_dose_count="3")
    save(child, mother_tetanus_dose_count=written)
    assert section_c(child).mother_tetanus_dose_count == answer


def test_a_second_editor_is_told(child):
    save(child, rows={"c1_bcg": GIVEN}, version=0)
    with pytest.raises(StaleError):
        save(child, rows={"c1_polio_1": GIVEN}, version=0)
    assert save(child, rows={"c1_polio_1": {"status": "unknown"}}, version=1).object.version == 2


def test_people_of_other_places_cannot_be_written(users, places):
    with pytest.raises(PermissionDenied):
        save(ChildFactory(village=places.far_village), by=users.clerk, rows={"c1_bcg": GIVEN})
    with pytest.raises(PermissionDenied):
        save(ChildFactory(village=places.villages[0]), by=users.centre, rows={"c1_bcg": GIVEN})


@pytest.mark.parametrize("size", [1, 14])
def test_a_save_costs_the_same_however_many_doses(child, users, size, django_assert_num_queries):
    codes = [code for code in printed_rows() if code.startswith("c1")][:size]
    save(child, by=users.clerk, rows={code: {"status": "not_given"} for code in codes})
    with django_assert_num_queries(6):  # savepoint, record, doses, one UPDATE for all, record, release
        save(child, by=users.clerk, rows={code: {"status": "unknown"} for code in codes})
    with django_assert_num_queries(4):
        save(child, by=users.clerk, rows={code: {"status": "unknown"} for code in codes})
