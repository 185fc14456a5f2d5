"""The code lists that the project brings along."""

import pytest

from ehr.codes import queries, reference
from ehr.codes.models import Code, Release
from ehr.common.sections import load_form831

pytestmark = pytest.mark.django_db
FORM = {item.code: item for section in load_form831() for item in section.items()}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("icd10", 12_137), ("icd10-group", 234), ("ethnicity", 56), ("country", 249), ("occupation", 59),
        ("religion", 17), ("relation-831", 9), ("relationship", 23), ("education", 13), ("blood-group", 12),
        ("own-disease", 15), ("allergy-kind", 4), ("disability-kind", 7), ("organ-system", 19), ("lab-group", 5),
        ("id-missing-reason", 6), ("loinc", 97), ("claims-GIOI_TINH", 3), ("claims-MA_LOAI_KCB", 10),
        ("check-target", 14 + 16), ("check-funding", 6),
    ],
)  # fmt: skip
def test_counts(key, expected):
    assert Code.objects.of(key).count() == expected


def test_every_list_is_loaded_with_its_source():
    keys = {each.name.partition("@")[0] for each in reference.reference_lists()}
    assert keys == set(Release.objects.exclude(system__key="reference").values_list("system__key", flat=True))
    assert not Release.objects.filter(source="").exists()


def test_icd10_keeps_version_flags_and_place():
    code = queries.code("icd10", "A00.1")
    assert code.release.version == "4469-2020"
    assert (code.parent_code, code.properties["chapter"], code.properties["block"]) == ("A00", "I", "A00-A09")
    assert "not_primary" not in code.properties
    flags = {
        name: Code.objects.of("icd10").filter(properties__has_key=name).count() for name in ("sex_only", "not_primary")
    }
    assert flags == {"sex_only": 869, "not_primary": 853}
    assert Code.objects.of("icd10").filter(properties__dual_coding="asterisk").count() == 776
    blocks = set(Code.objects.of("icd10-group").values_list("code", flat=True))
    assert set(Code.objects.of("icd10").values_list("properties__block", flat=True)) <= blocks


def test_lists_of_the_form_equal_its_options():
    for system, field in (("religion", "religion"), ("relation-831", "relation_to_head")):
        codes = dict(Code.objects.of(system).values_list("code", "name"))
        codes.pop("0", None)  # "Không tôn giáo" is no option of the form: the element stays empty
        assert codes == dict(FORM[field].options)
    assert queries.code("religion", "0").name == "Không tôn giáo"


@pytest.mark.parametrize("system", ["own-disease", "allergy-kind", "disability-kind", "organ-system", "lab-group"])
def test_lines_of_the_form_name_their_field(system):
    fields = [
        code.properties["field"] for code in Code.objects.of(system) if code.code != "other" or system == "organ-system"
    ]
    assert len(fields) > 3
    assert set(fields) <= FORM.keys()


def test_numbers_of_the_exchange_follow_the_form():
    names = dict(Code.objects.of("own-disease").values_list("code", "name"))
    assert [names[code] for code in ("2", "6", "13", "15")] == ["Tăng huyết áp", "Hen suyễn", "Ung thư", "Khác"]
    assert list(names) == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize(
    ("text", "first"), [("tăng huyết áp", "I10"), ("I10", "I10"), ("dai thao duong", "E10"), ("a00.1", "A00.1")]
)
def test_diagnoses_are_found_by_code_and_without_tones(text, first):
    assert first in [code.code for code in queries.find_codes("icd10", text)]


def test_finding_a_diagnosis_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert queries.find_codes("icd10", "viêm phổi")
    assert queries.find_codes("icd10", " .") == []
