"""What a person decides of a proposal: each once, with who, when and what was changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.event import Event, to_frame
from streams.events.frame import COLUMNS
from streams.sources.desk.events import (
    SOURCE,
    check_fields,
    differences,
    event_in,
    new_event,
    revised_event,
    texts_of,
)
from streams.sources.desk.proposals import (
    ACCEPTED,
    EVENT,
    REJECTED,
    WAITING,
    DeskError,
    Filed,
    read_one,
)
from streams.sources.desk.tables import decisions, proposals
from streams.store.landing import Landing
from streams.store.versions import clock, read_versions, stamp
from theatres import Theatre

ACTIONS: Final = ("accept", "mend", "reject", "undo")
AUTO: Final = "auto"
"""Who decided where a coder has earned that nobody is asked."""
REASON_MAX: Final = 500
NAME_MAX: Final = 100


class DecidedError(DeskError):
    """A proposal that somebody else has decided or changed in the meantime."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided: by whom, when, and on which revision of the proposal.

    A rejection has a reason, a mending `changes`: field to its new text.
    """

    action: str
    by: str
    at: datetime
    revision: int
    reason: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the record; `changes` is field to what it was and what it became, `source` and
    `event_id` name the event that was made, revised or taken back."""

    proposal_id: str
    revision: int
    action: str
    by: str
    at: datetime
    reason: str
    changes: Mapping[str, Sequence[str]]
    source: str
    event_id: str

    def as_json(self) -> dict[str, Any]:
        """The fields as they are shown."""
        names = ("proposal_id", "action", "by", "reason", "source", "event_id")
        shown = {name: getattr(self, name) for name in names}
        return {**shown, "at": self.at.isoformat(), "changes": {**self.changes}}


def decide(landing: Landing, theatre: Theatre, filed: Filed, ruling: Ruling) -> Decision:
    """The decision as it stands in the record; the event is in the store with it, or neither is.

    Raises DecidedError where the proposal is no longer what was looked at, DeskError or
    EventError where the ruling cannot be.
    """
    _check(ruling)
    actions = {"reject": _reject, "undo": _undo}
    decision = actions.get(ruling.action, _accept)(landing, theatre, filed, ruling)
    landing.connection.execute(
        sa.insert(decisions).values(
            theatre=theatre.name,
            proposal_id=decision.proposal_id,
            revision=decision.revision,
            action=decision.action,
            decided_by=decision.by,
            decided_at=stamp(decision.at),
            reason=decision.reason,
            changes=json.dumps({**decision.changes}, ensure_ascii=False),
            source=decision.source,
            event_id=decision.event_id,
        )
    )
    return decision


def decisions_of(
    connection: Connection, theatre: str, proposal_id: str | None = None
) -> list[Decision]:
    """The decisions on a proposal, or on all of the theatre's, in the order they were taken."""
    query = sa.select(decisions).filter_by(theatre=theatre).order_by(decisions.c.position)
    if proposal_id is not None:
        query = query.filter_by(proposal_id=proposal_id)
    return [_decision(row) for row in connection.execute(query).mappings()]


def _decision(row: Mapping[Any, Any]) -> Decision:
    names = ("proposal_id", "revision", "action", "reason", "source", "event_id")
    return Decision(
        **{name: row[name] for name in names},
        by=row["decided_by"],
        at=datetime.fromisoformat(row["decided_at"]),
        changes=json.loads(row["changes"]),
    )


def _check(ruling: Ruling) -> None:
    if ruling.action not in ACTIONS:
        expected = f"one of {', '.join(ACTIONS)}"
        raise DeskError("no such decision", found=ruling.action, expected=expected)
    if not ruling.by.strip() or len(ruling.by) > NAME_MAX or not ruling.by.isprintable():
        raise DeskError("who decides?", found=ruling.by, expected=f"1 to {NAME_MAX} characters")
    if ruling.action == "reject" and not ruling.reason.strip():
        raise DeskError("a rejection needs its reason", do="say why, as in: --because 'a rumour'")
    if len(ruling.reason) > REASON_MAX or not ruling.reason.isprintable():
        expected = f"at most {REASON_MAX} characters, on one line"
        raise DeskError("not a reason", found=ruling.reason, expected=expected)
    if ruling.action == "mend" and not ruling.changes:
        raise DeskError("nothing to mend", do="name a field and its value, or accept it")
    if ruling.action != "mend" and ruling.changes:
        raise DeskError("changes with another decision than mend", found=ruling.action)
    check_fields(ruling.changes)


