"""The embedded chronicle judged: every target, horizon, model and baseline, 2012 on and 2019 on.

python -m benchmarks.dyad --json --predictions forecasts.parquet
"""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.panels import tell
from commands.report import backtest, score_lines


def main() -> None:
    """Run the backtest, print its tables, write its forecasts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--predictions", type=Path, help="write every forecast to this Parquet file"
    )
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    start = time.perf_counter()
    scores, skill, record = backtest(options.theatre, tell)
    seconds = time.perf_counter() - start
    print(f"{seconds:.1f} s", file=sys.stderr)
    if options.predictions:
        record.to_parquet(options.predictions, index=False)
    if options.json:
        tables = {"scores": scores, "skill": skill}
        rows = {name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}
        print(json.dumps({"seconds": seconds, **rows}))
        return
    for line in score_lines(scores, skill):
        print(line)


if __name__ == "__main__":
    main()
