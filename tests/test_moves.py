"""The move since the last issue falls into parts that add up, each named for what was new."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from chronicles import CALM_UNTIL, make_csv, make_file
from jobs import Job
from vintages import cover, events_of

from flows.pipeline import issue, knowledge
from flows.pipeline.champions import GroupModel, standing
from flows.pipeline.settings import Settings, read_settings
from models.tracking.registry import Champion
from publish.archive.archive import Archive
from publish.contract.forecast import Forecast, Row
from streams.store.store import connect

NOW = datetime(2036, 11, 1, 5, 30, tzinfo=UTC)
LATER = datetime(2036, 11, 2, 5, 30, tzinfo=UTC)
THEN, DAY = CALM_UNTIL, CALM_UNTIL + timedelta(1)
CLASH = {
    "type": "border_clash",
    "actor": "AFG",
    "target": "PAK",
    "segment": "khyber",
    "deaths_low": "2",
    "deaths_high": "4",
}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def settings(trained: Job, tmp_path: Path) -> Settings:
    """A home that has published an issue as of THEN; nothing was told until DAY, now covered."""
    made = read_settings(trained.copy(tmp_path).environment())
    cover(made, DAY, LATER)
    return made


def told(settings: Settings, folder: Path, **event: str) -> None:
    """One more clash of the chronicle, told at LATER."""
    path = make_file(
        folder,
        make_csv(CLASH | {"event_id": f"c:{event['occurred_on']}"} | event),
        f"{event['occurred_on']}.csv",
    )
    landed = knowledge.ingest(settings, "pak_afg", LATER, path)
    assert landed.new == 1, landed


def issued(settings: Settings, champion: Champion | None = None) -> Forecast:
    """The issue as of DAY."""
    known = knowledge.gather(settings, "pak_afg", DAY, DAY)
    data = events_of(known)
    champion = champion or standing(settings, data).champion
    return issue.make_forecast(settings, known, [GroupModel(data, champion)], LATER)


def split_of(row: Row | None) -> dict[str, float]:
    """The row's parts; they have been checked to add up when the row was made."""
    assert row is not None
    assert row.change is not None
    assert sum(dict(row.change_split or ()).values()) == pytest.approx(100 * row.change, abs=1e-7)
    return dict(row.change_split or ())


def test_with_nothing_new_only_time_has_passed(settings: Settings) -> None:
    parts = [split_of(row) for row in issued(settings).rows]

    assert {name for part in parts for name in part} == {"time_passing"}


def test_event_since_the_last_issue_is_new(settings: Settings, tmp_path: Path) -> None:
    told(settings, tmp_path, occurred_on=str(DAY), known_on=str(DAY))

    parts = split_of(issued(settings).row("dyad", "clash", 30))

    assert parts.keys() == {"new_events", "time_passing"}
    assert parts["new_events"] > 0.01


def test_event_of_before_is_revised_history_however_it_comes(
    settings: Settings, tmp_path: Path
) -> None:
    still = split_of(issued(settings).row("dyad", "clash", 30))
    told(settings, tmp_path, occurred_on=str(DAY - timedelta(12)), known_on=str(DAY))
    late = split_of(issued(settings).row("dyad", "clash", 30))
    before = {"occurred_on": str(DAY - timedelta(11)), "known_on": str(DAY - timedelta(10))}
    told(settings, tmp_path, **before)
    both = split_of(issued(settings).row("dyad", "clash", 30))

    assert late.keys() == both.keys() == {"revised_history", "time_passing"}
    assert late["time_passing"] == pytest.approx(still["time_passing"], abs=1e-9)
    assert both["revised_history"] > late["revised_history"] > 0.01


def test_other_model_owns_what_it_says_else(settings: Settings) -> None:
    known = knowledge.gather(settings, "pak_afg", DAY, DAY)
    kept = standing(settings, events_of(known)).champion
    assert kept is not None
    first = kept.model.ensembles[0]
    moved = tuple(replace(w, map=w.map + np.array([0.5, 0.0])) for w in first.weights[0])
    shifted = replace(first, weights=(moved,))
    model = replace(kept.model, ensembles=[shifted, *kept.model.ensembles[1:]])

    row = issued(settings, Champion(model, "run-2", "2")).row("dyad", "clash", 30)

    assert split_of(row).keys() == {"retrained_model", "time_passing"}
    assert split_of(row)["retrained_model"] > 1


def test_method_that_cannot_be_run_again_owns_the_difference(settings: Settings) -> None:
    archive = Archive(connect(settings.database_url))
    last = archive.previous("pak_afg", DAY, hindcast=False)
    assert last is not None
    ours = {name: getattr(last, name) for name in ("theatre", "data_as_of", "data_fingerprint")}
    lower = Row(
        unit="dyad",
        target="clash",
        horizon_days=30,
        target_end_date=DAY + timedelta(29),
        probability=0.01,
        probability_low=0.0,
        probability_high=0.5,
        baseline_probability=0.01,
        level="low",
    )
    archive.append(
        Forecast(
            **ours,
            as_of=THEN,
            issued_at=NOW,
            method_version="0-another",
            mlflow_run_id="a-run-that-is-gone",
            status="ok",
            levels=last.levels,
            rows=(lower,),
        )
    )

    parts = split_of(issued(settings).row("dyad", "clash", 30))

    assert parts["changed_method"] > 1
    assert "retrained_model" not in parts
