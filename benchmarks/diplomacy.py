"""Diplomacy measured on the embedded chronicle: ablation, shifts after events, lead times.

python -m benchmarks.diplomacy --json

The dyad's problems are walked once with all families of features and once without each; skill is
in log score, weekly origins since 2012. What is found is association: mediation comes when there is
fighting, so that a rise after an offer says nothing against offers.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np

from benchmarks.ablation import lead_times, shift_after, without, worth
from features.arrays import Floats, to_date, to_day
from features.history import History
from flows.pipeline import knowledge
from flows.pipeline.settings import read_settings
from models.forecasting.ensemble import combine
from models.judging.scoring import ENSEMBLE
from models.walks.events import Problem, first_forecast, learning_grid, pose, walk
from theatres import DYAD

FAMILIES: Final = {
    "conciliation": ("conciliation",),
    "breakdown": ("breakdown",),
    "mediation": ("mediation",),
    "all diplomacy": ("conciliation", "breakdown", "mediation"),
}
EVENTS: Final = {
    "mediation offer": ("mediation_offer",),
    "failed talks": ("talks_failed",),
    "ceasefire": ("ceasefire",),
    "closure": ("crossing_closed", "trade_suspended"),
}
ONSETS: Final = {
    "Lal Pur 2017-02": date(2017, 2, 17),
    "Chaman 2017-05": date(2017, 5, 5),
    "Khost and Kunar 2022-04": date(2022, 4, 16),
    "Torkham 2023-09": date(2023, 9, 6),
    "Barmal 2024-12": date(2024, 12, 24),
    "Kabul 2025-10": date(2025, 10, 9),
    "Nangarhar 2026-02": date(2026, 2, 21),
}
LEADS: Final = (90, 30, 14, 7)
HORIZON: Final = 30
SINCE: Final = to_day(date(2012, 1, 2))


def _tell(done: int, total: int) -> None:
    print(f"\r{done} of {total}", end="", file=sys.stderr, flush=True)


def _forecasts(problems: list[Problem], first: date, last: int) -> list[tuple[Any, Floats]]:
    """Each problem's record, and its ensemble's forecasts: (unit, horizon, origin)."""
    records = walk(problems, first, 0, progress=_tell)
    return [(record, combine(record, last).p) for record in records]


def _responses(history: History, record: Any, p: Floats) -> list[dict[str, Any]]:
    at = record.problem.horizons.index(HORIZON)
    shown = record.origins >= SINCE
    found = []
    for name, kinds in EVENTS.items():
        shift, events = shift_after(history, kinds, record.origins[shown], p[0, at, shown])
        found.append({"after": name, "shift": shift, "events": events})
    return found


def study(theatre: str) -> dict[str, Any]:
    """Ablation, shifts and lead times of the embedded chronicle."""
    settings, now = read_settings(), datetime.now(UTC)
    known = knowledge.gather_embedded(settings, theatre, now)
    covered = (known.covered[0], min(known.covered[1], known.as_of))
    history = known.history.as_known(to_day(known.as_of))
    posed = pose(history, known.theatre, covered, learning_grid(*covered))
    problems = [problem for problem in posed if problem.units == (DYAD,)]
    first, last = first_forecast(covered[0]), to_day(known.as_of)
    full = _forecasts(problems, first, last)
    ablation: list[dict[str, Any]] = []
    for name, families in FAMILIES.items():
        muted = _forecasts([without(problem, families) for problem in problems], first, last)
        for (record, ours), (_, theirs) in zip(full, muted, strict=True):
            shown = record.origins >= SINCE
            y = record.problem.labels.outcomes(record.origins)[:, :, shown]
            told = worth(record.problem, name, ours[:, :, shown], theirs[:, :, shown], y, 0)
            ablation += [asdict(each) for each in told]
    record, p = next(each for each in full if each[0].problem.target == "clash")
    at = record.problem.horizons.index(HORIZON)
    models = {
        ENSEMBLE: p[0, at],
        known.theatre.baseline: record.p[record.models.index(known.theatre.baseline), 0, at],
    }
    onsets = {name: to_day(day) for name, day in ONSETS.items()}
    leads = lead_times(record.origins, models, onsets, LEADS)
    leads["origin"] = [to_date(day).isoformat() for day in leads["origin"]]
    return {
        "ablation": ablation,
        "shifts": _responses(history, record, p),
        "lead": leads.to_dict("records"),
        "rate": float(np.nanmean(record.problem.labels.outcomes(record.origins)[0, at])),
    }


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    start = time.perf_counter()
    found = {**study(options.theatre), "seconds": time.perf_counter() - start}
    if options.json:
        print(json.dumps(found))
        return
    for row in found["ablation"]:
        print(
            f"{row['target']:8} {row['horizon']:3} days  with {row['families']:14}"
            f" {row['skill']:+.4f} (90% {row['low']:+.4f} to {row['high']:+.4f})"
        )
    for row in found["shifts"]:
        print(f"30 days after a {row['after']:16} {row['shift']:+.3f} ({row['events']} events)")
    for row in found["lead"]:
        print(
            f"{row['onset']:24} {row['lead']:3} days before  {row['model']:10}"
            f" {row['probability']:.3f}"
        )


if __name__ == "__main__":
    main()
