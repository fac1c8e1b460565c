"""What stands around a forecast on the page and in the brief: history, events, record, freshness.

None of it is computed here: the flows hand it over when the issue is made, and it is kept as JSON
beside the issue, so that a page can be drawn again later without a model or a registry.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from publish.contract.row import ForecastError

Finding = Literal["better", "worse", "none shown"]
"""What a record says of the ensemble against its hardest baseline."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was said of the dyad's `clash` within 30 days as of an earlier day.

    `source` is `issue` where it was published, `record` where it is the model's out-of-sample
    backtest, which has seen nothing later either.
    """

    as_of: date
    probability: float
    low: float | None
    high: float | None
    baseline: float
    source: Literal["issue", "record"]


@dataclass(frozen=True, slots=True)
class Told:
    """One event as known at the issue's as_of; `deaths` is the best figure, None if not known."""

    occurred_on: date
    known_at: date
    type: str
    family: str
    actor: str
    target: str
    place: str
    segment: str
    summary: str
    url: str
    deaths: float | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How a stream fared when the issue was made."""

    source: str
    status: str
    last_success: date | None
    newest_event: date | None
    covered_until: date | None


@dataclass(frozen=True, slots=True)
class Skill:
    """The ensemble's out-of-sample Brier skill on the hardest baseline, with its 90% interval.

    `units` is `dyad` or `segments`; `verdict` is `better`, `worse` or `none shown`.
    """

    target: str
    units: str
    horizon_days: int
    since: str
    brier: float
    baseline: str
    skill: float
    low: float
    high: float
    episodes: int
    verdict: Finding


@dataclass(frozen=True, slots=True)
class CountSkill:
    """A count's out-of-sample log-score skill on the hardest baseline, with its 90% interval.

    Over all thresholds and the units that are judged together; `ahead` in calendar months, or in
    days where the count is of windows of days.
    """

    group: str
    ahead: int
    of: Literal["months", "days"]
    baseline: str
    skill: float
    low: float
    high: float
    forecasts: int
    verdict: Finding


@dataclass(frozen=True, slots=True)
class Bin:
    """Mean forecast and observed frequency of a bin of the dyad's `clash` within 30 days."""

    forecast: float
    observed: float
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One published row of the dyad whose window has closed: what was said and what came."""

    as_of: date
    target: str
    horizon_days: int
    target_end_date: date
    probability: float
    baseline: float
    outcome: int


@dataclass(frozen=True, slots=True)
class Context:
    """All of it, each in order of time, the oldest first."""

    history: tuple[Past, ...] = ()
    events: tuple[Told, ...] = ()
    streams: tuple[Freshness, ...] = ()
    skill: tuple[Skill, ...] = ()
    reliability: tuple[Bin, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    counts: tuple[CountSkill, ...] = ()


_CONTEXT: Final = TypeAdapter(Context)


def context_text(context: Context) -> str:
    """The context as JSON text; `read_context` gives an equal one back."""
    return _CONTEXT.dump_json(context, indent=1).decode()


def read_context(text: str) -> Context:
    """The context of a JSON text; raises ForecastError, naming the field, for anything else."""
    try:
        return _CONTEXT.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise ForecastError(
            fault["msg"], where=f"context, field {field}", found=fault["input"]
        ) from None
