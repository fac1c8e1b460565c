"""Every kernel agrees with a plain loop over events, cells and origins."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import NEVER, Floats, Ints
from features.windows import Slots

CELLS = 3
WINDOWS = (1, 7, 30)
HALF_LIVES = (5.0, 30.0)
CAP = 50


@dataclass(frozen=True)
class World:
    """A few events as arrays, and origins."""

    day: Ints
    known: Ints
    until: Ints
    cell: Ints
    weight: Floats
    origins: Ints

    def slots(self) -> Slots:
        """The events, ready for the kernels."""
        cell = self.cell.astype(np.intp)
        return Slots(self.day, self.known, self.until, cell, CELLS, self.origins)

    def ordered(self, order: list[int]) -> "World":
        """The same events in another order."""
        day, known, until = self.day[order], self.known[order], self.until[order]
        return World(day, known, until, self.cell[order], self.weight[order], self.origins)

    def seen(self, cell: int, origin: int) -> list[int]:
        """The events of a cell that count at an origin."""
        return [
            i
            for i in range(len(self.day))
            if self.cell[i] == cell and self.known[i] <= origin < self.until[i]
        ]


def world_of(events: list[tuple[int, int, int | None, int, int]], origins: Ints) -> World:
    """A world of (day, days until known, days it then counts, cell, weight)."""
    table = np.array(
        [
            (day, day + late, NEVER if lasts is None else day + late + lasts, cell, weight)
            for day, late, lasts, cell, weight in events
        ],
        np.int64,
    ).reshape(-1, 5)
    day, known, until, cell, weight = table.T.astype(np.int32)
    return World(day, known, until, cell, weight.astype(np.float64), origins)


EVENTS = st.lists(
    st.tuples(
        st.integers(-60, 160),
        st.integers(0, 40),
        st.one_of(st.none(), st.integers(1, 60)),
        st.integers(0, CELLS - 1),
        st.integers(0, 50),
    ),
    max_size=15,
)
WEEKLY = st.tuples(st.integers(-20, 20), st.integers(1, 20)).map(
    lambda pair: np.arange(pair[0], pair[0] + 7 * pair[1], 7, dtype=np.int32)
)
WORLDS = st.builds(world_of, EVENTS, WEEKLY)


@given(WORLDS)
def test_counts_and_sums_agree_with_a_loop(world: World) -> None:
    counts = world.slots().counts(WINDOWS)
    sums = world.slots().sums(WINDOWS, world.weight)

    assert counts.shape == (len(WINDOWS), CELLS, len(world.origins))
    for w, cell, o in np.ndindex(counts.shape):
        origin = int(world.origins[o])
        inside = [i for i in world.seen(cell, origin) if world.day[i] > origin - WINDOWS[w]]
        assert counts[w, cell, o] == len(inside)
        assert sums[w, cell, o] == sum(world.weight[i] for i in inside)


@given(WORLDS)
def test_decayed_counts_agree_with_a_loop(world: World) -> None:
    plain = world.slots().decayed(HALF_LIVES)
    weighted = world.slots().decayed(HALF_LIVES, world.weight)

    for h, cell, o in np.ndindex(plain.shape):
        origin = int(world.origins[o])
        seen = world.seen(cell, origin)
        faded = {i: 0.5 ** ((origin - int(world.day[i])) / HALF_LIVES[h]) for i in seen}
        assert plain[h, cell, o] == pytest.approx(sum(faded.values()), abs=1e-9)
        expected = sum(world.weight[i] * f for i, f in faded.items())
        assert weighted[h, cell, o] == pytest.approx(expected, abs=1e-9)


@given(WORLDS)
def test_latest_and_since_agree_with_a_loop(world: World) -> None:
    latest, since = world.slots().latest(), world.slots().since(CAP)

    for cell, o in np.ndindex(latest.shape):
        origin = int(world.origins[o])
        days = [int(world.day[i]) for i in world.seen(cell, origin)]
        assert latest[cell, o] == max(days, default=-NEVER)
        assert since[cell, o] == min([CAP, *(origin - day for day in days)])


@given(WORLDS, st.data())
def test_order_of_events_changes_nothing(world: World, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(world.day))))
    here, there = world.slots(), world.ordered(list(order)).slots()

    assert np.array_equal(here.counts(WINDOWS), there.counts(WINDOWS))
    assert np.array_equal(here.latest(), there.latest())
    assert np.allclose(here.decayed(HALF_LIVES), there.decayed(HALF_LIVES), rtol=0, atol=1e-12)


@given(EVENTS, EVENTS, WEEKLY, st.data())
def test_what_is_known_later_changes_no_earlier_origin(
    events: list[tuple[int, int, int | None, int, int]],
    more: list[tuple[int, int, int | None, int, int]],
    origins: Ints,
    data: st.DataObject,
) -> None:
    last = int(data.draw(st.sampled_from(origins.tolist())))
    # Whatever would have been known by then happens, or is superseded, after it.
    later = [(max(day, last + 1), late, lasts, c, w) for day, late, lasts, c, w in more]
    before, after = world_of(events, origins), world_of(events + later, origins)
    kept = len(events)
    open_until = np.where(before.until > last, NEVER, before.until)
    before = World(
        before.day, before.known, open_until.astype(np.int32), before.cell, before.weight, origins
    )
    assert np.array_equal(before.known, after.known[:kept])

    n = int(np.searchsorted(origins, last, side="right"))
    one, two = before.slots(), after.slots()
    assert np.array_equal(one.counts(WINDOWS)[..., :n], two.counts(WINDOWS)[..., :n])
    sums = one.sums(WINDOWS, before.weight), two.sums(WINDOWS, after.weight)
    assert np.array_equal(sums[0][..., :n], sums[1][..., :n])
    assert np.array_equal(one.decayed(HALF_LIVES)[..., :n], two.decayed(HALF_LIVES)[..., :n])
    assert np.array_equal(one.latest()[..., :n], two.latest()[..., :n])


def test_window_ends_with_the_origin_s_own_day() -> None:
    world = world_of([(10, 0, None, 0, 1)], np.array([9, 10, 16, 17], np.int32))

    assert world.slots().counts([7])[0, 0].tolist() == [0, 1, 1, 0]


def test_decayed_count_halves_with_each_half_life() -> None:
    world = world_of([(0, 0, None, 0, 1), (0, 5, 10, 0, 1)], np.array([0, 10, 20], np.int32))

    assert world.slots().decayed([10.0])[0, 0] == pytest.approx([1, 1, 0.25], abs=1e-12)


def test_slots_refuse_origins_that_do_not_rise() -> None:
    with pytest.raises(ValueError, match="origins must rise"):
        world_of([], np.array([7, 7], np.int32)).slots()


def test_slots_refuse_an_event_known_before_it_happened() -> None:
    with pytest.raises(ValueError, match="known before it happened"):
        world_of([(10, -1, None, 0, 1)], np.array([7], np.int32)).slots()
