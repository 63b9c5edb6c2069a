"""Seconds an epoch of networks for tables, as an engine trains them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import keras

from dlrecipes.data import TablePreprocess
from dlrecipes.models import build_tabm, build_tabular, prior_bias
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Objective
from dlrecipes.targets import loss_and_metrics
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job, Report
from measuring.compared_tables import TABLES
from measuring.scripted_source import ScriptedSource

WIDTHS = (256, 256)


class _Timed(ScriptedSource):
    """A source that notes when each epoch ended."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__(jobs)
        self.ended: dict[int, float] = {}

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Let all trainings go on."""
        now = time.monotonic()
        for report in reports:
            self.ended[report.epoch] = now
        return super().report(reports)


def time_epochs(
    table: str, members: int, copies: int, engine: str, epochs: int, encoding: str
) -> dict[str, Any]:
    """Return seconds an epoch of `copies` networks that train together.

    Args:
        table: A name of `TABLES`.
        members: Of TabM; 0 for a perceptron.
        copies: Trainings, each with a rate of its own.
        engine: `"resident"` or `"population"`.
        epochs: Epochs that are timed, after a first one that is not.
        encoding: What numbers become.
    """
    splits = load_recipe("tabular").load(**TABLES[table].source())
    layer = TablePreprocess(splits.raw_spec.columns, scaling="normal", n_bins=48, n_value_bins=128)
    splits = splits.with_preprocess(layer)
    spec = splits.model_spec

    def build(values: dict[str, Any]) -> keras.Model:
        options: dict[str, Any] = {
            "encoding": encoding,
            "one_hot": 100,
            "hidden_units": WIDTHS,
            "dropout_rate": 0.1,
            "output_bias": prior_bias(spec),
        }
        model = (
            build_tabm(spec, members=members, **options)
            if members
            else build_tabular(spec, **options)
        )
        optimizer = keras.optimizers.AdamW(values["rate"])
        model.compile(optimizer, **loss_and_metrics(spec.targets), jit_compile=False)
        return model

    jobs = [
        Job(
            number=number,
            values={"rate": 1e-3 * (1 + number / 100)},
            build=lambda number=number: build({"rate": 1e-3 * (1 + number / 100)}),
            rebuild=build,
            seed=number,
            epochs=epochs + 1,
            batch_size=256,
            shared_seed=1,
        )
        for number in range(copies)
    ]
    source, lines = _Timed(jobs), []
    objective = Objective("val_loss", "min")
    make_engine(engine, splits.development(), objective, "float32", log=lines.append).run(source)
    ended = [source.ended[epoch] for epoch in sorted(source.ended)]
    each = [after - before for before, after in zip(ended, ended[1:], strict=False)]
    return {
        "seconds": median(each),
        "each": each,
        "engines": sorted(source.engines),
        "lines": lines,
    }
