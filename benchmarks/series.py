"""Hourly series, forecast by `time_series` as it comes: does the network beat the last value?

    export DLRECIPES_DATA=/path/to/data
    python benchmarks/series.py --json series.json
    python benchmarks/series.py --lags none --json series-none.json

Three series, chosen before the recipe's default was changed:

- bike sharing (UCI, `bike_sharing/hour.csv`): rides an hour. The weather of the same hour is an
  input, as if it had been forecast without error; the two counts that make up the target are not.
- two columns of ETTh1 (`ett/ETTh1.csv`): the oil temperature OT and the load HUFL of a
  transformer. The other columns are measured in the same hour as the target, so that an hour ahead
  nobody knows them: they are dropped, and the time is the only input beside the lags.

A run is the whole procedure of the recipe in a process of its own. The network's score is the mean
over its refits; the spread is the standard deviation over the study seeds. A baseline's score is
the mean over the seeds, too (only the boosted trees differ).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from measuring.record import Record
from rich.table import Table

WEATHER = "season=category,mnth=category,hr=category,weekday=category,weathersit=category"
LOADS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
SERIES = {
    "bike sharing": {
        "data": "bike_sharing/hour.csv",
        "target": "cnt",
        "time": "dteday,hr",
        "drop": "casual,registered,instant",
        "kinds": WEATHER,
    },
    **{
        f"ETTh1 {target}": {
            "data": "ett/ETTh1.csv",
            "target": target,
            "time": "date",
            "drop": ",".join(name for name in LOADS if name != target),
        }
        for target in ("OT", "HUFL")
    },
}
RUN = """
import json, sys
import dlrecipes as dlr
seed, out, source = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
settings = dlr.RunSettings(seed=seed, out=out)
silent = dlr.search.Listener()
run = dlr.load_recipe("time_series").tune(settings=settings, listener=silent, **source)
print(run.result_json)
"""
NETWORK = "network"


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", nargs="+", choices=SERIES, default=list(SERIES))
    parser.add_argument("--seeds", type=int, default=3, help="study seeds")
    parser.add_argument("--lags", help="the recipe's --lags; without it, the default")
    parser.add_argument("--json", type=Path, help="where the measurements are kept")
    options = parser.parse_args()
    folder = Path(os.environ.get("DLRECIPES_DATA", ""))
    lacking = [name for name in options.series if not (folder / SERIES[name]["data"]).is_file()]
    if lacking or not os.environ.get("DLRECIPES_DATA"):
        raise SystemExit("DLRECIPES_DATA must name a folder with bike_sharing/ and ett/.")
    record = Record(options.json, "series", {"lags": options.lags})
    for name in options.series:
        for seed in range(options.seeds):
            source = {**SERIES[name], "data": str(folder / SERIES[name]["data"])}
            if options.lags is not None:
                source["lags"] = options.lags
            record.measure(_key(name, seed), lambda source=source, seed=seed: _run(source, seed))
    rows = [row for name in options.series for row in _rows(name, options.seeds, record)]
    table = Table("series", "forecast", "test RMSE", "spread", title="one run a study seed")
    for row in rows:
        spread = "" if row["spread"] is None else f"{row['spread']:.3f}"
        table.add_row(row["series"], row["forecast"], f"{row['rmse']:.3f}", spread)
    record.conclude(rows, table)


def _key(name: str, seed: int) -> str:
    return f"{name}, seed {seed}"


def _run(source: dict[str, str], seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", RUN, str(seed), f"{folder}/run", json.dumps(source)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"seed {seed} of {source} failed:\n{ended.stderr[-3000:]}")
    result = json.loads(ended.stdout)
    scores = {name: scored["test"]["rmse"] for name, scored in result["baselines"].items()}
    return {
        "rmse": {NETWORK: result["test"]["mean"]["rmse"], **scores},
        "best": result["best"]["values"],
        "seconds": result["seconds"],
    }


def _rows(name: str, seeds: int, record: Record) -> list[dict[str, Any]]:
    """Return the forecasts of a series, the best first."""
    runs = [record.measurements[_key(name, seed)]["rmse"] for seed in range(seeds)]
    rows = []
    for forecast in runs[0]:
        scores = [run[forecast] for run in runs]
        spread = stdev(scores) if forecast == NETWORK and len(scores) > 1 else None
        rows.append({"series": name, "forecast": forecast, "rmse": fmean(scores), "spread": spread})
    return sorted(rows, key=lambda row: row["rmse"])


if __name__ == "__main__":
    main()
