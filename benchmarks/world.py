"""What an issue costs where the whole world of UCDP has landed: a first day, and with a file more.

    python -m benchmarks.world --data ../shared/data/ucdp --json

The files are made from UCDP's tables, moved so many months that the newest ends where a release
of the first day would: a final release, one of candidates after it, and a monthly one that lands
later. A row is one of a dyad's events in the month in which the table counts it, in a country
where the tables count one of its kind, with the texts and the point of a real row of that country.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from streams.sources.ucdp.releases import CANDIDATE_DAY, FINAL_MONTH

CHECKOUT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = "v26_1_to_2025_09.csv"
LAST: Final = date(2025, 9, 1)
"""The tables' last month."""
KINDS: Final = {"sb": 1, "ns": 2, "os": 3}
ID_FIRST: Final = 1_000_000


def world_events(data: Path) -> pd.DataFrame:
    """A row an event: dyad, type, year, month, country, best, and what the dyads' list says."""
    months = pd.read_csv(data / f"dyad_month_{TABLE}")
    listed = pd.read_csv(data / "dyads_v26_1.csv", dtype="str").fillna("")
    listed["dyad_id"] = listed["dyad_id"].astype("int64")
    events = months.loc[months.index.repeat(months["events"])].reset_index()
    place = events.groupby("index").cumcount()
    share, rest = divmod(events["deaths"], events["events"])
    events["best"] = share + (place < rest)
    events = events.merge(listed.drop(columns="type"), on="dyad_id", how="left")
    names = ["name", "side_a", "side_b", "gwno_a", "gwno_b"]
    events[names] = events[names].fillna("")
    unnamed = events["name"] == ""
    number = events["dyad_id"].astype("str")
    for column, word in (("name", "dyad "), ("side_a", "side A of "), ("side_b", "side B of ")):
        events[column] = events[column].mask(unnamed, word + number)
    events["home"] = pd.to_numeric(events["gwno_a"].str.split(";").str[0])
    keys = ["type", "year", "month"]
    events = events.sort_values([*keys, "home", "dyad_id"]).reset_index(drop=True)
    return events.assign(country=countries(data).sort_values([*keys, "gwno"])["gwno"].to_numpy())


def countries(data: Path) -> pd.DataFrame:
    """A row an event: type, year, month, and the Gleditsch-Ward number of where it happened."""
    table = pd.read_csv(data / f"country_month_{TABLE}")
    parts = [
        table.loc[table.index.repeat(table[f"{kind}_events"]), ["gwno", "year", "month"]].assign(
            type=kind
        )
        for kind in KINDS
    ]
    return pd.concat(parts)


def texts(data: Path) -> pd.DataFrame:
    """Real rows, whose texts and points the made ones take: of Pakistan's thirty years, and of the
    world's last candidates."""
    world = pd.read_csv(data / "GEDEvent_v23_0_10.csv", dtype="str", keep_default_na=False)
    pakistan = pd.read_csv(
        data / "ged_pakistan_1989_2021_hdx.csv", dtype="str", keep_default_na=False, skiprows=[1]
    )
    rows = pd.concat([world, pakistan.reindex(columns=world.columns, fill_value="")])
    return rows[rows["country_id"].str.fullmatch(r"\d+")].reset_index(drop=True)


