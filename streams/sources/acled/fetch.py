"""ACLED's API asked for what is new: an account's token, pages of rows, and what was deleted.

The contract is that of https://acleddata.com/api-documentation/getting-started: a token for
account and password, rows by page, `timestamp` for what was published or changed since.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from pathlib import Path

import httpx

from errors import StreamError
from streams.formats.files import Progress, silent
from streams.net.accounts import Account
from streams.net.download import Downloads, fetch, held
from streams.net.web import Request, open_client, request
from streams.sources.acled import acled
from streams.sources.acled.acled import SOURCE, answer_of
from streams.store.landing import Ingested
from streams.store.store import Store
from theatres import Codes, State, Theatre

BASE = "https://acleddata.com"
HOSTS = frozenset({"acleddata.com", "www.acleddata.com"})
OVERLAP = timedelta(days=28)
"""How far back is asked again: a row that slipped between two pages of one sweep is met by the
next; ACLED publishes weekly."""

LIMIT = 5_000
PAGES_MAX = 1_000
_FORM = {"grant_type": "password", "client_id": "acled", "scope": "authenticated"}


@dataclass(frozen=True)
class Api:
    """ACLED's API, asked by one account. The token is in memory alone."""

    downloads: Downloads
    account: Account
    at: datetime
    base: str = BASE
    hosts: frozenset[str] = HOSTS
    limit: int = LIMIT

    @cached_property
    def client(self) -> httpx.Client:
        """The connection, for one thread."""
        return open_client()

    @cached_property
    def token(self) -> str:
        """A token, good for a day. Raises StreamError where the account is refused."""
        form = {**_FORM, "username": self.account.user, "password": self.account.password}
        answer = request(
            self.client,
            Request.to(f"{self.base}/oauth/token", self.hosts, data=form),
            accept=frozenset({200, 400, 401, 403}),
            policy=self.downloads.policy,
            sleep=self.downloads.sleep,
        )
        if answer.status_code != 200:
            raise StreamError(
                "the account is refused",
                where="acled",
                found=answer.status_code,
                do="check user and password, and that the account's terms are accepted",
            )
        try:
            token = json.loads(answer.content)["access_token"]
        except (ValueError, TypeError, KeyError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise StreamError("no token in the answer", where="acled", expected="access_token")
        return token

    def pages(
        self, endpoint: str, name: str, wanted: Mapping[str, str], kept: bool = False
    ) -> Iterator[Path]:
        """The pages of an endpoint, until one is not full, each a file on record.

        With `kept` a page that is on disk from an earlier run is not asked for again.
        """
        for page in range(1, PAGES_MAX + 1):
            path = self.page(endpoint, f"{name}-{page:04}.json", wanted, page, kept)
            yield path
            if len(answer_of(path)) < self.limit:
                return
        raise StreamError("no end of pages", where=f"acled {name}", expected=f"{PAGES_MAX} at most")

    def page(
        self, endpoint: str, name: str, wanted: Mapping[str, str], page: int, kept: bool
    ) -> Path:
        """The one page. Raises StreamError where it cannot be had."""
        if kept and (here := held(self.downloads, source=SOURCE, name=name)):
            return here.path
        query = {"_format": "json", **wanted, "limit": str(self.limit), "page": str(page)}
        return fetch(
            self.downloads,
            Request.to(
                str(httpx.URL(f"{self.base}/api/{endpoint}/read", params=query)),
                self.hosts,
                headers={"Authorization": f"Bearer {self.token}"},
            ),
            source=SOURCE,
            name=name,
            at=self.at,
            client=self.client,
        ).path


def ingest_new(
    store: Store,
    theatre: Theatre,
    api: Api,
    since: date | None,
    progress: Progress = silent,
    accept: bool = False,
) -> Ingested:
    """What became of all that is new at ACLED: rows, changed rows, and deletions.

    The first time, and with `since`, whole years of events are asked for; else what was published
    since 28 days before the end of coverage. Coverage moves only when all have landed and could be
    read (or a person says so, `accept`), so that a run that is cut off is made good by the next,
    which on the same day asks no page of a past year again. Raises StreamError; what has landed by
    then stays.
    """
    found, newest = Ingested(), dict[str, date]()
    covered, known = store.coverage(SOURCE), store.health(SOURCE).newest_known
    done = covered.end - OVERLAP if covered else None
    gone = done or (known - OVERLAP if known else None)
    with closing(api.client):
        for actor, state in theatre.codes.states.items():
            for window in _windows(state, api.at, since, done):
                wanted = {"iso": str(state.iso), **window.wanted}
                name = f"{actor.lower()}-{window.name}"
                for path in api.pages("acled", name, wanted, window.kept):
                    found += acled.ingest(store, theatre, path, api.at, accept=accept)
                    newest[actor] = max([newest.get(actor, date.min), *_days(path)])
                    progress(f"ACLED {name}: rows read", found.read, 0)
        if gone:
            found += retract_deleted(store, api, gone)
    if not found.unread:
        _cover(store, theatre.codes, api.at, newest)
    return found


@dataclass(frozen=True, slots=True)
class _Window:
    """What to ask for; `kept` pages of the same name need not be asked for again."""

    name: str
    wanted: Mapping[str, str]
    kept: bool = False


def _windows(
    state: State, at: datetime, since: date | None, done: date | None
) -> Iterator[_Window]:
    if since is None and done is not None:
        start = _seconds(done)
        yield _Window(f"since-{start}", {"timestamp": start, "timestamp_where": ">="})
        return
    first = max(since.year if since else 0, state.acled_since)
    for year in range(first, at.year + 1):
        span = {"event_date": f"{year}-01-01|{year}-12-31", "event_date_where": "BETWEEN"}
        # Later in time a year's pages may be others; and with `since` a person asks anew.
        yield _Window(f"{year}-asked-{at:%Y%m%d}", span, since is None and year < at.year)


def _seconds(day: date) -> str:
    return str(int(datetime.combine(day, time(), UTC).timestamp()))


def _days(path: Path) -> Iterator[date]:
    for row in acled.pages(path):
        if isinstance(row.cells, Mapping):
            try:
                yield date.fromisoformat(row.cells["event_date"])
            except ValueError:
                continue


def retract_deleted(store: Store, api: Api, since: date) -> Ingested:
    """What became of the events that ACLED has deleted since then: those that stand are retracted.

    Each from the time of its deletion. Raises StreamError for a list that cannot be read.
    """
    start = _seconds(since)
    wanted = {"deleted_timestamp": start, "deleted_timestamp_where": ">="}
    gone = set[tuple[datetime, str]]()
    for path in api.pages("deleted", f"deleted-since-{start}", wanted):
        gone |= {_deletion(path, row) for row in answer_of(path)}
    with store.landing(SOURCE, "deleted", "", api.at) as landing:
        standing = landing.standing()
        live = set(standing.loc[~standing["retracted"], "event_id"])
        mine = sorted(each for each in gone if each[1] in live)
        for moment, several in groupby(mine, key=lambda each: each[0]):
            landing.retract([event_id for _, event_id in several], moment)
        return landing.done()


def _deletion(path: Path, row: Mapping[str, object]) -> tuple[datetime, str]:
    try:
        moment = datetime.fromtimestamp(int(str(row["deleted_timestamp"])), UTC)
        return moment.replace(tzinfo=None), str(row["event_id_cnty"])
    except (KeyError, ValueError, OverflowError, OSError):
        expected = "event_id_cnty and deleted_timestamp"
        raise StreamError("not a deletion", where=str(path), expected=expected) from None


def _cover(store: Store, codes: Codes, at: datetime, newest: Mapping[str, date]) -> None:
    """None; silence means calm until the last day of which every state has rows."""
    if len(newest) < len(codes.states) or min(newest.values()) == date.min:
        return
    before = store.coverage(SOURCE)
    first = max(state.acled_since for state in codes.states.values())
    start = before.start if before else date(first, 1, 1)
    end = max(min(newest.values()), before.end if before else start)
    store.declare_coverage(SOURCE, start, end, at)
