"""An accepted proposal as an event: its three clocks, its source, and what a person changed."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from streams.events.event import Event
from streams.sources.analyst import one_event
from streams.sources.desk.linking import DENIED
from streams.sources.desk.proposals import DeskError, Filed
from streams.sources.news.proposal import Proposal
from streams.store.versions import clock
from theatres import Theatre

SOURCE: Final = "desk"
FIELDS: Final = (
    *("type", "actor", "target", "mediators", "occurred_on", "ended_on", "date_precision"),
    *("known_at", "place", "segment", "lat", "lon", "deaths_low", "deaths_best", "deaths_high"),
    *("summary", "url", "confidence"),
)
"""What a person may mend."""
WORDING: Final = frozenset(("summary", "url", "confidence", "lat", "lon", "ended_on"))
"""Fields that a coder does not propose: a mended one says nothing against it."""
SURE: Final = ((0.85, "high"), (0.7, "medium"), (0.0, "low"))
_TOLLS = ("deaths_low", "deaths_best", "deaths_high")


def cells_of(filed: Filed, theatre: Theatre) -> dict[str, str]:
    """The event that the proposal is, field by field as text: what stands before it is mended.

    Known since the first publication. An event has one target: of the theatre's own states the
    first that is named.
    """
    p = filed.proposal
    states = [each for each in theatre.actors if each in p.target and each != p.actor]
    counts = {name: getattr(p, name) for name in _TOLLS}
    return {
        "type": p.type,
        "actor": p.actor,
        "target": (*states, *p.target)[0],
        "mediators": ";".join(p.mediators),
        "occurred_on": p.occurred_on.isoformat(),
        "date_precision": p.date_precision,
        "known_at": filed.known_at.isoformat(timespec="seconds"),
        "place": p.place,
        "segment": p.segment,
        **{name: "" if count is None else str(count) for name, count in counts.items()},
        "summary": summary_of(p),
        "url": filed.url,
        "confidence": next(word for least, word in SURE if p.confidence >= least),
    }


def summary_of(p: Proposal) -> str:
    """One line in our own words: an article's sentence is its newsroom's."""
    kind = p.type.replace("_", " ").capitalize()
    where = f", at {p.place}" if p.place else ""
    through = f", through {' and '.join(p.mediators)}" if p.mediators else ""
    return f"{kind}: {p.actor} towards {' and '.join(p.target)}{where}{through}."


def check_fields(changes: Mapping[str, str]) -> None:
    """Raises DeskError for a field that cannot be mended."""
    for name in changes:
        if name not in FIELDS:
            raise DeskError(
                "no field of an event", found=name, expected=f"one of {', '.join(FIELDS)}"
            )


def new_event(
    filed: Filed, changes: Mapping[str, str], theatre: Theatre, event_id: str, at: datetime
) -> Event:
    """The event of the source `desk`, as proposed but for the changes.

    Raises EventError, naming the column, where it is no valid event, DeskError where it would be
    known later than `at`.
    """
    cells = {**cells_of(filed, theatre), **changes, "event_id": event_id}
    event = replace(one_event(cells, theatre, at), source=SOURCE)
    _check_known(event, at)
    return event


def revised_event(
    filed: Filed,
    base: Mapping[Any, Any],
    changes: Mapping[str, str],
    theatre: Theatre,
    at: datetime,
) -> Event:
    """The next version of the event that the proposal contradicts: another toll, or in doubt.

    Known from the report's day on, and never before the version that it follows.
    """
    before = event_in(base)
    p = filed.proposal
    # Accepted again after it was taken back it is another version.
    since = filed.known_at + timedelta(seconds=filed.revision)
    cells = {name: _text(getattr(before, name)) for name in FIELDS}
    cells |= {"known_at": max(since, before.known_at + timedelta(seconds=1)).isoformat()}
    if p.modality == DENIED:
        cells |= {"confidence": "low"}
    else:
        cells |= {name: _text(getattr(p, name)) for name in _TOLLS}
    cells |= {"url": filed.url or before.url, **changes, "event_id": before.event_id}
    made = one_event(cells, theatre, at)
    event = replace(made, source=before.source, mentions=before.mentions)
    _check_known(event, at)
    return event


def event_in(row: Mapping[Any, Any]) -> Event:
    """The event in a row of the store's frame."""
    values = {field.name: _plain(row[field.name]) for field in fields(Event)}
    values |= {name: values[name].date() for name in ("occurred_on", "ended_on")}
    return Event(**values)


def differences(before: Mapping[str, str], after: Event) -> dict[str, list[str]]:
    """Each field that is another than it was, with both values as text."""
    became = {name: _text(getattr(after, name)) for name in FIELDS}
    pairs = {name: [before.get(name, ""), became[name]] for name in FIELDS if name in before}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def texts_of(event: Event) -> dict[str, str]:
    """The event's fields as text."""
    return {name: _text(getattr(event, name)) for name in FIELDS}


def _check_known(event: Event, at: datetime) -> None:
    if event.known_at > clock(at):
        raise DeskError(
            "known later than now",
            where="column known_at",
            found=event.known_at.isoformat(),
            expected=f"{clock(at).isoformat(timespec='seconds')} or earlier",
            do="mend known_at to the day of publication",
        )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
