"""A home that the version of 2026-11-26 left is whole under this one, and is gone on with.

The fixture holds three issues (one of the day, a hindcast, one without a forecast), two keys (one
revoked), four alerts, an analyst's event and one that was retracted, the hindcast's closings, and
a champion whose modules have moved since. It was made in the folder /srv/dyadcast.
"""

import json
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jobs import OFFLINE, Job, relocated
from vintages import cover, events_of

from flows.pipeline import knowledge
from flows.pipeline.champions import standing
from flows.pipeline.settings import Settings, read_settings
from publish.alerting.outbox import Outbox
from publish.archive.archive import Archive
from publish.archive.keys import Keys
from publish.archive.scoreboard import Scoreboard
from publish.contract.forecast import to_json
from publish.files.files import latest, published_head, read_issue
from streams.store.store import Store, connect

FIXTURE = Path(__file__).parent / "fixtures" / "version_2026_11_26.tar.xz"
HOME = "pak_afg"
KEY = "dyk_0b64bf189370_5IE0gRyIfuQDdWVcPjbnE3_2BPdPYinPu3cR6e3OKIw"
DAYS = [date(2026, 3, 31), date(2025, 11, 15), date(2026, 5, 1)]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The home as it was left, moved with its artifacts."""
    folder = tmp_path_factory.mktemp("left")
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(folder, filter="data")
    tracking = relocated(folder / "mlruns", folder / "moved") / "mlflow.db"
    return Job(folder / "var", tracking, folder / "prefect")


@pytest.fixture
def settings(left: Job, tmp_path: Path) -> Settings:
    """Settings on a copy of the home."""
    return read_settings(left.copy(tmp_path).environment())


def test_issues_are_whole_and_the_chain_holds(settings: Settings) -> None:
    archive = Archive(connect(settings.database_url))

    verified = archive.verify(HOME, published_head(settings.published, HOME))

    assert (verified.count, verified.faults) == (3, ())
    assert [line.as_of for line in archive.issues(HOME)] == DAYS
    for line in archive.issues(HOME):
        kept = archive.get(HOME, line.issue_id)
        assert kept == read_issue(settings.published, HOME, line.as_of)
        text = (
            settings.published / HOME / str(line.as_of) / line.issue_id / "forecast.json"
        ).read_text(encoding="utf-8")
        assert to_json(kept) == text.strip()
    assert latest(settings.published, HOME).as_of == DAYS[2]


def test_events_are_whole_and_the_retracted_one_is_gone(settings: Settings) -> None:
    store = Store(connect(settings.database_url), "pak_afg")

    now = store.events(date(2100, 1, 1))
    before = store.events(date(2026, 4, 1))

    assert len(now[now["source"] == "chronicle"]) == 601
    assert now.loc[now["source"] == "analyst", "summary"].tolist() == [
        "A threat, told by an analyst"
    ]
    assert "Withdrawn later" in set(before["summary"])
    span = store.coverage("chronicle")
    assert span is not None
    assert span.end == date(2026, 3, 31)


def test_keys_alerts_and_closings_are_whole(settings: Settings) -> None:
    engine = connect(settings.database_url)
    keys, board = Keys(engine), Scoreboard(engine)

    key = keys.check(KEY)

    assert key is not None
    assert key.name == "desk spreadsheet"
    assert [each.revoked_at is None for each in keys.listed()] == [True, False]
    assert [each.state for each in Outbox(engine).deliveries(HOME)] == ["sent"] * 4
    assert len(board.standing(HOME)) == 72
    assert sum(line["forecasts"] for line in board.summary(HOME)) == 72


def test_views_show_what_was_archived(settings: Settings) -> None:
    with connect(settings.database_url).connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM score_history").scalar()
        closed = connection.exec_driver_sql("SELECT count(*) FROM scoreboard").scalar()

    assert (rows, closed) == (3 * 72, 72)


@pytest.mark.filterwarnings("ignore")  # mlflow's own, on import and on loading
def test_champion_whose_modules_moved_is_one_line_with_what_mends_it(settings: Settings) -> None:
    known = knowledge.gather(settings, HOME, None, date(2026, 11, 28))

    found = standing(settings, events_of(known))

    assert found.champion is None
    assert "\n" not in found.why_train
    assert found.why_train.startswith("registered model pak_afg, version 1, ")
    assert found.why_train.endswith("; 'dyadcast train' makes a new one")


@pytest.mark.slow  # it trains
def test_day_s_run_trains_a_champion_by_itself(prefect: None, left: Job, tmp_path: Path) -> None:
    place = relocated(left.tracking.parent, tmp_path / "mlruns")
    at = datetime(2026, 11, 28, 20, 30, tzinfo=UTC)
    job = Job(left.copy(tmp_path).home, place / "mlflow.db", left.prefect, at)
    cover(read_settings(job.environment()), at.date(), at)

    done = job.run("forecast", "--json", **OFFLINE)

    assert done.returncode == 0, done.stderr
    issue = json.loads(done.stdout)
    (new, old) = json.loads(job.run("models", "--json").stdout)
    assert issue["status"] == "ok"
    assert (new["alias"], new["run_id"]) == ("champion", issue["mlflow_run_id"])
    assert "no champion that can forecast" in new["gate"]["reason"]
    assert "version 1" in new["gate"]["reason"]
    assert (old["version"], old["alias"]) == ("1", "")
    assert job.run("verify").returncode == 0
