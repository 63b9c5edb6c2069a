"""Are there examples on both sides that are almost the same?"""

from __future__ import annotations

from dlrecipes.data.audit.near_images import near_images
from dlrecipes.data.audit.near_pairs import NearPairs
from dlrecipes.data.audit.near_rows import near_rows
from dlrecipes.data.audit.near_texts import near_texts
from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding, plural

MAX_PAIRS = 20
MOST_COLUMNS = 100


def check_near_duplicates(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the pairs of a training and a validation example that are almost the same.

    Such a pair is the same thing stored twice, with a rounded number, in capitals, as a copied
    picture or a template filled in: validation scores are then too good. The exact copies are
    another check's. More pairs than chance explains are a warning. Of texts beside other columns
    the whole rows are compared: two customers may send the same template.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
    """
    near = _near_pairs(train, validation, spec)
    pairs = [
        f"{train_id} and {validation_id}"
        for train_id, validation_id in zip(
            _names(train, near, 0), _names(validation, near, 1), strict=True
        )
    ]
    count = len(near.rows)
    evidence: dict[str, float | int | str | list[str]] = {
        "pairs": count,
        "looser pairs": near.near + near.far,
        "by chance": near.expected,
        "compared": near.looked_at,
    }
    if pairs:
        evidence["training and validation row"] = pairs[:MAX_PAIRS]
    if near.by_chance:
        verdict = "No training and validation example are almost the same"
        if pairs:
            pairs_are = plural(count, "pair is", "pairs are")
            verdict = f"{pairs_are} almost the same, no more than chance explains"
        return Finding("near duplicates", f"{verdict} ({near.looked_at}).", evidence)
    examples = len(set(near.rows[:, 1].tolist()))
    return Finding(
        "near duplicates",
        f"{plural(examples, 'validation example is', 'validation examples are')} almost, but "
        f"not quite, the same as a training example ({near.looked_at}).",
        evidence,
        advice="Look at the pairs. If they are the same thing, keep one of each, or name a column "
        "that they share as `group`: scores on them are too good.",
        severity="warning",
    )


def _near_pairs(train: Split, validation: Split, spec: DataSpec) -> NearPairs:
    if isinstance(train.x, Columns):
        if all(one.kind == "text" for one in spec.columns):
            return near_texts(train, validation, [one.name for one in spec.columns])
        return near_rows(train, validation, spec)
    if train.x.ndim == 2 and train.x.shape[1] <= MOST_COLUMNS:
        return near_rows(train, validation, spec)
    return near_images(train, validation)


def _names(part: Split, near: NearPairs, side: int) -> list[str]:
    rows = near.rows[:MAX_PAIRS, side]
    return [str(one) for one in (rows if part.ids is None else part.ids[rows])]
