"""The two figures of a model's record: is it reliable, and what did it say when."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from models.combining.calibration import reliability

FORECAST, OUTCOME = "#1f4e79", "#c0392b"


def reliability_figure(predictions: pd.DataFrame, model: str) -> Figure:
    """Observed frequency against forecast probability, a panel a target, a line a horizon.

    Takes `predictions` rows of one model and the dyad.
    """
    targets = list(predictions["target"].unique())
    figure = Figure(figsize=(4 * len(targets), 4), layout="constrained")
    for axes, target in zip(
        figure.subplots(1, len(targets), squeeze=False)[0], targets, strict=True
    ):
        rows = predictions[(predictions["target"] == target) & predictions["outcome"].notna()]
        rows = rows[rows["threshold"] == rows["threshold"].min()]
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for horizon, part in rows.groupby("horizon"):
            bins = reliability(part["probability"].to_numpy(), part["outcome"].to_numpy(), 8)
            axes.plot(bins["forecast"], bins["observed"], marker="o", label=f"{horizon} ahead")
        axes.set(title=target, xlabel="forecast", ylabel="observed", xlim=(0, 1), ylim=(0, 1))
        axes.legend(fontsize=8)
    figure.suptitle(f"Reliability of {model}, {_units(predictions)}, the lowest threshold")
    return figure


def history_figure(predictions: pd.DataFrame, model: str) -> Figure:
    """What was forecast at each origin and what came, a panel a target: its middle horizon, its
    lowest threshold."""
    targets = list(predictions["target"].unique())
    figure = Figure(figsize=(10, 2.2 * len(targets)), layout="constrained")
    for axes, target in zip(
        figure.subplots(len(targets), 1, squeeze=False)[:, 0], targets, strict=True
    ):
        rows = predictions[predictions["target"] == target]
        rows = rows[rows["threshold"] == rows["threshold"].min()]
        horizons = sorted(rows["horizon"].unique())
        rows = rows[rows["horizon"] == horizons[len(horizons) // 2]]
        when = rows["origin"]
        came = (rows["outcome"] > 0).to_numpy()
        axes.fill_between(
            when,
            0,
            np.where(came, 1, 0),
            step="post",
            color=OUTCOME,
            alpha=0.2,
            linewidth=0,
            label="came true",
        )
        axes.plot(when, rows["probability"], color=FORECAST, linewidth=1, label="forecast")
        axes.set(title=target, ylim=(0, 1))
    figure.axes[0].legend(fontsize=8, loc="upper left")
    figure.suptitle(f"{model}, {_units(predictions)}: out-of-sample forecasts")
    return figure


def _units(predictions: pd.DataFrame) -> str:
    return ", ".join(map(str, predictions["unit"].unique()[:3]))
