"""What lands in the store from a file: judged rows in, counts of what became of them out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.store.database import StoreError
from streams.store.quarantine import Refusal, refuse
from streams.store.schema import coverages, landings
from streams.store.versions import Landed, add_versions, clock, read_versions, stamp
from streams.store.versions import standing as last_of


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a file, judged: every record read is in exactly one of the other fields.

    `frame` holds the good events of the theatre, `elsewhere` counts the good records of other
    places or pairs, `folded` those told by another event of the batch, `unmapped` the theatre's
    records whose code maps to no type, by code. `unread` says how many of the refused ones are, or
    may be, the theatre's and told by no other record.
    """

    read: int
    frame: pd.DataFrame
    elsewhere: int = 0
    folded: int = 0
    unmapped: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the records of one file or several; `known_files` were not parsed again.

    `unread` are the refused ones that are, or may be, the theatre's: nobody knows what they tell,
    so their days are not covered.
    """

    files: int = 0
    known_files: int = 0
    read: int = 0
    new: int = 0
    revised: int = 0
    retracted: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    folded: int = 0
    refused: int = 0
    unmapped: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    unread: int = 0

    def __add__(self, other: "Ingested") -> "Ingested":
        counts = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__dataclass_fields__
            if name != "unmapped"
        }
        return Ingested(**counts, unmapped=dict(Counter(self.unmapped) + Counter(other.unmapped)))

    def line(self, commonest: int = 10) -> str:
        """One line: the counts that are not zero, and the commonest unmapped codes."""
        counts = ", ".join(f"{count:,} {what}" for what, count in self._counted() if count)
        codes = Counter(self.unmapped).most_common(commonest)
        listed = ", ".join(f"{code} {count:,}" for code, count in codes)
        return (
            f"{self.read:,} rows read"
            + (f", {counts}" if counts else "")
            + (f" (unmapped: {listed})" if listed else "")
        )

    def _counted(self) -> list[tuple[str, int]]:
        return [
            ("new", self.new),
            ("revised", self.revised),
            ("retracted", self.retracted),
            ("unchanged", self.unchanged),
            ("elsewhere", self.elsewhere),
            ("folded", self.folded),
            ("unmapped", sum(self.unmapped.values())),
            ("refused", self.refused),
            ("rows unread of the theatre: their days are not covered", self.unread),
            ("files known already", self.known_files),
        ]


class Landing:
    """One transaction into which a file's batches go for a theatre; made by Store.landing.

    `known` says that this very content of this source has landed for it before; `connection` is for
    a stream's own tables.
    """

    def __init__(
        self,
        connection: Connection,
        theatre: str,
        source: str,
        file: str,
        sha256: str,
        at: datetime,
    ) -> None:
        self.connection = connection
        self.theatre = theatre
        self.source = source
        self.known = bool(sha256) and _has_landed(connection, theatre, source, sha256)
        self._file = file
        self._sha256 = sha256
        self._at = stamp(at)
        newest = connection.execute(sa.select(sa.func.max(landings.c.landing))).scalar()
        self._number = (newest or 0) + 1
        self._landed = Landed()
        self._batches = Ingested()

    def has_landed(self, sha256: str) -> bool:
        """Whether a file of this source has landed under that hash."""
        return _has_landed(self.connection, self.theatre, self.source, sha256)

    def add(self, batch: Batch) -> None:
        """Stores the batch's events, and puts its refusals into quarantine."""
        self.append(batch.frame)
        refuse(self.connection, self.theatre, batch.refusals, self._at)
        self._batches += Ingested(
            read=batch.read,
            elsewhere=batch.elsewhere,
            folded=batch.folded,
            refused=len(batch.refusals),
            unmapped=batch.unmapped,
            refusals=batch.refusals,
            unread=batch.unread,
        )

    def leave_unread(self, records: int) -> None:
        """So many more of the file's records are unread: it is read anew when it comes again."""
        self._batches += Ingested(unread=records)

    def append(self, frame: pd.DataFrame) -> Landed:
        """What became of these events; those whose content is stored already change nothing."""
        landed = add_versions(self.connection, self.theatre, frame, self._number, self._at)
        self._landed += landed
        return landed

    def retract(self, event_ids: Sequence[str], known_at: datetime) -> None:
        """Gives those of the events named that stand at `known_at` a tombstone then."""
        known = pd.Timestamp(clock(known_at).replace(microsecond=0))
        live = self.standing(known_at, event_ids)
        gone = live.assign(known_at=known, retracted=True)
        self.append(gone.astype({"known_at": "datetime64[s]"}))

    def standing(
        self, known_at: datetime | None = None, event_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """The source's events as they stood at that instant, or stand last: COLUMNS."""
        versions = read_versions(
            self.connection, self.theatre, sources=[self.source], until=known_at
        )
        if event_ids is not None:
            versions = versions[versions["event_id"].isin(list(event_ids))]
        return last_of(versions)

    def cover(self, start: date, end: date, by: str = "") -> None:
        """Declares that from `start` to `end` the source's silence means calm; `by` names the
        person who says so.

        The same span declared again by the same changes nothing. Raises StoreError where it ends
        before it starts.
        """
        if end < start:
            raise StoreError(
                "coverage ends before it starts",
                where=self.source,
                found=end.isoformat(),
                expected=f"{start} or later",
            )
        whose = {"theatre": self.theatre, "source": self.source}
        latest = (
            sa.select(coverages.c.start_on, coverages.c.end_on, coverages.c.declared_by)
            .filter_by(**whose)
            .order_by(coverages.c.declared_at.desc(), coverages.c.position.desc())
        )
        row = self.connection.execute(latest.limit(1)).first()
        span = {"start_on": start.isoformat(), "end_on": end.isoformat(), "declared_by": by}
        if row is None or row._asdict() != span:
            span |= whose
            self.connection.execute(sa.insert(coverages).values(declared_at=self._at, **span))

    def done(self) -> Ingested:
        """What became of the records so far."""
        return self._batches + Ingested(
            files=1,
            known_files=int(self.known),
            new=self._landed.new,
            revised=self._landed.revised,
            retracted=self._landed.retracted,
            unchanged=self._landed.unchanged,
        )

    def close(self) -> None:
        """Puts on record that the file has landed, unless it was known or there was nothing.

        One with batches of which records are unread is read anew when it comes again.
        """
        sha256 = "" if self._batches.unread else self._sha256
        versions = self._landed.new + self._landed.revised + self._landed.retracted
        if self.known or not (versions or sha256):
            return
        self.connection.execute(
            sa.insert(landings).values(
                landing=self._number,
                theatre=self.theatre,
                source=self.source,
                file=self._file,
                sha256=sha256,
                versions=versions,
                landed_at=self._at,
            )
        )


def _has_landed(connection: Connection, theatre: str, source: str, sha256: str) -> bool:
    query = sa.select(landings.c.landing)
    query = query.filter_by(theatre=theatre, source=source, sha256=sha256)
    return connection.execute(query).first() is not None
