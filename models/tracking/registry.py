"""MLflow: where runs, records and the champion are kept. The only module that imports it."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from errors import DyadcastError
from models.forecasting.ensemble import TRUST
from models.forecasting.events import RiskModel, Training
from models.judging.gate import Decision
from models.judging.scoring import ENSEMBLE, judged, predictions, score_table, skill_table
from models.learners.members import METHOD_VERSION, contract, learners
from models.tracking.promotion import CHAMPION, RECORD_FILE, keep, take_place, weigh
from models.tracking.records import log_past
from models.walks.events import LEARN_YEARS, RECENCY_YEARS, REFIT_WEEKS
from theatres import DYAD, Theatre

if TYPE_CHECKING:
    from mlflow import MlflowClient

RECORD: Final = "record"
NEW_CHAMPION: Final = "run 'dyadcast train' for a new champion"
SQLITE: Final = "sqlite:///"
SQLITE_HEADER: Final = b"SQLite format 3\x00"
LIBRARIES: Final = ("numpy", "pandas", "scikit-learn", "scipy", "statsmodels")
TRUSTED: Final = [
    "_loss.CyHalfBinomialLoss",
    "models.learners.boosting.Boosting",
    "models.learners.boosting.Start",
    "models.learners.rate.Rate",
    "models.learners.hazard.Hazard",
    "models.forecasting.ensemble.Ensemble",
    "models.learners.logistic.MemoryLogistic",
    "models.forecasting.events.RiskModel",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.tree._tree.Tree",  # unchecked node indices: whoever can write the registry is trusted
]
"""All that a stored model may hold beyond plain data; anything else is refused on loading."""


class RegistryError(DyadcastError):
    """MLflow cannot be reached, or what it holds cannot be used."""


class ChampionError(RegistryError):
    """A champion is named, and cannot forecast: its files, its modules or its features are gone."""


@dataclass(frozen=True)
class Champion:
    """The model that forecasts, and the run that made it."""

    model: RiskModel
    run_id: str
    version: str


@dataclass(frozen=True)
class Logged:
    """What a training left behind: its score and skill tables, and the ensemble's run."""

    run_id: str
    scores: pd.DataFrame
    skill: pd.DataFrame
    decision: Decision | None
    """The gate's, where the model was registered."""


