"""A refused row is not absent, its month no calm; a release that loses much changes nothing."""

from datetime import date
from pathlib import Path

import pytest
from geds import CLASH, ELSEWHERE, on
from test_ucdp import END, FINAL, NOVEMBER, OCTOBER, land

from errors import StreamError
from streams.events.frame import fingerprint
from streams.sources.ucdp.months import told_until
from streams.store.store import Store, connect

UNREAD = {"best": "x"}


@pytest.fixture
def store() -> Store:
    return Store(connect("sqlite://"), "pak_afg")


def standing(store: Store) -> set[str]:
    return set(store.events(END)["event_id"])


def end(store: Store) -> date:
    told = store.coverage("ucdp")
    assert told is not None
    return told.end


def test_refused_row_takes_its_event_not_back_and_its_month_is_not_covered(
    store: Store, tmp_path: Path
) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]
    land(store, tmp_path, OCTOBER, *rows)
    assert end(store) == date(2023, 10, 31)

    found = land(store, tmp_path, FINAL, *rows[1:], rows[0] | UNREAD)

    assert (found.refused, found.unread, found.retracted) == (1, 1, 0)
    assert "their days are not covered" in found.line()
    assert standing(store) == {"1", "2", "3", "4", "5"}
    assert end(store) == date(2023, 9, 30)
    assert told_until(store, END) == date(2023, 9, 30)


def test_month_is_covered_again_by_a_release_that_can_be_read(store: Store, tmp_path: Path) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]
    land(store, tmp_path, FINAL, *rows[1:], rows[0] | UNREAD)

    found = land(store, tmp_path, FINAL, *rows)

    assert (found.new, found.unread) == (1, 0)
    assert end(store) == date(2023, 12, 31)


def test_person_may_accept_that_a_month_lacks_a_row(store: Store, tmp_path: Path) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]
    land(store, tmp_path, OCTOBER, *rows)
    land(store, tmp_path, FINAL, *rows[1:], rows[0] | UNREAD)

    found = land(store, tmp_path, FINAL, *rows[1:], rows[0] | UNREAD, accept=True)

    assert (found.unread, found.known_files) == (0, 0)
    assert standing(store) == {"1", "2", "3", "4", "5"}
    assert end(store) == date(2023, 12, 31)
    assert land(store, tmp_path, FINAL, *rows[1:], rows[0] | UNREAD).known_files == 1


def test_refused_row_of_another_country_leaves_the_theatre_covered(
    store: Store, tmp_path: Path
) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]

    found = land(store, tmp_path, OCTOBER, *rows, ELSEWHERE | UNREAD | {"id": "9"})

    assert (found.refused, found.unread) == (1, 0)
    assert end(store) == date(2023, 10, 31)


def test_row_without_a_legible_id_may_be_any_event_that_its_release_lacks(
    store: Store, tmp_path: Path
) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]
    land(store, tmp_path, OCTOBER, *rows)

    found = land(store, tmp_path, FINAL, *rows[1:], rows[0] | {"id": "?"})

    assert (found.unread, found.retracted) == (1, 0)
    assert standing(store) == {"1", "2", "3", "4", "5"}


def test_release_of_which_all_rows_are_refused_changes_nothing(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, OCTOBER, {}, CLASH)
    before = fingerprint(store.versions(END))

    with pytest.raises(StreamError, match=r"2 of 2 rows cannot be read.*--accept"):
        land(store, tmp_path, NOVEMBER, UNREAD, CLASH | UNREAD)

    assert fingerprint(store.versions(END)) == before
    assert end(store) == date(2023, 10, 31)


def test_release_that_takes_much_back_waits_for_a_person(store: Store, tmp_path: Path) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 4)]
    land(store, tmp_path, OCTOBER, *rows)

    with pytest.raises(StreamError, match=r"takes back 2 of 3 events"):
        land(store, tmp_path, FINAL, rows[0])

    assert standing(store) == {"1", "2", "3"}
    assert land(store, tmp_path, FINAL, rows[0], accept=True).retracted == 2
    assert standing(store) == {"1"}


def test_time_after_a_date_and_a_date_of_unknown_precision_are_read(
    store: Store, tmp_path: Path
) -> None:
    timed = {"date_start": "2023-10-04 00:00", "date_end": "2023-10-04 12:30", "date_prec": "0"}

    assert land(store, tmp_path, OCTOBER, timed).refused == 0

    event = store.events(END).iloc[0]
    assert (event["occurred_on"].date(), event["date_precision"]) == (date(2023, 10, 4), "month")


def test_extract_with_a_row_that_cannot_be_read_is_read_anew_until_a_person_accepts(
    store: Store, tmp_path: Path
) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]
    bad = [*rows, {"id": "9", **UNREAD}, {**ELSEWHERE, "id": "10", **UNREAD}]

    for times in range(2):
        found = land(store, tmp_path, "mine.csv", *bad)
        assert (found.new, found.refused, found.unread) == (0 if times else 5, 2, 1)
    accepted = land(store, tmp_path, "mine.csv", *bad, accept=True)

    assert (accepted.unread, store.coverage("ucdp")) == (0, None)
    assert land(store, tmp_path, "mine.csv", *bad).known_files == 1


def test_row_that_a_later_one_supersedes_leaves_nothing_unread(
    store: Store, tmp_path: Path
) -> None:
    rows = [on(f"2023-10-{day:02}", id=str(day)) for day in range(1, 6)]

    found = land(store, tmp_path, OCTOBER, *rows, {**rows[0], "best": "3"})

    assert (found.refused, found.unread, found.new) == (1, 0, 5)
    assert end(store) == date(2023, 10, 31)
