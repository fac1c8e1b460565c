"""UCDP's releases make versions and tombstones; the same file twice changes nothing."""

from datetime import date, datetime
from pathlib import Path

import pytest
from geds import CLASH, ELSEWHERE, PLAIN, on, write_ged

from errors import StreamError
from streams.events.frame import fingerprint
from streams.sources.ucdp import ucdp
from streams.sources.ucdp.months import country_months, dyad_months
from streams.store.landing import Ingested
from streams.store.store import Coverage, Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
NOW = datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)
OCTOBER = "GEDEvent_v23_0_10.csv"
NOVEMBER = "GEDEvent_v23_0_11.csv"
QUARTER = "GEDEvent_v23_01_23_12.csv"
FINAL = "GEDEvent_v24_1.csv"


@pytest.fixture
def store() -> Store:
    return Store(connect("sqlite://"), "pak_afg")


def land(
    store: Store, folder: Path, name: str, *rows: dict[str, str], accept: bool = False
) -> Ingested:
    path = write_ged(folder, name, *rows)
    return ucdp.ingest(store, THEATRE, path, NOW, accept=accept)


def known(store: Store) -> dict[str, list[tuple[str, bool, bool]]]:
    """Of each event its versions: known from, whether simulated, whether retracted."""
    told: dict[str, list[tuple[str, bool, bool]]] = {}
    versions = store.versions(END).sort_values(["event_id", "known_at"])
    for row in versions.to_dict("records"):
        day = f"{row['known_at']:%Y-%m-%d}"
        told.setdefault(row["event_id"], []).append((day, row["known_simulated"], row["retracted"]))
    return told


def test_ingest_accounts_for_every_row(store: Store, tmp_path: Path) -> None:
    found = land(store, tmp_path, OCTOBER, {}, ELSEWHERE, {"best": "x"})

    assert (found.read, found.new, found.elsewhere, found.refused) == (3, 1, 1, 1)
    assert list(store.quarantined()["column"]) == ["best"]


def cut_off(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    """The file of these rows without the end of the last one."""
    path = write_ged(folder, name, *rows)
    path.write_bytes(path.read_bytes()[:-40])
    return path


def test_release_that_breaks_off_tells_nothing_until_it_is_whole(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, OCTOBER, {}, CLASH)
    before = fingerprint(store.versions(END))
    broken = cut_off(tmp_path, NOVEMBER, on("2023-11-02", id="5"), on("2023-11-03", id="6"))

    with pytest.raises(StreamError, match=r"GEDEvent_v23_0_11.csv, line 3: .* breaks off"):
        ucdp.ingest(store, THEATRE, broken, NOW)

    assert fingerprint(store.versions(END)) == before
    told = store.coverage("ucdp")
    assert told is not None
    assert told.end == date(2023, 10, 31)
    whole = land(store, tmp_path, NOVEMBER, on("2023-11-02", id="5"), on("2023-11-03", id="6"))
    assert whole.new == 2


def test_rows_of_an_extract_that_breaks_off_land(store: Store, tmp_path: Path) -> None:
    found = ucdp.ingest(store, THEATRE, cut_off(tmp_path, "mine.csv", {}, on("2023-11-02")), NOW)

    assert (found.read, found.new, found.refused) == (2, 1, 1)


def test_the_same_file_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {}, CLASH)
    before = fingerprint(store.versions(END))

    assert land(store, tmp_path, OCTOBER, {}, CLASH).known_files == 1
    assert fingerprint(store.versions(END)) == before


def test_a_monthly_release_is_known_from_its_day(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, on("2023-09-30"))

    assert known(store) == {"1": [("2023-11-20", True, False)]}


def test_a_final_release_alone_is_known_by_the_candidates_calendar(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, FINAL, on("2011-05-03"))

    assert known(store) == {"1": [("2011-06-20", True, False)]}


def test_an_unchanged_event_of_a_later_release_is_no_new_version(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, OCTOBER, {})

    assert land(store, tmp_path, FINAL, {}).unchanged == 1
    assert len(store.versions(END)) == 1


