"""What fresh knowledge is worth: the embedded clashes forecast across ever wider gaps.

    python -m benchmarks.freshness --json

At each gap every model, the base rates too, knows only what was known so many days before. Of the
dyad and of the segments: log score and Brier score since 2012 and since 2019, the ensemble's skill
on the 52-week memory and on climatology at the same gap (90% interval), and the episodes.
"""

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.chronicle import embedded
from benchmarks.panels import tell
from features.arrays import to_day
from flows.pipeline.knowledge import Knowledge
from models.combining.combine import Past, combine
from models.forecasting.training import SEED
from models.judging.gate import ENSEMBLE
from models.judging.scoring import judged, score_table, skill_table
from models.recipes import events
from models.recipes.recipe import Recipe
from models.walk import walk

GAPS: Final = (0, 3, 7, 14, 30, 60, 120, 240)
RIVALS: Final = ("memory_52", "climatology")


def pasts(known: Knowledge, target: str, gap: int) -> Iterator[tuple[Past, Recipe]]:
    """The record of the dyad, then of the segments, across the gap, each with its recipe."""
    theatre, watched = known.theatre, known.watched[target]
    history = known.history.as_known(to_day(known.as_of))
    grid = events.learning_grid(watched.first, watched.until, gap)
    posed = events.pose(history, theatre, {target: watched}, grid, gap)
    for (_, units), problem in posed.items():
        recipe = events.event_recipe(theatre, target, units, gap)
        starts = events.walk_starts(problem, watched.first, gap)
        (record,) = walk([(problem, recipe, starts)], SEED, None, tell)
        day = to_day(known.as_of)
        combined = combine(record, recipe.rule, recipe.pool, day, recipe.nests)
        yield Past(record, combined, 0), recipe


def measured(known: Knowledge, target: str, gap: int) -> Iterator[dict[str, Any]]:
    """A line a group of units, span and horizon."""
    for past, recipe in pasts(known, target, gap):
        judgements = list(judged(past, recipe))
        scores = score_table(judgements)
        skill = skill_table(judgements)
        like = ["units", "horizon", "span"]
        for about, rows in scores.groupby(like, sort=False):
            by_model = {row["model"]: row for row in rows.to_dict("records")}
            line: dict[str, Any] = {**dict(zip(like, about, strict=True)), "gap": gap}
            line["episodes"] = int(by_model[ENSEMBLE]["episodes"])
            line["forecasts"] = int(by_model[ENSEMBLE]["forecasts"])
            for model in (ENSEMBLE, *RIVALS):
                for score in ("log_score", "brier"):
                    line[f"{model}_{score}"] = float(by_model[model][score])
            against = skill[(skill[like] == list(about)).all(axis=1)]
            for rival in RIVALS:
                chosen = against[
                    (against["model"] == ENSEMBLE)
                    & (against["baseline"] == rival)
                    & (against["score"] == "log_score")
                ].iloc[0]
                line[f"skill_on_{rival}"] = [float(chosen[n]) for n in ("skill", "low", "high")]
            yield line


def main() -> None:
    """Measure every gap and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--target", default="clash")
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    start = time.perf_counter()
    known = embedded(options.theatre)
    lines = [line for gap in GAPS for line in measured(known, options.target, gap)]
    seconds = time.perf_counter() - start
    if options.json:
        print(json.dumps({"seconds": seconds, "rows": lines}))
        return
    print(
        f"{'units':9} {'days':>4} {'span':9} {'gap':>4}"
        "  log score: ensemble, memory_52, climatology; skill on each"
    )
    for line in sorted(lines, key=lambda each: (each["units"], each["span"], each["horizon"])):
        logs = [line[f"{model}_log_score"] for model in (ENSEMBLE, *RIVALS)]
        skills = [line[f"skill_on_{rival}"] for rival in RIVALS]
        told = "  ".join(f"{s:+.3f} ({low:+.3f} to {high:+.3f})" for s, low, high in skills)
        print(
            f"{line['units']:9} {line['horizon']:4} {line['span']:9} {line['gap']:4}  "
            + "  ".join(f"{each:.4f}" for each in logs)
            + f"  {told}  {line['episodes']} episodes"
        )
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
