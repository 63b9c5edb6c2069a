"""Does one column give the target away?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from dlrecipes.data.audit.evidence import FeatureColumn, feature_columns, sample_rows
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.split import Split
from dlrecipes.quiet import hush_many_classes
from dlrecipes.results import DataSpec, Finding, Target, plural

MOST_ROWS, LEAST_ROWS = 50_000, 1_000
MOST_CELLS = 2_000_000
MOST_FEATURES = 1_000
TELLING = 0.99
SURE = 0.95
LUCKY = 0.01
MAX_NAMED = 20
_COLUMNS_SILENT = 200


def check_target_leak(
    train: Split,
    validation: Split,
    spec: DataSpec,
    on_step: Callable[[str], None] = lambda _: None,
) -> Finding:
    """Return the columns from which alone the target can be predicted, or almost.

    A column that is the target under another name (each value stands for one class and each
    class for one value, or a number that rises exactly with the target) is an error, unless it is
    the only input. A column from which a small tree, or a table of categories, predicts validation
    examples with a balanced accuracy or an R² of 0.99 is a warning, if there are enough of them to
    be sure that it is right in 95 % (that R² is 0.95): such a column is mostly filled in after the
    fact. With fewer, what it reaches is told. Text is not looked at, nor are lags, which are known
    before.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
        on_step: Is told how far it is, every 200 columns.
    """
    width = math.prod(train.x.shape[1:])
    most = max(min(MOST_ROWS, MOST_CELLS // width), LEAST_ROWS)
    first, second = (part.pick(sample_rows(len(part), most)) for part in (train, validation))
    measures = _measures(spec.target)
    skills: dict[str, _Skill] = {}
    suspects = set()
    lags = () if spec.lags is None else spec.lags.columns
    columns = feature_columns(first, second, spec, most=MOST_FEATURES)
    for place, column in enumerate(columns):
        if place % _COLUMNS_SILENT == 0:
            on_step(f"columns that tell the target, from number {place + 1:,} on")
        if column.name in lags:
            continue
        skills[column.name] = measures.skill(column, first.y, second.y)
        if measures.same(column, np.concatenate([first.y, second.y])):
            suspects.add(column.name)
    copies = []
    if suspects:  # so far in the sample only
        copies = [
            column.name
            for column in feature_columns(train, validation, spec, most=MOST_FEATURES)
            if column.name in suspects
            and measures.same(column, np.concatenate([train.y, validation.y]))
        ]
    telling = [
        name
        for name, skill in skills.items()
        if name not in copies and skill.score >= TELLING and skill.lower >= SURE
    ]
    return _finding(skills, copies, telling, measures, len(spec.columns), second.y)


@dataclass(frozen=True)
class _Measures:
    """How a target is predicted from one column.

    Args:
        score: What the best column reaches, in words, with its article.
        skill: A column's skill, trained on the one part and measured on the other.
        same: Whether a column is the target under another name.
        unsure: Why a column may reach so much without giving anything away.
    """

    score: tuple[str, str]
    skill: Callable[[FeatureColumn, NDArray[Any], NDArray[Any]], _Skill]
    same: Callable[[FeatureColumn, NDArray[Any]], bool]
    unsure: Callable[[Mapping[str, _Skill], str, NDArray[Any]], str]


def _measures(target: Target) -> _Measures:
    if not target.class_names:
        return _Measures(("an", "R²"), _value_skill, _is_rescaled_value, _unsure_of_value)
    classes = len(target.class_names)
    return _Measures(
        ("a", "balanced accuracy"),
        partial(_class_skill, classes=classes),
        partial(_is_renamed_class, classes=classes),
        _unsure_of_class,
    )


def _finding(
    skills: dict[str, _Skill],
    copies: list[str],
    telling: list[str],
    measures: _Measures,
    columns: int,
    y: NDArray[Any],
) -> Finding:
    article, score = measures.score
    reaches = f"reaches {article} {score} of"
    if not skills:
        return Finding("target leak", "There is no single column to predict the target from.")
    best = max(skills, key=lambda name: skills[name].score)
    evidence: dict[str, float | int | str | list[str]] = {
        "columns looked at": len(skills),
        "best column": best,
        f"its {score} alone": skills[best].score,
    }
    if copies:
        evidence["same as the target"] = copies[:MAX_NAMED]
    if telling:
        evidence["almost tell the target"] = telling[:MAX_NAMED]
    if not copies and not telling and skills[best].score >= TELLING:
        return Finding(
            "target leak",
            f"{best!r} alone {reaches} {skills[best].score:.3f}{measures.unsure(skills, best, y)}.",
            evidence,
            advice="Leave it out if it is known only after the fact.",
        )
    if not copies and not telling:
        return Finding(
            "target leak",
            f"No column gives the target away; alone, the best one {reaches} "
            f"{skills[best].score:.3f}.",
            evidence,
        )
    named = ", ".join(repr(name) for name in (copies or telling)[:MAX_NAMED])
    if copies and max(len(skills), columns) > 1:
        return Finding(
            "target leak",
            f"The target under another name is an input: {named}.",
            evidence,
            advice=f"Leave it out: drop=[{named}] ({as_option('drop', *copies[:MAX_NAMED])}). Who "
            "has to predict the target does not know it.",
            severity="error",
        )
    return Finding(
        "target leak",
        f"One column alone tells the target almost without mistakes: {named} (best {score} "
        f"{skills[best].score:.3f}).",
        evidence,
        advice="Leave it out if it is known only after the fact; if it is known before, a rule "
        "may do instead of a network.",
        severity="warning",
    )


def _unsure_of_value(skills: Mapping[str, _Skill], best: str, y: NDArray[Any]) -> str:
    rows, lower = plural(len(y), "validation example"), skills[best].lower
    return f", but {rows} cannot tell it from {max(lower, 0.0):.2f}"


def _unsure_of_class(skills: Mapping[str, _Skill], best: str, y: NDArray[Any]) -> str:
    rows, lower = plural(len(y), "validation example"), skills[best].lower
    said = f", but with {rows} it is surely right in {lower:.0%} only"
    usual = float(np.bincount(y).max()) / len(y)
    if len(skills) * usual ** len(y) >= LUCKY:
        said += f", and the best of {plural(len(skills), 'column')} may be so by luck"
    return said


LEAST_KNOWN_ROWS = 20
LEAST_KNOWN_SHARE = 0.9
ROUNDING = 1e-5


def _is_renamed_class(column: FeatureColumn, y: NDArray[Any], classes: int) -> bool:
    """Return whether each value stands for one class and each class for one value.

    Args:
        column: Numbers, dates or categories.
        y: Classes of training and validation examples.
        classes: Number of classes.
    """
    values, known = _known(column)
    # Most columns have more values than there are classes: seen at once.
    if known is None or len(pd.unique(values[known][:1000])) > classes:
        return False
    codes, names = pd.factorize(values[known])
    labels = y[known]
    there = np.unique(labels)
    if len(names) != len(there):
        return False
    pairs = np.unique(codes * np.int64(classes) + labels)
    return len(pairs) == len(names)


def _is_rescaled_value(column: FeatureColumn, y: NDArray[Any]) -> bool:
    """Return whether the targets are the column times a factor, or rise or fall exactly with it.

    Args:
        column: Numbers, dates or categories.
        y: Targets of training and validation examples.
    """
    values, known = _known(column)
    if column.kind == "category" or known is None:
        return False
    x, target = (array[known].astype(np.float64) for array in (values, y))
    if x.std() == 0 or target.std() == 0:
        return False
    if 1 - abs(float(np.corrcoef(x, target)[0, 1])) <= ROUNDING**2:
        return True
    # Float32 may have joined neighbours, so ranks are compared with their ties.
    ranks = rankdata(x), rankdata(target)
    alike = abs(float(np.corrcoef(*ranks)[0, 1]))
    return alike >= 1 - ROUNDING**2 and len(np.unique(x)) >= len(x) / 2


def _known(column: FeatureColumn) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return all values and which are known; None if too few are."""
    values = column.both
    known = values != "" if column.kind == "category" else ~np.isnan(values)
    enough = known.sum() >= max(LEAST_KNOWN_ROWS, LEAST_KNOWN_SHARE * len(known))
    return values, np.asarray(known) if enough else None


