"""Releases may land in any order: what a view of any day shows is the same."""

import os
from collections.abc import Sequence
from datetime import date, datetime
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from geds import on, write_ged
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.frame import COLUMNS
from streams.sources.ucdp import ucdp
from streams.store.store import Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
NOW = datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
OCTOBER, NOVEMBER = "GEDEvent_v23_0_10.csv", "GEDEvent_v23_0_11.csv"
QUARTER, FINAL, NEXT = "GEDEvent_v23_10_23_12.csv", "GEDEvent_v24_1.csv", "GEDEvent_v25_1.csv"
EXTRACT = "some of them.csv"
EXAMPLES = int(os.environ.get("DYADCAST_EXAMPLES", "10"))
RELEASES = (OCTOBER, NOVEMBER, QUARTER, FINAL, NEXT, EXTRACT)
DAYS = [
    date.fromisoformat(day)
    for day in (
        *("2023-11-19", "2023-11-20", "2023-12-19", "2023-12-20", "2024-01-19", "2024-01-20"),
        *("2024-05-31", "2024-06-01", "2025-05-31", "2025-06-01", "2100-01-01"),
    )
]
SAID = [name for name in COLUMNS if name not in ("version", "known_at", "known_simulated")]
Rows = Sequence[dict[str, str]]


def landed(*files: tuple[str, Rows]) -> Store:
    """A store in which the files have landed, one after the other."""
    store = Store(connect("sqlite://"), "pak_afg")
    with TemporaryDirectory() as folder:
        for name, rows in files:
            path = write_ged(Path(folder), name, *rows)
            ucdp.ingest(store, THEATRE, path, NOW, accept=True)
    return store


def views(store: Store) -> list[list[tuple[object, ...]]]:
    """What the views of several days say, apart from when it was known."""
    return [
        sorted(store.events(day)[SAID].astype("str").itertuples(index=False, name=None))
        for day in DAYS
    ]


def bests(store: Store, day: str) -> dict[str, int]:
    """Of each event as of a day its best figure of deaths."""
    events = store.events(date.fromisoformat(day))
    return dict(zip(events["event_id"], events["deaths_best"].astype(int), strict=True))


@pytest.mark.parametrize("turned", [False, True])
def test_an_older_release_that_comes_late_tells_what_was_known_then(turned: bool) -> None:
    files: list[tuple[str, Rows]] = [(OCTOBER, [{}]), (FINAL, [{"best": "3"}, {}])]
    store = landed(*(reversed(files) if turned else files))

    assert bests(store, "2023-11-19") == {}
    assert bests(store, "2024-05-31") == {"1": 2}
    assert bests(store, "2024-06-01") == {"1": 3, "2": 2}


def test_an_extract_says_nothing_of_what_a_release_holds() -> None:
    files: list[tuple[str, Rows]] = [(FINAL, [{"best": "3"}]), (EXTRACT, [{}, {}])]

    assert bests(landed(*files), "2100-01-01") == {"1": 3, "2": 2}
    assert bests(landed(*reversed(files)), "2100-01-01") == {"1": 3, "2": 2}


def test_an_event_that_comes_back_is_known_again() -> None:
    store = landed((OCTOBER, [{}]), (QUARTER, [on("2023-12-01", id="9")]), (FINAL, [{}]))

    assert [set(bests(store, day)) for day in ("2024-01-19", "2024-01-20", "2024-06-01")] == [
        {"1"},
        {"9"},
        {"1"},
    ]


def test_a_release_that_comes_again_takes_its_own_place() -> None:
    store = landed((OCTOBER, [{}, {}]), (OCTOBER, [{"best": "3"}]), (OCTOBER, [{}]))

    assert bests(store, "2023-11-20") == {"1": 2}


EVENT = st.fixed_dictionaries(
    {
        "id": st.sampled_from("12"),
        "best": st.sampled_from("12"),
        "date_end": st.sampled_from(["2023-10-04", "2023-10-31", "2023-11-02"]),
    }
)
FILE = st.tuples(
    st.sampled_from(RELEASES), st.lists(EVENT, max_size=2, unique_by=lambda row: row["id"])
)


@settings(max_examples=EXAMPLES)
@given(st.lists(FILE, min_size=2, max_size=3, unique_by=lambda file: file[0]))
def test_the_order_of_releases_is_no_matter(files: list[tuple[str, Rows]]) -> None:
    first, *others = (views(landed(*order)) for order in permutations(files))

    assert all(other == first for other in others)
