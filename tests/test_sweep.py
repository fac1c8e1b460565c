"""ACLED's API asked for what is new, against a server on this machine."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from acleds import CLASH, answer, row, write_export
from fetching import QUICK
from servers import Reply, Request, Server

from errors import StreamError
from streams.net.accounts import Account
from streams.net.download import Downloads
from streams.sources.acled import acled
from streams.sources.acled.fetch import Api, ingest_new, retract_deleted
from streams.store.store import Coverage, Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
AT = datetime(2023, 11, 2, tzinfo=UTC)
TOKEN = b'{"token_type": "Bearer", "expires_in": 86400, "access_token": "t0ken"}'
SECRETS = ("pa55word", "t0ken")
OCTOBER = int(str(CLASH["timestamp"]))
AFGHAN = {"event_id_cnty": "AFG1", "iso": 4, "event_date": "2023-10-06"}


class Acled:
    """A server that answers as ACLED does: filters by iso, year, timestamp; pages of two rows."""

    def __init__(self, server: Server, rows: list[dict[str, object]]) -> None:
        self.server = server
        self.rows = rows
        self.deleted: list[dict[str, object]] = []
        server.plays("/oauth/token", Reply(TOKEN))
        server.answers = self.answer

    def answer(self, request: Request) -> Reply | None:
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/acled/read":
            return self.page([each for each in self.rows if _wanted(each, asked)], asked)
        if parts.path == "/api/deleted/read":
            since = int(asked["deleted_timestamp"])
            gone = [each for each in self.deleted if int(str(each["deleted_timestamp"])) >= since]
            return self.page(gone, asked)
        return None

    @staticmethod
    def page(rows: list[dict[str, object]], asked: dict[str, str]) -> Reply:
        limit, page = int(asked["limit"]), int(asked["page"])
        return Reply(answer(*rows[limit * (page - 1) : limit * page]))

    @property
    def asked(self) -> list[dict[str, str]]:
        """The queries for rows so far."""
        queries = [
            urlsplit(each.path).query for each in self.server.requests if "/api/acled/" in each.path
        ]
        return [{name: v[0] for name, v in parse_qs(query).items()} for query in queries]


def _wanted(row: dict[str, object], asked: dict[str, str]) -> bool:
    if str(row["iso"]) != asked["iso"]:
        return False
    if "timestamp" in asked:
        return int(str(row["timestamp"])) >= int(asked["timestamp"])
    first, last = asked["event_date"].split("|")
    return first <= str(row["event_date"]) <= last


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(connect(f"sqlite:///{tmp_path}/events.db"), "pak_afg")


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Api:
    downloads = Downloads(tmp_path / "downloads", QUICK)
    account = Account("ann@example.org", "pa55word")
    return Api(downloads, account, AT, server.at(""), frozenset({server.host}), limit=2)


def afresh(api: Api, **given: object) -> Api:
    """The same API as another process would ask it."""
    return replace(api, **given)  # type: ignore[arg-type]


def test_first_sweep_takes_in_every_page_of_every_year(
    server: Server, store: Store, api: Api
) -> None:
    told = [row(event_id_cnty=f"PAK{n}", event_date=f"202{n}-05-01") for n in range(4)]
    told += [row(event_id_cnty=f"PAK1{n}") for n in range(3)]
    source = Acled(server, [*told, row(**AFGHAN)])

    found = ingest_new(store, THEATRE, api, None)

    assert (found.read, found.new) == (8, 8)
    assert store.coverage("acled") == Coverage("acled", date(2017, 1, 1), date(2023, 10, 4))
    years = {each["event_date"][:4] for each in source.asked if each["iso"] == "586"}
    assert years == {str(year) for year in range(2010, 2024)}
    assert [each["page"] for each in source.asked if each["page"] != "1"] == ["2", "3"]


def test_later_sweep_asks_for_what_was_published_since_and_28_days_before(
    server: Server, store: Store, api: Api
) -> None:
    source = Acled(server, [row(), row(**AFGHAN)])
    ingest_new(store, THEATRE, api, None)
    before = len(source.asked)
    source.rows[0] = row(fatalities=5, timestamp=OCTOBER + 86_400)

    found = ingest_new(store, THEATRE, afresh(api, at=AT + timedelta(days=7)), None)

    assert (found.revised, found.new) == (1, 0)
    since = datetime(2023, 10, 4, tzinfo=UTC) - timedelta(days=28)
    later = source.asked[before:]
    assert {each["timestamp"] for each in later} == {str(int(since.timestamp()))}
    assert {each["timestamp_where"] for each in later} == {">="}


def test_sweep_that_is_cut_off_covers_nothing_and_is_made_good(
    server: Server, store: Store, api: Api
) -> None:
    source = Acled(server, [row(), row(event_id_cnty="PAK7", event_date="2015-03-01")])
    source.rows.append(row(**AFGHAN))
    serve, server.answers = server.answers, _failing_after(source, iso="4")

    with pytest.raises(StreamError, match="answered 500"):
        ingest_new(store, THEATRE, api, None)
    assert store.coverage("acled") is None
    assert store.health("acled").events == 2

    server.answers, before = serve, len(source.asked)
    found = ingest_new(store, THEATRE, afresh(api), None)

    assert (found.new, store.health("acled").events) == (1, 3)
    assert store.coverage("acled") is not None
    again = [each["event_date"][:4] for each in source.asked[before:] if each["iso"] == "586"]
    assert again == ["2023"]


def test_sweep_with_a_row_that_cannot_be_read_covers_nothing_until_it_can_be(
    server: Server, store: Store, api: Api
) -> None:
    Acled(server, [row(fatalities="many"), row(**AFGHAN)])

    for day in range(2):  # the very same pages come again
        found = ingest_new(store, THEATRE, afresh(api, at=AT + timedelta(days=day)), None)
        assert (found.refused, found.unread) == (1, 1)
        assert store.coverage("acled") is None

    accepted = ingest_new(store, THEATRE, afresh(api, at=AT + timedelta(days=2)), None, accept=True)
    assert (accepted.refused, accepted.unread) == (1, 0)
    assert store.coverage("acled") == Coverage("acled", date(2017, 1, 1), date(2023, 10, 4))


def _failing_after(source: Acled, iso: str) -> Callable[[Request], Reply | None]:
    def answer(request: Request) -> Reply | None:
        return Reply(status=500) if f"iso={iso}&" in request.path else source.answer(request)

    return answer


def test_deleted_events_are_retracted_from_their_deletion(
    server: Server, store: Store, api: Api
) -> None:
    source = Acled(server, [row(), row(**AFGHAN)])
    ingest_new(store, THEATRE, api, None)
    gone = int(datetime(2023, 10, 20, 12, tzinfo=UTC).timestamp())
    source.deleted = [
        {"event_id_cnty": name, "deleted_timestamp": gone} for name in ("PAK100001", "X")
    ]
    source.rows = [row(**AFGHAN)]

    found = ingest_new(store, THEATRE, afresh(api, at=AT + timedelta(days=1)), None)

    assert found.retracted == 1
    assert store.events(date(2023, 10, 19), sources=["acled"]).shape[0] == 2
    assert store.events(date(2023, 10, 20), sources=["acled"])["event_id"].tolist() == ["AFG1"]
    assert retract_deleted(store, afresh(api), date(2023, 1, 1)).retracted == 0


def test_events_of_an_export_that_acled_has_deleted_are_retracted_by_the_first_sweep(
    server: Server, store: Store, api: Api, tmp_path: Path
) -> None:
    acled.ingest(store, THEATRE, write_export(tmp_path, row(event_id_cnty="OLD")), AT)
    source = Acled(server, [row(), row(**AFGHAN)])
    source.deleted = [{"event_id_cnty": "OLD", "deleted_timestamp": OCTOBER + 9 * 86_400}]

    found = ingest_new(store, THEATRE, api, None)

    assert (found.new, found.retracted) == (2, 1)


def test_secrets_stand_in_no_address_and_no_file(
    server: Server, store: Store, api: Api, tmp_path: Path
) -> None:
    Acled(server, [row(), row(**AFGHAN)])
    ingest_new(store, THEATRE, api, None)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

    assert written
    for secret in SECRETS:
        assert not any(secret.encode() in content for content in written)
        assert not any(secret in each.path for each in server.requests)
        assert secret not in repr(api)
    assert server.requests[0].method == "POST"
    rows = [each for each in server.requests if "/api/" in each.path]
    assert all(each.headers["Authorization"] == "Bearer t0ken" for each in rows)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_account_that_is_refused_is_said_without_its_secrets(
    server: Server, store: Store, api: Api, status: int
) -> None:
    server.plays("/oauth/token", Reply(b'{"error": "pa55word"}', status))

    with pytest.raises(StreamError, match=f"account is refused.*{status}") as caught:
        ingest_new(store, THEATRE, api, None)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"access_token": 3}', b'{"access_token": "a\\nb"}']
)
def test_answer_without_a_token_is_an_error(
    server: Server, store: Store, api: Api, body: bytes
) -> None:
    server.plays("/oauth/token", Reply(body))

    with pytest.raises(StreamError, match="no token"):
        ingest_new(store, THEATRE, api, None)


def test_page_that_is_html_loses_no_stored_row(server: Server, store: Store, api: Api) -> None:
    Acled(server, [row(), row(**AFGHAN)])
    ingest_new(store, THEATRE, api, None)
    before = store.versions(date(2024, 1, 1))
    server.answers = None
    server.plays("/api/acled/read", Reply(b"<!doctype html><p>Sign in</p>"))

    with pytest.raises(StreamError):
        ingest_new(store, THEATRE, afresh(api), None)
    assert store.versions(date(2024, 1, 1)).equals(before)


def test_list_of_deletions_in_another_form_is_refused(
    server: Server, store: Store, api: Api
) -> None:
    source = Acled(server, [])
    source.deleted = [{"event_id_cnty": "PAK1", "deleted_timestamp": "9" * 30}]

    with pytest.raises(StreamError, match="not a deletion"):
        retract_deleted(store, api, date(2023, 1, 1))