LEAVES = 64
LEAST_IN_LEAF = 5
MOST_COUNTS = 10_000_000
WORTH_TESTING = 0.9
_QUANTILE = 1.96
_RESAMPLES = 200


@dataclass(frozen=True)
class _Skill:
    """The validation score of a predictor that sees one column.

    Args:
        score: Balanced accuracy, in [0, 1], or R², at most 1.
        lower: The lower end of the 95 % interval of the accuracy (Wilson 1927), or of R² (200
            bootstraps; Efron 1979): a single far value can make all of it. Of an R² below
            `WORTH_TESTING`, the score itself.
    """

    score: float
    lower: float


def _class_skill(
    column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any], classes: int
) -> _Skill:
    """Return the balanced accuracy of a small tree, or of the class most usual for a category.

    A class counts by its share, so that rare ones are not drowned.

    Args:
        column: The column.
        train: Classes of the training examples.
        validation: Classes of the validation examples.
        classes: Number of classes.
    """
    if column.kind == "category":
        predicted = _usual_class(column, train, classes)
    else:
        tree = DecisionTreeClassifier(
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAST_IN_LEAF,
            class_weight="balanced",
            random_state=0,
        )
        with hush_many_classes():
            tree.fit(_matrix(column.train), train)
        predicted = tree.predict(_matrix(column.validation))
    right = predicted == validation
    sizes = np.bincount(validation, minlength=classes)
    hits = np.bincount(validation, weights=right, minlength=classes)
    there = sizes > 0
    return _Skill(float((hits[there] / sizes[there]).mean()), _lower(int(right.sum()), len(right)))


