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
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.panels import countries, dyads, sides_of, tell
from benchmarks.segments import read
from features.arrays import to_day
from features.weekly.deaths import Deaths
from flows.pipeline import issue, knowledge
from flows.pipeline.settings import Settings
from models.forecasting.count_months import (
    country_study,
    dyad_study,
    monthly_question,
    monthly_tracks,
)
from models.forecasting.count_weeks import segment_question, segment_tracks
from models.forecasting.counts import Question, Track, judge, published, say
from streams.places.regions import region

MOMENT = datetime(2026, 11, 28, 12, tzinfo=UTC)
HINDCAST = date(2025, 11, 15)
COUNTRY, DYAD, SEGMENT = (1.0, 25.0, 100.0), (1.0, 10.0, 25.0), (1.0, 10.0)
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
    champion, _ = knowledge.train(settings, known, as_of is None, tell)
    forecast = issue.make_forecast(settings, known, champion, MOMENT)
    # a run's id is drawn at random
    return [asdict(row) | {"mlflow_run_id": ""} for row in forecast.rows]


def said(question: Question, tracks: Sequence[Track], nests: bool) -> Iterator[dict[str, Any]]:
    """What is published of every unit, horizon and threshold."""
    shown = published([judge(track, question, 0) for track in tracks], nests=nests)
    for track, ours in zip(tracks, shown, strict=True):
        yield from (asdict(each) for each in say(track, question, ours, 0))


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
    found = {}
    panel = countries(data / "country_month_v25_1.csv", region)
    study = country_study(panel, COUNTRY, MONTHS)
    judged = np.ones(len(panel.units), np.bool_)
    found["countries"] = list(
        said(monthly_question(study, judged), monthly_tracks(study, 0, tell), nests=False)
    )
    listed = data / "dyads_v26_1.csv"
    panel, interstate = dyads(data / "dyad_month_v26_1_to_2025_09.csv", listed)
    study = dyad_study(panel, sides_of(panel.units, listed), interstate, DYAD, MONTHS)
    found["dyads"] = list(
        said(monthly_question(study, interstate), monthly_tracks(study, 0, tell), nests=False)
    )
    events, ended, names = read(data / "ged_pakistan_1989_2021_hdx.csv")
    day = to_day(SEGMENT_DAY)
    tracks = segment_tracks(until(events.late(ended, LATE), day), day, DAYS, LAG, tell)
    found["segments"] = list(said(segment_question(names), tracks, nests=True))
    return found


def differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Every place where two trees of rows differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from differences(before.get(key), after.get(key), f"{where}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{where}/{i}")
    elif before != after:
        yield f"{where}: {before} -> {after}"


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
        found = list(differences(before, after))
        print("\n".join(found[:50]) or "no difference")
        print(f"{len(found)} differences")
        sys.exit(bool(found))
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
