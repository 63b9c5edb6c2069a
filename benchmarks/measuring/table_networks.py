"""Networks for tables with fixed hyperparameters: what each part of them brings."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from dlrecipes.data import TablePreprocess
from dlrecipes.models import build_realmlp, build_tabm, build_tabular, prior_bias
from dlrecipes.recipe import load_recipe
from dlrecipes.results import DataSpec, Objective, Stopping
from dlrecipes.targets import loss_and_metrics
from dlrecipes.training import realmlp_optimizer, table_batch_size
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job
from dlrecipes.training.schedules import FlatCos
from measuring.compared_tables import TABLES
from measuring.scripted_source import ScriptedSource

PATIENCE, MEMBERS, WIDTHS = 16, 8, (256, 256)


def _adamw(model: keras.Model, spec: DataSpec, rate: float) -> keras.Model:
    optimizer = keras.optimizers.AdamW(rate, weight_decay=3e-4)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, **loss_and_metrics(spec.targets), jit_compile=False)
    return model


def _mlp(spec: DataSpec, steps: int, **options: Any) -> keras.Model:  # noqa: ANN401
    options = {"one_hot": 100, **options}
    model = build_tabular(
        spec, hidden_units=WIDTHS, dropout_rate=0.1, output_bias=prior_bias(spec), **options
    )
    return _adamw(model, spec, 1e-3)


def _tabm(spec: DataSpec, steps: int, **options: Any) -> keras.Model:  # noqa: ANN401
    model = build_tabm(
        spec, members=MEMBERS, hidden_units=WIDTHS, output_bias=prior_bias(spec), **options
    )
    return _adamw(model, spec, 2e-3)


def _realmlp(spec: DataSpec, steps: int, **options: Any) -> keras.Model:  # noqa: ANN401
    simple = options.get("encoding") == "plain"
    dropout = None if simple else FlatCos(0.15, steps)
    model = build_realmlp(spec, dropout_rate=dropout, output_bias=prior_bias(spec), **options)
    of_values = spec.target.task not in ("classification", "ordinal")
    rate = (0.07 if of_values else 0.04) if simple else (0.2 if of_values else 0.04)
    decay = 0.0 if simple else 0.02
    optimizer = realmlp_optimizer(rate, steps, weight_decay=decay)
    model.compile(optimizer, **loss_and_metrics(spec.targets), jit_compile=False)
    return model


BINS = {"n_bins": 48, "n_value_bins": 128}
NETWORKS: dict[str, tuple[Callable[..., keras.Model], dict[str, Any], dict[str, Any], int]] = {
    "MLP": (_mlp, {"encoding": "plain"}, {}, 100),
    "MLP, 16 pieces": (_mlp, {"encoding": "piecewise"}, {}, 100),
    "MLP-PLE": (_mlp, {"encoding": "ple"}, {"scaling": "normal", **BINS}, 100),
    "MLP-PLE, 48 quantiles": (
        _mlp,
        {"encoding": "ple"},
        {"scaling": "normal", "n_bins": 48, "n_value_bins": 1},
        100,
    ),
    "MLP-PLE, standardised": (_mlp, {"encoding": "ple"}, BINS, 100),
    "MLP-PLR": (_mlp, {"encoding": "plr"}, {"scaling": "normal"}, 100),
    "RealMLP-TD-S": (
        _realmlp,
        {"encoding": "plain", "parametric": False},
        {"scaling": "robust"},
        64,
    ),
    "RealMLP-TD": (_realmlp, {}, {"scaling": "robust"}, 64),
    "TabM": (_tabm, {"encoding": "plain"}, {"scaling": "normal"}, 100),
    "TabM-PLE": (_tabm, {"encoding": "ple"}, {"scaling": "normal", **BINS}, 100),
}
"""`{name: (builder, its options, those of the preprocessing, epochs)}`."""


def train_network(table: str, network: str, seeds: int, epochs: int) -> dict[str, Any]:
    """Return what a network reaches on the validation part of the default split.

    Args:
        table: A name of `TABLES`.
        network: A name of `NETWORKS`.
        seeds: Trainings that differ in their seed.
        epochs: The most epochs; 0 for those of the network.
    """
    make, options, preprocessing, usual = NETWORKS[network]
    splits = load_recipe("tabular").load(**TABLES[table].source())
    layer = TablePreprocess(splits.raw_spec.columns, **preprocessing)
    splits = splits.with_preprocess(layer)
    spec = splits.model_spec
    epochs, batch_size = epochs or usual, table_batch_size(len(splits.train))
    steps = epochs * -(-len(splits.train) // batch_size)
    build = partial(make, spec, steps, **options)
    # Cycles end where the training does.
    stopping = Stopping() if make is _realmlp else Stopping(PATIENCE)
    jobs = [
        Job(
            number=seed,
            values={},
            build=build,
            rebuild=lambda values: build(),
            seed=seed,
            epochs=epochs,
            batch_size=batch_size,
            stopping=stopping,
        )
        for seed in range(seeds)
    ]
    source, lines = ScriptedSource(jobs), []
    objective = Objective("val_loss", "min")
    engine = make_engine("resident", splits.development(), objective, "float32", log=lines.append)
    start = time.monotonic()
    engine.run(source)
    seconds = time.monotonic() - start
    best = [outcome.best_epoch for outcome in source.outcomes]
    found = {
        name: [
            outcome.history[name][epoch]
            for outcome, epoch in zip(source.outcomes, best, strict=True)
        ]
        for name in source.outcomes[0].history
        if name.startswith("val_")
    }
    return {
        "found": found,
        "best": best,
        "epochs": [len(outcome.history["loss"]) for outcome in source.outcomes],
        "seconds": seconds,
        "weights": source.outcomes[0].parameters,
        "lines": lines,
    }
