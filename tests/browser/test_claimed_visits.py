"""A person whose visits came only with claims: every page fits the screen and has no serious fault."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from reports.prints.pdf import write_pdf
from reports.prints.record import record_context
from tests.browser.conftest import DESKTOP, PHONE
from tests.ehr.claims.builders import sample
from tests.ehr.claims.record.conftest import Bench
from tests.factories.records import WomanFactory

SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def mother(places, users):
    """A woman with all samples as her visits."""
    woman = WomanFactory(village=places.villages[0], full_name="Lò Thị Thử Nghiệm")
    bench = Bench(users.clerk, places.villages[0])
    for name in ("s03", "s04", "s05", "s08", "s09"):
        for claim in sample(name):
            if claim.set_aside is None:
                bench.put((claim, woman))
    return woman


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_visits_of_claims_fit_and_are_readable(sign_in, users, live_server, page, mother, size):
    sign_in(users.clerk)
    page.set_viewport_size(size)
    names = [("records:encounters", []), ("records:timeline", [])]
    names += [("records:encounter", [visit.pk]) for visit in mother.encounter_set.order_by("pk")]
    found = []
    for name, more in names:
        page.goto(live_server.url + reverse(name, args=[mother.code, *more]))
        if SHOTS:
            file = f"claimed_{name.partition(':')[2]}{''.join(map(str, more))}_{size['width']}.png"
            page.screenshot(path=Path(SHOTS) / file, full_page=True)
        for rule in Axe().run(page, options={"iframes": False}).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                found.append((name, rule["id"], [node["target"] for node in rule["nodes"][:3]]))
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append((name, *more, "wider than the screen"))
    if SHOTS:
        context = record_context(mother) | {"office": "Trạm Y tế thử nghiệm", "printed_by": "Thử"}
        (Path(SHOTS) / "claimed_record.pdf").write_bytes(write_pdf("prints/record.html", context))
    assert found == []
    assert page.faults == []
