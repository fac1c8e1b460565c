"""Diplomacy measured on the embedded chronicle: ablation, shifts after events, lead times.

python -m benchmarks.diplomacy --json

The dyad's problems are walked once with all families of features and once without each; skill is
in log score, weekly origins since 2012. What is found is association: mediation comes when there is
fighting, so that a rise after an offer says nothing against offers.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from datetime import date
from typing import Any, Final

import numpy as np

from benchmarks.ablation import lead_times, shift_after, without, worth
from benchmarks.chronicle import embedded, of_dyad, pasts
from features.arrays import Floats, to_date, to_day
from features.history import History
from models.combining.combine import Past
from models.judging.gate import ENSEMBLE

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


def _responses(history: History, past: Past) -> list[dict[str, Any]]:
    record, p = past.record, _forecasts(past)
    at = record.problem.horizons.index(HORIZON)
    shown = record.origins >= SINCE
    found = []
    for name, kinds in EVENTS.items():
        shift, events = shift_after(history, kinds, record.origins[shown], p[at, shown])
        found.append({"after": name, "shift": shift, "events": events})
    return found


def _forecasts(past: Past) -> Floats:
    """The ensemble's forecasts of the dyad: (horizon, origin)."""
    p: Floats = past.combined.p[0, 0]
    return p


def study(theatre: str) -> dict[str, Any]:
    """Ablation, shifts and lead times of the embedded chronicle."""
    known = embedded(theatre)
    asked, last = of_dyad(known), to_day(known.as_of)
    full = pasts(asked, last)
    ablation: list[dict[str, Any]] = []
    for name, families in FAMILIES.items():
        muted = [replace(each, problem=without(each.problem, families)) for each in asked]
        for each, ours, theirs in zip(asked, full, pasts(muted, last), strict=True):
            shown = ours.record.origins >= SINCE
            p, rival = (past.combined.p[0][:, :, shown] for past in (ours, theirs))
            skill = worth(each, name, p, rival, ours.record.settled()[0][:, :, shown], 0)
            ablation += [asdict(horizon) for horizon in skill]
    clash = next(past for past in full if past.record.problem.target == "clash")
    record = clash.record
    at = record.problem.horizons.index(HORIZON)
    models = {
        ENSEMBLE: _forecasts(clash)[at],
        known.theatre.baseline: record.of(known.theatre.baseline)[0, 0, at],
    }
    onsets = {name: to_day(day) for name, day in ONSETS.items()}
    leads = lead_times(record.origins, models, onsets, LEADS)
    leads["origin"] = [to_date(day).isoformat() for day in leads["origin"]]
    return {
        "ablation": ablation,
        "shifts": _responses(known.history.as_known(last), clash),
        "lead": leads.to_dict("records"),
        "rate": float(np.nanmean(record.settled()[0, 0, at])),
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
