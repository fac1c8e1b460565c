"""The steps behind the flows: when there is no forecast, when a model is trained, what changed."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL
from jobs import Job, make_theatre, replaced
from vintages import events_of

from flows.pipeline import champions, issue, knowledge
from flows.pipeline.champions import GroupModel
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.settings import Settings, read_settings
from models.forecasting.training import RiskModel
from models.tracking import registry
from models.tracking.registry import Champion
from publish.contract.forecast import Forecast, from_json, to_json
from publish.files.files import latest
from streams.store.store import StoreError

NOW = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings on a store that holds the chronicle alone."""
    tracking = f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}"
    settings = read_settings({"DYADCAST_HOME": str(tmp_path), "MLFLOW_TRACKING_URI": tracking})
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
    return champions.ready(settings, events_of(known), register=False)


class Answers(RiskModel):
    """A model that has nothing but an age, and says that it answers every target."""

    @property
    def targets(self) -> set[str]:
        return {"clash", "severe", "closure"}


def fake_champion(trained_as_of: str) -> Champion:
    """A champion that has nothing but an age."""
    return Champion(Answers("pak_afg", "events", trained_as_of, "", "", "1", []), "run", "1")


def test_settings_keep_artifacts_beside_an_sqlite_store(tmp_path: Path) -> None:
    store = tmp_path / "tracking" / "mlflow.db"

    beside = read_settings({"MLFLOW_TRACKING_URI": f"sqlite:///{store}"})

    assert beside.artifacts == store.parent
    assert read_settings({}).artifacts.name == "mlruns"
    assert read_settings({"DYADCAST_HOME": str(tmp_path)}).published == tmp_path / "published"


def test_gather_takes_today_and_knows_how_far_it_is_told(empty: Settings) -> None:
    known = known_on(empty, None)

    assert (known.as_of, known.data_as_of) == (NOW.date(), CALM_UNTIL)
    early = knowledge.gather(empty, "pak_afg", date(2025, 11, 15), NOW.date())
    assert (early.as_of, early.data_as_of) == (date(2025, 11, 15), date(2025, 11, 15))
    with pytest.raises(StoreError, match="as_of is still to come"):
        known_on(empty, NOW.date() + timedelta(1))


def test_gather_without_coverage_is_an_error(tmp_path: Path) -> None:
    nothing = read_settings({"DYADCAST_HOME": str(tmp_path)})

    with pytest.raises(StoreError, match="sources chronicle, analyst, desk: no coverage declared"):
        known_on(nothing, None)


def rows_without(forecast: Forecast, known: knowledge.Knowledge) -> None:
    """Every row of a target of events stands there and says why it has no number."""
    assert forecast.status == "no_forecast"
    assert {(row.status, row.probability) for row in forecast.rows} == {("no_forecast", None)}
    assert len(forecast.rows) == sum(
        len(known.theatre.units(name)) * len(target.days)
        for name, target in known.theatre.events.items()
    )


def test_no_forecast_is_rows_that_say_why(empty: Settings) -> None:
    known = known_on(empty, date(2005, 1, 1))

    part = champions.ready(empty, events_of(known), register=False)
    forecast = issue.make_forecast(empty, known, [part], NOW)

    rows_without(forecast, known)
    assert all("too little history before" in row.reason for row in forecast.rows)


def test_a_target_that_no_source_can_tell_is_never_calm(empty: Settings, tmp_path: Path) -> None:
    used = "features = true\nlabels = true\n"
    blind = make_theatre(tmp_path, f'name = "analyst"\n{used}', 'name = "analyst"\n')
    replaced(blind / "theatre.toml", f'name = "desk"\n{used}', 'name = "desk"\n')
    replaced(blind / "theatre.toml", used, f'{used}tells = ["border_clash"]\n')
    known = knowledge.gather(empty, str(blind), None, NOW.date())

    vintages = {tuple(each.targets): each for each in event_vintages(known)}

    assert set(vintages) == {("clash", "severe"), ("closure",)}
    reason = champions.why_not(vintages["closure",])
    assert reason.startswith("of the sources that form labels (chronicle) none")
    parts = [
        GroupModel(each, None, champions.why_not(each) or "not asked") for each in vintages.values()
    ]
    forecast = issue.make_forecast(empty, known, parts, NOW)
    rows_without(forecast, known)
    assert {row.reason for row in forecast.rows if row.target == "closure"} == {reason}


