"""A service on a small home: two issues archived and published, the chronicle's events, a clock."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import uvicorn
from forecasts import AS_OF, make_forecast, make_row, make_rows
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from publish.api import ServiceState, make_app
from publish.api.access import Rules
from publish.api.server import configured
from publish.archive.keys import Keys
from publish.contract.context import Context, EventSkill, Freshness
from publish.contract.forecast import Forecast
from publish.files.files import keep_context, publish
from streams.sources import chronicle
from streams.store.store import Store, connect
from theatres import load_theatre

NOW = datetime(2025, 11, 15, 12, 0, tzinfo=UTC)
BEFORE = AS_OF - timedelta(days=1)
THEATRE = load_theatre("pak_afg")
CONTEXT = Context(
    streams=(Freshness("chronicle", "ok", AS_OF, AS_OF, AS_OF),),
    skill=(
        EventSkill(
            "clash", "dyad", 30, "2012 on", 0.16, "memory_52", -0.01, -0.03, 0.01, 41, "none shown"
        ),
    ),
)

MOVE = {
    "target": "clash",
    "days": 30,
    "as_of": "2025-11-15",
    "before": 0.41,
    "after": 0.443,
    "counted": True,
    "reason": "",
}


@dataclass
class Served:
    """The service, what it stands on, and a clock that tests may turn."""

    state: ServiceState
    keys: Keys
    app: ASGIApp
    now: list[datetime] = field(default_factory=list)

    def client(self, address: str = "127.0.0.1", key: str = "") -> TestClient:
        """A client at that address, with that key if any; a failure is answered, not raised."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return TestClient(
            self.app,
            base_url="http://localhost",
            client=(address, 50000),
            headers=headers,
            raise_server_exceptions=False,
        )

    def issue(self, forecast: Forecast, context: Context = CONTEXT) -> None:
        """Archive and publish one more issue."""
        self.state.archive.append(forecast)
        keep_context(forecast, context, self.state.root)
        publish(forecast, self.state.root, self.state.archive.head(forecast.theatre))


def whole_rows(as_of: date) -> Forecast:
    """An issue with every row of the theatre, its first row with a split change."""
    first = make_row(as_of, change=0.02, change_split=(("new_events", 2.0),), drivers_log_odds=())
    return make_forecast(as_of, rows=(first, *make_rows(as_of)[1:]))


def serve(folder: Path, url: str, rules: Rules | None = None) -> Served:
    """The service of a new home in that folder, on that database."""
    engine = connect(url)
    now = [NOW]
    added: list[Mapping[str, str]] = []

    def add_event(_theatre: str, told: Mapping[str, str], _now: datetime) -> tuple[str, str]:
        from streams.events.event import to_frame
        from streams.sources import analyst

        event = analyst.one_event(told, THEATRE, _now)
        landed = Store(engine, "pak_afg").append(to_frame([event]), _now)
        added.append(told)
        return event.event_id, "stored" if landed.new else "there already"

    def move_of(_theatre: str, _proposal_id: str, _now: datetime) -> Mapping[str, object]:
        return {**MOVE}

    chronicle.ingest(Store(engine, "pak_afg"), THEATRE, NOW)
    state = ServiceState(folder, engine, {"pak_afg": THEATRE}, lambda: now[0], add_event, move_of)
    served = Served(state, Keys(engine), make_app(state, rules or Rules()), now)
    for day in (BEFORE, AS_OF):
        served.issue(whole_rows(day))
    return served


def listening(app: ASGIApp) -> Iterator[str]:
    """The address at which the application answers until the end."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        server = uvicorn.Server(configured(app, "127.0.0.1", port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()
