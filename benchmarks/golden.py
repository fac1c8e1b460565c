"""Published rows of fixed issues, to hold one version of the code against another bit for bit.

python -m benchmarks.golden --out rows.json [--data FOLDER]
python -m benchmarks.golden --compare before.json after.json

Three issues: the embedded chronicle's newest day, the hindcast of 2025-11-15, and, where a folder
of UCDP tables is given, the counts of countries, dyads and segments at the tables' own size.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.panels import countries, dyads, sides_of, tell
from benchmarks.segments import read
from features.arrays import to_day
from features.weekly.deaths import Deaths
from flows.pipeline import champions, knowledge
from flows.pipeline.champions import GroupModel
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.issue import make_forecast
from flows.pipeline.settings import Settings
from models.forecasting.training import Asked, scores, train
from models.recipes import months, segments
from models.recipes.recipe import Recipe
from models.tracking.registry import Champion
from streams.places.regions import region

MOMENT = datetime(2026, 11, 28, 12, tzinfo=UTC)
HINDCAST = date(2025, 11, 15)
COUNTRY, DYAD = (1, 25, 100), (1, 10, 25)
MONTHS, DAYS, LAG = (1, 2, 3, 6), (7, 30, 90), 52
SEGMENT_DAY = date(2021, 9, 27)
LATE = 20
"""Days from an event's end until the release that tells it."""


def issue_rows(folder: Path, as_of: date | None) -> list[dict[str, Any]]:
    """The rows that are published on that day from the embedded events, by a model trained for it.

    `as_of` None is the newest day that the chronicle's silence covers.
    """
    settings = Settings(
        folder,
        f"sqlite:///{folder}/dyadcast.db",
        f"sqlite:///{folder}/mlruns/mlflow.db",
        folder / "mlruns",
    )
    knowledge.ingest(settings, "pak_afg", MOMENT)
    known = knowledge.gather(settings, "pak_afg", as_of, MOMENT.date())
    if as_of is None:
        known = knowledge.gather(settings, "pak_afg", known.data_as_of, MOMENT.date())
    vintage = event_vintage(known, known.theatre.events, 0)
    part = GroupModel(vintage, Champion(champions.fit(vintage, tell).model, "", ""))
    rows = [asdict(row) for row in make_forecast(settings, known, [part], MOMENT).rows]
    return [{name: row[name] for name in row if name != "threshold"} for row in rows]


def spoken(asked: Asked, day: int) -> list[dict[str, Any]]:
    """What is said from the problem's last origin, `day`, of every unit, horizon and threshold."""
    problem = asked.problem
    (trained,) = train([asked], day, progress=tell)
    there = np.flatnonzero(problem.present[:, -1])
    last = problem.rows(slice(len(problem.origins) - 1, None), there.astype(np.int32))
    said = scores(trained.ensemble, [problem.units[i] for i in there], last)
    rows = [asdict(each) for each in sorted(said, key=lambda each: each.horizon)]
    return [{name: row[name] for name in row if name != "target"} for row in rows]


def monthly(study: months.Study, recipe: Recipe) -> list[dict[str, Any]]:
    """What is said from a panel's last month."""
    problem, count = months.pose(study), study.size.shape[1]
    first = count - 1 - months.RECORD_MONTHS
    return spoken(Asked(problem, recipe, months.record_starts(count), first, first), count - 1)


def until(events: Deaths, day: int) -> Deaths:
    """The events known by that day."""
    seen = events.known <= day
    return Deaths(
        events.day[seen],
        events.known[seen],
        events.unit[seen],
        events.deaths[seen],
        events.away[:, seen],
        events.segments,
    )


def count_rows(data: Path) -> dict[str, list[dict[str, Any]]]:
    """What is said of all countries, all dyads and the border's segments, from the tables."""
    panel = countries(data / "country_month_v25_1.csv", region)
    study = months.country_study("country_deaths", panel, COUNTRY, MONTHS)
    rows = {"countries": monthly(study, months.country_recipe(months.rungs_of(COUNTRY)))}
    listed = data / "dyads_v26_1.csv"
    panel, interstate = dyads(data / "dyad_month_v26_1_to_2025_09.csv", listed)
    sides = (sides_of(panel.units, listed), interstate)
    study = months.dyad_study("dyad_deaths", panel, sides, DYAD, MONTHS)
    rows["dyads"] = monthly(study, months.dyad_recipe(months.rungs_of(DYAD)))
    events, ended, names = read(data / "ged_pakistan_1989_2021_hdx.csv")
    day = to_day(SEGMENT_DAY)
    seen, weeks = until(events.late(ended, LATE), day), segments.weeks_until(day)
    problem = segments.pose("segments", names, seen, weeks, int(weeks[0]), DAYS, LAG)
    starts = segments.record_starts(problem)
    rows["segments"] = spoken(Asked(problem, segments.segment_recipe(LAG), starts), day)
    return rows


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Prints by issue and field how many rows differ and by how much; how many fields do."""
    moved = 0
    for issue in sorted(before.keys() & after.keys()):
        if len(before[issue]) != len(after[issue]):
            print(f"{issue}: {len(before[issue])} rows before, {len(after[issue])} after")
            moved += 1
            continue
        for field in before[issue][0]:
            pairs = [
                (b.get(field), a.get(field))
                for b, a in zip(before[issue], after[issue], strict=True)
            ]
            off = [pair for pair in pairs if pair[0] != pair[1]]
            moved += bool(off)
            if off:
                print(f"{issue:11} {field:22} {len(off):5} of {len(pairs):5} rows, {_largest(off)}")
    print(f"{moved} fields differ" if moved else "no difference")
    return int(moved > 0)


def _largest(pairs: list[tuple[Any, Any]]) -> str:
    """The largest difference of numbers, or the first pair that is no numbers."""
    numbers = [
        abs(b - a) for b, a in pairs if isinstance(b, int | float) and isinstance(a, int | float)
    ]
    return (
        f"at most {max(numbers):.2g}" if numbers else f"first {pairs[0][0]} -> {pairs[0][1]}"[:160]
    )


def main() -> None:
    """Writes the rows, or says where two files of them differ; exit status 1 where they do."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="where the rows are written")
    parser.add_argument("--data", type=Path, help="a folder of UCDP tables")
    parser.add_argument("--compare", nargs=2, type=Path, help="two files of rows")
    given = parser.parse_args()
    if given.compare:
        before, after = (json.loads(path.read_text()) for path in given.compare)
        sys.exit(compare(before, after))
    rows: dict[str, Any] = {}
    for name, day in (("newest", None), (HINDCAST.isoformat(), HINDCAST)):
        with tempfile.TemporaryDirectory() as folder:
            rows[name] = issue_rows(Path(folder), day)
    if given.data:
        rows |= count_rows(given.data)
    text = json.dumps(rows, default=str, indent=1, sort_keys=True)
    given.out.write_text(text, encoding="utf-8")
    print(f"{sum(map(len, rows.values()))} rows in {given.out}")


if __name__ == "__main__":
    main()
