"""Two theatres beside each other in one database: each has its own, and sees nothing else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chronicles import make_csv, make_file
from exports import row as gdelt_row
from exports import write_export
from geds import CLASH, on, write_ged
from second import COVERED, SECOND, make_second
from sqlalchemy.engine import Engine

from flows.alerts import raise_alerts
from flows.pipeline.settings import Settings
from publish.alerting.senders import read_channels
from publish.archive.archive import Archive
from streams.events.event import EventError
from streams.sources import analyst, chronicle
from streams.sources.gdelt import gdelt
from streams.sources.ucdp import ucdp
from streams.sources.ucdp.months import country_months, read_releases, told_until
from streams.store.store import Coverage, Store, connect, reading
from theatres import TheatreError, load_theatre, load_theatres

NOW = datetime(2026, 4, 2, tzinfo=UTC)
END = date(2100, 1, 1)
FIRST = "pak_afg"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
ARMENIA = {
    "country_id": "371",
    "gwnoa": "371",
    "gwnob": "373",
    "side_a": "Government of Armenia",
    "side_b": "Government of Azerbaijan",
    "dyad_new_id": "818",
    "dyad_name": "Government of Armenia - Government of Azerbaijan",
    "latitude": "41.15",
    "longitude": "45.30",
}


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The second theatre, set up in a folder of the operator's own; its name."""
    made = make_second(tmp_path / "theatres")
    monkeypatch.setenv("DYADCAST_THEATRES", str(made.parent))
    return SECOND


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A new database, once of each kind."""
    made = connect(database_url)
    yield made
    made.dispose()


def actors(store: Store) -> set[str]:
    """Who acts in the events that the store holds."""
    return set(store.events(END)["actor"])


def test_one_file_of_ucdp_lands_for_each_theatre(
    engine: Engine, second: str, tmp_path: Path
) -> None:
    bad = {"best": "many"}
    path = write_ged(tmp_path, "GEDEvent_v23_0_10.csv", CLASH, ARMENIA, bad)
    done = {}
    for name in (FIRST, second):
        store = Store(engine, name)
        done[name] = ucdp.ingest(store, load_theatre(name), path, NOW)

    assert [each.known_files for each in done.values()] == [0, 0]
    assert [(each.new, each.refused) for each in done.values()] == [(1, 1), (1, 1)]
    first, other = Store(engine, FIRST), Store(engine, second)
    assert (actors(first), actors(other)) == ({"AFG"}, {"ARM"})
    assert set(other.events(END)["segment"]) == {"tavush"}
    assert first.coverage("ucdp") == other.coverage("ucdp")
    assert len(first.quarantined()) == len(other.quarantined()) == 1
    refused = list(first.quarantined()["refusal_id"])
    assert first.resolve(refused, NOW) == 1
    assert not other.quarantined()["resolved"].any()
    assert ucdp.ingest(other, load_theatre(second), path, NOW).known_files == 1


def test_a_release_that_landed_for_one_theatre_tells_the_other_nothing(
    engine: Engine, second: str, tmp_path: Path
) -> None:
    first, other = Store(engine, FIRST), Store(engine, second)
    october = write_ged(tmp_path, "GEDEvent_v23_0_10.csv", CLASH, ARMENIA)
    final = write_ged(tmp_path, "ged241-csv.csv", on("2023-10-05", **CLASH))
    ucdp.ingest(other, load_theatre(second), october, NOW)

    for path in (october, final):
        ucdp.ingest(first, load_theatre(FIRST), path, NOW)

    # the final release holds no event of the second theatre, and has not landed for it
    assert actors(other) == {"ARM"}
    assert other.coverage("ucdp") == Coverage("ucdp", date(2023, 10, 1), date(2023, 10, 31))
    assert (told_until(first, END), told_until(other, END)) == (date(2023, 12, 31), None)
    with reading(engine) as connection:
        landed = {name: len(read_releases(connection, name)) for name in (FIRST, second)}
    assert landed == {FIRST: 2, second: 1}
    assert set(country_months(other, END)["release"]) == {"23.0.10"}
    ucdp.ingest(other, load_theatre(second), final, NOW)
    assert actors(other) == set()  # now it has: what it covers and lacks is retracted


def test_one_file_of_gdelt_lands_for_each_theatre_by_its_own_codes(
    engine: Engine, second: str, tmp_path: Path
) -> None:
    theirs = {"Actor1CountryCode": "AZE", "Actor2CountryCode": "ARM"}
    place = {"ActionGeo_CountryCode": "AJ", "ActionGeo_Lat": "40.40", "ActionGeo_Long": "49.87"}
    rows = [gdelt_row(), gdelt_row(GLOBALEVENTID="2", **theirs, **place)]
    path = write_export(tmp_path, rows)

    for name in (FIRST, second):
        done = gdelt.ingest(Store(engine, name), load_theatre(name), path, NOW)
        assert (done.known_files, done.new, done.elsewhere) == (0, 1, 1)

    events = Store(engine, second).events(END)
    assert list(zip(events["actor"], events["segment"], strict=True)) == [("AZE", "interior-aze")]
    assert actors(Store(engine, FIRST)) == {"PAK"}
    assert gdelt.resumption(Store(engine, second)) == date(2025, 10, 12)
    assert gdelt.resumption(Store(engine, "third")) is None


def test_runs_and_coverage_are_of_one_theatre(engine: Engine, second: str) -> None:
    theatre = load_theatre(second)
    other = Store(engine, second)
    chronicle.ingest(other, theatre, NOW)
    other.record_run("chronicle", NOW, "ok", "all")

    assert other.coverage("chronicle") == Coverage("chronicle", *COVERED)
    assert Store(engine, FIRST).coverage("chronicle") is None
    assert Store(engine, FIRST).health("chronicle").last_run is None
    assert Store(engine, FIRST).events(END).empty


def test_a_segment_of_another_theatre_is_refused(
    engine: Engine, second: str, tmp_path: Path
) -> None:
    theatre, store = load_theatre(second), Store(engine, second)
    told = {"type": "threat", "occurred_on": "2026-01-02", "actor": "ARM", "target": "AZE"}

    with pytest.raises(EventError, match="khyber"):
        analyst.one_event({**told, "summary": "S.", "segment": "khyber"}, theatre, NOW)
    file = make_file(tmp_path, make_csv({"segment": "khyber"}, {"segment": "syunik"}))
    done = chronicle.ingest(store, theatre, NOW, file)

    assert (done.new, done.refused) == (1, 1)
    assert "found 'khyber', expected one of tavush, syunik" in done.refusals[0].message
    assert chronicle.retry(store, theatre, NOW).refused == 1


def test_every_theatre_that_is_set_up_is_served(second: str, tmp_path: Path) -> None:
    assert list(load_theatres()) == [FIRST, second]
    assert list(load_theatres([second])) == [second]
    with pytest.raises(TheatreError, match=f"one of: {second}, {FIRST}"):
        load_theatres(["third"])


def test_schedule_serves_every_theatre(second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import schedule

    served: list[Any] = []
    monkeypatch.setattr(schedule, "serve_all", lambda *made: served.extend(made))
    lines: list[str] = []

    schedule.serve(None, lines.append)

    made = {(each.flow_name, each.name, each.parameters["theatre"]) for each in served}
    flows = ("ingest", "daily", "deliver")
    assert made == {(flow, name, name) for flow in flows for name in (FIRST, second)}
    assert len(lines) == 6


def test_alerts_of_one_theatre_are_not_the_others(
    database_url: str, second: str, tmp_path: Path
) -> None:
    from forecasts import AS_OF, make_absent, make_forecast, make_row

    from flows.alerts import send_alerts

    settings = Settings(tmp_path, database_url, "", tmp_path)
    engine = connect(database_url)
    theatre = load_theatre(second)
    row: dict[str, Any]
    day, row = AS_OF + timedelta(1), {"unit": "dyad", "target": "raid", "horizon_days": 30}
    told = make_forecast(AS_OF, theatre=second, rows=(make_row(AS_OF, **row),))
    forecast = make_forecast(
        day, theatre=second, rows=(make_absent(day, **row),), status="no_forecast"
    )
    for each in (told, forecast):
        Archive(engine).append(each)
    raised = raise_alerts(settings, theatre, forecast, [], read_channels({}), NOW)
    for name in (second, FIRST):
        send_alerts(settings, load_theatre(name), read_channels({}), lambda: NOW)

    assert [alert.theatre for alert in raised] == [second]
    feeds = {
        name: (settings.published / name / "alerts.atom").read_text() for name in (second, FIRST)
    }
    assert feeds[second].count("<entry>") == 1
    assert "<entry>" not in feeds[FIRST]
    engine.dispose()
