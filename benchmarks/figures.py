"""The record's own figures, and its run in MLflow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from models.tracking.figures import FORECAST, OUTCOME
from models.tracking.registry import experiment_of

if TYPE_CHECKING:
    from mlflow import MlflowClient


def lead_figure(lead: pd.DataFrame) -> Figure:
    """The 30-day forecast before each onset, a line an onset, the baseline dashed.

    Takes `ablation.lead_times` rows: onset, lead (days), model, probability.
    """
    onsets = list(dict.fromkeys(lead["onset"]))
    figure = Figure(figsize=(2.1 * len(onsets), 2.6), layout="constrained")
    panels = figure.subplots(1, len(onsets), sharey=True, squeeze=False)[0]
    for axes, onset in zip(panels, onsets, strict=True):
        for model, part in lead[lead["onset"] == onset].groupby("model"):
            ours = model == "ensemble"
            axes.plot(
                -part["lead"],
                part["probability"],
                marker="o",
                markersize=3,
                color=FORECAST if ours else OUTCOME,
                linestyle="-" if ours else "--",
                label=str(model),
            )
        axes.set_title(onset, fontsize=8)
        axes.set(ylim=(0, 1), xlabel="days before")
    panels[0].set_ylabel("P(within 30 days)")
    panels[0].legend(fontsize=7)
    return figure


def skill_figure(scores: list[dict[str, Any]], rival: str) -> Figure:
    """The ensemble's skill on a rival with its interval, by threshold and horizon."""
    rows = [row for row in scores if row["model"] == "ensemble"]
    figure = Figure(figsize=(6, 0.35 * len(rows) + 1), layout="constrained")
    axes = figure.subplots()
    for at, row in enumerate(rows):
        found = row["skill"][rival]
        axes.plot([100 * found["low"], 100 * found["high"]], [at, at], color=FORECAST)
        axes.plot(100 * found["skill"], at, marker="o", color=FORECAST)
    axes.axvline(0, color="0.6", linewidth=1)
    names = [f">= {row['threshold']:g}, h = {row['horizon']}" for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.set_xlabel(f"Brier score below {rival}'s, % (95% interval over units)")
    return figure


def log_record(
    client: "MlflowClient",
    artifacts: Path,
    name: str,
    metrics: Mapping[str, float],
    files: Sequence[Path],
) -> str:
    """The id of a new run in the experiment `record`, with a benchmark's scores and its files."""
    from mlflow.entities import Metric
    from mlflow.utils.git_utils import get_git_commit

    commit = get_git_commit(__file__) or "not a git checkout"
    tags = {"mlflow.runName": name, "model": name, "mlflow.source.git.commit": commit}
    run = client.create_run(experiment_of(client, "record", artifacts), tags=tags)
    run_id = str(run.info.run_id)
    client.log_batch(run_id, [Metric(key, value, 0, 0) for key, value in metrics.items()])
    for file in files:
        client.log_artifact(run_id, str(file))
    client.set_terminated(run_id)
    return run_id
