"""The gate at work on the registry: what it weighs, what it leaves behind, and who stands where."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from models.judging.gate import Decision, against, decide

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
GATE_FILE: Final = "gate.json"
RECORD_FILE: Final = "forecasts.parquet"


def weigh(
    client: "MlflowClient",
    name: str,
    record: pd.DataFrame,
    contract: str,
    because: str = "",
    gone: str = "",
    seed: int = 0,
) -> Decision:
    """What becomes of a newly trained model of that theatre, from its out-of-sample record.

    The champion's own record is read from its run. `because` is a person's reason to promote it
    whatever the record says; it is kept with the decision. `gone` tells why the champion cannot
    forecast: then the new one takes its place, compared with it where both told of like windows.
    """
    then = _standing(client, name).get(CHAMPION)
    if then is None:
        return decide(record, None, True, seed)
    version = client.get_model_version(name, then)
    champion = _record(client, str(version.run_id))
    if gone:
        first = decide(record, None, True, seed)
        skill = against(record, champion, seed)
        compared = f"skill against its record {skill[0]:+.3f}" if skill else "not compared with it"
        return replace(first, reason=f"{first.reason}; {gone}; {compared}", against_champion=skill)
    found = decide(record, champion, version.tags.get("contract") == contract, seed)
    if because and not found.promoted:
        told = f"promoted by a person: {because}; the gate had said no: {found.reason}"
        return Decision(True, told, found.verdicts, found.against_champion)
    return found


def _record(client: "MlflowClient", run: str) -> pd.DataFrame:
    """The out-of-sample forecasts of the run; empty where they are not kept any more."""
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        try:
            return pd.read_parquet(client.download_artifacts(run, RECORD_FILE, folder))
        except (MlflowException, OSError):
            return pd.DataFrame(
                columns=["model", "unit", "target", "origin", "horizon", "probability"]
            )


def _standing(client: "MlflowClient", name: str) -> dict[str, str]:
    """Alias to version; empty where there is no such model."""
    for model in client.search_registered_models(filter_string=f"name = '{name}'"):
        return {str(alias): str(version) for alias, version in model.aliases.items()}
    return {}


def keep(client: "MlflowClient", run: str, decision: Decision) -> None:
    """Stores the decision with its figures in the challenger's run."""
    client.log_dict(run, decision.to_dict(), GATE_FILE)
    client.set_tag(run, "gate", "promoted" if decision.promoted else "refused")


def take_place(client: "MlflowClient", name: str, version: str, decision: Decision) -> None:
    """Names the version champion or challenger; the last step, so that a kill changes nothing."""
    if not decision.promoted:
        client.set_registered_model_alias(name, CHALLENGER, version)
        return
    if CHALLENGER in _standing(client, name):
        client.delete_registered_model_alias(name, CHALLENGER)
    client.set_registered_model_alias(name, CHAMPION, version)


def standings(client: "MlflowClient", name: str) -> list[dict[str, Any]]:
    """Every registered version, newest first: alias, day of training, run, and the gate's decision.

    `gate` is None for a version that was registered before there was a gate.
    """
    alias_of = {version: alias for alias, version in _standing(client, name).items()}
    versions = client.search_model_versions(f"name = '{name}'")
    return [
        {
            "version": str(version.version),
            "alias": alias_of.get(str(version.version), ""),
            "trained_as_of": version.tags.get("trained_as_of", ""),
            "run_id": str(version.run_id),
            "gate": _decision(client, str(version.run_id)),
        }
        for version in sorted(versions, key=lambda v: -int(v.version))
    ]


def _decision(client: "MlflowClient", run: str) -> dict[str, Any] | None:
    if not any(file.path == GATE_FILE for file in client.list_artifacts(run)):
        return None
    with tempfile.TemporaryDirectory() as folder:
        text = Path(client.download_artifacts(run, GATE_FILE, folder)).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
