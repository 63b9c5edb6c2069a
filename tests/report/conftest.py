"""Synthetic run directories: what a run leaves behind, without training anything."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dlrecipes.results import (
    BaselineResult,
    BestResult,
    ClassTarget,
    Comparison,
    DataResult,
    DataSpec,
    EngineResult,
    Finding,
    Hyperparameter,
    Interaction,
    Interactions,
    Objective,
    Origin,
    Plan,
    PlanChange,
    RefitResult,
    RunInfo,
    RunResult,
    RunSettings,
    Stage,
    StageResult,
    StudyResult,
    TestResult,
    TrialCounts,
    TrialRecord,
    ValueTarget,
    Verdict,
    dump_json,
)
from dlrecipes.targets import score_predictions

SPACE = (
    Hyperparameter("learning_rate", "float", 1e-5, 1.0, log=True),
    Hyperparameter("units", "int", 8, 256, log=True),
    Hyperparameter("dropout", "float", 0.0, 0.6),
    Hyperparameter("activation", "choice", choices=("relu", "gelu", "tanh")),
    Hyperparameter("normalise", "boolean", choices=(False, True)),
    Hyperparameter("momentum", "float", 0.0, 0.99, conditions=(("normalise", (True,)),)),
)


@dataclass
class SyntheticRun:
    """Everything of a run directory; change what the test is about, then `write`."""

    result: RunResult
    info: RunInfo
    study: StudyResult | None
    predictions: dict[str, Any] | None = field(default=None)

    def write(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "result.json").write_text(dump_json(self.result), encoding="utf-8")
        (directory / "run.json").write_text(dump_json(self.info), encoding="utf-8")
        if self.study is not None:
            (directory / "study.json").write_text(dump_json(self.study), encoding="utf-8")
        if self.predictions is not None:
            np.savez(directory / "test_predictions.npz", **self.predictions)
        return directory


@pytest.fixture
def make_run() -> Callable[..., SyntheticRun]:
    return synthetic_run


def synthetic_run(kind: str = "image", trials: int = 24, refits: int = 3) -> SyntheticRun:
    """Return a run on digits (`image`), wine (`table`) or diabetes (`regression`)."""
    return copy.deepcopy(_made_once(kind, trials, refits))


@functools.cache
def _made_once(kind: str, trials: int, refits: int) -> SyntheticRun:
    spec, x, y, predictions = _predictions(kind, refits)
    regression = spec.task == "regression"
    direction = "min" if regression else "max"
    objective = Objective("val_loss" if regression else "val_accuracy", direction)
    metric = "rmse" if regression else "accuracy"
    study = synthetic_study(trials, objective)
    result = RunResult(
        recipe=spec.name,
        run=f"{spec.name}-20261120-101500",
        seed=0,
        split_seed=0,
        objective=objective.name,
        direction=direction,
        engine=EngineResult("resident", "float32"),
        data=DataResult(
            spec.name, spec.train_size, 200, len(y), "9f2c41d07be3", spec.task, spec.targets
        ),
        baselines=_baselines(y, predictions[0], spec),
        stages=study.stages,
        best=BestResult(
            study.best.values,
            score_predictions(y, predictions[0], spec),
            study.best.stage,
            study.best.number,
            study.best.best_epoch or 0,
        ),
        refits=_refits(y, predictions, spec),
        findings=_findings(),
        comparisons=(
            Comparison("random search", 0.972, 1530, measured=True),
            Comparison("one epoch, then the top k", 0.961, 1500, measured=False),
        ),
        importances=study.importances,
        artifacts={"saved_model": "saved_model", "report": "report.html"},
        seconds={"baselines": 1.4, "search": 214.0, "refits": 31.0, "total": 251.3},
    )
    result = replace(
        result,
        test=_test(result, metric, direction),
        verdict=Verdict(
            "better",
            "The network beats logistic regression, the strongest baseline, beyond the noise.",
            "ridge regression" if regression else "logistic regression",
            0.0213,
            0.0084,
        ),
    )
    info = _info(spec, objective)
    saved = {
        "ids": np.array([f"test-{i}" for i in range(len(y))]),
        "x": x[: max(1, len(x) - 10)],
        "y": y,
        "predictions": predictions.astype(np.float32),
    }
    return SyntheticRun(result, info, study, saved)


def synthetic_study(trials: int, objective: Objective) -> StudyResult:
    """Return a coarse and a fine stage whose scores depend on rate and width."""
    rng = np.random.default_rng(0)
    records = [
        _trial(rng, number, fine=number >= trials * 0.6, objective=objective, of=trials)
        for number in range(trials)
    ]
    scored = [record for record in records if record.score is not None]
    sign = -1 if objective.direction == "max" else 1
    best = min(scored, key=lambda r: sign * (r.score or 0)) if scored else records[0]
    stages = []
    for name in dict.fromkeys(record.stage for record in records):
        own = [record for record in records if record.stage == name]
        top = min(
            (r for r in own if r.score is not None),
            key=lambda r: sign * (r.score or 0),
            default=None,
        )
        ranges = {hp.name: (hp.low, hp.high) for hp in SPACE if hp.numeric}
        if name == "fine":
            ranges |= {"learning_rate": (3e-4, 3e-2), "units": (32, 256)}
        stages.append(
            StageResult(
                name,
                TrialCounts(
                    **{
                        status: sum(r.status == status for r in own)
                        for status in ("completed", "pruned", "diverged", "failed")
                    }
                ),
                sum(r.seconds for r in own),
                ranges,
                {"number": top.number, "score": top.score, "epoch": 3} if top else {},
                top.values if top else {},
                sum(r.epochs for r in own),
            )
        )
    importances = {
        "learning_rate": 0.55, "units": 0.2, "activation": 0.1, "dropout": 0.09,
        "normalise": 0.04, "momentum": 0.02,
    }  # fmt: skip
    interactions = Interactions(
        (
            Interaction(("learning_rate", "units"), 0.14),
            Interaction(("normalise", "momentum"), 0.03),
            Interaction(("units", "dropout"), 0.01),
        ),
        {"learning_rate": 0.6, "units": 0.1, "activation": 0.05},
        0.71,
        len(records),
    )
    return StudyResult(
        objective, SPACE, tuple(stages), tuple(records), best, importances,
        interactions=interactions,
    )  # fmt: skip


def _trial(
    rng: np.random.Generator, number: int, *, fine: bool, objective: Objective, of: int
) -> TrialRecord:
    low, high = (-3.5, -1.5) if fine else (-5.0, 0.0)
    rate = 10 ** rng.uniform(low, high)
    values: dict[str, Any] = {
        "learning_rate": rate,
        "units": int(2 ** rng.uniform(5 if fine else 3, 8)),
        "dropout": float(rng.uniform(0, 0.6)),
        "activation": str(rng.choice(["relu", "gelu", "tanh"])),
        "normalise": bool(rng.random() < 0.5),
    }
    if values["normalise"]:
        values["momentum"] = float(rng.uniform(0, 0.99))
    error = 0.03 + 0.05 * abs(math.log10(rate) + 2.4) ** 1.7 + 0.3 / values["units"]
    error *= 1 + 0.15 * rng.standard_normal()
    score = 1 - error if objective.direction == "max" else 900 + 4000 * error
    status = "completed"
    if rate > 0.3:
        status = "diverged"
    elif number % 37 == 36:
        status = "failed"
    elif error > 0.14:
        status = "pruned"
    epochs = {"diverged": 2, "failed": 0, "pruned": 5}.get(status, 30)
    finite = status in ("completed", "pruned")
    return TrialRecord(
        stage="fine" if fine else "coarse",
        number=number - (math.ceil(of * 0.6) if fine else 0),
        values=values,
        status=status,  # type: ignore[arg-type]
        score=float(score) if finite else None,
        best_epoch=epochs - 1 if finite else None,
        epochs=epochs,
        history={"loss": [1.0 / (epoch + 1) for epoch in range(epochs)]},
        seconds=0.05 * epochs,
        error="ResourceExhaustedError: out of memory" if status == "failed" else "",
    )


def _predictions(kind: str, refits: int) -> tuple[DataSpec, Any, Any, Any]:
    load = {"image": load_digits, "table": load_wine, "regression": load_diabetes}[kind]
    x, y = load(return_X_y=True)
    test = np.random.default_rng(1).permutation(len(x))[: max(80, len(x) // 5)]
    train = np.setdiff1d(np.arange(len(x)), test)
    if kind == "regression":
        model: Any = Ridge(0.1).fit(x[train], y[train])
        clean = model.predict(x[test])
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=200))
        clean = model.fit(x[train], y[train]).predict_proba(x[test])
    rng = np.random.default_rng(2)
    classes = tuple(str(name) for name in np.unique(y)) if kind != "regression" else ()
    stack = []
    for _ in range(refits):
        if kind == "regression":
            stack.append(clean + rng.normal(0, 5, len(clean)))
        else:
            noisy = clean ** rng.uniform(1.0, 1.6) * rng.uniform(0.7, 1.3, clean.shape)
            stack.append(noisy / noisy.sum(axis=1, keepdims=True))
    priors = tuple(1 / len(classes) for _ in classes)
    target = ClassTarget(class_names=classes, priors=priors) if classes else ValueTarget()
    spec = DataSpec(
        name={"image": "digits", "table": "wine", "regression": "diabetes"}[kind],
        input_shape=(8, 8, 1) if kind == "image" else (x.shape[1],),
        input_dtype="float32",
        kind="image" if kind == "image" else "table",
        targets=(target,),
        train_size=len(train),
    )
    inputs = x[test].reshape(-1, 8, 8, 1) if kind == "image" else x[test]
    return spec, inputs.astype(np.float32), y[test], np.stack(stack)


def _baselines(y: Any, predictions: Any, spec: DataSpec) -> dict[str, BaselineResult]:
    rng = np.random.default_rng(3)
    found = {}
    for name, share in (("trivial", 1.0), ("strong", 0.05), ("nearest neighbours", 0.08)):
        if spec.task == "regression":
            worse = predictions + rng.normal(0, 200 * share, len(y))
            label = {"trivial": "mean", "strong": "ridge regression"}.get(name, name)
        else:
            worse = (1 - share) * predictions + share * predictions[rng.permutation(len(y))]
            worse = worse[rng.permutation(len(y))] if share == 1.0 else worse
            label = {"trivial": "majority class", "strong": "logistic regression"}.get(name, name)
        scores = score_predictions(y, worse, spec)
        found[label] = BaselineResult(scores, {k: v * 0.99 for k, v in scores.items()})
    return found


def _refits(y: Any, predictions: Any, spec: DataSpec) -> tuple[RefitResult, ...]:
    rng = np.random.default_rng(4)
    refits = []
    metric = "loss" if spec.task == "regression" else "accuracy"
    for seed, values in enumerate(predictions):
        scores = score_predictions(y, values, spec)
        steps = np.arange(1, 31)
        history: dict[str, list[float | None]] = {
            "loss": list(2 * np.exp(-steps / 6) + 0.03),
            "val_loss": list(
                1.9 * np.exp(-steps / 6) + 0.1 + steps / 400 + rng.normal(0, 0.01, 30)
            ),
        }
        if metric != "loss":
            history[metric] = list(1 - 0.8 * np.exp(-steps / 4))
            history[f"val_{metric}"] = list(
                0.97 - 0.7 * np.exp(-steps / 4) + rng.normal(0, 0.004, 30)
            )
        better = {name: value * (1 + 0.004 * seed) for name, value in scores.items()}
        refits.append(RefitResult(seed, better, scores, history, 21 + seed, 10.0, "float32"))
    return tuple(refits)


def _test(result: RunResult, metric: str, direction: Any) -> TestResult:
    names = list(result.refits[0].test)
    values = {name: [refit.test[name] for refit in result.refits] for name in names}
    return TestResult(
        metric=metric,
        direction=direction,
        mean={name: float(np.mean(found)) for name, found in values.items()},
        spread={
            name: float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
            for name, found in values.items()
        },
        opened=1,
        studies=1,
    )


def _findings() -> tuple[Finding, ...]:
    return (
        Finding("class_balance", "The classes are balanced.", {"smallest_share": 0.097}),
        Finding(
            "edge",
            "The best learning_rate lies at the upper edge of its range.",
            {"value": 0.029, "low": 3e-4, "high": 3e-2},
            "Search larger values of learning_rate.",
            PlanChange(stage="fine", hyperparameter="learning_rate", low=3e-4, high=0.3),
            "warning",
        ),
        Finding("duplicates", "Eleven rows occur twice.", {"ids": [f"row-{i}" for i in range(11)]}),
    )


def _info(spec: DataSpec, objective: Objective) -> RunInfo:
    return RunInfo(
        run=f"{spec.name}-20261120-101500",
        study=f"{spec.name}-20261120-101500-0a1b2c3d",
        development="0123456789abcdef",
        origin=Origin(
            spec.name,
            f"recipes/{spec.name}.py",
            '"""A recipe."""\n\n\ndef build(hp, spec):\n    return keras.Model()\n',
            {"path": "data.csv"},
        ),
        created="2026-11-20T10:15:00+00:00",
        settings=RunSettings(),
        objective=objective.name,
        direction=objective.direction,
        plan=Plan(
            stages=(
                Stage("coarse", 150, 10, "sobol", "halving", widen=True),
                Stage("fine", 100, 30, "tpe", "median", narrow=True),
            ),
            limits={"dropout": (0.0, 0.95)},
        ),
        policy="float32",
        device="2 CPU cores, Intel Xeon",
        versions={"dlrecipes": "0.1.0", "keras": "3.15.0", "tensorflow": "2.21.0"},
        raw_spec=spec,
        spec=spec,
        fingerprint="9f2c41d07be3",
        split_seed=0,
        model_summary='Model: "mlp"\n┏━━━━━━━━━━━┳━━━━━━━━━━━┓\n┃ Layer     ┃   Param # ┃\n'
        "┡━━━━━━━━━━━╇━━━━━━━━━━━┩\n│ dense     │     4,160 │\n└───────────┴───────────┘",
        parameters=9_994,
    )
