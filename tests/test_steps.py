"""The steps behind the flows: when there is no forecast, when a model is trained, what changed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL
from jobs import Job

from flows.pipeline import champions, issue, knowledge
from flows.pipeline.champions import GroupModel
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.settings import Settings, read_settings
from models.forecasting.training import RiskModel
from models.tracking import registry
from models.tracking.registry import Champion
from publish.contract.forecast import from_json, to_json
from publish.files.files import latest
from streams.store.store import StoreError

NOW = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings on a store that holds the chronicle alone."""
    settings = read_settings({"DYADCAST_HOME": str(tmp_path)})
    knowledge.ingest(settings, "pak_afg", NOW)
    return settings


@pytest.fixture
def settings(trained: Job, tmp_path: Path) -> Settings:
    """Settings on a copy of the trained home."""
    return read_settings(trained.copy(tmp_path).environment())


def known_on(settings: Settings, as_of: date | None) -> knowledge.Knowledge:
    """What is known of the theatre on a day."""
    return knowledge.gather(settings, "pak_afg", as_of, NOW.date())


def ready(settings: Settings, known: knowledge.Knowledge) -> GroupModel:
    """The events of the day with the champion that stands."""
    return champions.ready(settings, event_vintage(known), register=False)


def fake_champion(trained_as_of: str) -> Champion:
    """A champion that has nothing but an age."""
    return Champion(RiskModel("pak_afg", "events", trained_as_of, "", "", "1", []), "run", "1")


def test_settings_keep_artifacts_beside_an_sqlite_store(tmp_path: Path) -> None:
    store = tmp_path / "tracking" / "mlflow.db"

    beside = read_settings({"MLFLOW_TRACKING_URI": f"sqlite:///{store}"})

    assert beside.artifacts == store.parent
    assert read_settings({}).artifacts.name == "mlruns"
    assert read_settings({"DYADCAST_HOME": str(tmp_path)}).published == tmp_path / "published"


def test_gather_takes_the_end_of_coverage_by_default(empty: Settings) -> None:
    known = known_on(empty, None)

    assert (known.as_of, known.data_as_of) == (CALM_UNTIL, CALM_UNTIL)
    early = knowledge.gather(empty, "pak_afg", None, date(2025, 11, 15))
    assert (early.as_of, early.newest_as_of) == (date(2025, 11, 15), date(2025, 11, 15))


def test_gather_without_coverage_is_an_error(tmp_path: Path) -> None:
    nothing = read_settings({"DYADCAST_HOME": str(tmp_path)})

    with pytest.raises(StoreError, match="source chronicle: no coverage declared"):
        known_on(nothing, None)


@pytest.mark.parametrize(
    ("as_of", "reason"),
    [
        (CALM_UNTIL + timedelta(15), f"covered until {CALM_UNTIL}"),
        (CALM_UNTIL + timedelta(31), "31 days before as_of, more than 14"),
        (date(2005, 1, 1), "too little history before"),
    ],
)
def test_no_forecast_is_rows_that_say_why(empty: Settings, as_of: date, reason: str) -> None:
    known = known_on(empty, as_of)

    part = champions.ready(empty, event_vintage(known), register=False)
    assert reason in part.reason
    forecast = issue.make_forecast(empty, known, [part], NOW)

    assert forecast.status == "no_forecast"
    assert {(row.status, row.probability) for row in forecast.rows} == {("no_forecast", None)}
    assert all(reason in row.reason for row in forecast.rows)
    assert len(forecast.rows) == sum(
        len(known.theatre.units(name)) * len(target.days)
        for name, target in known.theatre.events.items()
    )


def test_the_last_day_within_tolerance_can_be_forecast(empty: Settings) -> None:
    assert champions.why_not(event_vintage(known_on(empty, CALM_UNTIL + timedelta(14)))) == ""


@pytest.mark.parametrize(
    ("champion", "reason"),
    [
        (None, "there is no champion yet"),
        (fake_champion(str(CALM_UNTIL)), ""),
        (fake_champion(str(CALM_UNTIL - timedelta(28))), ""),
        (fake_champion(str(CALM_UNTIL - timedelta(29))), "the champion is 29 days old"),
        (fake_champion(str(CALM_UNTIL + timedelta(1))), "later than as_of"),
    ],
)
def test_a_model_is_trained_where_the_champion_cannot_serve(
    empty: Settings, monkeypatch: pytest.MonkeyPatch, champion: Champion | None, reason: str
) -> None:
    none = "there is no champion yet"
    monkeypatch.setattr(registry, "champion", lambda *_: (champion, "" if champion else none))

    found = champions.standing(empty, event_vintage(known_on(empty, None)))

    assert reason in found.why_train
    assert (found.champion is champion) == (not reason or champion is None)


def test_a_forecast_within_tolerance_is_stale_and_says_what_changed(settings: Settings) -> None:
    before = latest(settings.published, "pak_afg")
    known = known_on(settings, CALM_UNTIL + timedelta(10))

    forecast = issue.make_forecast(settings, known, [ready(settings, known)], NOW)

    assert (forecast.status, forecast.data_as_of) == ("stale", CALM_UNTIL)
    assert {row.status for row in forecast.rows} == {"stale"}
    assert forecast.rows[0].reason == f"events are covered until {CALM_UNTIL}, 10 days before as_of"
    for row in forecast.rows:
        then = before.row(*row.key)
        assert then is not None
        assert row.probability is not None
        assert then.probability is not None
        assert row.change == pytest.approx(row.probability - then.probability)
    assert any(row.change for row in forecast.rows)


def test_issuing_the_same_forecast_again_changes_nothing(settings: Settings) -> None:
    known = known_on(settings, None)
    forecast = issue.make_forecast(settings, known, [ready(settings, known)], NOW)

    issued, published = issue.issue(settings, "pak_afg", forecast)

    first = latest(settings.published, "pak_afg")
    assert forecast.issue_id == first.issue_id
    assert issued == first == from_json(to_json(first))
    assert (published.folder / "forecast.json").read_text(encoding="utf-8").strip() == to_json(
        first
    )
