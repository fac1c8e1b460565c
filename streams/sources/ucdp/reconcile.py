"""Which release holds which event, and the store's versions kept to what that makes of them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from streams.events.frame import COLUMNS, arrow, content_hashes, typed
from streams.sources.ucdp.months import read_releases
from streams.sources.ucdp.releases import Release, month_after, rank
from streams.sources.ucdp.tellings import Held, Telling, history, mended, version_of
from streams.sources.ucdp.unread import Unread
from streams.store.database import insert_many
from streams.store.landing import Landing
from streams.store.schema import event_versions, release_events

_IDS_A_QUERY = 10_000
_STORED = [event_versions.c[name] for name in COLUMNS]

_UNNAMED = "line "
"""What stands before the line of a row whose id could not be read."""

Tellings = dict[str, dict[str, Telling]]
"""Of each event what each release that holds it says of it."""


class Holdings:
    """What the releases that landed hold, while one more lands.

    Of the events that it touches `stood` are those that stood before, `lost` those of them that it
    takes back.
    """

    def __init__(self, landing: Landing, release: Release) -> None:
        self.landing = landing
        self.release = release
        self.stood = self.lost = 0
        landed = read_releases(landing.connection, landing.theatre)
        others = [one for one in landed if one.name != release.name]
        self.releases = sorted([*others, release], key=rank)
        self._alone = not others
        table = release_events.c
        mine = sa.and_(table.theatre == landing.theatre, table.release == release.name)
        self._touched = set(
            landing.connection.execute(sa.select(release_events.c.event_id).where(mine)).scalars()
        )
        # It came before with other content: what it said then no longer counts.
        self._alone &= not self._touched
        landing.connection.execute(sa.delete(release_events).where(mine))

    def dated(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with when each row is known; that the release holds these is on record.

        An unchanged row keeps what it had.
        """
        ids, said = frame["event_id"].tolist(), hashes(frame)
        ended = frame["ended_on"].dt.date.tolist()
        mine = dict(zip(ids, map(Telling, said, ended), strict=True))
        insert_many(
            self.landing.connection,
            release_events,
            {
                "theatre": [self.landing.theatre] * len(ids),
                "event_id": ids,
                "release": [self.release.name] * len(ids),
                "ended_on": [day.isoformat() for day in ended],
                "said": said,
            },
        )
        told = {} if self._alone else self._told(ids)
        days, simulated = [], []
        for event_id, telling in mine.items():
            versions = history(told.get(event_id, {self.release.name: telling}), self.releases)
            version = version_of(telling, self.release, versions)
            days.append(np.datetime64(version.known_on, "s"))
            simulated.append(version.simulated)
        if not self._alone:
            self._touched.update(ids)
        known = pd.Series(np.array(days, "datetime64[s]"), index=frame.index)
        return frame.assign(known_at=known, known_simulated=np.array(simulated, bool))

    def unread(self, rows: Iterable[Unread], accept: bool) -> int:
        """How many rows of the release are on record as not read, ids that others told left out.

        `accept` says that their months count as covered all the same.
        """
        mine = {"theatre": self.landing.theatre, "release": self.release.name}
        query = sa.select(release_events.c.event_id).filter_by(**mine)
        told = set(self.landing.connection.execute(query).scalars())
        named = {row.event_id or f"{_UNNAMED}{row.line}": row for row in rows}
        kept = {event_id: row for event_id, row in named.items() if event_id not in told}
        days = [(row.ended_on or self.release.first_month).isoformat() for row in kept.values()]
        insert_many(
            self.landing.connection,
            release_events,
            {
                "theatre": [self.landing.theatre] * len(kept),
                "event_id": list(kept),
                "release": [self.release.name] * len(kept),
                "ended_on": [""] * len(kept) if accept else days,
                "said": [b""] * len(kept),
            },
        )
        self._touched.update(kept)
        return len(kept)

    def settle(self) -> None:
        """None; the versions of every event that this release touches are as the releases tell.

        Those are the events that it holds, held before, or covers and lacks. Nothing is removed:
        where the store said otherwise for a day, a version of that day is added.
        """
        if self._alone:
            return
        ids = sorted(self._touched | set(self._lacked()))
        for start in range(0, len(ids), _IDS_A_QUERY):
            self._settle(ids[start : start + _IDS_A_QUERY])

    def _settle(self, ids: Sequence[str]) -> None:
        """None; the events named are as they should be."""
        stored = self._stored(ids)
        held: dict[str, list[int]] = {}
        for row, event_id in enumerate(stored["event_id"].tolist()):
            held.setdefault(event_id, []).append(row)
        kept = _held(stored)
        told = self._told(ids)
        additions: list[tuple[int, Held]] = []
        for event_id, rows in held.items():
            tellings = told.get(event_id, {})
            if tellings and not any(telling.said for telling in tellings.values()):
                continue  # what stood before is all that is known
            versions = [kept[row] for row in rows]
            added = list(mended(versions, history(tellings, self.releases)))
            additions += [(rows[place], addition) for place, addition in added]
            self._count(versions, [addition for _, addition in added])
        if additions:
            self.landing.append(_repeated(stored, additions))

    def _count(self, before: Sequence[Held], added: Sequence[Held]) -> None:
        if _stands(before):
            self.stood += 1
            self.lost += not _stands([*before, *added])

    def _lacked(self) -> list[str]:
        """The events of other releases that this one covers."""
        if self.release.kind == "extract":
            return []
        end = month_after(self.release.last_month)
        table = release_events.c
        query = sa.select(table.event_id).where(
            table.theatre == self.landing.theatre,
            table.release != self.release.name,
            table.ended_on >= self.release.first_month.isoformat(),
            table.ended_on < end.isoformat(),
        )
        return list(self.landing.connection.execute(query).scalars())

    def _told(self, ids: Sequence[str]) -> Tellings:
        told: Tellings = {}
        for start in range(0, len(ids), _IDS_A_QUERY):
            some = list(ids[start : start + _IDS_A_QUERY])
            query = sa.select(release_events).filter_by(theatre=self.landing.theatre)
            query = query.where(release_events.c.event_id.in_(some))
            for row in self.landing.connection.execute(query):
                day = date.fromisoformat(row.ended_on) if row.ended_on else date.min
                told.setdefault(row.event_id, {})[row.release] = Telling(bytes(row.said), day)
        # A row without a legible id may be any event that its release lacks.
        for name in self._with_unnamed():
            for tellings in told.values():
                tellings.setdefault(name, Telling(b"", date.min))
        return told

    def _with_unnamed(self) -> list[str]:
        unnamed = release_events.c.event_id.startswith(_UNNAMED, autoescape=True)
        query = sa.select(release_events.c.release).filter_by(theatre=self.landing.theatre)
        query = query.where(unnamed).distinct()
        return list(self.landing.connection.execute(query).scalars())

    def _stored(self, ids: Sequence[str]) -> pd.DataFrame:
        """Every version of the events, in the order in which they are numbered."""
        table = event_versions.c
        query = sa.select(*_STORED).where(
            table.theatre == self.landing.theatre,
            table.source == self.landing.source,
            table.event_id.in_(list(ids)),
        )
        rows = self.landing.connection.execute(query.order_by(table.event_id, table.version)).all()
        values: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
        return typed(dict(zip(COLUMNS, map(list, values), strict=True)))


