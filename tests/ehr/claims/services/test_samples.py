"""Every sample through the whole path."""

import pytest

from ehr.claims import services
from ehr.claims.models import Claim, ClaimEntry, ClaimFile, ClaimVersion
from ehr.claims.xml import read_claims
from tests.ehr.claims.services.conftest import SAMPLES

pytestmark = pytest.mark.django_db
FILES = sorted(path.name for path in SAMPLES.glob("*.xml"))


@pytest.mark.parametrize("name", FILES)
def test_sample_is_taken_in(take, name):
    claims = list(read_claims(SAMPLES / name))

    file = take(name)

    result = services.result(file)
    assert file.state == "done", file.message
    assert (result["encounters"], result["rejected"]) == (len(claims), 0)
    assert result["stored"] + result["unchanged"] == len(claims)
    assert ClaimEntry.objects.filter(file=file).count() == len(claims)
    assert ClaimVersion.objects.filter(file=file).count() == Claim.objects.count()


def test_same_file_again_changes_nothing(take):
    first = take("s06-3176-batch8.xml")
    again = take("s06-3176-batch8.xml")
    assert (again.pk, again.again, ClaimFile.objects.count()) == (first.pk, True, 1)
    assert services.result(again)["stored"] == 0
    assert services.result(again)["unchanged"] == 8
    assert ClaimVersion.objects.count() == 8