@pytest.mark.parametrize(
    ("late", "gap"),
    [(0, 0), (1, 1), (2, 3), (7, 7), (8, 14), (31, 60), (121, 240), (240, 240)],
)
def test_a_model_of_the_next_wider_gap_answers(empty: Settings, late: int, gap: int) -> None:
    known = knowledge.gather(
        empty, "pak_afg", CALM_UNTIL + timedelta(late), CALM_UNTIL + timedelta(late)
    )

    (data,) = event_vintages(known)

    assert (data.gap, data.days_late, data.beyond) == (gap, late, False)


def test_beyond_the_widest_gap_single_reports_still_count(empty: Settings) -> None:
    day = CALM_UNTIL + timedelta(300)
    fields = {"occurred_on": str(day - timedelta(5)), "type": "airstrike", "actor": "PAK"}
    fields |= {"target": "AFG", "place": "Khost", "summary": "A strike", "known_on": str(day)}
    knowledge.add_event(empty, "pak_afg", fields, datetime.combine(day, time(9), UTC))
    known = knowledge.gather(empty, "pak_afg", day, day)
    (data,) = event_vintages(known)
    asked = {gap: fake_champion(str(day)) for gap in (7, 240)}

    part = champions.ready(
        empty, data, False, lambda _, vintage: champions.Standing(asked[vintage.gap], "")
    )

    assert (data.beyond, part.champion, dict(part.reports)) == (True, None, asked)
    (chronicle, trusted), (analyst, half_trusted) = data.reports
    assert (chronicle.gap, analyst.gap) == (240, 7)
    assert trusted == pytest.approx(736 / 737)
    # An analyst who has told one thing is not believed for what others told.
    assert half_trusted == pytest.approx(2 / 3)
    assert data.late.endswith("in all, and what single reports tell")


def test_an_earlier_model_of_a_narrower_gap_can_still_be_asked(empty: Settings) -> None:
    known = knowledge.gather(
        empty, "pak_afg", CALM_UNTIL + timedelta(31), CALM_UNTIL + timedelta(31)
    )

    assert events_of(known, 0).days_late == 31
    assert not events_of(known, 0).beyond  # else a change would be split by base rates


def test_what_was_told_of_the_gap_stands_apart_across_a_narrower_one(empty: Settings) -> None:
    day = date(2026, 10, 3)
    told = knowledge.gather(empty, "pak_afg", day, day)
    (data,) = event_vintages(told)

    assert data.gap == 120
    ((reports, trust),) = data.reports
    assert trust == pytest.approx(736 / 737)
    assert (reports.gap, reports.reports) == (3, ())  # the chronicle's of 1 October


def test_beyond_the_widest_gap_the_base_rate_is_given_under_its_name(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = CALM_UNTIL + timedelta(400)
    known = knowledge.gather(empty, "pak_afg", day, day)
    (data,) = event_vintages(known)

    part = champions.ready(empty, data, register=False)
    forecast = issue.make_forecast(empty, known, [part], datetime.combine(day, time(), UTC))

    assert (data.beyond, data.reports, part.champion) == (True, (), None)
    assert forecast.status == "stale"
    assert {row.status for row in forecast.rows} == {"stale"}
    assert all(row.is_base_rate and row.gap_days == 400 for row in forecast.rows)
    assert "nothing can be said but how often it has come in all" in forecast.rows[0].reason


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

    found = champions.standing(empty, events_of(known_on(empty, CALM_UNTIL)))

    assert reason in found.why_train
    assert (found.champion is champion) == (not reason or champion is None)


def test_issuing_the_same_forecast_again_changes_nothing(settings: Settings) -> None:
    known = knowledge.gather(settings, "pak_afg", CALM_UNTIL, CALM_UNTIL)
    forecast = issue.make_forecast(settings, known, [ready(settings, known)], NOW)

    issued, published = issue.issue(settings, "pak_afg", forecast)

    first = latest(settings.published, "pak_afg")
    assert forecast.issue_id == first.issue_id
    assert issued == first == from_json(to_json(first))
    assert (published.folder / "forecast.json").read_text(encoding="utf-8").strip() == to_json(
        first
    )
