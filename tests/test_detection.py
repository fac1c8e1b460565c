"""A source's share of what happens, from what others tell: known by overlap alone."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from streams.incidents.detection import detection, share_interval

ALL = (date(2020, 1, 1), date(2020, 12, 31))
SPANS = {"chronicle": ALL, "ucdp": ALL}


def made(*told: tuple[str, str, str], sums: bool = False) -> pd.DataFrame:
    """Incidents by day, type, and the sources that tell them."""
    days, kinds, sources = zip(*told, strict=True)
    return pd.DataFrame(
        {
            "occurred_on": pd.to_datetime(list(days)).astype("datetime64[s]"),
            "type": kinds,
            "sources": sources,
            "sums": sums,
        }
    )


def clashes(sources: str, count: int, day: str = "2020-05-01") -> list[tuple[str, str, str]]:
    """So many clashes of a day that these sources tell."""
    return [(day, "shelling", sources)] * count


def cells(table: pd.DataFrame, source: str, *names: str) -> list[Any]:
    """What the table says of the source in these columns."""
    return [table[name][source] for name in names]


def test_share_is_that_of_the_other_sources_incidents() -> None:
    rows = clashes("chronicle;ucdp", 6) + clashes("ucdp", 14) + clashes("chronicle", 4)
    table = detection(made(*rows), SPANS, [ALL]).set_index("source")

    assert cells(table, "chronicle", "others", "both", "own") == [20, 6, 10]
    assert table["share"]["chronicle"] == 0.3
    assert table["share"]["ucdp"] == 0.6
    assert table["happened"].round(6).tolist() == [32, 32], "11 x 21 / 7 - 1, whoever asks"
    assert table["kind"].tolist() == ["border_clash"] * 2, "shelling is one kind with clashes"


def test_share_without_overlap_is_not_known() -> None:
    table = detection(made(*clashes("ucdp", 5), *clashes("chronicle", 5)), SPANS, [ALL])

    assert table["both"].tolist() == [0, 0]
    assert table[["share", "low", "high", "happened"]].isna().all(axis=None)


def test_only_days_that_both_watch_count() -> None:
    spans = SPANS | {"ucdp": (date(2020, 1, 1), date(2020, 6, 30))}
    rows = clashes("chronicle;ucdp", 3) + clashes("chronicle", 9, "2020-09-01")
    table = detection(made(*rows), spans, [ALL]).set_index("source")

    assert cells(table, "ucdp", "others", "both", "own") == [3, 3, 3]
    assert len(detection(made(*rows), {"ucdp": ALL}, [ALL])) == 0, "no other watches"


def test_kinds_and_periods_stand_apart_and_sums_are_left_out() -> None:
    halves = [(date(2020, 1, 1), date(2020, 6, 30)), (date(2020, 7, 1), date(2020, 12, 31))]
    late = clashes("ucdp", 2, "2020-09-01") + clashes("chronicle;ucdp", 2, "2020-09-01")
    rows = [*clashes("chronicle;ucdp", 4), *late, ("2020-05-01", "battle", "ucdp")]
    table = detection(made(*rows), SPANS, halves)
    own = table[table["source"] == "chronicle"]

    assert own["share"].tolist() == [1, 0.5]
    assert own["start"].tolist() == [date(2020, 1, 1), date(2020, 7, 1)]
    assert "militant_attack" not in set(table["kind"]), "the chronicle tells none of it"
    assert len(detection(made(*rows, sums=True), SPANS, halves)) == 0


def test_third_source_is_among_the_others() -> None:
    spans = SPANS | {"acled": ALL}
    rows = clashes("acled;chronicle", 2) + clashes("ucdp", 1) + clashes("acled;ucdp", 1)
    table = detection(made(*rows), spans, [ALL]).set_index("source")

    assert cells(table, "chronicle", "others", "both") == [4, 2]
    assert cells(table, "ucdp", "others", "both") == [3, 1]


@pytest.mark.parametrize(
    ("some", "of", "low", "high"),
    [(0, 10, 0.0, 0.171), (10, 10, 0.829, 1.0), (5, 10, 0.262, 0.738)],
)
def test_interval_is_the_middle_of_jeffreys_beta(
    some: int, of: int, low: float, high: float
) -> None:
    assert share_interval(some, of) == pytest.approx((low, high), abs=0.001)


def test_interval_holds_the_share_in_about_nine_of_ten_worlds() -> None:
    chance = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        other = chance.random(60) < 0.6
        both = other & (chance.random(60) < 0.35)
        low, high = share_interval(int(both.sum()), int(other.sum()))
        held += low <= 0.35 <= high

    assert 0.85 <= held / 400 <= 0.95
