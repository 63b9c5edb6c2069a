"""Do phrases tell the label in the training texts that do not tell it in others?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.data.audit.evidence import sample_rows
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.split import Split
from dlrecipes.data.texts.plain_text import cut_texts
from dlrecipes.results import DataSpec, Finding, plural

WORDS, LONGEST = 3, 12
"""Words that a phrase has at least, and those that are shown at most."""
LEAST_TEXTS = 5
MOST_TEXTS = 5_000
SURE = 0.001
_NAMED = 3

Places = dict[tuple[str, ...], list[int]]
"""`{phrase: the texts that have it, rising}`"""


@dataclass(frozen=True)
class _Phrase:
    """A phrase that goes with a label in the training part, and what it does in validation."""

    words: str
    label: str
    train: tuple[int, int]  # texts that have it, and those of them with the label
    validation: tuple[int, int]
    skill: tuple[float, float]
    alone: bool  # whether it goes with the label in the training part alone

    @property
    def said(self) -> str:
        """The counts of both parts."""
        parts = (("training", self.train), ("validation", self.validation))
        return "; ".join(
            f"{name}: in {plural(texts, 'text')}, {of} of label {self.label!r}"
            for name, (texts, of) in parts
        )


def check_phrases(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the phrases that go with a label, and those that do in the training part alone.

    A phrase has three words or more and is in five training texts at least. It goes with a label
    if chance would not bring so many of its texts together under one label, whichever phrase of
    all is taken. It does so in training alone if, likewise, the texts of a label have it more
    often in one part than in the other. Of parts that are split by chance such phrases are texts
    of one source, header or template that came into one part together.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description of one target, of classes.
    """
    found = [
        phrase
        for first, second in _texts(train, validation, spec)
        for phrase in _telling(first, train.y, second, validation.y, spec.target.class_names)
    ]
    found.sort(key=lambda phrase: (not phrase.alone, -phrase.skill[0], phrase.words))
    if not found:
        return Finding("phrases", "No phrase of the texts goes with a label.")
    best, alone = found[0], [phrase for phrase in found if phrase.alone]
    evidence: dict[str, float | int | str | list[str]] = {
        **{phrase.words: phrase.said for phrase in found[:_NAMED]},
        "balanced accuracy on training": best.skill[0],
        "balanced accuracy on validation": best.skill[1],
    }
    what = (
        f"alone it reaches a balanced accuracy of {best.skill[0]:.2f} on training and "
        f"{best.skill[1]:.2f} on validation texts"
    )
    if not alone:
        return Finding(
            "phrases",
            f"{plural(len(found), 'phrase goes', 'phrases go')} with a label in both parts, most "
            f"of all {best.words!r} with {best.label!r}: {what}.",
            evidence,
        )
    more = f" So {'do' if len(alone) > 2 else 'does'} {len(alone) - 1:,} more."
    return Finding(
        "phrases",
        f"{best.words!r} goes with {best.label!r} in the training part alone: {what}."
        + (more if len(alone) > 1 else ""),
        evidence,
        advice="A network can learn it by heart, and then knows nothing of other texts. Take such "
        "phrases out of the texts, or keep texts of one source together (--group COLUMN).",
        severity="warning",
    )


def has_texts(spec: DataSpec) -> bool:
    """Return whether an example is a text, or has one among its columns.

    Args:
        spec: The raw data's description.
    """
    if spec.columns:
        return any(column.kind == "text" for column in spec.columns)
    return spec.input_dtype == "string" and spec.input_shape in ((), (1,))


def _texts(
    train: Split, validation: Split, spec: DataSpec
) -> Iterable[tuple[Sequence[str], Sequence[str]]]:
    """Yield the texts of both parts, by column."""
    first, second = train.x, validation.x
    if isinstance(first, Columns) and isinstance(second, Columns):
        for column in spec.columns:
            if column.kind == "text":
                yield first[column.name].tolist(), second[column.name].tolist()
    else:
        yield train.array.reshape(-1).tolist(), validation.array.reshape(-1).tolist()


