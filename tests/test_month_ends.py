"""The chronicle's columns at months' ends: what became known later is not in them."""

import numpy as np
import pytest
from histories import PAK_AFG, happen, history_from

from benchmarks.month_ends import DIPLOMACY, HALF_LIVES, STATES, monthly_columns
from features.arrays import Floats
from features.monthly.panel import month_number
from streams.events.event import Event

FIRST = month_number(2020, 1)


def told(*events: Event) -> tuple[Floats, Floats]:
    """Force and diplomacy at the ends of the first three months of 2020."""
    return monthly_columns(history_from(*events), PAK_AFG, FIRST, 3)


def test_event_counts_from_the_month_in_which_it_was_known() -> None:
    force, diplomacy = told(happen("a", "2020-02-29", "border_clash"))

    assert force.shape == (3, len(HALF_LIVES))
    assert diplomacy.shape == (3, len(DIPLOMACY) * len(HALF_LIVES) + len(STATES))
    # known on its own day, the month's last: a whole count
    assert force[:, 0] == pytest.approx([0, np.log(2), np.log1p(0.5 ** (31 / 30))])
    assert not diplomacy.any()


def test_monthly_columns_are_the_same_whatever_comes_later() -> None:
    past = (happen("a", "2020-01-20", "border_clash"), happen("b", "2020-02-10", "ceasefire"))
    later = (happen("c", "2020-03-01", "ceasefire_ended"), happen("d", "2020-03-02", "shelling"))

    before, after = told(*past), told(*past, *later)

    for short, long in zip(before, after, strict=True):
        assert short[:2].tolist() == long[:2].tolist()
        assert short[2].tolist() != long[2].tolist()
