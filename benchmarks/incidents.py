"""Linking held against pairs read by hand, and what the overlap says of the sources.

    python -m benchmarks.incidents --data ../shared/data --json

The embedded chronicle beside UCDP's extract of Pakistan to 2021, the candidate release of October
2023, and a table of 2025 without places. `incident_pairs.csv` names pairs of reports, whether they
tell one thing, and why; pairs of one chronicle row stand in one half. All pairs had been read when
the rules were drafted, so neither half is a test of them. Beside the rules stands what labels used
before: the same day, stretch and type, whoever acts.
"""

import argparse
import csv
import json
import tempfile
import zlib
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from benchmarks.made_reports import made
from streams.events.event import Event, to_frame
from streams.incidents.delays import reporting
from streams.incidents.detection import detection
from streams.incidents.incidents import incidents, link
from streams.sources import chronicle
from streams.sources.ucdp import ucdp
from streams.store.store import Store, connect
from theatres import Theatre, load_theatre

PAIRS: Final = Path(__file__).with_name("incident_pairs.csv")
FILES: Final = ("ged_pakistan_1989_2021_hdx.csv", "GEDEvent_v23_0_10.csv")
LIGHT: Final = "cand_25.01-12_pak_afg_to_2025-09.csv"
LIGHT_KNOWN: Final = datetime.fromisoformat("2026-01-20")
SEVERE: Final = 25
LANDED: Final = datetime(2026, 11, 28, tzinfo=UTC)
BEFORE: Final = "day, stretch, type"
SAME: Final = ("occurred_on", "segment", "type")
"""What two reports had to share to be one for a label before."""
WATCHED: Final = {
    "extract of Pakistan": (date(2002, 1, 1), date(2021, 12, 31)),
    "October 2023": (date(2023, 10, 1), date(2023, 10, 31)),
    "table of 2025": (date(2025, 1, 1), date(2025, 9, 30)),
}
"""When each of UCDP's files watches."""


def reports(data: Path, theatre: Theatre) -> pd.DataFrame:
    """Every report of the chronicle and of UCDP's files, as known today."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(connect(f"sqlite:///{folder}/events.db"), theatre.name)
        chronicle.ingest(store, theatre, LANDED)
        for name in FILES:
            ucdp.ingest(store, theatre, data / "ucdp" / name, LANDED)
        events = store.events(date.max)
    return pd.concat([events, light(data / "ucdp" / LIGHT, theatre)], ignore_index=True)


def light(path: Path, theatre: Theatre) -> pd.DataFrame:
    """The table of 2025 as reports without a place: a government's own force in the other state is
    force between the two."""
    between = " - ".join(sorted(side.name for side in theatre.sides.values()))
    code = {side.name: actor for actor, side in theatre.sides.items()}
    events = []
    for row in pd.read_csv(path).to_dict("records"):
        name, country = row["conflict_name"], code[row["country"]]
        home, _, rest = name.partition(":")
        if name == between:
            kind, sides = "border_clash", theatre.actors
        elif rest and home in code:
            abroad = code[home] != country
            kind = "border_clash" if abroad else "battle"
            sides = (code[home], country if abroad else "ISKP" if "Islamic" in rest else "ARM")
        elif name.endswith(" - Civilians") and not name.startswith("Government"):
            group = name.removesuffix(" - Civilians")
            kind, sides = "onesided_violence", (theatre.codes.ucdp_groups.get(group, "ARM"), "CIV")
        else:
            continue
        events.append(_light_event(row, kind, sides))
    return to_frame(events)


def _light_event(row: Mapping[Hashable, Any], kind: str, sides: Sequence[str]) -> Event:
    day, deaths = date.fromisoformat(row["date"]), int(row["best"])
    return Event(
        event_id=str(int(row["id"])),
        source=ucdp.SOURCE,
        occurred_on=day,
        ended_on=day,
        known_at=LIGHT_KNOWN,
        type=kind,
        actor=sides[0],
        target=sides[1],
        deaths_best=deaths,
        summary=row["conflict_name"],
        confidence="medium",
    )


def judged(linked: pd.DataFrame) -> pd.DataFrame:
    """The pairs with `half`, `overlap` (which files), and whether each way calls them the same."""
    names = linked["source"] + ":" + linked["event_id"]
    rows = dict(zip(names, linked.to_dict("records"), strict=True))
    with PAIRS.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    told = []
    for pair in pairs:
        # The chronicle's ids begin with its name already.
        one, other = (
            rows[f"chronicle:{name}" if name.startswith("chronicle") else name]
            for name in (pair["chronicle_id"], pair["other_id"])
        )
        told.append(
            {
                "pair": f"{one['event_id']} {other['event_id']}",
                "half": 1 + zlib.crc32(pair["chronicle_id"].encode()) % 2,
                "across": "sums" if one["source"] == other["source"] else _file(other),
                "same": pair["same"] == "yes",
                "incidents": is_one(one, other),
                BEFORE: all(one[name] == other[name] for name in SAME),
                "why": pair["why"],
            }
        )
    return pd.DataFrame(told)


def _file(report: Mapping[Hashable, Any]) -> str:
    return "placed" if report["place"] else "without a place"


def is_one(one: Mapping[Hashable, Any], other: Mapping[Hashable, Any]) -> bool:
    """Whether two reports are linked: in one incident, or one a sum that tells the other again."""
    same: bool = one["incident"] == other["incident"]
    return same or other["incident"] in one["within"] or one["incident"] in other["within"]


def score(pairs: pd.DataFrame, way: str) -> dict[str, Any]:
    """How many pairs, how many of them one, and precision and recall of the way."""
    called, same = pairs[way], pairs["same"]
    right = int((called & same).sum())
    return {
        "pairs": len(pairs),
        "one": int(same.sum()),
        "called": int(called.sum()),
        "right": right,
        "precision": right / int(called.sum()) if called.any() else None,
        "recall": right / int(same.sum()) if same.any() else None,
    }


def scores(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Precision and recall of both ways: of each half, of each kind of overlap, and of all."""
    parts = {f"half {half}": pairs["half"] == half for half in (1, 2)}
    parts |= {name: pairs["across"] == name for name in ("placed", "without a place", "sums")}
    parts["all"] = pairs["half"] > 0
    return [
        {"way": way, "part": name, **score(pairs[chosen], way)}
        for way in ("incidents", BEFORE)
        for name, chosen in parts.items()
    ]