def event_of(
    connection: Connection, theatre: Theatre, filed: Filed, ruling: Ruling
) -> tuple[Event, Mapping[str, Sequence[str]]]:
    """The event that accepting or mending gives, and in which fields it is another than what was
    proposed, or of a revision than what it revises.

    Raises DeskError or EventError where it cannot be.
    """
    changes, at = ruling.changes, ruling.at
    if filed.kind == EVENT:
        event_id = _name_of(connection, theatre, filed, ruling)
        plain = texts_of(new_event(filed, {}, theatre, event_id, at)) if changes else {}
        event = new_event(filed, changes, theatre, event_id, at)
        return event, differences(plain, event)
    versions = _versions(connection, theatre, filed.source, filed.event_id)
    if versions.empty or versions.iloc[-1]["retracted"]:
        raise DeskError("the event was taken back", found=filed.event_id, do="reject it")
    row = versions.iloc[-1].to_dict()
    event = revised_event(filed, row, changes, theatre, at)
    return event, differences(texts_of(event_in(row)), event)


def _accept(landing: Landing, theatre: Theatre, filed: Filed, ruling: Ruling) -> Decision:
    event, differs = event_of(landing.connection, theatre, filed, ruling)
    _turn(landing.connection, theatre, filed, ruling, ACCEPTED, event.source, event.event_id)
    landing.append(to_frame([event]))
    return _decided(filed, ruling, differs, event.source, event.event_id)


def _reject(landing: Landing, theatre: Theatre, filed: Filed, ruling: Ruling) -> Decision:
    event = (filed.source, filed.event_id)
    _turn(landing.connection, theatre, filed, ruling, REJECTED, *event)
    return _decided(filed, ruling, {}, *event)


def _undo(landing: Landing, theatre: Theatre, filed: Filed, ruling: Ruling) -> Decision:
    """Takes the last decision back: what it put into the store is retracted from the instant on
    at which it was known, as if it had never been; a replay of what was seen still shows it."""
    if filed.status not in (ACCEPTED, REJECTED):
        raise DeskError("there is no decision to take back", found=filed.proposal_id)
    last = decisions_of(landing.connection, theatre.name, filed.proposal_id)[-1]
    source, event_id = (filed.source, filed.event_id) if filed.kind != EVENT else ("", "")
    _turn(landing.connection, theatre, filed, ruling, WAITING, source, event_id)
    if filed.status == ACCEPTED:
        versions = _versions(landing.connection, theatre, filed.source, filed.event_id)
        if filed.kind == EVENT:
            gone = versions.drop_duplicates("known_at", keep="last").assign(retracted=True)
        else:
            known = pd.Timestamp(last.changes["known_at"][1])
            before = versions[versions["known_at"] < known].tail(1)
            gone = before.assign(known_at=known).astype({"known_at": "datetime64[s]"})
        landing.append(gone[list(COLUMNS)])
    return _decided(filed, ruling, {}, filed.source, filed.event_id)


def _turn(
    connection: Connection,
    theatre: Theatre,
    filed: Filed,
    ruling: Ruling,
    status: str,
    source: str,
    event_id: str,
) -> None:
    """Gives the proposal its status, but only if it still is as it was looked at."""
    table = proposals.c
    turned = connection.execute(
        sa.update(proposals)
        .where(table.theatre == theatre.name, table.proposal_id == filed.proposal_id)
        .where(table.revision == ruling.revision)
        .where(table.status == (filed.status if ruling.action == "undo" else WAITING))
        .values(status=status, revision=table.revision + 1, source=source, event_id=event_id)
    )
    if turned.rowcount != 1:
        raise _decided_already(connection, theatre.name, filed.proposal_id)


def _decided_already(connection: Connection, theatre: str, proposal_id: str) -> DecidedError:
    filed = read_one(connection, theatre, proposal_id)
    record = decisions_of(connection, theatre, proposal_id)
    if filed.status == WAITING or not record:
        return DecidedError(
            "the proposal has changed since it was looked at", where=proposal_id, do="look again"
        )
    last = record[-1]
    return DecidedError(
        f"decided already: {last.action} by {last.by} at {last.at:%Y-%m-%d %H:%M} UTC",
        where=proposal_id,
        do="take it back first, if you are sure: `dyadcast desk undo`",
    )


def _name_of(connection: Connection, theatre: Theatre, filed: Filed, ruling: Ruling) -> str:
    """The event's id; accepted again after it was taken back it is another event."""
    record = decisions_of(connection, theatre.name, filed.proposal_id)
    before = sum(each.action in ("accept", "mend") for each in record)
    parts = [SOURCE, filed.proposal.occurred_on.isoformat(), filed.proposal_id]
    parts += ["auto"] if ruling.by == AUTO else []
    return ":".join([*parts, *([str(before + 1)] if before else [])])


def _versions(connection: Connection, theatre: Theatre, source: str, event_id: str) -> pd.DataFrame:
    versions = read_versions(connection, theatre.name, sources=[source])
    mine = versions[versions["event_id"] == event_id]
    return mine.sort_values(["known_at", "version"], ignore_index=True)


def _decided(
    filed: Filed, ruling: Ruling, differs: Mapping[str, Sequence[str]], source: str, event_id: str
) -> Decision:
    return Decision(
        filed.proposal_id,
        ruling.revision,
        ruling.action,
        ruling.by,
        clock(ruling.at),
        ruling.reason,
        differs,
        source,
        event_id,
    )
