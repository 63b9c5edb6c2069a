"""A one-stage detector on scenes of digits: anchors, matching, suppression and two losses.

Run it with `dlrecipes lesson detection`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.lesson import (
    BACKGROUND,
    COLOURS,
    IGNORED,
    Lesson,
    Measured,
    build_detector,
    dense_anchors,
    detector_targets,
    draw,
    make_scenes,
    match_anchors,
    outline_boxes,
    read_detections,
    start_again,
)
from dlrecipes.losses import FocalLoss
from dlrecipes.metrics import Boxes, detection_average_precision

ANCHORS = dense_anchors((48, 48), stride=4, sizes=(7, 10, 14), ratios=(1.3,))
LOSSES = {"cross-entropy": (0.0, None), "focal": (2.0, 0.25)}  # gamma and alpha, as published
MEASURES = (
    "mean average precision",
    "the same, overlapping boxes left in",
    "background's share of the loss, before training",
    "background's share of the loss, after training",
)
NAMES = {
    "foreground": "on an object",
    "ignored": "left out",
    "background": "on background",
}
Scenes = tuple[np.ndarray, list[Boxes]]


def run(*, full: bool = False) -> Measured:
    """Train the same network with either loss, at one budget.

    Args:
        full: Five seeds, 600 scenes and 30 epochs instead of three, 256 and 12.
    """
    seeds, count, epochs = (5, 600, 30) if full else (3, 256, 12)
    digits = load_digits()
    train = make_scenes(digits.images[:1200], digits.target[:1200], count, seed=0)
    test = make_scenes(digits.images[1200:], digits.target[1200:], 80, seed=1)
    scored, found = {}, {}
    for name, (gamma, alpha) in LOSSES.items():
        model = build_detector((48, 48), anchors=3, classes=10)
        losses = {"classes": FocalLoss(gamma=gamma, alpha=alpha), "boxes": keras.losses.Huber()}
        model.compile(keras.optimizers.Adam(0.003), losses, jit_compile=False)
        rows = []
        for seed in range(seeds):
            start_again(model, seed=seed)
            numbers, found[name] = _train_and_score(model, train, test, epochs)
            rows.append(numbers)
        scored[name] = np.array(rows)
    mean = {name: rows.mean(axis=0) for name, rows in scored.items()}
    matched = np.stack([match_anchors(ANCHORS, one.corners) for one in test[1]])
    kinds = {"foreground": matched >= 0, "ignored": matched == IGNORED}
    kinds["background"] = matched == BACKGROUND
    counts = {kind: float(which.sum(axis=1).mean()) for kind, which in kinds.items()}
    ratio = counts["background"] / counts["foreground"]
    gains = scored["focal"][:, 0] - scored["cross-entropy"][:, 0]
    clear = abs(gains.mean()) > 2 * gains.std(ddof=1) / len(gains) ** 0.5
    (ce, ce_plain, *ce_shares), (focal, focal_plain, *focal_shares) = mean.values()
    figures = {
        "background anchors for each in the foreground": ratio,
        "mean average precision, cross-entropy": ce,
        "mean average precision, focal": focal,
        "gain of the suppression": min(ce - ce_plain, focal - focal_plain),
        "background in the cross-entropy at first": ce_shares[0],
        "background in the focal loss at first": focal_shares[0],
    }
    winner = "focal loss" if gains.mean() > 0 else "cross-entropy"
    which = f"the {winner} is better" if clear else "no clear difference"
    return Measured(
        columns=("what", "with cross-entropy", "with focal loss"),
        rows=(
            *(
                (words, *(f"{one.mean():.3f} ± {one.std(ddof=1):.3f}" for one in both))
                for words, *both in zip(
                    MEASURES, *(rows.T for rows in scored.values()), strict=True
                )
            ),
            *((f"boxes a scene, {NAMES[kind]}", one, one) for kind, one in counts.items()),
        ),
        figures=figures,
        seen=(
            f"Of {len(ANCHORS)} boxes a scene {counts['background']:.0f} hold background and "
            f"{counts['foreground']:.1f} an object, {ratio:.0f} to 1 (the rest overlap one by 0.4 "
            "to 0.5 and are left out). The mean average precision is the share of right boxes "
            "among those reported, averaged from few reported to many and over the ten digits; 1 "
            f"is perfect. It is {ce:.3f} with the cross-entropy, the usual loss, and {focal:.3f} "
            f"with the focal loss: over {seeds} seeds {which}. Where several reported boxes "
            f"overlap, only the surest is kept; with all of them it is {ce_plain:.3f} and "
            f"{focal_plain:.3f}."
        ),
        differs=(
            (
                ""
                if clear and gains.mean() > 0
                else "the focal loss wins nothing here. The background does not drown the objects "
                f"for long: it makes {ce_shares[0]:.1%} of the cross-entropy before the training "
                f"and {ce_shares[1]:.1%} after it, as easy boxes are learned soon. "
            )
            + "The slide has far more boxes with objects than without; it is the reverse. R-CNN, "
            "which first proposes regions and then looks at each, is not shown."
        ),
        picture=_picture(test, matched, found["cross-entropy"], mean),
    )


def _train_and_score(
    model: keras.Model, train: Scenes, test: Scenes, epochs: int
) -> tuple[list[float], list[Boxes]]:
    targets, weights = detector_targets(ANCHORS, train[1], classes=10)
    at_first = _background(model, model.predict(test[0], batch_size=len(test[0]), verbose=0), test)
    model.fit(train[0], targets, sample_weight=weights, batch_size=16, epochs=epochs, verbose=0)
    outputs = model.predict(test[0], batch_size=len(test[0]), verbose=0)
    found = [read_detections(ANCHORS, outputs, overlap=overlap) for overlap in (0.5, None)]
    areas = [list(detection_average_precision(one, test[1]).values()) for one in found]
    numbers = [*(float(np.mean(one)) for one in areas), at_first, _background(model, outputs, test)]
    return numbers, found[0]


def _background(model: keras.Model, outputs: dict[str, np.ndarray], test: Scenes) -> float:
    """Return the background's share of the classes' loss."""
    targets, weights = detector_targets(ANCHORS, test[1], classes=10)
    losses = model.loss["classes"].call(targets["classes"], outputs["classes"])
    losses = np.asarray(keras.ops.convert_to_numpy(losses)) * weights["classes"]
    return float(losses[weights["boxes"] == 0].sum() / losses.sum())


def _picture(
    test: Scenes, matched: np.ndarray, found: list[Boxes], mean: dict[str, np.ndarray]
) -> Figure:
    figure = draw(1, 3, size=(2.9, 2.9))
    left, middle, right = figure.axes
    at = int(np.argmax([(one.sureness >= 0.3).sum() for one in found]))
    groups = {COLOURS[4]: matched[at] == IGNORED, COLOURS[2]: matched[at] >= 0}
    for colour, which in groups.items():
        outline_boxes(left, test[0][at, :, :, 0], Boxes(ANCHORS[which], matched[at, which]), colour)
    sure = found[at].sureness >= 0.3
    kept = Boxes(found[at].corners[sure], found[at].classes[sure])
    outline_boxes(middle, test[0][at, :, :, 0], kept, COLOURS[1], labelled=True)
    right.bar(list(mean), [numbers[0] for numbers in mean.values()], color=COLOURS[:2])
    right.bar(list(mean), [numbers[1] for numbers in mean.values()], color="#80808080", width=0.4)
    left.set_title("boxes: object, left out")
    middle.set_title("found with cross-entropy")
    right.set(title="mean average precision", xlabel="grey: overlapping boxes left in")
    return figure


LESSON = Lesson(
    name="detection",
    lecture="S2",
    title="A detector looks everywhere, and nearly everywhere there is nothing",
    claim=(
        "A detector asks of many boxes (anchors) all over an image what they hold. A box counts "
        "as an object where it overlaps one by half, else as background. The many easy boxes of "
        "background then drown the few hard ones in the loss (the sum of errors that the training "
        "makes small); the focal loss counts easy ones less."
    ),
    advice=(
        "Of overlapping boxes keep the surest. Begin with the cross-entropy; take the focal loss "
        "only where it has the higher average precision on images kept out of the training."
    ),
    run=run,
    holds={
        "background anchors for each in the foreground": (60, 80),
        "mean average precision, cross-entropy": (0.2, 0.8),
        "mean average precision, focal": (0.15, 0.8),
        "gain of the suppression": (0.01, 0.5),
        "background in the cross-entropy at first": (0.5, 0.7),
        "background in the focal loss at first": (0, 0.02),
    },
    rows=("Anchors", "Foreground : background of anchors"),
    seconds=25,
    full_minutes=4,
)