def test_a_revision_is_known_from_the_release_that_brings_it(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {})
    found = land(store, tmp_path, FINAL, {"best": "3"})

    assert found.revised == 1
    assert known(store) == {"1": [("2023-11-20", True, False), ("2024-06-01", True, False)]}
    assert list(store.events(date(2024, 5, 31))["deaths_best"]) == [2]
    assert list(store.events(date(2024, 6, 1))["deaths_best"]) == [3]


def test_an_event_that_a_covering_release_lacks_is_retracted(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {}, {})
    found = land(store, tmp_path, FINAL, {})

    assert found.retracted == 1
    assert set(store.events(date(2024, 5, 31))["event_id"]) == {"1", "2"}
    assert set(store.events(date(2024, 6, 1))["event_id"]) == {"1"}


def test_a_release_of_another_month_retracts_nothing(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {})
    found = land(store, tmp_path, NOVEMBER, on("2023-11-02", id="2"))

    assert found.retracted == 0
    assert set(store.events(END)["event_id"]) == {"1", "2"}


def test_an_extract_retracts_nothing_and_covers_nothing(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {})
    land(store, tmp_path, "an extract.csv", on("2023-10-09", id="2"))

    assert set(store.events(END)["event_id"]) == {"1", "2"}
    assert store.coverage("ucdp") == Coverage("ucdp", date(2023, 10, 1), date(2023, 10, 31))
    assert set(country_months(store, END)["release"]) == {"23.0.10"}


def test_what_an_earlier_covering_release_lacked_was_not_known_then(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, OCTOBER, {})
    land(store, tmp_path, QUARTER, {}, {})

    assert known(store)["2"] == [("2024-01-20", True, False)]


def test_what_a_late_release_alone_holds_is_taken_away_by_the_next(
    store: Store, tmp_path: Path
) -> None:
    land(store, tmp_path, FINAL, {})
    land(store, tmp_path, OCTOBER, {}, {})

    assert known(store)["2"] == [("2023-11-20", True, False), ("2024-06-01", True, True)]
    assert set(store.events(END)["event_id"]) == {"1"}


def test_an_event_known_later_changes_no_view_before(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {})
    before = fingerprint(store.events(date(2024, 1, 19)))
    land(store, tmp_path, QUARTER, {"best": "9"}, {})
    land(store, tmp_path, FINAL, accept=True)

    assert fingerprint(store.events(date(2024, 1, 19))) == before


def test_coverage_reaches_to_the_first_missing_month(store: Store, tmp_path: Path) -> None:
    for name in (FINAL, "GEDEvent_v24_0_1.csv", "GEDEvent_v24_0_3.csv"):
        land(store, tmp_path, name, {})

    assert store.coverage("ucdp") == Coverage("ucdp", date(1989, 1, 1), date(2024, 1, 31))


def test_a_file_that_breaks_off_leaves_the_store_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("streams.sources.ucdp.months.write_release", fail)
        with pytest.raises(RuntimeError):
            land(store, tmp_path, OCTOBER, {})

    assert store.versions(END).empty
    assert land(store, tmp_path, OCTOBER, {}).new == 1


def test_months_add_up_the_whole_world_by_vintage(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, {}, {}, ELSEWHERE)
    land(store, tmp_path, FINAL, {"best": "7"}, ELSEWHERE)

    then = country_months(store, date(2024, 5, 31)).set_index("code")
    since = country_months(store, date(2024, 6, 1)).set_index("code")

    assert (then.loc[770, "sb_events"], then.loc[770, "sb_deaths_best"]) == (2, 4)
    assert (since.loc[770, "sb_events"], since.loc[770, "sb_deaths_best"]) == (1, 7)
    assert then.loc[100, "sb_deaths_best"] == 2
    assert country_months(store, date(2023, 11, 19)).empty


def test_dyad_months_name_the_sides(store: Store, tmp_path: Path) -> None:
    land(store, tmp_path, OCTOBER, CLASH, {})

    found = dyad_months(store, END).set_index("code")

    assert (found.loc[12291, "gwno_a"], found.loc[12291, "gwno_b"]) == ("700", "770")
    assert found.loc[int(PLAIN["dyad_new_id"]), "gwno_b"] == ""
