"""The scoreboard of what was published: counts and Brier scores of the windows that have closed."""

from collections.abc import Iterable
from dataclasses import dataclass

from publish.contract.context import ClosedRow


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one target and horizon: closed windows, how many came true, and the mean Brier scores."""

    target: str
    horizon_days: int
    windows: int
    came: int
    brier: float
    baseline_brier: float


def tallies(outcomes: Iterable[ClosedRow]) -> tuple[Tally, ...]:
    """A Tally for each target and horizon, in the order in which they first closed."""
    groups: dict[tuple[str, int], list[ClosedRow]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.target, outcome.horizon_days), []).append(outcome)
    return tuple(_tally(*key, several) for key, several in groups.items())


def _tally(target: str, horizon_days: int, outcomes: list[ClosedRow]) -> Tally:
    n = len(outcomes)
    return Tally(
        target=target,
        horizon_days=horizon_days,
        windows=n,
        came=sum(o.outcome for o in outcomes),
        brier=sum((o.probability - o.outcome) ** 2 for o in outcomes) / n,
        baseline_brier=sum((o.baseline - o.outcome) ** 2 for o in outcomes) / n,
    )
