"""Speed and time left of a batch in work, from sight to sight."""

import pytest
from django.core.cache import cache

from ehr.intake.models import ImportBatch
from ehr.intake.views.progress import STALLED, WINDOW, look


@pytest.fixture
def batch():
    cache.clear()
    return ImportBatch(pk=831, state="writing", total=1000, done=0)


def seen(batch, done, now):
    batch.done = done
    return look(batch, now=now)


def test_the_first_sight_knows_no_speed(batch):
    assert (seen(batch, 100, 0.0).speed, look(batch, now=1.0).left) == (None, None)


def test_speed_and_time_left(batch):
    seen(batch, 100, 0.0)
    seen(batch, 200, 2.0)

    progress = seen(batch, 300, 4.0)

    assert (progress.speed, progress.left, progress.percent) == (50, 14, 30)
    assert progress.left_text == "khoảng 15 giây"


def test_a_worker_that_was_away_does_not_spoil_the_speed(batch):
    seen(batch, 100, 0.0)
    seen(batch, 200, 3600.0)

    assert seen(batch, 300, 3602.0).speed == 50


def test_a_standstill_is_told_until_it_moves_again(batch):
    seen(batch, 100, 0.0)

    assert seen(batch, 100, STALLED - 1).stalled == 0
    assert seen(batch, 100, STALLED + 5).stalled == STALLED + 5
    assert seen(batch, 101, STALLED + 6).stalled == 0


def test_old_sights_leave_the_window(batch):
    for second in range(0, 3 * WINDOW, 2):
        seen(batch, second * 10, float(second))

    assert seen(batch, 3 * WINDOW * 10, float(3 * WINDOW)).speed == pytest.approx(10)


def test_reading_begun_anew_starts_from_its_rows(batch):
    seen(batch, 500, 0.0)

    assert seen(batch, 10, 1.0).speed is None


@pytest.mark.parametrize(("left", "text"), [(2, "vài giây"), (33, "khoảng 35 giây"), (61, "khoảng 2 phút")])
def test_time_left_in_words(batch, left, text):
    seen(batch, 0, 0.0)
    batch.total = 10 + 10 * left

    assert seen(batch, 10, 1.0).left_text == text