def moved(events: pd.DataFrame, last: date) -> pd.DataFrame:
    """The events so many months later that the tables' last month is `last`."""
    months = 12 * (last.year - LAST.year) + last.month - LAST.month
    month = 12 * events["year"] + events["month"] - 1 + months
    return events.assign(year=month // 12, month=month % 12 + 1)


def release(events: pd.DataFrame, like: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The events as rows of GED."""
    by_country = like.groupby(like["country_id"].astype("int64")).indices
    at = rng.integers(0, len(like), len(events))
    for country, places in events.groupby("country").indices.items():
        if (real := by_country.get(country)) is not None:
            at[places] = rng.choice(real, len(places))
    first = pd.to_datetime(events[["year", "month"]].assign(day=1))
    day = first + pd.to_timedelta(rng.integers(0, first.dt.days_in_month), unit="D")
    made = {
        "id": ID_FIRST + events.index,
        "year": events["year"],
        "type_of_violence": events["type"].map(KINDS),
        "dyad_new_id": events["dyad_id"],
        "dyad_name": events["name"],
        "country_id": events["country"],
        **dict.fromkeys(("date_start", "date_end"), day.dt.strftime("%Y-%m-%d 00:00:00.000")),
        "deaths_civilians": events["best"].where(events["type"] == "os", 0),
        **dict.fromkeys(("best", "high", "low"), events["best"]),
        **{name: events[name] for name in ("side_a", "side_b")},
        **{name: events[name.replace("gwno", "gwno_")] for name in ("gwnoa", "gwnob")},
    }
    rows = like.iloc[at].reset_index(drop=True)
    return rows.assign(**{name: np.asarray(v) for name, v in made.items()})


def make_files(data: Path, folder: Path, as_of: date) -> list[tuple[Path, int]]:
    """A final release, candidates and a monthly file, published by `as_of`, and their rows."""
    first = as_of.replace(day=1)
    # the month of the newest release is the last one if its day has come, else that before
    back = 1 if as_of.day >= CANDIDATE_DAY else 2
    newest = _months_on(first, -back)
    final = as_of.year - (as_of.month < FINAL_MONTH)
    events, like = moved(world_events(data), newest), texts(data)
    month = pd.to_datetime(events[["year", "month"]].assign(day=1)).dt.date
    end, start = _months_on(newest, -1), date(final, 1, 1)
    parts = {
        f"GEDEvent_v{final % 100}_1.csv": month < start,
        f"GEDEvent_v{start:%y_%m}_{end:%y_%m}.csv": (month >= start) & (month < newest),
        f"GEDEvent_v{newest:%y}_0_{newest.month}.csv": month == newest,
    }
    rng = np.random.default_rng(0)
    made = []
    for name, inside in parts.items():
        release(events[inside], like, rng).to_csv(folder / name, index=False)
        made.append((folder / name, int(inside.sum())))
    return made


def _months_on(day: date, months: int) -> date:
    month = 12 * day.year + day.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def run(home: Path, *command: str) -> tuple[float, str]:
    """Seconds of wall time of a command with all its state under `home`, and what it printed."""
    state = {
        "DYADCAST_HOME": str(home),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlruns' / 'mlflow.db'}",
        "PREFECT_HOME": str(home / "prefect"),
    }
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 (this project's own command)
        [sys.executable, "-m", "dyadcast", *command],
        env=os.environ | state,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    return time.perf_counter() - start, done.stdout


def measure(data: Path, home: Path) -> dict[str, float]:
    """Rows landed, and seconds of landing and issuing: a first day, and one with a file more."""
    run(home, "ingest", "chronicle")
    streams = json.loads(run(home, "streams", "--json")[1])
    until = next(row["covered_until"] for row in streams if row["source"] == "chronicle")
    *first, newest = make_files(data, home, date.fromisoformat(until))
    land = sum(run(home, "ingest", "ucdp", "--path", str(path))[0] for path, _ in first)
    issue = run(home, "forecast")[0]
    land_newest = run(home, "ingest", "ucdp", "--path", str(newest[0]))[0]
    return {
        "rows_first": sum(rows for _, rows in first),
        "rows_newest": newest[1],
        "land_first_seconds": land,
        "issue_first_seconds": issue,
        "land_newest_seconds": land_newest,
        "issue_newest_seconds": run(home, "forecast")[0],
    }


def main() -> None:
    """Print the figures as a table, or as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of UCDP's tables")
    parser.add_argument("--home", type=Path, help="an empty folder that is kept; else a temporary")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        figures = measure(given.data, home.resolve())
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:22} {value:10,.1f}")


if __name__ == "__main__":
    main()
