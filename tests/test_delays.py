"""How soon a source tells: the share told after so many days, though the last days are not over."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from events import at
from histories import happen, versions_of
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.event import Event
from streams.incidents.delays import FEWEST, LONGEST, curve_of, delays_of, reporting

AS_OF = date(2020, 12, 31)


def told(name: str, day: str, late: int, **changes: object) -> Event:
    """An event known so many days after it happened."""
    known = at(day) + timedelta(days=late)
    return happen(name, day, "border_clash", **({"known_at": known} | changes))


def cells(table: pd.DataFrame, source: str, *names: str) -> list[Any]:
    """What the table says of the source in these columns."""
    return [table[name][source] for name in names]


def test_delay_is_from_the_first_day_to_the_first_version() -> None:
    events = [
        told("a", "2020-03-01", 2),
        told("a", "2020-03-01", 40, version=2, deaths_best=9),
        told("b", "2020-12-30", 5),
        told("c", "2020-03-05", 1),
        told("c", "2020-03-05", 9, version=2, retracted=True),
        told("d", "2020-12-01", 19, known_simulated=True),
    ]
    rows = delays_of(versions_of(events), AS_OF).set_index("event_id")

    assert rows.index.tolist() == ["a", "d"], "b is not known yet, c was taken back"
    assert rows["delay"].tolist() == [2, 19]
    assert rows["age"].tolist() == [305, 30]
    assert rows["simulated"].tolist() == [False, True]


def test_share_without_truncation_is_the_share_of_delays() -> None:
    delays = pd.DataFrame({"delay": [0, 0, 1, 5, 400], "age": [900] * 5})
    curve = curve_of(delays)

    assert curve.events == 4, "what is told after more than a year is no report"
    assert curve.share[[0, 1, 4, 5, LONGEST]].tolist() == [0.5, 0.75, 0.75, 1, 1]
    assert (curve.low <= curve.share).all()
    assert (curve.share <= curve.high).all()


def test_last_days_do_not_make_a_source_look_fast() -> None:
    # Two a day for forty days: one is told at once, one twenty days later.
    rows = [(0, age) for age in range(40)] + [(20, age) for age in range(20, 40)]
    curve = curve_of(pd.DataFrame(rows, columns=["delay", "age"]))

    assert curve.share[19] == 0.5
    assert 40 / len(rows) > 0.6, "what a mean over all that is known would say"


def test_share_is_recovered_from_a_truncated_sample() -> None:
    chance = np.random.default_rng(7)
    delay, age = chance.geometric(1 / 15, 4000) - 1, chance.integers(0, 120, 4000)
    seen = delay <= age
    curve = curve_of(pd.DataFrame({"delay": delay[seen], "age": age[seen]}))

    for days in (1, 7, 20, 50):
        true = 1 - (1 - 1 / 15) ** (days + 1)
        assert abs(curve.share[days] - true) < 0.03
        assert curve.low[days] < true < curve.high[days]


def test_interval_holds_the_truth_in_about_nine_of_ten_samples() -> None:
    chance = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        delay, age = chance.geometric(0.1, 150) - 1, chance.integers(0, 90, 150)
        seen = delay <= age
        curve = curve_of(pd.DataFrame({"delay": delay[seen], "age": age[seen]}))
        held += curve.low[7] <= 1 - 0.9**8 <= curve.high[7]

    assert 0.83 <= held / 200 <= 0.97


def test_simulated_days_are_counted_apart() -> None:
    real = [told(f"r{n}", "2020-03-01", 1) for n in range(FEWEST)]
    made = [told(f"s{n}", "2020-03-01", 19, known_simulated=True) for n in range(30)]
    few = [told(f"f{n}", "2020-03-01", 0, source="analyst") for n in range(FEWEST - 1)]
    table = reporting(versions_of(real + made + few), AS_OF).set_index("source")

    assert cells(table, "chronicle", "events", "simulated") == [FEWEST, 30]
    assert table["share_1"]["chronicle"] == 1
    assert np.isnan(table["share_1"]["analyst"]), "of so few nothing is known"


def test_since_leaves_out_what_happened_before() -> None:
    old = [told(f"o{n}", "2010-03-01", 50) for n in range(30)]
    new = [told(f"n{n}", "2020-03-01", 0) for n in range(30)]
    table = reporting(versions_of(old + new), AS_OF, date(2019, 1, 1))

    assert table["events"].tolist() == [30]
    assert table["share_1"].tolist() == [1]


EVENTS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 80), st.booleans()), min_size=1, max_size=30
)


@settings(deadline=None, max_examples=50)
@given(rows=EVENTS, day=st.integers(0, 60), data=st.data())
def test_neither_what_is_known_later_nor_the_order_moves_a_day(
    rows: list[tuple[int, int, bool]], day: int, data: st.DataObject
) -> None:
    first = date(2020, 1, 1)
    as_of = first + timedelta(days=day)
    events = [
        told(f"e{n}", (first + timedelta(days=start)).isoformat(), late, known_simulated=made)
        for n, (start, late, made) in enumerate(rows)
    ]
    again = [
        told(f"e{n}", (first + timedelta(days=start)).isoformat(), 90, version=2, retracted=True)
        for n, (start, _, _) in enumerate(rows)
    ]
    now = versions_of(data.draw(st.permutations(events + again)))
    then = versions_of([event for event in events if event.known_at.date() <= as_of])

    one, other = (delays_of(frame, as_of) for frame in (then, now))
    assert one.equals(other)
    assert np.array_equal(curve_of(one).share, curve_of(other).share)
