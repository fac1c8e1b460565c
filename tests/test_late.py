"""A monthly file of UCDP tells of earlier months too: events late, and others anew."""

from datetime import date
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest
from geds import CLASH, PLAIN, on
from test_ucdp import END, land

from streams.sources.ucdp.months import country_months, dyad_months
from streams.store.store import Store, connect

HALF = "GEDEvent_v26_01_26_06.csv"
JULY = "GEDEvent_v26_0_7.csv"
AUGUST = "GEDEvent_v26_0_8.csv"
MARCH = on("2026-03-05")


@pytest.fixture
def store() -> Store:
    return Store(connect("sqlite://"), "pak_afg")


def deaths(store: Store, vintage: date = END) -> dict[str, tuple[int, int]]:
    """Pakistan's events and deaths by month."""
    months = country_months(store, vintage)
    mine = months[(months["code"] == 770)]
    pairs = zip(mine["sb_events"], mine["sb_deaths_best"], strict=True)
    return dict(zip(mine["month"].dt.strftime("%m"), pairs, strict=True))


def test_an_event_told_late_is_added_to_its_month(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, HALF, {**MARCH, "id": "1"})
    land(store, tmp_path, JULY, {**on("2026-07-02"), "id": "2"}, {**MARCH, "id": "3", "best": "5"})

    assert deaths(store) == {"03": (2, 7), "07": (1, 2)}
    assert deaths(store, date(2026, 8, 19)) == {"03": (1, 2)}
    assert set(store.events(END)["event_id"]) == {"1", "2", "3"}


def test_an_event_told_anew_counts_once_as_the_later_file_says(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, HALF, {**MARCH, "id": "1"}, {**on("2026-06-30"), "id": "2"})
    land(store, tmp_path, JULY, {**MARCH, "id": "1", "best": "9"}, {**on("2026-07-01"), "id": "2"})

    assert deaths(store) == {"03": (1, 9), "07": (1, 2)}
    standing = store.events(END).set_index("event_id")
    assert dict(standing["deaths_best"]) == {"1": 9, "2": 2}
    assert str(standing["occurred_on"].dt.date["2"]) == "2026-07-01"


def test_a_release_that_covers_the_month_anew_has_the_last_word(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, HALF, {**MARCH, "id": "1"})
    land(store, tmp_path, JULY, {**MARCH, "id": "3"}, accept=True)
    land(store, tmp_path, "GEDEvent_v26_01_26_09.csv", {**MARCH, "id": "1"}, accept=True)

    assert deaths(store) == {"03": (1, 2)}
    assert deaths(store, date(2026, 9, 1)) == {"03": (2, 4)}


def test_a_final_release_of_the_month_stands_as_it_is(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, "GEDEvent_v27_1.csv", {**MARCH, "id": "1"})
    land(store, tmp_path, "GEDEvent_v27_0_6.csv", {**MARCH, "id": "3"})

    assert deaths(store) == {"03": (1, 2)}


def test_the_order_in_which_the_files_land_is_no_matter(tmp_path: Path) -> None:
    files = {
        HALF: [{**MARCH, "id": "1"}, {**on("2026-06-30"), "id": "2"}],
        JULY: [{**MARCH, "id": "1", "best": "9"}, {**MARCH, "id": "3"}],
        AUGUST: [{**on("2026-07-01"), "id": "2"}, {**MARCH, "id": "3", "best": "4"}],
    }
    told: list[pd.DataFrame] = []
    for names in permutations(files):
        store = Store(connect("sqlite://"), "pak_afg")
        for name in names:
            land(store, tmp_path, name, *files[name], accept=True)
        told.append(country_months(store, END))
        assert deaths(store) == {"03": (2, 13), "07": (1, 2)}

    assert all(each.equals(told[0]) for each in told)


def test_a_dyad_that_a_later_file_alone_knows_has_its_sides(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, HALF, {**MARCH, "id": "1"})
    land(store, tmp_path, JULY, {**CLASH, **MARCH, "id": "3"}, accept=True)

    dyads = dyad_months(store, END).set_index("code")

    assert tuple(dyads.loc[12291, ["gwno_a", "gwno_b"]]) == ("700", "770")
    assert dyads.loc[int(PLAIN["dyad_new_id"]), "gwno_b"] == ""


def test_a_release_that_comes_again_takes_back_what_it_told_late(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, HALF, {**MARCH, "id": "1"})
    land(store, tmp_path, JULY, {**MARCH, "id": "3"}, accept=True)

    land(store, tmp_path, JULY, {**on("2026-07-02"), "id": "2"}, accept=True)

    assert deaths(store) == {"03": (1, 2), "07": (1, 2)}
