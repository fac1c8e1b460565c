"""The gate at work on the registry: what it weighs, what it leaves behind, and who stands where."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from models.judging.gate import Decision, Verdict, against, decide
from models.tracking.records import record_file

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
GATE_FILE: Final = "gate.json"
SEED: Final = 0
VERDICTS_FILE: Final = "verdicts.json"


def weigh(
    client: "MlflowClient",
    name: str,
    verdicts: Sequence[Verdict],
    record: pd.DataFrame,
    contract: str,
    because: str = "",
    gone: str = "",
) -> Decision:
    """What becomes of a newly trained model of that name, from its out-of-sample record.

    The champion's own record is read from its run; where it cannot be, there is nothing to compare
    with, and the newcomer takes the place. `because` is a person's reason to promote it whatever
    the record says; it is kept with the decision. `gone` tells why the champion cannot forecast:
    then the new one takes its place, compared with it where both told of like windows.
    """
    standing = _standing(client, name).get(CHAMPION)
    if standing is None:
        return decide(verdicts, record, None, True, SEED)
    version = client.get_model_version(name, standing)
    kept = record_file(client, str(version.run_id))
    champion = record.iloc[:0] if kept is None else kept
    if gone:
        first = decide(verdicts, record, None, True, SEED)
        skill = against(record, champion, SEED)
        compared = f"skill against its record {skill[0]:+.3f}" if skill else "not compared with it"
        return replace(first, reason=f"{first.reason}; {gone}; {compared}", against_champion=skill)
    same = version.tags.get("contract") == contract
    decision = decide(verdicts, record, champion, same, SEED)
    if because and not decision.promoted:
        reason = f"promoted by a person: {because}; the gate had said no: {decision.reason}"
        return replace(decision, promoted=True, reason=reason)
    return decision


def _standing(client: "MlflowClient", name: str) -> dict[str, str]:
    """Alias to version; empty where there is no such model."""
    for model in client.search_registered_models(filter_string=f"name = '{name}'"):
        return {str(alias): str(version) for alias, version in model.aliases.items()}
    return {}


def keep(client: "MlflowClient", run: str, decision: Decision) -> None:
    """Stores the decision with its figures in the challenger's run."""
    client.log_dict(run, decision.to_dict(), GATE_FILE)
    client.set_tag(run, "gate", "promoted" if decision.promoted else "refused")


def keep_verdicts(client: "MlflowClient", run: str, verdicts: Sequence[Verdict]) -> None:
    """Stores what the record says of each problem in its run."""
    client.log_dict(run, {"verdicts": [asdict(v) for v in verdicts]}, VERDICTS_FILE)


def read_verdicts(client: "MlflowClient", run: str) -> tuple[Verdict, ...]:
    """What the run's record says of each problem; none for a run of before it was kept."""
    if not any(file.path == VERDICTS_FILE for file in client.list_artifacts(run)):
        return ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(client.download_artifacts(run, VERDICTS_FILE, folder))
        kept = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Verdict(**each) for each in kept["verdicts"]) if isinstance(kept, dict) else ()


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