def overlap(linked: pd.DataFrame, theatre: Theatre) -> list[dict[Hashable, Any]]:
    """Detection where both watch, a file of UCDP's at a time."""
    own = {span.source: (span.start, span.end) for span in theatre.coverage}
    kept = incidents(linked, theatre)
    rows: list[dict[Hashable, Any]] = []
    for name, span in WATCHED.items():
        spans = {"chronicle": own["chronicle"], ucdp.SOURCE: span}
        table = detection(kept, spans, [span])
        rows += [{"overlap": name, **row} for row in table.to_dict("records")]
    return rows


def main() -> None:
    """Print, of the pairs read by hand, precision and recall; then detection and delay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ucdp/")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    theatre = load_theatre("pak_afg")
    events = reports(options.data, theatre)
    linked = link(events, theatre)
    pairs = judged(linked)
    wrong = pairs[pairs["same"] != pairs["incidents"]]
    tables: dict[str, pd.DataFrame] = {
        "made": made(events, theatre),
        "pairs": pd.DataFrame(scores(pairs)),
        "wrong": wrong[["pair", "same", "half", "across", "why"]],
        "detection": pd.DataFrame(overlap(linked, theatre)),
        "delay": delays(linked),
    }
    if options.json:
        rows = {name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}
        print(json.dumps(rows))
        return
    for name, table in tables.items():
        print(f"\n{name}\n{table.round(3).to_string(index=False)}")


def delays(linked: pd.DataFrame) -> pd.DataFrame:
    """Reporting delays: of all that happened, of what happened from 2019 on, and of what cost at
    least SEVERE lives."""
    dated = linked[linked["known_at"] != pd.Timestamp(LIGHT_KNOWN)]
    severe = dated[dated["deaths_best"].fillna(0) >= SEVERE]
    parts = {
        "all": reporting(dated, LANDED.date()),
        "2019 on": reporting(dated, LANDED.date(), date(2019, 1, 1)),
        f"deaths >= {SEVERE}": reporting(severe, LANDED.date()),
    }
    return pd.concat([table.assign(part=name) for name, table in parts.items()])


if __name__ == "__main__":
    main()
