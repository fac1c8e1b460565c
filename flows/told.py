"""What a count's source tells as of a day: the data, what is asked of them, and their windows."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from features.history import Floats
from features.monthly import FIRST, country_panel, dyad_panel, month_of_day
from features.panel import month_name
from flows.settings import Settings
from models import monthly
from models.outlook import Question, Track
from streams.months import country_months, dyad_months, told_until
from streams.regions import iso3_of, region
from streams.releases import month_after
from streams.store import connect
from theatres import Count

METHOD: Final = "1"
"""Another number where the same data are forecast otherwise."""
SEED: Final = 0

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


def told(settings: Settings, count: Count, as_of: date) -> Told | None:
    """What the releases published by `as_of` tell of the group; None where no final one landed."""
    engine = connect(settings.database_url)
    until = told_until(engine, as_of)
    if until is None or count.of == "segments":
        return None
    if count.of == "countries":
        panel = country_panel(country_months(engine, as_of), until, region_of)
        study = monthly.country_study(panel, count.thresholds, count.months)
        judged = np.ones(len(panel.units), np.bool_)
    else:
        panel, judged = dyad_panel(dyad_months(engine, as_of), until)
        study = monthly.dyad_study(panel, judged, count.thresholds, count.months)
    last = FIRST + study.size.shape[1] - 1
    units = {unit: str(number) for unit, number in count.units.items()}

    def came(unit: str, _as_of: date, end: date) -> float:
        if units[unit] not in panel.units:  # nothing was ever told of it
            return 0.0
        return float(study.size[panel.units.index(units[unit]), month_of_day(end) - FIRST])

    values = (panel.deaths, *panel.kinds.values(), study.flags)
    return Told(
        until,
        monthly.monthly_question(study, judged),
        lambda progress: monthly.monthly_tracks(study, SEED, progress),
        tuple(map(month_name, range(last - monthly.RECORD_MONTHS, last + 1))),
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


def fingerprint(asked: list[str | int], values: tuple[Floats, ...]) -> str:
    """The SHA-256 of what is asked, the method and the data, in hexadecimal."""
    found = hashlib.sha256(json.dumps([METHOD, SEED, *asked]).encode())
    for each in values:
        found.update(np.ascontiguousarray(each).tobytes())
    return found.hexdigest()