def _value_skill(column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any]) -> _Skill:
    """Return the best R² of a small tree and a straight line, or that of the means by category.

    Args:
        column: The column.
        train: Targets of the training examples.
        validation: Targets of the validation examples.
    """
    train, validation = train.astype(np.float64), validation.astype(np.float64)
    if column.kind == "category":
        predictions = [_usual_value(column, train)]
    else:
        tree = DecisionTreeRegressor(
            max_leaf_nodes=LEAVES, min_samples_leaf=LEAST_IN_LEAF, random_state=0
        )
        tree.fit(_matrix(column.train), train)
        predictions = [tree.predict(_matrix(column.validation)), _line(column, train)]
    total = float(np.square(validation - validation.mean()).sum()) or 1.0
    errors = min(
        (np.square(validation - prediction) for prediction in predictions),
        key=lambda each: each.sum(),
    )
    score = 1 - float(errors.sum()) / total
    return _Skill(score, score if score < WORTH_TESTING else _lower_value(validation, errors))


def _matrix(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32).reshape(-1, 1)


def _usual_class(column: FeatureColumn, train: NDArray[Any], classes: int) -> NDArray[Any]:
    """Return the class for each validation example; the largest for values that are new."""
    codes, names = pd.factorize(column.both)
    totals = np.bincount(train, minlength=classes)
    if len(names) * classes > MOST_COUNTS:
        return np.full(len(column.validation), totals.argmax())
    known, others = codes[: len(train)], codes[len(train) :]
    table = np.bincount(known * classes + train, minlength=len(names) * classes)
    shares = table.reshape(len(names), classes) / np.maximum(totals, 1)
    usual = np.where(shares.max(axis=1) > 0, shares.argmax(axis=1), totals.argmax())
    return np.asarray(usual[others])


def _usual_value(column: FeatureColumn, train: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean for each validation example; that of all for values that are new."""
    codes, names = pd.factorize(column.both)
    known, others = codes[: len(train)], codes[len(train) :]
    sizes = np.bincount(known, minlength=len(names))
    sums = np.bincount(known, weights=train, minlength=len(names))
    means = np.where(sizes > 0, sums / np.maximum(sizes, 1), train.mean())
    return np.asarray(means[others])


def _line(column: FeatureColumn, train: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a straight line through the training examples; the mean where a number is missing."""
    x, others = column.train.astype(np.float64), column.validation.astype(np.float64)
    known = ~np.isnan(x)
    if not known.any():
        return np.full(len(others), train.mean())
    centre, level = x[known].mean(), train[known].mean()
    deviation = x[known] - centre
    square = float(np.square(deviation).sum())
    slope = float(deviation @ (train[known] - level)) / square if square else 0.0
    return np.asarray(level + slope * np.nan_to_num(others - centre))


def _lower(hits: int, examples: int) -> float:
    """Return the lower end of the interval of a share."""
    share, square = hits / examples, _QUANTILE**2
    middle = share + square / (2 * examples)
    half = _QUANTILE * math.sqrt(share * (1 - share) / examples + square / (4 * examples**2))
    return (middle - half) / (1 + square / examples)


def _lower_value(values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Return the lower end of the interval of R²."""
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(_RESAMPLES):
        rows = generator.integers(0, len(values), len(values))
        total = len(rows) * float(values[rows].var())
        scores.append(1 - float(errors[rows].sum()) / total if total else -math.inf)
    return float(np.quantile(scores, 0.025, method="lower"))
