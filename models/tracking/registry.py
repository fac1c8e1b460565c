"""MLflow: where runs, records and the champions are kept."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from errors import DyadcastError
from models.forecasting.training import RiskModel
from models.recipes.contract import EVENTS
from models.tracking.promotion import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

MENDED: Final = "; 'dyadcast train' makes a new one"
SQLITE: Final = "sqlite:///"
SQLITE_HEADER: Final = b"SQLite format 3\x00"
TRUSTED: Final = [
    "_loss.CyHalfBinomialLoss",
    "models.combining.combine.Weights",
    "models.combining.rule.Rule",
    "models.forecasting.ensemble.Ensemble",
    "models.forecasting.ensemble.Fall",
    "models.forecasting.ensemble.Reading",
    "models.forecasting.training.RiskModel",
    "models.learners.boosting.Boosting",
    "models.learners.boosting.Start",
    "models.learners.hazard.Hazard",
    "models.learners.logistic.MemoryLogistic",
    "models.learners.ordinal.Neighbouring",
    "models.learners.ordinal.Parallel",
    "models.learners.panel.Dispersion",
    "models.learners.panel.Forest",
    "models.learners.panel.Hurdle",
    "models.learners.panel.NegativeBinomial",
    "models.learners.panel.Ridge",
    "models.learners.panel.Trees",
    "models.learners.rate.Rate",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",  # unchecked node indices: whoever can write the registry is trusted
]
"""All that a stored model may hold beyond plain data; anything else is refused on loading."""


class RegistryError(DyadcastError):
    """MLflow cannot be reached, or what it holds cannot be used."""


@dataclass(frozen=True)
class Champion:
    """The model that forecasts, and the run that made it."""

    model: RiskModel
    run_id: str
    version: str


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


def model_name(theatre: str, group: str, gap: int = 0) -> str:
    """The name of a group's registered model, and of the experiment its runs are in; one for each
    gap across which it speaks."""
    name = theatre if group == EVENTS else f"{theatre}-{group}"
    return f"{name}-gap-{gap}" if gap else name


def champion(client: "MlflowClient", name: str, contract: str) -> tuple[Champion | None, str]:
    """The champion of that name, and where there is none that can be used, why.

    One that cannot be loaded, or was trained on another contract, is none: a new one is trained.
    Raises RegistryError where the registry cannot be asked.
    """
    from mlflow.exceptions import MlflowException

    try:
        standing = client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None, "there is no champion yet"
        raise RegistryError(f"cannot be asked for the champion: {_line(error)}") from None
    which = f"registered model {name}, version {standing.version},"
    if standing.tags.get("contract") != contract:
        return None, f"{which} was trained on another feature contract{MENDED}"
    try:
        model = _load(f"models:/{name}@{CHAMPION}")
    except Exception as error:
        return None, f"{which} cannot be loaded: {_line(error)}{MENDED}"
    if model is None or model.contract != contract:
        return None, f"{which} is no risk model of this contract{MENDED}"
    return Champion(model, str(standing.run_id), str(standing.version)), ""


def _load(uri: str) -> RiskModel | None:
    from mlflow.sklearn import load_model

    model = load_model(uri)  # type: ignore[no-untyped-call]
    return model if isinstance(model, RiskModel) else None


def model_of(client: "MlflowClient", run_id: str, contract: str) -> RiskModel | None:
    """The model that a run kept; None where it is not kept, cannot be read, or is on other
    features."""
    from mlflow.exceptions import MlflowException

    try:
        if client.get_run(run_id).data.tags.get("contract") != contract:
            return None
        model = _load(f"runs:/{run_id}/model")
    except (MlflowException, OSError, TypeError, ValueError):
        return None
    return model if model is not None and model.contract == contract else None


def trained_on_same(
    client: "MlflowClient", name: str, contract: str, fingerprint: str
) -> Champion | None:
    """The model of a finished run on the very same data by the same method; None for none."""
    known = client.get_experiment_by_name(name)
    if known is None:
        return None
    wanted = (
        f"tags.data_fingerprint = '{fingerprint}' and tags.contract = '{contract}'"
        " and attributes.status = 'FINISHED'"
    )
    for run in client.search_runs([known.experiment_id], wanted, max_results=1):
        if (model := model_of(client, str(run.info.run_id), contract)) is not None:
            return Champion(model, str(run.info.run_id), "")
    return None


def experiment_of(client: "MlflowClient", name: str, artifacts: Path) -> str:
    """The id of the experiment of that name; made, with its artifacts there, if it is not."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    local = str(client.tracking_uri).startswith("sqlite:")
    place = (artifacts.resolve() / name).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=place))
