"""What an issue, the streams and the archive give reason to tell a person, by the theatre's rules.

A risk is told from numbers alone, and fresh ones: a row without a forecast, a stale one, a hindcast
and an issue older than the theatre allows raise no risk alert, and neither does a row whose issue
before had no number. That a forecast has gone is
told by a rule of its own (`no_forecast`).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from publish.alerting.telling import Wording, fault_told, gone_told, risk_told, silence_told
from publish.contract.context import Freshness
from publish.contract.forecast import Forecast, Row
from publish.text.age import too_old
from theatres import (
    Crosses,
    LevelRises,
    NoForecast,
    ProbabilityJumps,
    RowRule,
    Rule,
    StreamSilent,
    Theatre,
)

ID_LENGTH = 16
_DIGITS = 9  # 0.35 - 0.25 is a jump by 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing worth telling; `alert_id` is the same whenever the same thing is found again.

    `unit`, `target`, `issue_id` are empty and `horizon_days` is None where it is about no row.
    """

    alert_id: str
    theatre: str
    rule: str
    kind: str
    unit: str
    target: str
    horizon_days: int | None
    issue_id: str
    as_of: date
    raised_at: datetime
    headline: str
    sentence: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row and the same row of the issue before."""

    row: Row
    before: Row


def due(
    theatre: Theatre,
    forecast: Forecast,
    previous: Forecast | None,
    streams: Sequence[Freshness],
    faults: Sequence[str],
    now: datetime,
) -> list[Alert]:
    """The alerts that the rules raise, in the rules' and then the rows' order; [] if all is calm.

    `previous` is the newest issue before that has numbers, None where there is none; `faults` is
    what a verification of the archive found. The same arguments give the same ids at any `now`.
    """
    alerts: list[Alert] = []
    pairs = _pairs(forecast, previous)
    for rule in theatre.alerts:
        if isinstance(rule, RowRule):
            for pair in pairs:
                alerts += _of_row(theatre, rule, pair, forecast, previous, now)
        elif isinstance(rule, StreamSilent):
            alerts += _of_stream(rule, forecast, streams, now)
        elif faults:
            what = "\n".join(sorted(faults))
            alerts.append(_alert(rule, forecast, None, fault_told(faults), "", what, now))
    return alerts


def _pairs(forecast: Forecast, previous: Forecast | None) -> list[_Pair]:
    if previous is None or forecast.status == "hindcast":
        return []
    before = {row.key: row for row in previous.rows if row.probability is not None}
    return [_Pair(row, before[row.key]) for row in forecast.rows if row.key in before]


def _of_row(
    theatre: Theatre,
    rule: RowRule,
    pair: _Pair,
    forecast: Forecast,
    previous: Forecast | None,
    now: datetime,
) -> Iterator[Alert]:
    """The alert of one rule about one row, if there is one."""
    row, before = pair.row, pair.before
    if not rule.covers(row.key) or previous is None:
        return
    if isinstance(rule, NoForecast):
        if row.status == "no_forecast":
            # By the last issue that had numbers: a spell without is told once, however long.
            text = gone_told(row, forecast.as_of, previous.as_of)
            yield _alert(rule, forecast, row, text, str(previous.as_of), "", now)
    elif too_old(forecast, theatre, now.date()):
        return  # an old issue's jump is no news: it would be taken for today's
    elif row.status != "no_forecast" and (what := _risk(rule, forecast, row, before)):
        meaning = theatre.meanings.get(row.target, "")
        text = risk_told(row, before, forecast.as_of, previous.as_of, what, meaning)
        # Not the size of a jump: made again on the same day it may differ in a digit.
        mark = "" if isinstance(rule, ProbabilityJumps) else what
        yield _alert(rule, forecast, row, text, str(forecast.as_of), mark, now)


def _risk(rule: RowRule, forecast: Forecast, row: Row, before: Row) -> str:
    """What has risen, in words; empty where the rule does not hold."""
    if row.probability is None or before.probability is None:
        return ""
    if isinstance(rule, LevelRises):
        return _rise(rule, forecast, row, before)
    if isinstance(rule, Crosses):
        crossed = before.probability < rule.at <= row.probability
        return f"reaches {rule.at:.0%}" if crossed else ""
    if isinstance(rule, ProbabilityJumps):
        rise = round(row.probability - before.probability, _DIGITS)
        return f"jumps by {100 * rise:.3g} points" if rise >= rule.by else ""
    return ""


def _rise(rule: LevelRises, forecast: Forecast, row: Row, before: Row) -> str:
    """Both levels by this issue's definition: a new definition is no rise in risk."""
    names = [level.name for level in forecast.levels]
    old, new = (_rank(forecast, each) for each in (before, row))
    least = names.index(rule.to) if rule.to in names else 0
    return f"rises from {names[old]} to {names[new]}" if new > old and new >= least else ""


def _rank(forecast: Forecast, row: Row) -> int:
    p, baseline = row.probability or 0.0, row.baseline_probability or 0.0
    ranks = [n for n, level in enumerate(forecast.levels) if level.reached(p, baseline)]
    return max(ranks, default=0)


def _of_stream(
    rule: StreamSilent, forecast: Forecast, streams: Sequence[Freshness], now: datetime
) -> Iterator[Alert]:
    """The alert that a source is silent, once from its last sign of life on.

    A source that was never asked is unused, not silent; one whose every asking failed is silent.
    """
    for stream in streams:
        if stream.source != rule.source:
            continue
        signs = [day for day in (stream.newest_event, stream.covered_until) if day]
        heard = max(signs, default=None)
        if heard is None and stream.status != "failed":
            continue
        days = (now.date() - heard).days if heard else None
        if days is None or days >= rule.after_days:
            text = silence_told(stream, heard, days)
            yield _alert(rule, forecast, None, text, "", f"{stream.source} {heard}", now)


def _alert(
    rule: Rule,
    forecast: Forecast,
    row: Row | None,
    wording: Wording,
    when: str,
    what: str,
    now: datetime,
) -> Alert:
    """The alert, its id made of the rule, the day, the row and what is said.

    Of the issue the id holds the day: an issue that is made again on it tells nothing new.
    """
    unit, target, horizon = row.key if row else ("", "", None)
    identity = [forecast.theatre, rule.name, rule.kind, when, unit, target, horizon, what]
    text = json.dumps(identity, ensure_ascii=True, separators=(",", ":"))
    return Alert(
        alert_id=hashlib.sha256(text.encode("ascii")).hexdigest()[:ID_LENGTH],
        theatre=forecast.theatre,
        rule=rule.name,
        kind=rule.kind,
        unit=unit,
        target=target,
        horizon_days=horizon,
        issue_id=forecast.issue_id if row else "",
        as_of=forecast.as_of,
        raised_at=now,
        headline=wording.headline,
        sentence=wording.sentence,
        channels=rule.channels,
    )