def _telling(
    texts: Sequence[str],
    y: NDArray[np.generic],
    new_texts: Sequence[str],
    new_y: NDArray[np.generic],
    labels: Sequence[str],
) -> list[_Phrase]:
    """Return the phrases of one column that go with a label."""
    kept = sample_rows(len(texts), MOST_TEXTS)
    cut = cut_texts([texts[at] for at in kept])
    labelled = np.eye(len(labels), dtype=int)[y[kept].astype(int)]
    every = labelled.sum(axis=0)
    places = _phrases(cut)
    level = SURE / max(1, len(places) * len(labels))
    new_kept = sample_rows(len(new_texts), MOST_TEXTS)
    new_cut = cut_texts([new_texts[at] for at in new_kept])
    new_labelled = np.eye(len(labels), dtype=int)[new_y[new_kept].astype(int)]
    new_every = new_labelled.sum(axis=0)
    found: dict[str, _Phrase] = {}
    for words, inside in places.items():
        counts = labelled[inside].sum(axis=0)
        chances = stats.hypergeom.sf(counts - 1, len(cut), every, len(inside))
        label = int(np.argmin(chances))
        if chances[label] >= level:
            continue
        again = [at for at, text in enumerate(new_cut) if _starts(text, words)]
        new_counts = new_labelled[again].sum(axis=0)
        differ = min(
            _chance_of(mine, all_mine, other, all_other)
            for mine, all_mine, other, all_other in zip(
                counts, every, new_counts, new_every, strict=True
            )
        )
        shown = " ".join(_whole(words, [cut[at] for at in inside]))
        found[shown] = _Phrase(
            shown,
            labels[label],
            (len(inside), int(counts[label])),
            (len(again), int(new_counts[label])),
            (_balanced(counts, every, label), _balanced(new_counts, new_every, label)),
            alone=differ < level,
        )
    return list(found.values())


def _phrases(cut: Sequence[Sequence[str]]) -> Places:
    """Return the phrases of `WORDS` words that are in enough texts.

    Only a phrase whose words and pairs are frequent can be so: the others are never counted.
    """
    counts = Counter(word for text in cut for word in set(text))
    frequent: set[tuple[str, ...]] = {
        (word,) for word, count in counts.items() if count >= LEAST_TEXTS
    }
    places: Places = {}
    for length in range(2, WORDS + 1):
        inside: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for at, text in enumerate(cut):
            runs = {
                run
                for start in range(len(text) - length + 1)
                if (run := tuple(text[start : start + length]))[:-1] in frequent
                and run[1:] in frequent
            }
            for run in runs:
                inside[run].append(at)
        places = {run: rows for run, rows in inside.items() if len(rows) >= LEAST_TEXTS}
        frequent = set(places)
    return places


def _whole(words: tuple[str, ...], texts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the phrase with the words that all of its texts have before and behind it."""
    while len(words) < LONGEST:
        longer = [
            {tuple(text[at : at + len(words) + 1]) for at in _starts(text, words)}
            | {tuple(text[at - 1 : at + len(words)]) for at in _starts(text, words) if at}
            for text in texts
        ]
        shared = [run for run in set.intersection(*longer) if len(run) > len(words)]
        if not shared:
            return words
        words = min(shared)
    return words


def _starts(text: Sequence[str], words: tuple[str, ...]) -> list[int]:
    size = len(words)
    return [at for at in range(len(text) - size + 1) if tuple(text[at : at + size]) == words]


def _chance_of(mine: int, all_mine: int, other: int, all_other: int) -> float:
    """Return how likely two parts differ so much in how many texts of a label have a phrase."""
    table = [[mine, all_mine - mine], [other, all_other - other]]
    return float(stats.fisher_exact(table).pvalue)


def _balanced(counts: NDArray[np.int64], every: NDArray[np.int64], label: int) -> float:
    """Return the balanced accuracy of calling the texts with a phrase by the label, no others."""
    rest, others = every.sum() - every[label], counts.sum() - counts[label]
    right = counts[label] / every[label] if every[label] else 0.5
    return float((right + (1 - others / rest if rest else 0.5)) / 2)
