"""What hospitals wrote, in words that a doctor reads."""

import pytest

from ehr.records.care import with_vital_words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "CSST<M90_T36.5_HA130/90_NT17>. Tỉnh.",
            "Mạch 90 lần/phút, nhiệt độ 36,5 °C, huyết áp 130/90 mmHg, nhịp thở 17 lần/phút. Tỉnh.",
        ),
        ("CSST<M75_HL2_>", "Mạch 75 lần/phút, HL2"),
        ("Mạch < 60, CSST chưa ghi", "Mạch < 60, CSST chưa ghi"),
        ("CSST<>", "CSST<>"),
    ],
)
def test_vital_signs_in_notes(written, shown):
    assert with_vital_words(written) == shown
