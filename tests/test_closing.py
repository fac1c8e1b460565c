"""What came of an issue is judged on what is known by now, inside coverage and after the lag."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL, make_csv, make_file
from forecasts import make_forecast, make_row
from vintages import cover

from flows.pipeline import knowledge, resolution
from flows.pipeline.settings import Settings, read_settings
from flows.pipeline.vintage import Vintage
from publish.archive.archive import Archive
from publish.archive.closing import PastRow
from publish.archive.scoreboard import Scoreboard
from streams.store.store import connect
from theatres import load_theatre

DAY = date(2016, 3, 7)
LONG_AFTER = datetime(2017, 1, 1, tzinfo=UTC)
JUDGE = resolution.judge
CLASH = {"type": "border_clash", "actor": "AFG", "target": "PAK", "segment": "chagai"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with the chronicle and an issue of DAY: the dyad and one quiet segment."""
    made = read_settings({"DYADCAST_HOME": str(tmp_path)})
    knowledge.ingest(made, "pak_afg", LONG_AFTER)
    rows = (make_row(DAY), make_row(DAY, unit="chagai"), make_row(DAY, horizon_days=30))
    Archive(connect(made.database_url)).append(make_forecast(DAY, rows=rows))
    return made


def standing(settings: Settings) -> dict[tuple[str, int], int]:
    """The outcomes as they stand, by unit and horizon."""
    found = Scoreboard(connect(settings.database_url)).standing("pak_afg")
    return {(row["unit"], row["horizon_days"]): row["outcome"] for row in found}


def test_window_is_closed_after_its_reporting_lag_and_not_before(settings: Settings) -> None:
    lag = 7
    end = datetime(2016, 3, 7, tzinfo=UTC) + timedelta(days=7 + lag)
    assert resolution.close(settings, "pak_afg", end - timedelta(days=1)) == resolution.Closed(0, 0)
    assert resolution.close(settings, "pak_afg", end) == resolution.Closed(2, 0)
    assert set(standing(settings)) == {("dyad", 7), ("chagai", 7)}


def test_second_run_changes_nothing(settings: Settings) -> None:
    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(3, 0)
    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(0, 0)


def test_later_news_revises_and_what_was_known_then_does_not(
    settings: Settings, tmp_path: Path
) -> None:
    resolution.close(settings, "pak_afg", LONG_AFTER)
    before = standing(settings)
    assert before["chagai", 7] == 0
    told = CLASH | {"occurred_on": "2016-03-10", "known_on": "2017-06-01"}
    knowledge.ingest(settings, "pak_afg", LONG_AFTER, make_file(tmp_path, make_csv(told)))

    # known later than this run looks: nothing changes
    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(0, 0)
    found = resolution.close(settings, "pak_afg", datetime(2017, 7, 1, tzinfo=UTC))

    assert found.closed == 0
    assert found.revised >= 1
    assert standing(settings)["chagai", 7] == 1


def test_window_beyond_coverage_is_never_closed_as_calm(settings: Settings) -> None:
    beyond = CALM_UNTIL - timedelta(1)
    Archive(connect(settings.database_url)).append(make_forecast(beyond, rows=(make_row(beyond),)))

    resolution.close(settings, "pak_afg", datetime(2027, 1, 1, tzinfo=UTC))

    rows = Scoreboard(connect(settings.database_url)).standing("pak_afg")
    assert beyond not in {row["as_of"] for row in rows}


def looked_at(settings: Settings, now: datetime, patch: pytest.MonkeyPatch) -> list[PastRow]:
    """The rows that a run looks at."""
    seen: list[PastRow] = []

    def judge(data: Vintage, rows: list[PastRow]) -> tuple[list[tuple[PastRow, int]], str]:
        seen.extend(rows)
        return JUDGE(data, rows)

    patch.setattr(resolution, "judge", judge)
    resolution.close(settings, "pak_afg", now)
    return seen


def test_day_without_news_looks_at_no_closed_row(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(looked_at(settings, LONG_AFTER, monkeypatch)) == 3
    assert looked_at(settings, LONG_AFTER, monkeypatch) == []
    told = datetime(2017, 6, 1, tzinfo=UTC)  # what the chronicle knows by now is of later days
    assert looked_at(settings, told, monkeypatch) == []


def test_news_of_a_day_is_held_against_the_windows_that_end_on_it_or_later(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolution.close(settings, "pak_afg", LONG_AFTER)
    told = CLASH | {"occurred_on": "2016-03-15", "known_on": "2016-03-16"}
    knowledge.ingest(settings, "pak_afg", LONG_AFTER, make_file(tmp_path, make_csv(told)))

    rows = looked_at(settings, LONG_AFTER, monkeypatch)

    assert [(row.unit, row.horizon_days) for row in rows] == [("dyad", 30)]


def test_hindcast_archived_later_is_closed(settings: Settings) -> None:
    resolution.close(settings, "pak_afg", LONG_AFTER)
    early = DAY - timedelta(7)
    hindcast = make_forecast(early, rows=(make_row(early),), status="hindcast")
    Archive(connect(settings.database_url)).append(hindcast)

    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(1, 0)


def test_other_rules_of_the_theatre_judge_every_row_anew(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolution.close(settings, "pak_afg", LONG_AFTER)
    theatre = load_theatre("pak_afg")
    clash = theatre.targets["clash"].model_copy(update={"types": ("threat",)})
    changed = theatre.model_copy(update={"targets": {**theatre.targets, "clash": clash}})
    assert standing(settings)["dyad", 30] == 0
    told = CLASH | {"type": "threat", "occurred_on": "2016-03-15", "known_on": "2016-03-16"}
    knowledge.ingest(settings, "pak_afg", LONG_AFTER, make_file(tmp_path, make_csv(told)))
    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(0, 0)

    monkeypatch.setattr(knowledge, "load_theatre", lambda _: changed)

    assert resolution.close(settings, "pak_afg", LONG_AFTER) == resolution.Closed(0, 1)
    assert standing(settings)["dyad", 30] == 1


def test_window_is_closed_once_coverage_reaches_it(settings: Settings) -> None:
    beyond, now = CALM_UNTIL - timedelta(1), datetime(2027, 1, 1, tzinfo=UTC)
    Archive(connect(settings.database_url)).append(make_forecast(beyond, rows=(make_row(beyond),)))
    resolution.close(settings, "pak_afg", now)

    cover(settings, beyond + timedelta(7), now)

    assert resolution.close(settings, "pak_afg", now) == resolution.Closed(1, 0)
