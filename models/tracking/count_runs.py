"""What was said of counts, kept with its run: the same data are forecast once."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from models.forecasting.counts import Said, Verdict, from_table, to_table
from models.tracking.registry import experiment_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

TABLE: Final = "outlook.parquet"
VERDICTS: Final = "verdicts.json"
RECORD: Final = "forecasts.parquet"


@dataclass(frozen=True)
class Outlook:
    """What one run says of a group's counts, and how its past fared."""

    run_id: str
    told_until: str
    said: tuple[Said, ...]
    verdicts: tuple[Verdict, ...]


def find(client: "MlflowClient", experiment: str, fingerprint: str) -> Outlook | None:
    """The finished run that made its forecasts from these data by this method; None for none."""
    return _last(client, experiment, f"tags.data_fingerprint = '{fingerprint}'")


def newest(client: "MlflowClient", experiment: str, group: str) -> Outlook | None:
    """The group's last finished run, None where there is none."""
    return _last(client, experiment, f"tags.group = '{group}'")


def _last(client: "MlflowClient", experiment: str, wanted: str) -> Outlook | None:
    known = client.get_experiment_by_name(experiment)
    if known is None:
        return None
    finished = f"{wanted} and attributes.status = 'FINISHED'"
    runs = client.search_runs([known.experiment_id], finished, max_results=1)
    return read(client, str(runs[0].info.run_id)) if runs else None


def read(client: "MlflowClient", run_id: str) -> Outlook:
    """What that run says; raises MlflowException where it is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        table = pd.read_parquet(client.download_artifacts(run_id, TABLE, folder))
        path = Path(client.download_artifacts(run_id, VERDICTS, folder))
        verdicts = tuple(Verdict(**each) for each in json.loads(path.read_text(encoding="utf-8")))
    until = str(client.get_run(run_id).data.tags["told_until"])
    return Outlook(run_id, until, tuple(from_table(table)), verdicts)


def keep(
    client: "MlflowClient",
    experiment: str,
    artifacts: Path,
    tags: Mapping[str, str],
    parameters: Mapping[str, Any],
    said: Sequence[Said],
    verdicts: Sequence[Verdict],
    record: pd.DataFrame,
) -> Outlook:
    """The outlook, with its run's id: forecasts, verdicts and past forecasts are kept in it.

    The run is finished last, so that one that was cut off is never found.
    """
    from mlflow.entities import Metric, Param, RunTag

    run = client.create_run(experiment_of(client, experiment, artifacts), tags=dict(tags))
    run_id = str(run.info.run_id)
    metrics = [
        Metric(f"{name}_h{each.horizon}", value, 0, 0)
        for each in verdicts
        for name, value in (("brier", each.brier), ("rival_brier", each.rival_brier))
    ]
    metrics += [Metric(f"log_skill_h{each.horizon}", each.skill, 0, 0) for each in verdicts]
    told = [Param(name, str(value)) for name, value in parameters.items()]
    client.log_batch(run_id, metrics, told, [RunTag("dyadcast", version("dyadcast"))])
    with tempfile.TemporaryDirectory() as folder:
        to_table(said).to_parquet(Path(folder) / TABLE, index=False)
        record.to_parquet(Path(folder) / RECORD, index=False)
        text = json.dumps([asdict(each) for each in verdicts])
        (Path(folder) / VERDICTS).write_text(text, encoding="utf-8")
        client.log_artifacts(run_id, folder)
    client.set_terminated(run_id)
    return Outlook(run_id, tags["told_until"], tuple(said), tuple(verdicts))
