"""How soon forecasts rise when a spell of force begins: the embedded clashes of the dyad, 7 days.

    python -m benchmarks.alarm --json

An episode begins with the first clash after 45 quiet days. Over all weekly origins of the three
weeks after each since 2012: the mean 7-day forecast of the ensemble and every member, how often a
clash came, and their ratio; beside them each log score on 2012 to 2018, and since 2019.
"""

import argparse
import json
from datetime import date
from typing import Any, Final

import numpy as np

from benchmarks.chronicle import embedded, of_dyad, pasts
from features.arrays import Bools, Floats, Ints, to_day
from models.judging.gate import ENSEMBLE
from models.numerics.losses import log_loss
from models.problems.problem import Record
from models.recipes.events import EventCounts

TARGET: Final = "clash"
QUIET_DAYS: Final = 45
ALARM_DAYS: Final = 21
SPANS: Final = {
    "2012 to 2018": (date(2012, 1, 2), date(2018, 12, 31)),
    "2019 on": (date(2019, 1, 1), date.max),
}


def begun(record: Record) -> tuple[Bools, int]:
    """Which origins lie in the weeks after an episode's first clash, and how many episodes."""
    outcomes = record.problem.outcomes
    assert isinstance(outcomes, EventCounts)  # noqa: S101 - an events' problem
    events = outcomes.labels.events
    days: Ints = np.unique(events.as_of(int(record.origins[-1])).day)
    firsts = days[np.diff(days, prepend=-(10**6)) > QUIET_DAYS]
    firsts = firsts[firsts >= to_day(SPANS["2012 to 2018"][0])]
    age = record.origins[None, :] - firsts[:, None]
    inside: Bools = np.any((age >= 0) & (age < ALARM_DAYS), axis=0)
    return inside, len(firsts)


def main() -> None:
    """Walk the dyad's clashes and print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    known = embedded(options.theatre)
    asked = [each for each in of_dyad(known) if each.problem.target == TARGET]
    (past,) = pasts(asked, to_day(known.as_of))
    record = past.record
    came = record.settled()[0, 0]
    alarm, episodes = begun(record)
    alarm &= ~np.isnan(came[0])
    models: dict[str, Floats] = {name: record.of(name)[0, 0] for name in record.models}
    models[ENSEMBLE] = past.combined.p[0, 0]
    rate = float(came[0][alarm].mean())
    rows: list[dict[str, Any]] = []
    for name, p in models.items():
        row: dict[str, Any] = {"model": name, "forecast": float(p[0][alarm].mean())}
        row["ratio"] = row["forecast"] / rate
        for span, (first, last) in SPANS.items():
            inside = (record.origins >= to_day(first)) & (record.origins <= to_day(last))
            for h, horizon in enumerate(record.problem.horizons):
                kept = inside & ~np.isnan(came[h])
                row[f"log score {horizon}, {span}"] = float(
                    log_loss(p[h][kept], came[h][kept]).mean()
                )
        rows.append(row)
    about = {"episodes": episodes, "origins": int(alarm.sum()), "came": rate}
    if options.json:
        print(json.dumps({**about, "rows": rows}))
        return
    print(
        f"{episodes} episodes, {about['origins']} origins, a clash came within 7 days in {rate:.3f}"
    )
    for row in rows:
        logs = "  ".join(f"{row[f'log score 7, {span}']:.4f}" for span in SPANS)
        print(
            f"{row['model']:12} {row['forecast']:.3f}  ratio {row['ratio']:.2f}  log score {logs}"
        )


if __name__ == "__main__":
    main()
