"""What a source tells by itself as a vintage: deaths by calendar month, or along the border."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from errors import DyadcastError
from features.arrays import Floats, Ints, to_day
from features.monthly.ucdp import FIRST, between_states, country_panel, dyad_panel, month_of_day
from features.weekly.deaths import Deaths
from features.weekly.places import deaths_told
from flows.pipeline.knowledge import Knowledge, open_store
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Span, Units, Vintage
from models.forecasting.training import Asked
from models.problems.problem import Rows
from models.recipes import months, segments
from models.recipes.contract import METHOD_VERSION
from streams.places.regions import iso3_of, region
from streams.sources.ucdp.months import country_months, dyad_months, told_until
from streams.sources.ucdp.releases import month_after
from streams.store.store import Store
from theatres import Target, Theatre

FIRST_DAY: Final = date(1989, 1, 1)


def count_vintage(
    settings: Settings,
    known: Knowledge,
    group: str,
    told_by: date | None = None,
    seen_by: datetime | None = None,
) -> Vintage | None:
    """What a group that a source tells by itself has to go by as of `known`'s day; None where its
    source has told nothing yet.

    `told_by` is an earlier day after which nothing told counts. With `seen_by` only those events
    that had landed by then; what a release tells of months counts from its publication.
    """
    theatre, target = known.theatre, known.theatre.targets[group]
    store, by = open_store(settings, theatre), told_by or known.as_of
    until = told_until(store, by)
    if until is None:
        return None
    if target.of == "segments":
        deaths = deaths_told(store.versions(by, seen_by, [target.source]), theatre, FIRST_DAY)
        return _segments(deaths, theatre, group, known.as_of, until)
    study, rungs = _study(store, target, group, by, until)
    return _months(study, rungs, (theatre, group), known.as_of, until)


def _segments(deaths: Deaths, theatre: Theatre, group: str, as_of: date, until: date) -> Vintage:
    """Deaths along the segments: windows of days from `as_of` on.

    Raises DyadcastError where the theatre asks other thresholds than the model answers.
    """
    target = theatre.targets[group]
    if tuple(map(float, target.thresholds)) != segments.THRESHOLDS:
        raise DyadcastError(
            "the segments' model answers other thresholds",
            where=f"theatre {theatre.name}, target {group}",
            found=str(target.thresholds),
            expected=str(tuple(map(int, segments.THRESHOLDS))),
        )
    day, units, lag = to_day(as_of), theatre.segment_names, target.fresh_days
    origins = segments.weeks_until(day)

    def posed() -> Asked:
        problem = segments.pose(group, units, deaths, origins, int(origins[0]), target.days, lag)
        return Asked(problem, segments.segment_recipe(lag), segments.record_starts(problem))

    def now() -> list[tuple[str, Units, Rows]]:
        problem, last = posed().problem, len(origins) - 1
        return [(group, units, problem.rows(slice(last, last + 1)))]

    def size(_name: str, unit: str, start: date, end: date) -> float | None:
        if unit not in units or end > until:
            return None
        inside = (deaths.day > to_day(start)) & (deaths.day <= to_day(end))
        return float(deaths.deaths[inside & (deaths.unit == units.index(unit))].sum())

    return Vintage(
        theatre,
        group,
        {group: target},
        as_of,
        until,
        FIRST_DAY,
        day,
        _fingerprint(
            [as_of.isoformat(), *target.thresholds, *target.days],
            (deaths.day, deaths.known, deaths.unit, deaths.deaths),
        ),
        lambda: [posed()],
        now,
        {days: (None, as_of + timedelta(days=days)) for days in target.days},
        {unit: unit for unit in units},
        size,
    )


def _months(
    study: months.Study,
    rungs: tuple[float, ...],
    about: tuple[Theatre, str],
    as_of: date,
    until: date,
) -> Vintage:
    """Deaths of countries or dyads: calendar months from the last one told on."""
    theatre, group = about
    target = theatre.targets[group]
    count = study.size.shape[1]
    last = FIRST + count - 1
    names = {unit: str(number) for unit, number in target.codes.items()}
    recipe = (months.country_recipe if target.of == "countries" else months.dyad_recipe)(rungs)

    def learn() -> list[Asked]:
        first = count - 1 - months.RECORD_MONTHS
        starts = months.record_starts(count)
        return [Asked(months.pose(study), recipe, starts, first, first)]

    def now() -> list[tuple[str, Units, Rows]]:
        problem = months.pose(study)
        return [(group, problem.units, problem.rows(slice(count - 1, count)))]

    def size(_name: str, unit: str, _start: date, end: date) -> float | None:
        if unit not in names or end > until:
            return None
        if names[unit] not in study.panel.units:  # nothing was ever told of it
            return 0.0
        return float(study.size[study.panel.units.index(names[unit]), month_of_day(end) - FIRST])

    values = (study.panel.deaths, *study.panel.kinds.values(), study.flags)
    asked = (*target.thresholds, *target.months)
    return Vintage(
        theatre,
        group,
        {group: target},
        as_of,
        until,
        FIRST_DAY,
        count - 1,
        _fingerprint([until.isoformat(), *asked, *study.panel.units], values),
        learn,
        now,
        {ahead: month_span(last + ahead) for ahead in target.months},
        names,
        size,
    )


def _study(
    store: Store, target: Target, group: str, by: date, until: date
) -> tuple[months.Study, tuple[float, ...]]:
    rungs = months.rungs_of(tuple(map(float, target.thresholds)))
    if target.of == "countries":
        panel = country_panel(country_months(store, by), until, region_of)
        return months.country_study(group, panel, target.thresholds, target.months), rungs
    panel, sides = dyad_panel(dyad_months(store, by), until)
    both = (sides, between_states(sides))
    return months.dyad_study(group, panel, both, target.thresholds, target.months), rungs


def region_of(number: int) -> str:
    """The subregion of the state of that Gleditsch-Ward number; one name for those no more."""
    iso3 = iso3_of(number)
    return region(iso3) if iso3 else "no more"


def month_span(month: int) -> Span:
    """The first and last day of a month, counted from the year 0."""
    first = date(month // 12, month % 12 + 1, 1)
    return first, month_after(first) - timedelta(days=1)


def _fingerprint(wanted: Sequence[str | int], values: tuple[Floats | Ints, ...]) -> str:
    """The SHA-256 of what is asked, the method and the data, in hexadecimal."""
    digest = hashlib.sha256(json.dumps([METHOD_VERSION, *wanted]).encode())
    for each in values:
        digest.update(np.ascontiguousarray(each).tobytes())
    return digest.hexdigest()
