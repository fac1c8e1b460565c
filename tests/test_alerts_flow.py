"""What the daily flow does about alerts, and the commands that show and mend them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from alerting import NOW, make_alert, opened
from forecasts import AS_OF, make_absent, make_forecast
from servers import Reply, Server, serving
from test_alerts import row
from typer.testing import CliRunner

from commands.alerts import app
from flows.alerts import EVENT, emit, previous_issue, raise_alerts, send_alerts
from flows.pipeline.page_context import freshness
from flows.pipeline.settings import Settings
from publish.alerting.senders import read_channels
from publish.archive.archive import Archive
from publish.contract.forecast import Forecast
from streams.store.database import connected
from streams.store.store import Store
from theatres import load_theatre

PAK_AFG = load_theatre("pak_afg")
DAY = timedelta(days=1)
MIDDAY = NOW.replace(hour=12)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A home of its own."""
    return Settings(tmp_path, database_url, "", tmp_path)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A receiver on this machine, in the environment."""
    with serving() as server:
        monkeypatch.setenv("DYADCAST_WEBHOOK_URL", server.plays("/hook", Reply()))
        monkeypatch.setenv("DYADCAST_WEBHOOK_SECRET", "a secret of the tests")
        monkeypatch.setenv("DYADCAST_WEBHOOK_LOCAL", "yes")
        monkeypatch.delenv("DYADCAST_SMTP_HOST", raising=False)
        yield server


def leveled(probability: float, days: int) -> Forecast:
    """The issue of a day, of one row of the dyad, with the level that the theatre gives it."""
    day = AS_OF + days * DAY
    level = PAK_AFG.level(probability, 0.125)
    return make_forecast(day, rows=(row(probability, day, level=level),), levels=PAK_AFG.levels)


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """An archive of a calm day, a day without a forecast, and one of high risk."""
    absent = make_absent(AS_OF + DAY, unit="dyad")
    with connected(settings.database_url) as engine:
        made = Archive(engine)
        made.append(leveled(0.11, 0))
        made.append(make_forecast(AS_OF + DAY, rows=(absent,), status="no_forecast"))
        made.append(leveled(0.6, 2))
        yield made


def test_issue_before_is_the_last_one_with_numbers(archive: Archive) -> None:
    found = previous_issue(archive, leveled(0.6, 2))

    assert found is not None
    assert found.as_of == AS_OF
    assert previous_issue(archive, leveled(0.11, 0)) is None


def test_day_of_high_risk_is_told_once_over_two_runs(
    settings: Settings, archive: Archive, hook: Server
) -> None:
    forecast, channels = leveled(0.6, 2), read_channels(_environ(hook))
    raised, sent = [], []
    for hours in (0, 24):
        now = MIDDAY + timedelta(hours=hours)
        raised += raise_alerts(settings, PAK_AFG, forecast, [], channels, now)
        sent += send_alerts(settings, PAK_AFG, channels, lambda now=now: now)  # type: ignore[misc]

    assert [alert.rule for alert in raised] == ["dyad-level-rises", "clash-jumps"]
    assert [each.state for each in sent] == ["sent", "sent"]
    told = {request.headers["Idempotency-Key"] for request in hook.requests}
    assert told == {alert.alert_id for alert in raised}
    feed = fromstring((settings.published / "pak_afg" / "alerts.atom").read_bytes())  # noqa: S314
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 2
    with opened(settings.database_url) as outbox:
        states = {(each.channel, each.state) for each in outbox.deliveries("pak_afg")}
    assert states == {("atom", "sent"), ("webhook", "sent")}


def test_broken_archive_is_told(settings: Settings, archive: Archive, hook: Server) -> None:
    manifest = settings.published / "pak_afg" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{")
    channels = read_channels({})

    (raised,) = raise_alerts(settings, PAK_AFG, leveled(0.11, 0), [], channels, MIDDAY)

    assert (raised.kind, raised.headline) == (
        "verification_fails",
        "The archive does not verify: 1 fault",
    )


def test_freshness_tells_a_source_that_was_never_asked(tmp_path: Path, sqlite_url: str) -> None:
    with connected(sqlite_url) as engine:
        Store(engine, "pak_afg").record_run("gdelt", NOW, "failed", "no connection")
    settings = Settings(tmp_path, sqlite_url, "", tmp_path)
    found = {each.source: each for each in freshness(settings, load_theatre("pak_afg"))}

    assert (found["gdelt"].status, found["gdelt"].last_success) == ("failed", None)
    assert found["ucdp"].status == "never asked"


def test_alert_is_an_event_with_its_own_id() -> None:
    events: list[dict[str, Any]] = []
    emit([make_alert(1), make_alert(2), make_alert(1)], lambda **event: events.append(event))

    first, second, again = events
    assert (first["event"], first["payload"]["alert_id"]) == (EVENT, make_alert(1).alert_id)
    assert first["resource"]["prefect.resource.id"] == "dyadcast.theatre.pak_afg"
    assert first["id"] == again["id"] != second["id"]
    json.dumps(first["payload"])


def _environ(server: Server) -> dict[str, str]:
    return {
        "DYADCAST_WEBHOOK_URL": server.at("/hook"),
        "DYADCAST_WEBHOOK_SECRET": "a secret of the tests",
        "DYADCAST_WEBHOOK_LOCAL": "yes",
    }


@pytest.fixture
def home(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the commands, with an outbox of one dead and one sent delivery."""
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path))
    monkeypatch.setenv("DYADCAST_DATABASE_URL", sqlite_url)
    with opened(sqlite_url) as outbox:
        outbox.store([make_alert(1), make_alert(2, unit="khyber")], ["webhook"])
        for dead in (True, False):
            claimed = outbox.claim("pak_afg", ["webhook"], PAK_AFG.notify, MIDDAY)
            assert claimed is not None
            if dead:
                outbox.failed(claimed, "webhook: answered 404", permanent=True, now=NOW)
            else:
                outbox.sent(claimed, NOW)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    """The exit status and what is printed."""
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout


