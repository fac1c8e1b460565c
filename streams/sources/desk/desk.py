"""The desk of a theatre: what waits, what was decided, and the decisions themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from streams.events.event import Event
from streams.sources.desk.autonomy import CoderRecord, records
from streams.sources.desk.decisions import AUTO, Decision, Ruling, decide, decisions_of, event_of
from streams.sources.desk.proposals import WAITING, DeskError, Filed, read_filed, read_one
from streams.sources.desk.tables import proposals
from streams.store.database import reading
from streams.store.store import Store
from theatres import Theatre


@dataclass(frozen=True)
class Desk:
    """A theatre's proposals and decisions. Every method raises StoreError for the database's
    faults."""

    store: Store
    theatre: Theatre

    def listed(self, status: str = WAITING) -> list[Filed]:
        """The proposals of that status, the earliest known first."""
        with reading(self.store.engine) as connection:
            return read_filed(connection, self.theatre.name, proposals.c.status == status)

    def waiting(self) -> int:
        """How many proposals wait for a decision."""
        query = sa.select(sa.func.count()).select_from(proposals)
        with reading(self.store.engine) as connection:
            mine = query.filter_by(theatre=self.theatre.name, status=WAITING)
            return int(connection.execute(mine).scalar_one())

    def get(self, proposal_id: str) -> tuple[Filed, list[Decision]]:
        """The proposal of that id, or of the only one that begins so, and what was decided of it.

        Raises DeskError where there is none.
        """
        with reading(self.store.engine) as connection:
            filed = read_one(connection, self.theatre.name, proposal_id)
            return filed, decisions_of(connection, self.theatre.name, filed.proposal_id)

    def decide(self, proposal_id: str, ruling: Ruling) -> Decision:
        """The decision, in the record; with it the event is in the store, or out of it again.

        Raises DeskError for a proposal that is not there or a ruling that cannot be, DecidedError
        where somebody else was first, EventError for a mended event that cannot be.
        """
        if ruling.by.strip().casefold() == AUTO:
            raise DeskError("no person's name", found=ruling.by, do="make a key of another name")
        with self.store.landing("desk", "", "", ruling.at) as landing:
            filed = read_one(landing.connection, self.theatre.name, proposal_id)
            return decide(landing, self.theatre, filed, ruling)

    def event_of(self, filed: Filed, now: datetime) -> Event:
        """The event that accepting the proposal as it stands would put into the store.

        Raises DeskError or EventError where it cannot be.
        """
        ruling = Ruling("accept", "nobody", now, filed.revision)
        with reading(self.store.engine) as connection:
            return event_of(connection, self.theatre, filed, ruling)[0]

    def decisions(self) -> Sequence[Decision]:
        """Every decision of the theatre, in the order they were taken."""
        with reading(self.store.engine) as connection:
            return decisions_of(connection, self.theatre.name)

    def coders(self) -> list[CoderRecord]:
        """What each coder has earned, by type."""
        with reading(self.store.engine) as connection:
            return records(connection, self.theatre)
