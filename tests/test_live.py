"""The made world tells the truth late and in part; what is measured of a replay is what it says."""

import csv
import io
import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from benchmarks.live import START, Day, effect, figures, made_theatre, world_of
from benchmarks.live_world import HISTORY, WRONG, World, serving
from streams.places.border import border_of
from streams.sources.gdelt import gdelt
from theatres import load_theatre

JANUARY = "/ucdp/candidateged/GEDEvent_v26_0_1.csv"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    theatre = load_theatre(str(made_theatre(tmp_path_factory.mktemp("theatre"))))
    return world_of(theatre, 0, 120)


def at(day: date, hour: int = 5) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def ids(content: bytes | None) -> set[str]:
    """The events of a file of GED."""
    assert content is not None
    return {row["id"] for row in csv.DictReader(io.StringIO(content.decode()))}


def test_the_theatre_is_fed_by_the_made_sources_alone(world: World) -> None:
    labels = [each.name for each in world.theatre.sources if each.labels]

    assert labels == ["ucdp", "acled"]
    assert list(world.theatre.targets) == ["clash", "severe", "closure"]
    assert len(world.theatre.chronicle.read_text("utf-8").splitlines()) == 1


def test_the_true_chance_is_how_often_it_comes(world: World) -> None:
    days = [date(2012, 2, 1) + timedelta(days=15 * i) for i in range(300)]
    worlds = [world_of(world.theatre, seed, 120) for seed in range(20)]

    told = [(each.chance(day, 30), each, day) for each in worlds for day in days]
    for state in (True, False):  # nothing else is known of a day
        chances = [(p, w, d) for p, w, d in told if bool(w.spells[(d - HISTORY).days]) is state]
        came = [w.happened(d, d + timedelta(days=30)) for _, w, d in chances]
        assert sum(came) / len(came) == pytest.approx(chances[0][0], abs=0.03)


def test_ucdp_tells_a_month_on_the_twentieth_of_the_next(world: World) -> None:
    world.now = at(date(2026, 2, 19))
    assert world.answer(JANUARY) is None
    world.now = at(date(2026, 2, 20))
    assert world.answer(JANUARY) is not None


def test_the_wrong_release_is_withdrawn_after_three_days(world: World) -> None:
    world.now = at(date(2026, 2, 20))
    wrong = ids(world.answer(JANUARY))
    world.now = at(date(2026, 2, 23))
    right = ids(world.answer(JANUARY))

    assert right < wrong
    assert len(wrong - right) == WRONG


def test_acled_tells_on_the_monday_after(world: World) -> None:
    def told(moment: datetime) -> set[str]:
        world.now = moment
        query = "iso=586&event_date=2025-01-01|2026-12-31&limit=5000&page=1"
        answer = world.answer(f"/api/acled/read?{query}")
        assert answer is not None
        return {row["event_date"] for row in json.loads(answer)["data"]}

    monday = date(2026, 3, 2)
    late = told(at(monday)) - told(at(monday - timedelta(days=1)))

    assert all(monday - timedelta(days=7) <= date.fromisoformat(day) < monday for day in late)
    assert max(told(at(monday))) < str(monday)


def test_gdelts_files_are_export_files_of_the_day_before(world: World, tmp_path: Path) -> None:
    day = next(each.day for each in world.truth if each.day > START)
    noon = datetime(day.year, day.month, day.day, 12) + timedelta(days=1)  # noqa: DTZ001
    reported = set()
    for quarter in range(40):
        moment = noon - timedelta(minutes=15 * quarter)
        name = f"{moment:%Y%m%d%H%M%S}.export.CSV.zip"
        content = world.answer(f"/gdelt/{name}")
        assert content is not None
        (tmp_path / name).write_bytes(content)
        for batch in gdelt.read(tmp_path / name, world.theatre, border_of(world.theatre)):
            assert not batch.refusals
            reported |= set(batch.frame["occurred_on"].dt.date)

    assert reported <= {day}


def test_a_server_fails_in_its_outage_and_is_gone_once_it_is_lost(world: World) -> None:
    first, last = world.outages["acled"]
    assert (last - first).days == 21
    with serving(world) as host:
        world.now = at(first)
        with pytest.raises(OSError, match="503"):
            urlopen(f"http://{host}/oauth/token")
        world.now = at(last + timedelta(days=1))
        with urlopen(f"http://{host}/oauth/token") as answer:
            assert b"access_token" in answer.read()
    world.lost = ("acled", last)
    assert world.fails("acled")
    world.lost = None


def days_of(world: World, probability: float, low: float = 0.0, high: float = 1.0) -> list[Day]:
    """A day's outcome for each of the world's, all alike."""
    days = [START + timedelta(days=i) for i in range(world.days)]
    return [Day(day, day, probability, low, high, "", 3.0, 100.0) for day in days]


def test_figures_count_the_days_and_know_the_truth(world: World) -> None:
    days = days_of(world, 0.4)
    days[0] = Day(START, None, None, None, None, "broken", 90.0, 300.0)
    days[1] = Day(START, START - timedelta(days=30), 0.4, 0.9999, 1.0, "", 3.0, 100.0)

    told = figures([(world, days)], 60.0)

    assert (told["days"], told["days_with_an_issue"], told["failed_days"]) == (120, 119, 1)
    assert told["days_with_an_issue_of_that_day"] == 118
    assert told["band_holds_the_true_chance"] == pytest.approx(118 / 119)
    assert (told["warm_day_seconds_most"], told["megabytes_most"]) == (3.0, 300.0)


def test_a_forecast_that_knows_the_truth_is_reliable(world: World) -> None:
    days = [
        Day(each.day, each.day, world.chance(each.day, 30), None, None, "", 1.0, 1.0)
        for each in days_of(world, 0.5)
    ]
    shrunk = [
        Day(each.day, each.day, 0.5 + (each.probability or 0) / 20, None, None, "", 1.0, 1.0)
        for each in days
    ]

    slope = figures([(world, days)], 60.0)["reliability_slope"]
    assert slope > 0
    assert figures([(world, shrunk)], 60.0)["reliability_slope"] > 3 * slope


def test_what_a_source_lost_moves_is_counted_on_quiet_days_alone(world: World) -> None:
    whole = days_of(world, 0.30)
    quiet = [not world.happened(d.day - timedelta(days=30), d.day) for d in whole]
    moved = [
        Day(d.day, d.day, 0.31 if calm else 0.9, None, None, "", 1.0, 1.0)
        for d, calm in zip(whole, quiet, strict=True)
    ]

    points = effect(world, whole, moved)

    assert points == pytest.approx(1.0) or (math.isnan(points) and not any(quiet[60:]))