def hashes(frame: pd.DataFrame) -> list[bytes]:
    """Of each row a hash of what it says of the event itself, however and whenever it was known."""
    plain = pd.Series(np.zeros(len(frame), "datetime64[s]"), index=frame.index)
    said = frame.assign(known_at=plain, known_simulated=False, retracted=False)
    return [digest[:16] for digest in content_hashes(arrow(said))]


def _stands(versions: Sequence[Held]) -> bool:
    """Whether the event stands at the end: of one instant the last version counts."""
    order = sorted(range(len(versions)), key=lambda at: (versions[at].known_at, at))
    return bool(order) and not versions[order[-1]].retracted


def _held(stored: pd.DataFrame) -> list[Held]:
    known = stored["known_at"].dt.to_pydatetime() if len(stored) else []
    columns = (hashes(stored), stored["known_simulated"].tolist(), stored["retracted"].tolist())
    return [Held(*row) for row in zip(known, *columns, strict=True)]


def _repeated(stored: pd.DataFrame, additions: Sequence[tuple[int, Held]]) -> pd.DataFrame:
    """The rows named, each as its addition has it."""
    rows, added = [row for row, _ in additions], [held for _, held in additions]
    known = np.array([held.known_at for held in added], "datetime64[s]")
    return (
        stored.iloc[rows]
        .reset_index(drop=True)
        .assign(
            known_at=pd.Series(known),
            known_simulated=[held.simulated for held in added],
            retracted=[held.retracted for held in added],
        )
    )
