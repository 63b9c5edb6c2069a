"""Outliers: kept, clipped and dropped, and whose rows are lost.

Run it with `dlrecipes lesson outliers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from dlrecipes.data import (
    ColumnRules,
    TablePreprocess,
    apply_preprocess,
    from_table,
    table_columns,
)
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

SEEDS = 5
WAYS = ("as they are", "clipped", "dropped")


def run(*, full: bool = False) -> Measured:
    """Tell rare frauds from payments with slips among the amounts, in three ways.

    Args:
        full: There is no longer form.
    """
    scores: dict[str, list[float]] = {way: [] for way in WAYS}
    lost: list[dict[str, float]] = []
    for seed in range(SEEDS):
        table, others = _payments(2_000, seed), _payments(4_000, 100 + seed)
        for way in WAYS:
            drop = ["amount"] if way == "dropped" else []
            rules = ColumnRules(subgroup=["region"], drop_outliers=drop)
            splits = from_table(table, "kind", positive="fraud", column_rules=rules)
            if way == "clipped":
                kept = splits.train
            columns = splits.raw_spec.columns
            clip = (0.01, 0.99) if way == "clipped" else (0.0, 1.0)
            splits = splits.with_preprocess(TablePreprocess(columns, quantile_range=clip))
            layer = splits.preprocess
            model = LogisticRegression(max_iter=1_000)
            model.fit(apply_preprocess(layer, splits.train.x), splits.train.y)
            new = apply_preprocess(layer, table_columns(others, columns))
            says = model.predict_proba(new)[:, 1]
            scores[way].append(float(average_precision_score(others["kind"] == "fraud", says)))
        gone = ~np.isin(np.asarray(kept.ids), np.asarray(splits.train.ids))
        groups = {"all": np.ones(len(kept), bool), "fraud": kept.y == 1, "payment": kept.y == 0}
        if kept.subgroups is not None:
            groups |= {region: kept.subgroups["region"] == region for region in ("north", "south")}
        lost.append({name: float(gone[rows].mean()) for name, rows in groups.items()})
    means = {way: float(np.mean(values)) for way, values in scores.items()}
    shares = {name: float(np.mean([one[name] for one in lost])) for name in lost[0]}
    best = max(("clipped", "dropped"), key=means.__getitem__)
    return Measured(
        columns=("what", "mean", "lowest", "highest"),
        rows=(
            *(
                (f"average precision, {way}", means[way], min(values), max(values))
                for way, values in scores.items()
            ),
            *(
                (f"rows dropped, {name}", share, *_ends([one[name] for one in lost]))
                for name, share in shares.items()
            ),
        ),
        figures={
            **means,
            "least gain of clipping": _least_gain(scores, "clipped"),
            "least gain of dropping": _least_gain(scores, "dropped"),
            "frauds lost / all lost": shares["fraud"] / shares["all"],
        },
        seen=(
            f"Dropping takes {shares['all']:.1%} of all rows, but {shares['fraud']:.1%} of the "
            f"frauds and {shares['north']:.1%} of the north against {shares['south']:.1%} of the "
            "south. The average precision on new payments (how right alarms are, averaged from few "
            f"alarms to many; 1 is perfect) is {means['as they are']:.3g} with the amounts as they "
            f"are, {means['clipped']:.3g} clipped (moved to the nearest usual amount), "
            f"{means['dropped']:.3g} without the rows."
        ),
        differs=(
            "the lecture removes outliers as noise; here they are partly what is looked for. The "
            f"better score is that of the amounts {best}, but no score shows who is missing from "
            "the training."
        ),
        picture=_picture(scores, shares),
    )


def _payments(rows: int, seed: int) -> pd.DataFrame:
    """Return payments of two regions; frauds are rare and large, and some amounts are slips."""
    generator = np.random.default_rng(seed)
    fraud = generator.random(rows) < 0.05
    north = generator.random(rows) < 0.3
    amount = generator.normal(50, 12, rows) + 35 * fraud + generator.normal(0, 12, rows) * north
    slip = generator.random(rows) < 0.005
    return pd.DataFrame(
        {
            "amount": np.where(slip, 1_000 * amount, amount),
            "pause": generator.normal(0, 1, rows) - 0.5 * fraud,
            "region": np.where(north, "north", "south"),
            "kind": np.where(fraud, "fraud", "payment"),
        }
    )


def _least_gain(scores: dict[str, list[float]], way: str) -> float:
    return float(np.subtract(scores[way], scores["as they are"]).min())


def _ends(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _picture(scores: dict[str, list[float]], shares: dict[str, float]) -> Figure:
    figure = draw(1, 2, size=(3.6, 2.6))
    first, second = figure.axes
    for at, (way, values) in enumerate(scores.items()):
        first.bar(way, np.mean(values), color=COLOURS[at], alpha=0.6)
        first.plot([way] * len(values), values, "o", color=COLOURS[at])
    first.set(title="frauds found", ylabel="average precision")
    second.bar(list(shares), list(shares.values()), color=COLOURS[2], alpha=0.6)
    second.set(title="rows lost by dropping", ylabel="share")
    return figure


LESSON = Lesson(
    name="outliers",
    lecture="S3",
    title="Dropping outliers drops whom they belong to",
    claim=(
        "Values far from all others disturb the training, so they should be found, and removed or "
        "limited. Which rows are removed is not a matter of chance."
    ),
    advice=(
        "Limit values (clip), as the recipes do by themselves: it gains most of what dropping "
        "gains and loses nobody. If rows must go (`--drop-outliers COLUMN`), read in the audit "
        "which class and which group loses them."
    ),
    run=run,
    holds={
        "least gain of clipping": (0.2, 1.0),
        "least gain of dropping": (0.2, 1.0),
        "frauds lost / all lost": (3.0, 30.0),
        "clipped": (0.4, 1.0),
    },
    rows=("Outliers", "Messy data"),
    seconds=4,
)
