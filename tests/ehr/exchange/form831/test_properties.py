"""Anything that the format can carry comes back as it went out: the tree of any record, a visit, section B."""

import datetime as dt
import io
import string
import unicodedata
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.exchange.form831 import history, visits
from ehr.exchange.form831.files import read, scan
from ehr.exchange.form831.layout import RECORD, to_xml
from ehr.exchange.form831.words import Taker
from ehr.exchange.form831.writing import CLOSING, Sender, opening

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
QUICK = settings(max_examples=12, suppress_health_check=SLOW)
LETTERS = string.ascii_letters + string.digits + "ăâđêôơưĂÂĐÊÔƠƯàảãáạậữợịỷ &<>\"';,.-/()%°«»\n" + "e\u0302\u0303"
TEXTS = st.text(LETTERS, max_size=30).map(lambda text: unicodedata.normalize("NFC", text).strip())
FILLED = TEXTS.filter(bool)


def leaves(tag, texts, chance):
    """Texts, parts and rows below a tag, some of them missing."""
    data = {}
    for child in tag.children:
        if child.repeats:
            data[child.name] = [leaves(child, texts, chance) for _ in range(chance.randrange(3))]
        elif child.children:
            data[child.name] = leaves(child, texts, chance)
        elif chance.randrange(4) == 0:
            data[child.name] = chance.choice(texts)
    return data


def filled(data):
    """Without what is empty: a missing tag and an empty one say the same."""
    if isinstance(data, dict):
        return {name: found for name, value in data.items() if (found := filled(value)) not in ({}, [], "")}
    return [filled(each) for each in data] if isinstance(data, list) else data


@QUICK
@given(st.lists(FILLED, min_size=5, max_size=20), st.integers(1, 3), st.randoms(use_true_random=False))
def test_any_tree_comes_back_equal(texts, people, chance):
    sent = [leaves(RECORD, texts, chance) for _ in range(people)]
    file = opening(Sender("99001", "Trạm «thử» & <mẫu>"), on=dt.date(2026, 3, 1), request_id="1")
    file += "".join(to_xml(RECORD, each) + "\n" for each in sent) + CLOSING
    stream = io.BytesIO(file.encode())
    found = scan("a.xml", stream)
    back = list(read(found, stream))
    assert (found.people, found.trusted, found.header["SENDER_CODE"]) == (people, True, "99001")
    assert [filled(each.data) for each in back] == [filled(each) for each in sent]
    assert {(each.broken, each.unknown) for each in back} == {("", ())}


DAYS = st.dates(dt.date(1920, 1, 1), dt.date(2026, 3, 1))
NUMBERS = st.decimals(0, 400, places=1)
LINES = st.builds(
    SimpleNamespace, icd10_code=st.from_regex(r"[A-Z][0-9]{2}(\.[0-9])?", fullmatch=True), name=TEXTS, conclusion=TEXTS
)
VISITS = st.fixed_dictionaries(
    {"exam_date": DAYS, "diagnoses": st.lists(LINES, max_size=3)},
    optional={
        **dict.fromkeys((name for tag, name in visits.TEXTS.items()), FILLED),
        **dict.fromkeys(("visit_start_date", "visit_end_date"), DAYS),
        **dict.fromkeys(visits.WHOLE.values(), st.integers(1, 300)),
        **dict.fromkeys(visits.NUMBERS.values(), NUMBERS),
        "uses_glasses": st.sampled_from(["yes", "no"]),
    },
)


@QUICK
@given(VISITS)
def test_any_visit_comes_back_equal(values):
    taker = Taker(trusted=True)
    found = visits.read(visits.write(values), taker)
    lines = [{"icd10_code": each.icd10_code, "name": each.name, "conclusion": each.conclusion}
             for each in values["diagnoses"]]  # fmt: skip
    assert found == {**values, "diagnoses": lines, "labs": []}
    assert taker.notes == []


ANSWERS = st.sampled_from(["yes", "no"])
SECTION_B = st.fixed_dictionaries(
    {},
    optional={
        "birth_delivery_mode": st.sampled_from("01"), "birth_preterm": ANSWERS, "birth_asphyxia": ANSWERS,
        "birth_weight_g": st.integers(500, 6000), "birth_length_cm": st.decimals(20, 70, places=1),
        "risk_smoking": st.sampled_from("012"), "risk_smoking_quit": ANSWERS, "risk_alcohol": ANSWERS,
        "risk_alcohol_quit": ANSWERS, "risk_alcohol_glasses_per_day": st.decimals(Decimal("0.5"), 30, places=1),
        "risk_drug": st.sampled_from("012"), "risk_drug_quit": ANSWERS,
        "risk_physical_activity": st.sampled_from("012"),
        **dict.fromkeys((name for name in history.COUNTS.values()), st.integers(0, 15)),
    },
)  # fmt: skip


@QUICK
@given(SECTION_B)
def test_the_smoker_and_all_other_answers_of_section_b_come_back_equal(values):
    """Trap 2: another exporter writes «không» for whoever smokes now; what we write says both."""
    taker = Taker(trusted=True)
    assert history.read(history.write(values, {}), taker) == values
    assert taker.notes == []
