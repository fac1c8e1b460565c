"""What the headline would do if a proposal were accepted: the champion is run again with it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from errors import DyadcastError
from features.history import history_of
from flows.pipeline import champions
from flows.pipeline.event_vintage import event_vintage, event_vintages
from flows.pipeline.knowledge import Knowledge, gather, open_store, trust
from flows.pipeline.scored import Models, spoken
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from streams.events.event import Event, to_frame
from streams.sources.desk.desk import Desk
from streams.sources.desk.proposals import EVENT, Filed
from theatres import Theatre, load_theatre


@dataclass(frozen=True, slots=True)
class Preview:
    """The headline's probability without the event and with it, as of a day; None, and the reason,
    where it cannot be had. Where the theatre does not count the event's source (`counted`) it is
    what the number would do if it did."""

    target: str
    days: int
    as_of: str
    before: float | None = None
    after: float | None = None
    counted: bool = False
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields as they are shown."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Previews:
    """Previews, each kept until the day, the events, the model or the proposal is another."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[tuple[object, ...], Preview] = {}
        self._models: dict[tuple[object, ...], tuple[Models, float]] = {}

    def of(self, theatre_name: str, proposal_id: str, now: datetime) -> Preview:
        """What the proposal would do to the headline of the next issue.

        Raises DeskError where there is no such proposal.
        """
        theatre = load_theatre(theatre_name)
        desk = Desk(open_store(self._settings, theatre), theatre)
        filed, _ = desk.get(proposal_id)
        known = gather(self._settings, theatre_name, None, now.date())
        key = (*_base(known), filed.proposal_id, filed.revision)
        if key not in self._kept:
            self._kept[key] = self._made(desk, filed, known, now)
        return self._kept[key]

    def _made(self, desk: Desk, filed: Filed, known: Knowledge, now: datetime) -> Preview:
        theatre, headline = desk.theatre, desk.theatre.headline
        empty = Preview(headline.target, headline.days, known.as_of.isoformat())
        if filed.known_at.date() > known.as_of:
            reason = f"published on {filed.known_at:%Y-%m-%d}, after the day of the next issue"
            return replace(empty, reason=f"{reason}, {known.as_of}")
        vintage = next(each for each in event_vintages(known) if headline.target in each.targets)
        if reason := champions.why_not(vintage):
            return replace(empty, reason=reason)
        try:
            models, before = self._asked(known, vintage)
        except LookupError as error:
            return replace(empty, reason=str(error))
        try:
            event = desk.event_of(filed, now)
        except DyadcastError as error:
            return replace(empty, reason=str(error))
        used = [each.name for each in theatre.sources if each.features and not each.apart]
        as_source = event.source if event.source in used else used[0]
        versions = desk.store.versions(known.as_of, sources=used)
        more = _with(versions, event, filed, as_source)
        trusted = tuple(trust(more, source.name) for source in theatre.sources)
        then = replace(known, history=history_of(more, theatre), trust=trusted)
        told = event_vintage(then, vintage.targets, vintage.gap)
        after = _headline(models, told, theatre)
        return replace(empty, before=before, after=after, counted=event.source in used)

    def _asked(self, known: Knowledge, vintage: Vintage) -> tuple[Models, float]:
        """The champions and what they say as things stand; LookupError where there are none."""
        key = _base(known)
        if key not in self._models:
            models = champions.by_gap(self._settings, {})
            if not vintage.beyond and models(vintage) is None:
                raise LookupError("there is no trained model to ask: run `dyadcast forecast` first")
            self._models = {key: (models, _headline(models, vintage, known.theatre))}
        return self._models[key]


def _base(known: Knowledge) -> tuple[object, ...]:
    return known.theatre.name, known.as_of, known.fingerprint


def _headline(models: Models, vintage: Vintage, theatre: Theatre) -> float:
    headline = theatre.headline
    return next(
        float(each.score.probability)
        for each in spoken(vintage, models)
        if each.unit == headline.unit
        and each.target == headline.target
        and (each.end - vintage.as_of).days == headline.days
    )


def _with(versions: pd.DataFrame, event: Event, filed: Filed, as_source: str) -> pd.DataFrame:
    """The versions with the event's, under a source that counts; what it revises ends with it."""
    never = pd.Series([pd.NaT], dtype="datetime64[s]")
    row = to_frame([event]).assign(source=as_source, known_until=never)
    if filed.kind != EVENT:
        mine = (versions["event_id"] == event.event_id) & versions["known_until"].isna()
        ends = versions["known_until"].mask(mine, pd.Timestamp(event.known_at))
        versions = versions.assign(known_until=ends.astype("datetime64[s]"))
    return pd.concat([versions, row], ignore_index=True)
