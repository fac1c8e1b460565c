"""The record says what was measured, and says what was not."""

import json
from pathlib import Path

from benchmarks.record import write


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
