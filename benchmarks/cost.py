"""What the main job costs against its floor: imports and an empty flow, in the same state.

    python -m benchmarks.cost --json

Cold: no model and no Prefect database yet, for both. Warm: a second run of both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FLOOR = """
import sklearn.ensemble, sklearn.linear_model
import mlflow
import prefect
@prefect.flow
def empty() -> int:
    return 1
empty()
"""


def run(command: list[str], home: Path) -> float:
    """Seconds of wall time of a command with all its state under `home`."""
    state = {
        "DYADCAST_HOME": str(home),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlruns' / 'mlflow.db'}",
        "PREFECT_HOME": str(home / "prefect"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "OMP_NUM_THREADS": "1",
    }
    home.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    subprocess.run(command, env=os.environ | state, check=True, capture_output=True, cwd=CHECKOUT)  # noqa: S603
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, object]:
    """Seconds of job and floor, cold (once) and warm (median of the rounds), and their ratios."""
    job = [sys.executable, "-m", "dyadcast", "forecast"]
    floor = [sys.executable, "-c", FLOOR]
    with tempfile.TemporaryDirectory() as folder:
        run(floor, Path(folder) / "discarded")  # fills the disk cache for both
        cold_floor = run(floor, Path(folder) / "floor")
        cold_job = run(job, Path(folder) / "job")
        pairs = [
            (run(floor, Path(folder) / "floor"), run(job, Path(folder) / "job"))
            for _ in range(rounds)
        ]
    warm_floor, warm_job = (statistics.median(times) for times in zip(*pairs, strict=True))
    return {
        "cold_job": cold_job,
        "cold_floor": cold_floor,
        "cold_ratio": cold_job / cold_floor,
        "warm_job": warm_job,
        "warm_floor": warm_floor,
        "warm_ratio": statistics.median(job / floor for floor, job in pairs),
    }


def main() -> None:
    """Print the comparison as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = measure(options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:12} {value:8.2f}")


if __name__ == "__main__":
    main()
