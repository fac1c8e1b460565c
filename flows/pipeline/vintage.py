"""What a count's source tells as of a day: the data, what is asked of them, and their windows."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from errors import DyadcastError
from features.arrays import Floats, Ints, to_date, to_day
from features.monthly.panel import month_name
from features.monthly.ucdp import FIRST, between_states, country_panel, dyad_panel, month_of_day
from features.weekly.places import deaths_told
from flows.pipeline.settings import Settings
from models.forecasting import count_months, count_weeks
from models.forecasting.counts import Question, Track
from models.walks.weeks import THRESHOLDS
from streams.places.regions import iso3_of, region
from streams.sources.ucdp.months import country_months, dyad_months, told_until
from streams.sources.ucdp.releases import month_after
from streams.store.store import Store, connect
from theatres import Count, Theatre

METHOD: Final = "2"
"""Another number where the same data are forecast otherwise."""
SEED: Final = 0
FIRST_DAY: Final = date(1989, 1, 1)

Progress = Callable[[int, int], None]
Span = tuple[date | None, date]
"""A window's first day, None for the day after as_of, and its last."""


@dataclass(frozen=True)
class Told:
    """What a group's source tells of it as of a day.

    `until` is the last day that it tells; `tracks` forecasts from it, a Track a horizon, whose
    origins are named in `origins`; `spans` are the windows by horizon; `units` gives the question's
    name of each of the theatre's units; `came` says by unit, as_of and last day what the count of a
    window was; `fingerprint` is a hash of all that a forecast rests on.
    """

    until: date
    question: Question
    tracks: Callable[[Progress | None], list[Track]]
    origins: tuple[str, ...]
    spans: Mapping[int, Span]
    units: Mapping[str, str]
    came: Callable[[str, date, date], float]
    fingerprint: str


def told(settings: Settings, theatre: Theatre, group: str, as_of: date) -> Told | None:
    """What the releases published by `as_of` tell of the group; None where no final one landed."""
    count = theatre.counts[group]
    until = told_until(connect(settings.database_url), as_of)
    if until is None:
        return None
    if count.of == "segments":
        return _weeks(settings, theatre, count, as_of, until)
    return _months(settings, count, as_of, until)


def _weeks(settings: Settings, theatre: Theatre, count: Count, as_of: date, until: date) -> Told:
    """Deaths along the segments: windows of days from `as_of` on.

    Raises DyadcastError where the theatre asks other thresholds than the model answers.
    """
    if tuple(map(float, count.thresholds)) != THRESHOLDS:
        raise DyadcastError(
            "the segments' model answers other thresholds",
            where=f"theatre {theatre.name}, a count of segments",
            found=str(count.thresholds),
            expected=str(tuple(map(int, THRESHOLDS))),
        )
    versions = Store(connect(settings.database_url)).versions(as_of, sources=[count.source])
    events = deaths_told(versions, theatre, FIRST_DAY)
    day, units = to_day(as_of), theatre.segment_names

    def came(unit: str, as_of: date, end: date) -> float:
        inside = (events.day > to_day(as_of)) & (events.day <= to_day(end))
        return float(events.deaths[inside & (events.unit == units.index(unit))].sum())

    origins = count_weeks.weeks_until(day)[count_weeks.LEARN_WEEKS :]
    return Told(
        until,
        count_weeks.segment_question(units),
        lambda progress: count_weeks.segment_tracks(
            events, day, count.days, count.fresh_days, progress
        ),
        tuple(to_date(origin).isoformat() for origin in origins),
        {days: (None, as_of + timedelta(days=days)) for days in count.days},
        {unit: unit for unit in units},
        came,
        fingerprint(
            [as_of.isoformat(), *count.thresholds, *count.days],
            (events.day, events.known, events.unit, events.deaths),
        ),
    )


def _months(settings: Settings, count: Count, as_of: date, until: date) -> Told:
    """Deaths of countries or dyads: calendar months from the last one told on."""
    engine = connect(settings.database_url)
    if count.of == "countries":
        panel = country_panel(country_months(engine, as_of), until, region_of)
        study = count_months.country_study(panel, count.thresholds, count.months)
        judged = np.ones(len(panel.units), np.bool_)
    else:
        panel, sides = dyad_panel(dyad_months(engine, as_of), until)
        judged = between_states(sides)
        study = count_months.dyad_study(panel, sides, judged, count.thresholds, count.months)
    last = FIRST + study.size.shape[1] - 1
    units = {unit: str(number) for unit, number in count.units.items()}

    def came(unit: str, _as_of: date, end: date) -> float:
        if units[unit] not in panel.units:  # nothing was ever told of it
            return 0.0
        return float(study.size[panel.units.index(units[unit]), month_of_day(end) - FIRST])

    values = (panel.deaths, *panel.kinds.values(), study.flags)
    return Told(
        until,
        count_months.monthly_question(study, judged),
        lambda progress: count_months.monthly_tracks(study, SEED, progress),
        tuple(map(month_name, range(last - count_months.RECORD_MONTHS, last + 1))),
        {ahead: month_span(last + ahead) for ahead in count.months},
        units,
        came,
        fingerprint([until.isoformat(), *count.thresholds, *count.months, *panel.units], values),
    )


def region_of(number: int) -> str:
    """The subregion of the state of that Gleditsch-Ward number; one name for those no more."""
    iso3 = iso3_of(number)
    return region(iso3) if iso3 else "no more"


def month_span(month: int) -> Span:
    """The first and last day of a month, counted from the year 0."""
    first = date(month // 12, month % 12 + 1, 1)
    return first, month_after(first) - timedelta(days=1)


def fingerprint(asked: list[str | int], values: tuple[Floats | Ints, ...]) -> str:
    """The SHA-256 of what is asked, the method and the data, in hexadecimal."""
    found = hashlib.sha256(json.dumps([METHOD, SEED, *asked]).encode())
    for each in values:
        found.update(np.ascontiguousarray(each).tobytes())
    return found.hexdigest()
