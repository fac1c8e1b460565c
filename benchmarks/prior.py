"""The pooled prior from UCDP's dyad-months: models/data/prior.json.

python -m benchmarks.prior --data dyad_month_v26_1_to_2025_09.csv --dyads dyads_v26_1.csv \
    --until 2011-12 --made-on 2026-11-24

Without tables it is fitted on the releases that `dyadcast ingest ucdp` has landed. Only months up
to --until are read: the chronicle is judged from 2012 on, and nothing of that time may be in what
its model starts from. The theatre's own dyad is left out: the chronicle tells it.
"""

import argparse
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.dyads import PAKISTAN_AFGHANISTAN
from benchmarks.panels import dyads, month_of
from features.arrays import Bools, Floats, faded
from features.monthly.panel import MONTHS_A_YEAR, Panel
from features.monthly.ucdp import between_states, dyad_panel
from flows.pipeline.settings import read_settings
from models.learners.prior import COLUMNS, FILE, HALF_LIVES, PooledPrior
from models.recipes.months import INTERSTATE_WEIGHT
from streams.sources.ucdp.months import dyad_months, told_until
from streams.store.store import Store, connect
from theatres import default_theatre, load_theatre

MEMORIES: Final = (12, 24)
LEAN_MONTHS: Final = 1.0
"""What climatology weighs in a memory: four weekly windows, as in the chronicle's memories."""
BURN_MONTHS: Final = 12
FAINT: Final = 1e-4


def memory(flag: Floats, there: Floats, months: float) -> Floats:
    """The exponential memory that leans on climatology: (unit, month), as known at its end."""
    climatology = (np.cumsum(flag, axis=1) + LEAN_MONTHS / 2) / (
        np.cumsum(there, axis=1) + LEAN_MONTHS
    )
    found: Floats = (faded(flag, months) + LEAN_MONTHS * climatology) / (
        faded(there, months) + LEAN_MONTHS
    )
    return found


def fit_prior(panel: Panel, weight: Floats, source: str, made_on: str) -> PooledPrior:
    """The prior from a panel of dyads with an `events` count, each dyad's rows
    counted `weight` (whole) times.

    The covariance is robust to what a dyad's months share (clustered by dyad).
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    events = panel.kinds["events"]
    flag, there = (events > 0).astype(np.float64), panel.present.astype(np.float64)
    start = np.mean([memory(flag, there, m) for m in MEMORIES], axis=0)
    counts = [np.log1p(faded(events, days / 365 * MONTHS_A_YEAR)) for days in HALF_LIVES]
    months = np.arange(flag.shape[1])
    kept = months[None, :-1] >= panel.entered[:, None] + BURN_MONTHS
    dyad, _ = np.nonzero(kept)
    D = np.column_stack([np.ones(kept.sum()), *(c[:, :-1][kept] for c in counts)])
    offset = np.log(-np.log1p(-np.clip(start[:, :-1][kept], FAINT, 1 - FAINT)))
    # rows are repeated rather than weighted: the robust covariance knows no weights
    row = np.repeat(np.arange(len(D)), np.asarray(weight, np.int64)[dyad])
    model = GLM(flag[:, 1:][kept][row], D[row], Binomial(CLogLog()), offset=offset[row])
    found = model.fit(cov_type="cluster", cov_kwds={"groups": dyad[row]})
    return PooledPrior(
        COLUMNS,
        tuple(round(float(b), 5) for b in found.params),
        tuple(tuple(round(float(v), 7) for v in row) for row in found.cov_params()),
        source,
        made_on,
        len(np.unique(dyad)),
        int(kept.sum()),
    )


def write_prior(prior: PooledPrior, path: Path = FILE) -> None:
    """Writes the prior as a small file of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(prior), indent=1) + "\n", encoding="utf-8")


def told_by_tables(data: Path, listed: Path) -> tuple[Panel, Bools, str]:
    """The panel, which dyads are between states, and what to call the source."""
    panel, interstate = dyads(data, listed)
    return panel, interstate, data.name


def told_by_store(day: date) -> tuple[Panel, Bools, str]:
    """The same of the releases that have landed and were published by that day."""
    store = Store(connect(read_settings().database_url), load_theatre(default_theatre()).name)
    until = told_until(store, day)
    if until is None:
        raise SystemExit(
            "no final release of UCDP has landed: run 'dyadcast ingest ucdp', or name --data"
        )
    panel, sides = dyad_panel(dyad_months(store, day), until)
    return panel, between_states(sides), "releases that have landed"


def main() -> None:
    """Fit and write the prior."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a table of dyad-months")
    parser.add_argument("--dyads", type=Path, help="the list of dyads that goes with it")
    parser.add_argument("--until", default="2011-12", help="the last month read")
    parser.add_argument("--made-on", required=True, help="the day it was made, kept in the file")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    if (options.data is None) != (options.dyads is None):
        parser.error("--data and --dyads go together")
    panel, interstate, name = (
        told_by_tables(options.data, options.dyads)
        if options.data
        else told_by_store(date.fromisoformat(options.made_on))
    )
    kept = np.array([unit != PAKISTAN_AFGHANISTAN for unit in panel.units])
    months = month_of(options.until) - panel.first + 1
    kept &= panel.entered < months
    others = Panel(
        tuple(np.array(panel.units)[kept]),
        panel.first,
        panel.deaths[kept, :months],
        {"events": panel.kinds["events"][kept, :months]},
        panel.entered[kept],
        tuple(np.array(panel.groups)[kept]),
    )
    weight = np.where(interstate[kept], INTERSTATE_WEIGHT, 1.0)
    source = f"UCDP GED, state-based dyads by month ({name}), to {options.until}"
    prior = fit_prior(others, weight, source, options.made_on)
    write_prior(prior, options.out)
    print(f"{options.out}: {prior.dyads} dyads, {prior.months} months")
    spread = np.sqrt(np.diag(np.array(prior.covariance)))
    for name, mean, sd in zip(("1", *prior.columns), prior.mean, spread, strict=True):
        print(f"    {name:28} {mean:+.3f} ({sd:.3f})")


if __name__ == "__main__":
    main()
