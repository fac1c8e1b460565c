"""What a training leaves in MLflow: one run with its record, verdicts, figures and model."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from models.forecasting.training import RiskModel, Training
from models.judging.gate import ENSEMBLE, Decision, Verdict
from models.judging.scoring import judged, predictions, score_table, skill_table
from models.tracking.promotion import keep, keep_verdicts, take_place, weigh
from models.tracking.records import RECORD_FILE, log_past
from models.tracking.registry import TRUSTED, experiment_of, model_name

if TYPE_CHECKING:
    from mlflow import MlflowClient

LIBRARIES: Final = ("numpy", "pandas", "scikit-learn", "scipy", "statsmodels")


@dataclass(frozen=True)
class Logged:
    """What a training left behind: its score and skill tables, verdicts, and the ensemble's run."""

    run_id: str
    scores: pd.DataFrame
    skill: pd.DataFrame
    verdicts: tuple[Verdict, ...]
    decision: Decision | None
    """The gate's, where the model was registered."""


def log_training(
    client: "MlflowClient",
    training: Training,
    artifacts: Path,
    tags: Mapping[str, str],
    register: bool,
    because: str = "",
    gone: str = "",
) -> Logged:
    """One run with parameters, every model's scores and forecasts, verdicts, figures and the model.

    With `register` the gate decides whether the ensemble becomes the champion, in the last step: a
    job killed before it leaves the old champion in place. `because` is a person's reason to
    promote it whatever the gate says; `gone` why the present champion cannot forecast.
    """
    model, problems = training.model, training.problems
    name = model_name(model.theatre, model.group, model.gap)
    experiment = experiment_of(client, name, artifacts)
    judgements = [j for each in problems for j in judged(each.past, each.recipe)]
    scores, skill = score_table(judgements), skill_table(judgements)
    verdicts = tuple(v for each in problems for v in each.verdicts)
    record = pd.concat([predictions(p.past, p.recipe, p.shown_from) for p in problems])
    run = _begin(client, experiment, training, scores, tags)
    with tempfile.TemporaryDirectory() as folder:
        _write_record(Path(folder), scores, skill, record)
        client.log_artifacts(run, folder)
    log_past(client, run, training)
    keep_verdicts(client, run, verdicts)
    decision = None
    if register:
        decision = weigh(client, name, verdicts, record, model.contract, because, gone)
        keep(client, run, decision)
        take_place(client, name, _keep_model(experiment, run, client, model, name), decision)
    else:
        _keep_model(experiment, run, client, model, None)
    client.set_terminated(run)
    return Logged(run, scores, skill, verdicts, decision)


def _begin(
    client: "MlflowClient",
    experiment: str,
    training: Training,
    scores: pd.DataFrame,
    tags: Mapping[str, str],
) -> str:
    """The id of a new run with what the training was, and every model's scores."""
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.utils.git_utils import get_git_commit

    model, first = training.model, training.problems[0]
    about = {
        "data_fingerprint": model.data_fingerprint,
        "contract": model.contract,
        "group": model.group,
        "mlflow.runName": f"{model.group} as of {model.trained_as_of}",
        "mlflow.source.git.commit": get_git_commit(__file__) or "not a git checkout",
        **tags,
    }
    run = str(client.create_run(experiment, tags=about).info.run_id)
    spans = scores["span"] == scores["span"].iloc[0] if len(scores) else []
    metrics = [
        Metric(
            f"{row['model']}.{row['target']}_{row['units']}_{row['threshold']:g}_{row['horizon']}"
            f"_{score}",
            row[score],
            0,
            0,
        )
        for row in scores[spans].to_dict("records")
        for score in ("brier", "log_score")
    ]
    parameters = {
        "as_of": model.trained_as_of,
        "method_version": model.method_version,
        "gap_days": str(model.gap),
        "units": len(first.past.record.problem.units),
        "refits": len(first.past.record.refits),
        "rule": str(first.recipe.rule)[:500],
    }
    params = [Param(name, str(value)) for name, value in parameters.items()]
    for at in range(0, len(metrics), 1000):  # MLflow's limit a batch
        client.log_batch(run, metrics[at : at + 1000])
    client.log_batch(run, (), params, [RunTag("dyadcast", version("dyadcast"))])
    return run


def _write_record(
    folder: Path, scores: pd.DataFrame, skill: pd.DataFrame, rows: pd.DataFrame
) -> None:
    """Writes the ensemble's scores and skill, every model's scores and forecasts, two figures."""
    from models.tracking.figures import history_figure, reliability_figure

    scores.to_csv(folder / "every_score.csv", index=False)
    for frame, name in ((scores, "scores.csv"), (skill, "skill.csv")):
        mine = frame[frame["model"] == ENSEMBLE] if len(frame) else frame
        mine.to_csv(folder / name, index=False)
    rows.to_parquet(folder / RECORD_FILE, index=False)
    mine = rows[rows["model"] == ENSEMBLE]
    pictured = mine[mine["unit"] == mine["unit"].iloc[0]] if len(mine) else mine
    reliability_figure(pictured, ENSEMBLE).savefig(folder / "reliability.png", dpi=80)
    history_figure(pictured, ENSEMBLE).savefig(folder / "history.png", dpi=80)


def _keep_model(
    experiment: str, run: str, client: "MlflowClient", model: RiskModel, name: str | None
) -> str:
    """The new version's number; empty where no name is given: the run keeps the model all the
    same."""
    import mlflow
    from mlflow.sklearn import log_model

    with mlflow.start_run(run_id=run, experiment_id=experiment):
        logged = log_model(
            model,
            name="model",
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
            pip_requirements=[f"{library}=={version(library)}" for library in LIBRARIES],
            registered_model_name=name,
        )
    if name is None:
        return ""
    made = str(logged.registered_model_version)
    client.set_model_version_tag(name, made, "contract", model.contract)
    client.set_model_version_tag(name, made, "trained_as_of", model.trained_as_of)
    return made
