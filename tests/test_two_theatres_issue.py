"""Two theatres in one database from events to answers: each trains, issues, closes and shows its
own, with models that are fast."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from second import COVERED, SECOND, make_second
from starlette.testclient import TestClient

from flows.pipeline import champions, issue, knowledge, resolution
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.settings import Settings
from flows.serving import service
from models.learners.design import Learner
from models.learners.rate import Rate
from models.problems.problem import Problem
from models.recipes import events
from models.recipes.contract import EVENTS, contract
from models.tracking import registry
from publish.api.access import Rules
from publish.archive.archive import Archive
from publish.archive.scoreboard import Scoreboard
from publish.contract.forecast import Forecast
from publish.files.files import latest, page_path
from streams.store.store import connect
from theatres import load_theatre, load_theatres

FIRST = "pak_afg"
MEMBERS = events.members
BOTH = (FIRST, SECOND)
NOW = datetime(*COVERED[1].timetuple()[:3], 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=20)
"""Long enough for a week's window to close, too short for another model."""
pytestmark = pytest.mark.filterwarnings("ignore")


def light(problem: Problem, seed: int, own: bool, pooled: bool) -> dict[str, Learner]:
    """The base rates, and one of them for every member that would have to learn."""
    made = MEMBERS(problem, seed, own, pooled)
    rate = next(name for name in made if isinstance(made[name], Rate))
    return {
        name: each if isinstance(each, Rate) else Rate(rate, problem.thresholds)
        for name, each in made.items()
    }


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where champions are kept: the second kind of database finds those of the first."""
    return tmp_path_factory.mktemp("mlruns")


@dataclass(frozen=True)
class Pair:
    """A home of two theatres, and the issues of each, the earlier one first."""

    settings: Settings
    issues: dict[str, list[Forecast]]

    def client(self) -> TestClient:
        """A client of the service of both."""
        app = service(self.settings, [*load_theatres().values()], Rules())
        return TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5000))


def issued(settings: Settings, name: str, now: datetime, register: bool) -> Forecast:
    """The theatre's issue of that moment, published."""
    known = knowledge.gather(settings, name, now.date(), now.date())
    parts = [champions.ready(settings, each, register) for each in event_vintages(known)]
    return issue.issue(settings, name, issue.make_forecast(settings, known, parts, now))[0]


@pytest.fixture
def pair(database_url: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Both theatres with two issues each, made in turn."""
    monkeypatch.setenv("DYADCAST_THEATRES", str(make_second(tmp_path / "theatres").parent))
    monkeypatch.setattr(
        # every step opens the database for itself: none leaves a connection behind
        "streams.store.database._postgresql",
        lambda url: sa.create_engine(url, poolclass=sa.NullPool),
    )
    monkeypatch.setattr(events, "members", light)
    monkeypatch.setattr(events, "REFIT_WEEKS", 200)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    tracking = f"sqlite:///{models / 'mlflow.db'}"
    settings = Settings(tmp_path / "home", database_url, tracking, models)
    for name in BOTH:
        knowledge.ingest(settings, name, BEFORE)
    issues: dict[str, list[Forecast]] = {name: [] for name in BOTH}
    for now in (BEFORE, NOW):
        for name in BOTH:
            issues[name].append(issued(settings, name, now, register=True))
    return Pair(settings, issues)


def test_each_theatre_has_its_own_champion_archive_and_outcomes(pair: Pair) -> None:
    settings = pair.settings
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    engine = connect(settings.database_url)
    archive, board = Archive(engine), Scoreboard(engine)
    closed = {name: resolution.close(settings, name, NOW) for name in BOTH}

    runs = {}
    for name in BOTH:
        theatre, (earlier, later) = load_theatre(name), pair.issues[name]
        champion, reason = registry.champion(
            client,
            registry.model_name(name, EVENTS),
            contract(theatre, EVENTS),
        )
        assert champion is not None, reason
        assert champion.model.theatre == name
        runs[name] = later.mlflow_run_id
        assert runs[name] == champion.run_id
        assert [each.issue_id for each in archive.issues(name)] == [
            earlier.issue_id,
            later.issue_id,
        ]
        assert archive.verify(name).holds
        assert {row.unit for row in later.rows} == {
            unit for target in theatre.events for unit in theatre.units(target)
        }
        assert all(row.change is not None for row in later.rows)
        rows = board.standing(name)
        assert {row["issue_id"] for row in rows} == {earlier.issue_id}
        assert len(rows) == closed[name].closed > 0
        assert {row["target"] for row in rows} <= set(theatre.published)
    assert runs[FIRST] != runs[SECOND]
    engine.dispose()


def test_each_theatre_has_its_own_page_files_and_answers(pair: Pair) -> None:
    settings, client = pair.settings, pair.client()
    resolution.close(settings, SECOND, NOW)

    def rows(path: str) -> list[dict[str, object]]:
        answer = client.get(f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["rows"])

    listed = client.get("/v1/theatres").json()["theatres"]
    assert {each["name"] for each in listed} == set(BOTH)
    words = {FIRST: ("Pakistan", "Bajaur"), SECOND: ("Armenia", "Tavush")}
    for name, other in (BOTH, BOTH[::-1]):
        theatre, forecast = load_theatre(name), pair.issues[name][-1]
        home = settings.published / name
        assert latest(settings.published, name) == forecast
        assert {path.name for path in home.glob("2*")} == {str(e.as_of) for e in pair.issues[name]}
        for page in (
            page_path(forecast, settings.published).read_text(encoding="utf-8"),
            client.get(f"/{name}/page").text,
        ):
            assert all(word in page for word in words[name])
            assert not any(word in page for word in words[other])
        scores = rows(f"{name}/scores")
        assert {row["unit"] for row in scores} == {row.unit for row in forecast.rows}
        ids = [each.issue_id for each in reversed(pair.issues[name])]
        assert [row["issue_id"] for row in rows(f"{name}/issues")] == ids
        actors = {str(row["actor"]) for row in rows(f"{name}/events")}
        assert actors & set(theatre.actors)
        assert not actors & set(load_theatre(other).actors)
        unit = load_theatre(other).segment_names[0]
        refused = client.get(f"/v1/{name}/scores", params={"unit": unit})
        assert refused.status_code == 404
        assert unit in refused.text
    assert rows(f"{FIRST}/scoreboard") == []
    assert {row["issue_id"] for row in rows(f"{SECOND}/scoreboard")} == {
        pair.issues[SECOND][0].issue_id
    }
    shutil.rmtree(settings.published / SECOND / str(COVERED[1]))
    assert client.get(f"/v1/{SECOND}/issues/{COVERED[1]}").status_code == 404
    assert client.get(f"/v1/{FIRST}/issues/{COVERED[1]}").status_code == 200
