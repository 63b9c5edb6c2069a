"""What each part of a network for tables brings, with fixed hyperparameters, on validation data.

    export DLRECIPES_DATA=/path/to/data
    python benchmarks/table_networks.py --json table_networks.json
    python benchmarks/table_networks.py --tables adult --networks MLP MLP-PLE

Each network is trained with the defaults of its authors, or what is near them, from a few seeds on
the default split; no test set is opened. The tables are some of `measuring/compared_tables.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean, stdev

from measuring.compared_tables import TABLES
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table

USUAL = ("california_housing", "adult", "thyroid", "bike_sharing")
NETWORKS = (
    "MLP",
    "MLP, 16 pieces",
    "MLP-PLE",
    "MLP-PLE, 48 quantiles",
    "MLP-PLE, standardised",
    "MLP-PLR",
    "RealMLP-TD-S",
    "RealMLP-TD",
    "TabM",
    "TabM-PLE",
)
"""Names of `measuring.table_networks`, which imports Keras."""
METRICS = ("val_rmse", "val_accuracy", "val_loss")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(USUAL))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=0, help="0 for those of the network")
    parser.add_argument("--json", type=Path, help="where the measurements are kept")
    options = parser.parse_args()
    settings = {name: getattr(options, name) for name in ("seeds", "epochs")}
    record = Record(options.json, "table_networks", settings)
    summary, table = [], Table("table", "network", *METRICS[:2], "loss", "best epoch", "seconds")
    for name in options.tables:
        for network in options.networks:
            found = record.measure(
                f"{name} {network}",
                lambda name=name, network=network: in_fresh_process(
                    "measuring.table_networks:train_network",
                    table=name,
                    network=network,
                    **settings,
                ),
            )
            summary.append({"table": name, "network": network, **found})
            cells = [_cell(found["found"].get(metric)) for metric in METRICS]
            epochs = ", ".join(map(str, found["best"]))
            table.add_row(name, network, *cells, epochs, f"{found['seconds']:.0f}")
    record.conclude(summary, table)


def _cell(values: list[float] | None) -> str:
    if values is None:
        return ""
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{fmean(values):.5g}{spread}"


if __name__ == "__main__":
    main()