def open_registry(uri: str, artifacts: Path) -> "MlflowClient":
    """A client of the tracking store; a SQLite one is made whole if it is not there.

    Raises RegistryError where it cannot be reached or made.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    import mlflow

    try:
        _make_database(uri, artifacts)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        return mlflow.MlflowClient()
    except Exception as error:
        raise RegistryError(
            f"cannot be opened: {_line(error)}",
            where=_masked(uri),
            do="check MLFLOW_TRACKING_URI and that its folder can be written",
        ) from None


def _masked(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _make_database(uri: str, artifacts: Path) -> None:
    """The SQLite store of that URI, made aside and put in place in one step.

    A job killed while MLflow makes its tables would leave a store that nothing can open.
    """
    if not uri.startswith(SQLITE):
        return
    path = Path(uri[len(SQLITE) :])
    if path.exists():
        _check_sqlite(path)
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as making:
        made = Path(making) / path.name
        store = SqlAlchemyStore(  # type: ignore[no-untyped-call]
            f"sqlite:///{made}", artifacts.resolve().as_uri()
        )
        store.engine.dispose()
        made.replace(path)


def _check_sqlite(path: Path) -> None:
    """Raises OSError for a folder or another file: MLflow would try it for minutes."""
    with path.open("rb") as file:
        start = file.read(len(SQLITE_HEADER))
    if start not in (b"", SQLITE_HEADER):
        raise OSError(f"not a SQLite database, its first bytes are {start!r}")


def champion(client: "MlflowClient", theatre: Theatre) -> Champion | None:
    """The theatre's champion from the registry, or None where none is named yet.

    Raises ChampionError where it cannot be loaded, or was trained on another feature contract.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.sklearn import load_model

    try:
        found = client.get_model_version_by_alias(theatre.name, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise RegistryError(f"cannot be asked for the champion: {_line(error)}") from None
    where = f"registered model {theatre.name}, version {found.version}"
    _check_contract(found.tags.get("contract"), theatre, where)
    try:
        model = load_model(f"models:/{theatre.name}@{CHAMPION}")  # type: ignore[no-untyped-call]
    except Exception as error:
        problem = f"cannot be loaded: {_line(error)}"
        raise ChampionError(problem, where=where, do=NEW_CHAMPION) from None
    if not isinstance(model, RiskModel):
        raise ChampionError(
            "is no risk model", where=where, found=type(model).__name__, expected="RiskModel"
        )
    _check_contract(model.contract, theatre, where)
    return Champion(model, str(found.run_id), str(found.version))


def model_of(client: "MlflowClient", theatre: Theatre, run_id: str) -> RiskModel | None:
    """The registered model of that run; None where it is not kept, cannot be loaded, or is on
    other features."""
    from mlflow.sklearn import load_model

    name = theatre.name
    for found in client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'"):
        if found.tags.get("contract") == contract(theatre):
            try:
                model = load_model(f"models:/{name}/{found.version}")  # type: ignore[no-untyped-call]
            except Exception:  # whatever stands in the way: the present model is run instead
                return None
            return model if isinstance(model, RiskModel) else None
    return None


def _check_contract(found: str | None, theatre: Theatre, where: str) -> None:
    if found != (expected := contract(theatre)):
        raise ChampionError(
            "was trained on another feature contract",
            where=where,
            found=(found or "none")[:12],
            expected=expected[:12],
            do=NEW_CHAMPION,
        )


def log_training(
    client: "MlflowClient",
    training: Training,
    theatre: Theatre,
    artifacts: Path,
    tags: Mapping[str, str],
    register: bool,
    because: str = "",
) -> Logged:
    """One run a model, with parameters, scores, forecasts and figures; the ensemble's run last.

    With `register` the gate decides whether the ensemble becomes the champion, in the last step: a
    job killed before it leaves the old champion in place. `because` is a person's reason to
    promote it whatever the gate says.
    """
    experiment = experiment_of(client, theatre.name, artifacts)
    found = [
        j for r, c in zip(training.records, training.combined, strict=True) for j in judged(r, c)
    ]
    scores, skill = score_table(found), skill_table(found)
    record = pd.concat(
        [predictions(r, c) for r, c in zip(training.records, training.combined, strict=True)]
    )
    for name in [*record["model"].unique()] if register else [ENSEMBLE]:
        rows = record[record["model"] == name]
        run = _log_run(client, experiment, name, training, scores, skill, rows, tags)
    log_past(client, run, training, theatre)
    decision = None
    if register:
        model = training.model
        gone = _why_gone(client, theatre)
        decision = weigh(client, model.theatre, record, model.contract, because, gone)
        keep(client, run, decision)
        take_place(client, model.theatre, _register(experiment, run, client, model), decision)
    client.set_terminated(run)
    return Logged(run, scores, skill, decision)


def experiment_of(client: "MlflowClient", name: str, artifacts: Path) -> str:
    """The id of the experiment of that name; made, with its artifacts there, if it is not."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    local = str(client.tracking_uri).startswith("sqlite:")
    place = (artifacts.resolve() / name).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=place))


def _why_gone(client: "MlflowClient", theatre: Theatre) -> str:
    """Why the champion that is named cannot forecast; empty where it can, or none is named."""
    try:
        champion(client, theatre)
    except ChampionError as error:
        return str(error)
    return ""


def _parameters(name: str, training: Training) -> dict[str, Any]:
    shared = {
        "as_of": training.model.trained_as_of,
        "method_version": METHOD_VERSION,
        "refit_weeks": REFIT_WEEKS,
        "learn_years": LEARN_YEARS,
        "recency_half_life_years": RECENCY_YEARS,
    }
    if name == ENSEMBLE:
        return {**shared, "trust": TRUST}
    problem = training.records[0].problem
    model = learners(problem.target, problem.units, problem.horizons, 0)[name]
    own = {k: v for k, v in model.get_params().items() if k not in ("horizons", "columns")}
    return {**shared, **own}


def _log_run(
    client: "MlflowClient",
    experiment: str,
    name: str,
    training: Training,
    scores: pd.DataFrame,
    skill: pd.DataFrame,
    rows: pd.DataFrame,
    tags: Mapping[str, str],
) -> str:
    """The id of a new run that holds one model's record."""
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.utils.git_utils import get_git_commit

    about = {
        "data_fingerprint": training.model.data_fingerprint,
        "contract": training.model.contract,
        "mlflow.runName": f"{name} as of {training.model.trained_as_of}",
        "model": name,
        "mlflow.source.git.commit": get_git_commit(__file__) or "not a git checkout",
        **tags,
    }
    run = client.create_run(experiment, tags=about)
    run_id = str(run.info.run_id)
    mine = scores[scores["model"] == name]
    metrics = [
        Metric(f"{row['target']}_{row['units']}_{row['horizon']}d_{score}", row[score], 0, 0)
        for row in mine[mine["span"] == "2012 on"].to_dict("records")
        for score in ("brier", "log_score")
    ]
    params = [Param(k, str(v)) for k, v in _parameters(name, training).items()]
    client.log_batch(run_id, metrics, params, [RunTag("dyadcast", version("dyadcast"))])
    with tempfile.TemporaryDirectory() as folder:
        _write_record(Path(folder), name, mine, skill[skill["model"] == name], rows)
        client.log_artifacts(run_id, folder)
    if name != ENSEMBLE:
        client.set_terminated(run_id)
    return run_id


def _write_record(
    folder: Path, name: str, scores: pd.DataFrame, skill: pd.DataFrame, rows: pd.DataFrame
) -> None:
    from models.tracking.figures import history_figure, reliability_figure

    scores.to_csv(folder / "scores.csv", index=False)
    skill.to_csv(folder / "skill.csv", index=False)
    rows.to_parquet(folder / RECORD_FILE, index=False)
    dyad = rows[rows["unit"] == DYAD]
    reliability_figure(dyad, name).savefig(folder / "reliability.png", dpi=80)
    history_figure(dyad, name).savefig(folder / "history.png", dpi=80)


def _register(experiment: str, run: str, client: "MlflowClient", model: RiskModel) -> str:
    """The new version's number."""
    import mlflow
    from mlflow.sklearn import log_model

    with mlflow.start_run(run_id=run, experiment_id=experiment):
        logged = log_model(
            model,
            name="model",
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
            pip_requirements=[f"{name}=={version(name)}" for name in LIBRARIES],
            registered_model_name=model.theatre,
        )
    made = str(logged.registered_model_version)
    client.set_model_version_tag(model.theatre, made, "contract", model.contract)
    client.set_model_version_tag(model.theatre, made, "trained_as_of", model.trained_as_of)
    return made


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
    run = client.create_run(experiment_of(client, RECORD, artifacts), tags=tags)
    run_id = str(run.info.run_id)
    client.log_batch(run_id, [Metric(key, value, 0, 0) for key, value in metrics.items()])
    for file in files:
        client.log_artifact(run_id, str(file))
    client.set_terminated(run_id)
    return run_id


def trained_on(found: Champion) -> date:
    """The champion's training day."""
    return found.model.trained_on
