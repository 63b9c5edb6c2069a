"""Does one column give the target away?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.audit.feature_columns import FeatureColumn, feature_columns
from dlrecipes.data.audit.one_column_skill import Skill, class_skill, value_skill
from dlrecipes.data.audit.one_to_one import is_renamed_class, is_rescaled_value
from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.option_text import as_option
from dlrecipes.data.split import Split
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
    skills: dict[str, Skill] = {}
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
    skill: Callable[[FeatureColumn, NDArray[Any], NDArray[Any]], Skill]
    same: Callable[[FeatureColumn, NDArray[Any]], bool]
    unsure: Callable[[Mapping[str, Skill], str, NDArray[Any]], str]


def _measures(target: Target) -> _Measures:
    if not target.class_names:
        return _Measures(("an", "R²"), value_skill, is_rescaled_value, _unsure_of_value)
    classes = len(target.class_names)
    return _Measures(
        ("a", "balanced accuracy"),
        partial(class_skill, classes=classes),
        partial(is_renamed_class, classes=classes),
        _unsure_of_class,
    )


def _finding(
    skills: dict[str, Skill],
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


def _unsure_of_value(skills: Mapping[str, Skill], best: str, y: NDArray[Any]) -> str:
    rows, lower = plural(len(y), "validation example"), skills[best].lower
    return f", but {rows} cannot tell it from {max(lower, 0.0):.2f}"


def _unsure_of_class(skills: Mapping[str, Skill], best: str, y: NDArray[Any]) -> str:
    rows, lower = plural(len(y), "validation example"), skills[best].lower
    said = f", but with {rows} it is surely right in {lower:.0%} only"
    usual = float(np.bincount(y).max()) / len(y)
    if len(skills) * usual ** len(y) >= LUCKY:
        said += f", and the best of {plural(len(skills), 'column')} may be so by luck"
    return said
