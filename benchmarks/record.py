"""docs/record.md from what the benchmarks printed: tables and figures, none of them by hand.

python -m benchmarks.record --results var/record --docs docs

`--results` holds what each benchmark wrote with --json, named after it: country_month.json,
dyads.json, segments.json, dyad.json, alternatives.json, diplomacy.json, vintages.json, bands.json,
gate.json.
What is missing is left out, and said to be.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.figures import lead_figure, log_record, skill_figure
from features.rates import RATES
from flows.pipeline.settings import read_settings
from models.tracking.registry import open_registry

Result = dict[str, Any]
HEAD: Final = """# The record

Every table and figure here is written by `make record` from what the benchmarks measure; methods.md
defines each target, score and interval. Out-of-sample throughout: at each origin everything is
learnt from what was known then.
"""


def _table(frame: pd.DataFrame) -> Iterator[str]:
    yield "| " + " | ".join(str(name) for name in frame.columns) + " |"
    yield "|" + "---|" * len(frame.columns)
    for row in frame.itertuples(index=False):
        yield "| " + " | ".join(_cell(value) for value in row) + " |"
    yield ""


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1:
        return f"{value:.0f}"
    if isinstance(value, float):
        return "" if value != value else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return str(value)


def _span(skill: dict[str, float | None]) -> str:
    mean, low, high = skill["skill"], skill["low"], skill["high"]
    if mean is None:
        return "–"
    if low is None or high is None:
        return f"{100 * mean:+.1f}%"
    return f"{100 * mean:+.1f}% ({100 * low:+.1f} to {100 * high:+.1f})"


def _panel_rows(
    found: Result, rivals: tuple[str, ...], units: str, shown: tuple[str, ...]
) -> pd.DataFrame:
    rows = pd.DataFrame([row for row in found["scores"] if row["units"] == units])
    table = rows.pivot_table(index=["horizon", "threshold"], columns="model", values="brier")
    table = table[[name for name in shown if name in table]].reset_index()
    ours = rows[rows["model"] == "ensemble"].set_index(["horizon", "threshold"])
    keys = pd.MultiIndex.from_frame(table[["horizon", "threshold"]])
    for rival in rivals:
        table[f"skill on {rival} (95%)"] = [_span(ours.loc[key, "skill"][rival]) for key in keys]
    table["slope"] = [ours.loc[key, "slope"] for key in keys]
    return table


def country_month(found: Result) -> Iterator[str]:
    """Monthly deaths by country, against the peer."""
    yield "## Monthly deaths by country\n"
    yield (
        "Brier score, 123 countries, origins 2015-01 on, h months ahead; `peer` is the strongest"
        " public baseline rebuilt and refitted at every origin; interval over countries.\n"
    )
    shown = ("ensemble", "peer", "memory_12", "climatology", "ridge", "trees", "forest", "hurdle")
    yield from _table(_panel_rows(found, ("peer",), "countries", shown))
    yield "CRPS of log(1 + deaths), and how often what came lay in the 90% interval:\n"
    counts = pd.DataFrame(found["counts"]).T.rename_axis("h").reset_index()
    yield from _table(counts.drop(columns="forecasts"))


def dyads(found: Result) -> Iterator[str]:
    """The dyad and all interstate dyads by month."""
    yield "## State-on-state events by dyad and month\n"
    for units in ("dyad 12291", "interstate"):
        yield (
            f"Brier score, {units}, origins 2015-01 on; interval over dyads, for a single one over"
            " blocks of months.\n"
        )
        shown = (
            *("ensemble", "memory_12", "memory_12_house", "memory_12_bare", "memory_36"),
            *("window_12", "climatology", "persistence"),
        )
        yield from _table(
            _panel_rows(found, ("memory_12", "memory_12_bare", "window_12"), units, shown)
        )
    yield "What the chronicle adds to the pooled forecasts of dyad 12291, in log score a month:\n"
    rows = pd.DataFrame(found["chronicle"])
    rows["gain (95%)"] = [
        f"{row['mean']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
        for row in rows.to_dict("records")
    ]
    order = list(dict.fromkeys(rows["model"]))
    gained = rows.pivot(index=["horizon", "threshold"], columns="model", values="gain (95%)")
    yield from _table(gained[order].reset_index())


def segments(found: Result) -> Iterator[str]:
    """Deaths by segment, and the worth of timeliness."""
    rows = pd.DataFrame(found["scores"])
    yield "## Deaths along the border, nine segments\n"
    yield "Weekly origins 2008-01 to 2021-09, Pakistani side; data known 20 days after the event.\n"
    columns = ["horizon", "threshold", "model", "rate", "brier", "slope"]
    skills = ["skill_climatology", "skill_climatology_2y"]
    yield from _table(rows[rows["delay"] == 20][[*columns, *skills]])
    yield "The worth of timeliness: the ensemble's skill by the delay of the data, in days.\n"
    ours = rows[rows["model"] == "ensemble"]
    late = ours.pivot_table(
        index=["horizon", "threshold"], columns="delay", values="skill_climatology_2y"
    )
    late.columns = [f"known after {days}" for days in late.columns]
    yield from _table(late.reset_index())


def dyad(found: Result) -> Iterator[str]:
    """The embedded chronicle."""
    rows = pd.DataFrame(found["scores"])
    yield "## The embedded chronicle: clash, severe, closure\n"
    for span in ("2012 on", "2019 on"):
        yield f"Log score, {span} (lower is better), and the ensemble against the best baseline.\n"
        part = rows[rows["span"] == span]
        table = part.pivot_table(
            index=["target", "units", "horizon"], columns="model", values="log_score"
        )
        base = [name for name in table if str(name) in RATES]
        best = table[base].min(axis=1)
        table["ensemble to best"] = [f"{100 * x:+.1f}%" for x in table["ensemble"] / best - 1]
        yield from _table(table.reset_index())


def alternatives(found: Result) -> Iterator[str]:
    """What else was tried against the memory."""
    yield "## What else was tried on the chronicle\n"
    rows = pd.DataFrame(found["scores"])
    rows = rows[rows["model"] != "memory_52"]
    rows["told"] = [
        _span(dict(zip(("skill", "low", "high"), values, strict=True)))
        for values in rows[["skill", "low", "high"]].to_numpy(float).tolist()
    ]
    clear = rows[(rows["low"] > 0) & ~rows["span"].str.contains("to")]
    yield (
        "Skill in log score on the 52-week memory (90% interval). Settings were fixed before any"
        f" of this was looked at. Clear of zero above: {len(clear)} of these rows.\n"
    )
    for span in rows["span"].unique():
        part = rows[rows["span"] == span]
        order = list(dict.fromkeys(part["model"]))
        table = part.pivot(index=["target", "horizon"], columns="model", values="told")[order]
        yield f"{span}:\n"
        yield from _table(table.reset_index())


def diplomacy(found: Result) -> Iterator[str]:
    """What diplomacy adds, and what was said before each escalation."""
    yield "## Diplomacy, measured\n"
    yield (
        "Skill in log score of the forecasts with a family of events over those without it (90%"
        " interval). Association, not effect: mediation comes when there is fighting.\n"
    )
    rows = pd.DataFrame(found["ablation"])
    rows["with over without"] = [
        _span(dict(zip(("skill", "low", "high"), values, strict=True)))
        for values in rows[["skill", "low", "high"]].to_numpy(float).tolist()
    ]
    table = rows.pivot(index=["target", "horizon"], columns="families", values="with over without")
    yield from _table(table.reset_index())
    yield "Average move of the 30-day `clash` forecast in the 30 days after:\n"
    yield from _table(pd.DataFrame(found["shifts"]))
    yield "## Before the named escalations\n"
    yield "The 30-day `clash` forecast so many days before each.\n"
    lead = pd.DataFrame(found["lead"])
    table = lead.pivot(index="onset", columns=["model", "lead"], values="probability")
    table.columns = [f"{key[0]}, {key[1]} d" for key in table.columns]
    order = list(dict.fromkeys(lead["onset"]))
    yield from _table(table.loc[order].reset_index())
    yield "![What was forecast before each escalation](record/lead.png)\n"


def vintages(found: Result) -> Iterator[str]:
    """As known and as revised."""
    yield "## As known and as revised: Pakistan and Afghanistan\n"
    yield (
        "Mean scores over both, origins from 2024-01, on the outcomes `first` told and on the"
        " `revised` ones: the data as `known` on the day, as the `newest` vintage has them, and as"
        " the final table does. `vintage_cost` is the first less the last, with a 90% interval from"
        " blocks of origins: they are few, read with care.\n"
    )
    rows = pd.DataFrame(found["costs"])
    told = rows["score"].eq("crps") | rows["threshold"].isin((25, 100))
    yield from _table(rows[told & rows["unit"].str.contains(",")].drop(columns="unit"))


def bands(found: Result) -> Iterator[str]:
    """Venn-Abers and the redrawn record."""
    yield "## The 80% band: two ways to make it\n"
    yield (
        "Made worlds, where the frequency behind a forecast is known: how often the band held it,"
        " its mean width, and the interval score (lower is better).\n"
    )
    yield from _table(pd.DataFrame(found["made"]))
    yield (
        "The embedded chronicle: mean width and the widest 5%, the mean ends about the share that"
        " `came`, and how far an end `moved` in half a year.\n"
    )
    yield from _table(pd.DataFrame(found["chronicle"]))


def gate(found: Result) -> Iterator[str]:
    """How often the gate is fooled."""
    yield "## The gate in made worlds\n"
    yield (
        "Share of worlds in which a model was promoted: one that knows the truth (`skilled`), one"
        " that knows another world's (`wrong`), and a baseline with noise (`copy`).\n"
    )
    yield from _table(pd.DataFrame([found]))


PARTS: Final[dict[str, Callable[[Result], Iterator[str]]]] = {
    "country_month": country_month,
    "dyads": dyads,
    "segments": segments,
    "dyad": dyad,
    "alternatives": alternatives,
    "diplomacy": diplomacy,
    "vintages": vintages,
    "bands": bands,
    "gate": gate,
}


def _figures(results: dict[str, Result], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Figure] = {}
    if "diplomacy" in results:
        made["lead"] = lead_figure(pd.DataFrame(results["diplomacy"]["lead"]))
    if "country_month" in results:
        made["peer"] = skill_figure(results["country_month"]["scores"], "peer")
    for name, figure in made.items():
        figure.savefig(folder / f"{name}.png", dpi=90)


def read(results: Path) -> dict[str, Result]:
    """What each benchmark measured, by name; those that were not run are left out."""
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name in PARTS
        if (path := results / f"{name}.json").exists() and path.stat().st_size
    }


def metrics(found: Result) -> dict[str, float]:
    """The Brier and log scores of a benchmark by model, as MLflow takes them."""
    named: dict[str, float] = {}
    for row in found.get("scores", ()):
        where = [row.get(k) for k in ("target", "units", "span", "delay", "horizon", "threshold")]
        key = " ".join(str(part) for part in (row["model"], *where) if part is not None)
        for score in ("brier", "log_score"):
            if row.get(score) is not None:
                named[f"{score} {key}"] = float(row[score])
    return named


def log(results: Path, docs: Path) -> list[str]:
    """The ids of one MLflow run a benchmark, with its scores, its file and its figures."""
    settings = read_settings()
    client = open_registry(settings.tracking_uri, settings.artifacts)
    figures = {"diplomacy": "lead.png", "country_month": "peer.png"}
    runs = []
    for name, found in read(results).items():
        files = [results / f"{name}.json"]
        if name in figures:
            files.append(docs / "record" / figures[name])
        runs.append(log_record(client, settings.artifacts, name, metrics(found), files))
    return runs


def write(results: Path, docs: Path) -> Path:
    """The path of docs/record.md, written with its figures from a folder of results."""
    found = read(results)
    lines = [HEAD]
    if "country_month" in found:
        lines.append("![Skill on the strongest public baseline](record/peer.png)\n")
    for name, part in PARTS.items():
        lines += part(found[name]) if name in found else [f"*{name} was not measured.*\n"]
    _figures(found, docs / "record")
    path = docs / "record.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def main() -> None:
    """Write the record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args()
    print(write(options.results, options.docs))
    print(f"{len(log(options.results, options.docs))} runs logged, experiment 'record'")


if __name__ == "__main__":
    main()
