"""Every benchmark of the record in turn, each one's result in a file of its own.

python -m benchmarks.measure --results var/record --data ucdp --only dyads segments

`--data` is a folder of UCDP's tables, with `gdelt` and `vintages` beside it; without it only what
the embedded chronicle allows is measured. A result is put in place once it is whole: one that was
cut off leaves the last one standing.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

DATED: Final = "{data}"
MEASURES: Final[dict[str, tuple[str, ...]]] = {
    "gate": (),
    "dyad": (),
    "alternatives": (),
    "diplomacy": (),
    "backtest": (),
    "segments": ("--data", "{data}/ged_pakistan_1989_2021_hdx.csv"),
    "dyads": (
        *("--data", "{data}/dyad_month_v26_1_to_2025_09.csv"),
        *("--dyads", "{data}/dyads_v26_1.csv"),
    ),
    "country_month": ("--data", "{data}/country_month_v25_1.csv"),
    "vintages": (
        *("--data", "{data}/country_month_v26_1_to_2025_09.csv"),
        *("--vintages", "{data}/../vintages/country_month_vintages_to_2025_09.csv"),
    ),
    "bands": (),
}
WITH_DATA: Final = {"alternatives": ("--gdelt", "{data}/../gdelt/daily_edges_2018_2024.csv")}


def arguments_of(name: str, data: Path | None) -> list[str] | None:
    """The benchmark's arguments; None where it needs tables and there are none."""
    told = MEASURES[name]
    if data is None:
        return None if any(DATED in text for text in told) else list(told)
    return [text.format(data=data) for text in (*told, *WITH_DATA.get(name, ()))]


def measure(name: str, arguments: list[str], results: Path) -> float:
    """Seconds taken; `results` holds what the benchmark printed; CalledProcessError if it fails."""
    started = time.monotonic()
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    part = results / f"{name}.json.part"
    part.write_bytes(done.stdout)
    part.replace(results / f"{name}.json")
    return time.monotonic() - started


def main() -> None:
    """Measure, one after the other; what fails is told, and the others still run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in options.only:
        arguments = arguments_of(name, options.data)
        if arguments is None:
            print(f"{name}: left out, it needs --data", flush=True)
            continue
        print(f"{name}: measuring", flush=True)
        try:
            seconds = measure(name, arguments, options.results)
            print(f"{name}: measured in {seconds:.0f} s", flush=True)
        except subprocess.CalledProcessError as error:
            failed.append(name)
            print(f"{name}: failed with exit status {error.returncode}", file=sys.stderr)
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