def test_command_lists_what_became_of_alerts(home: Path) -> None:
    status, text = run("list", "--state", "dead", "--json")

    (dead,) = json.loads(text)
    assert status == 0
    assert (dead["alert_id"], dead["state"]) == (make_alert(1).alert_id, "dead")
    assert dead["last_error"] == "webhook: answered 404"
    assert len(run("list")[1].splitlines()) == 2
    assert "(webhook: answered 404)" in run("list")[1]
    assert run("list", "--state", "lost")[0] == 1


def test_command_puts_the_dead_back(home: Path) -> None:
    assert run("retry") == run("retry", "x", "--all") == (1, "")
    assert run("retry", "--all") == (0, "1 delivery waits again\n")
    assert json.loads(run("list", "--state", "pending", "--json")[1])[0]["attempts"] == 0


def test_command_sends_a_test_through_each_channel(home: Path, hook: Server) -> None:
    status, text = run("test")

    assert (status, text.splitlines()[0]) == (0, "webhook: sent")
    body = json.loads(hook.requests[0].body)
    assert (body["type"], body["headline"][:6]) == ("test", "[test]")
    assert "[test]" in (home / "published" / "pak_afg" / "alerts.atom").read_text()
    assert len(run("list")[1].splitlines()) == 2


def test_command_tells_a_test_that_failed(
    home: Path, hook: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.plays("/hook", Reply(status=403))
    monkeypatch.setenv("DYADCAST_SMTP_HOST", "mail.example.org")
    status, text = run("test")

    assert status == 1
    assert "webhook: failed: webhook: answered 403" in text.splitlines()
    assert "email: not set up: DYADCAST_SMTP_FROM: not an e-mail address" in text


def test_command_shows_the_rules(home: Path, hook: Server) -> None:
    status, text = run("rules", "--json")

    told = json.loads(text)
    assert (status, told["channels"]) == (0, ["webhook", "atom"])
    assert [rule["name"] for rule in told["rules"]] == [rule.name for rule in PAK_AFG.alerts]
    assert "quiet from 22:00:00 to 07:00:00 Asia/Karachi" in run("rules")[1]
