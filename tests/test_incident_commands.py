"""dyadcast events show, dyadcast streams --reporting: an incident with its reports, and how sources
report."""

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from events import NOW, at, make_event

import dyadcast
from flows.pipeline.incidents import find_incident, periods_until
from flows.pipeline.settings import read_settings
from streams.events.event import Event, to_frame
from streams.incidents.detection import share_interval
from streams.store.store import Store, StoreError, connect

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of a home of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DYADCAST_HOME", str(home))
    monkeypatch.delenv("DYADCAST_DATABASE_URL", raising=False)
    return Store(connect(read_settings().database_url), "pak_afg")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: its exit status, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dyadcast", *arguments])
        with pytest.raises(SystemExit) as ended:
            dyadcast.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


def clash(source: str, event_id: str, **changes: Any) -> Event:
    """A clash at Torkham on 12 October 2025."""
    plain = {"source": source, "type": "border_clash", "summary": f"As {source} has it."}
    return make_event(event_id, **(plain | changes))


def land(store: Store, *events: Event) -> None:
    """The events are in the store."""
    for event in events:
        store.append(to_frame([event]), NOW)


def test_show_tells_the_reports_and_why_they_are_one(store: Store, run: Run) -> None:
    land(
        store,
        clash("chronicle", "c", deaths_low=2, deaths_best=3, deaths_high=3),
        clash("ucdp", "u", deaths_best=5, lat=34.2, known_at=at("2025-11-20"), type="shelling"),
        clash("ucdp", "other", occurred="2025-03-01", deaths_best=9),
    )
    status, printed, errors = run("events", "show", "u")

    assert (status, errors) == (0, "")
    lines = printed.splitlines()
    assert lines[:2] == [
        "chronicle:c: 2025-10-12 border_clash, PAK and AFG, Torkham",
        "2 reports; deaths 3 (2 to 5)",
    ]
    why = "  one with chronicle:c: same days, same place (0 days apart, 9 km)"
    assert lines[-3:] == [
        "ucdp u: 2025-10-12 shelling, Torkham; deaths 5",
        "  As ucdp has it.",
        why,
    ]
    assert "other" not in printed


def test_show_is_as_of_a_day(store: Store, run: Run) -> None:
    land(store, clash("chronicle", "c"), clash("ucdp", "u", known_at=at("2025-11-20")))

    _, before, _ = run("events", "show", "chronicle:c", "--as-of", "2025-11-19", "--json")
    _, after, _ = run("events", "show", "chronicle:c", "--as-of", "2025-11-20", "--json")
    assert [len(json.loads(each)["reports"]) for each in (before, after)] == [1, 2]
    status, _, errors = run("events", "show", "u", "--as-of", "2025-11-19")
    assert status == 1
    assert errors.startswith("dyadcast: what is known on 2025-11-19: no such event, found 'u'")


def test_show_names_the_sum_that_tells_it_again(store: Store, run: Run) -> None:
    nowhere: dict[str, Any] = {"segment": "", "lat": None, "lon": None}
    border = nowhere | {"place": "Durand Line, several sectors", "deaths_best": 30}
    land(store, clash("chronicle", "c"), clash("chronicle", "all", **border))

    _, part, _ = run("events", "show", "c")
    _, whole, _ = run("events", "show", "all", "--json")
    assert "told again in chronicle:all" in part
    assert json.loads(whole)["sums"] == ["chronicle:c"]
    assert json.loads(whole)["deaths"] == {"low": 30, "best": 30, "high": 30}


def test_id_that_two_sources_have_wants_its_source(store: Store) -> None:
    land(store, clash("chronicle", "x"), clash("ucdp", "x"))

    with pytest.raises(StoreError, match=r"several sources have that id.*chronicle:x, ucdp:x"):
        find_incident(read_settings(), "pak_afg", "x", date(2026, 1, 1))
    found = find_incident(read_settings(), "pak_afg", "ucdp:x", date(2026, 1, 1))
    assert found.row["incident"] == "chronicle:x"


def test_source_counted_apart_tells_no_incident(store: Store) -> None:
    land(store, clash("gdelt", "g"))

    with pytest.raises(StoreError, match="no incident"):
        find_incident(read_settings(), "pak_afg", "g", date(2026, 1, 1))


def test_reporting_tells_delay_and_share_and_what_is_not_known(store: Store, run: Run) -> None:
    days = [f"2025-{month:02}-{day:02}" for month in (3, 4, 5) for day in range(1, 29, 3)]
    land(
        store,
        *(clash("chronicle", f"c{day}", occurred=day) for day in days),
        *(clash("ucdp", f"u{day}", occurred=day, known_simulated=True) for day in days[:6]),
        clash("analyst", "a", segment="chagai", lat=29.4, lon=64.0, place="Bahramcha"),
    )
    for source in ("chronicle", "ucdp", "analyst"):
        store.declare_coverage(source, date(2025, 1, 1), date(2025, 12, 31), NOW)
    status, printed, _ = run("streams", "--reporting")
    _, as_json, _ = run("streams", "--reporting", "--json")

    assert status == 0
    assert max(map(len, printed.splitlines())) <= 100
    lines = [line.split() for line in printed.splitlines()]
    assert ["border_clash", "2022-2026", "0", "of", "30", "not", "known"] in lines, "the analyst"
    low, high = share_interval(6, 7)
    span = f"({100 * low:.0f}-{100 * high:.0f}%)"
    assert ["border_clash", "2022-2026", "6", "of", "7", "86%", span] in lines
    share = {row["source"]: row for row in json.loads(as_json)["detection"]}
    assert (share["chronicle"]["both"], share["chronicle"]["others"]) == (6, 7)
    assert share["ucdp"]["share"] == pytest.approx(6 / 31)
    delay = {row["source"]: row for row in json.loads(as_json)["delay"]}
    assert delay["chronicle"]["share_1"] == 1
    assert (delay["ucdp"]["events"], delay["ucdp"]["simulated"]) == (0, 6)
    assert delay["ucdp"]["share_1"] is None


def test_periods_are_five_years_up_to_the_present_one() -> None:
    assert periods_until(date(2026, 3, 1), 2) == [
        (date(2022, 1, 1), date(2026, 12, 31)),
        (date(2017, 1, 1), date(2021, 12, 31)),
    ]
