"""The record says what was measured, and says what was not."""

import json
from pathlib import Path

import pytest

from benchmarks.record import log, metrics, write
from flows.pipeline.settings import read_settings
from models.tracking.registry import open_registry


def test_record_shows_what_was_measured_and_names_what_was_not(tmp_path: Path) -> None:
    results, docs = tmp_path / "results", tmp_path / "docs"
    results.mkdir()
    docs.mkdir()
    lead = [
        {"onset": "Barmal 2024-12", "lead": days, "model": model, "probability": 0.25}
        for days in (30, 7)
        for model in ("ensemble", "memory_52")
    ]
    diplomacy = {
        "ablation": [
            {"target": "clash", "horizon": 30, "families": "mediation", "skill": 0.012}
            | {"low": -0.01, "high": 0.03}
        ],
        "shifts": [{"after": "ceasefire", "shift": -0.05, "events": 3}],
        "lead": lead,
    }
    (results / "diplomacy.json").write_text(json.dumps(diplomacy), encoding="utf-8")
    (results / "gate.json").write_text('{"worlds": 200, "skilled": 0.59}', encoding="utf-8")

    text = write(results, docs).read_text(encoding="utf-8")

    assert "+1.2% (-1.0 to +3.0)" in text
    assert "| ceasefire | -0.0500 | 3 |" in text
    assert "| Barmal 2024-12 | 0.2500 | 0.2500 | 0.2500 | 0.2500 |" in text
    assert "| 200 | 0.5900 |" in text
    assert "*dyads was not measured.*" in text
    assert (docs / "record" / "lead.png").stat().st_size > 1000


def test_metrics_are_named_by_model_and_question() -> None:
    row = {"model": "peer", "units": "countries", "horizon": 1, "threshold": 25.0, "brier": 0.03}

    found = metrics({"scores": [{**row, "log_score": 0.1}]})

    assert found == {
        "brier peer countries 1 25.0": 0.03,
        "log_score peer countries 1 25.0": 0.1,
    }
    assert metrics({"worlds": 200}) == {}


@pytest.mark.filterwarnings("ignore")  # mlflow's own
def test_log_keeps_scores_and_files_in_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    row = {"model": "ensemble", "delay": 20, "horizon": 7, "threshold": 1.0, "brier": 0.13}
    (tmp_path / "segments.json").write_text(json.dumps({"scores": [row]}), encoding="utf-8")

    [run] = log(tmp_path, tmp_path)

    settings = read_settings()
    client = open_registry(settings.tracking_uri, settings.artifacts)
    assert client.get_run(run).data.metrics == {"brier ensemble 20 7 1.0": 0.13}
    assert [file.path for file in client.list_artifacts(run)] == ["segments.json"]
