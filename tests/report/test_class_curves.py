"""Each class against the rest: the curves of the report."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import label_binarize

from dlrecipes.report.class_curves import class_curves


def predicted(classes, examples=300):
    generator = np.random.default_rng(0)
    y = generator.integers(0, classes, examples)
    logits = generator.normal(size=(examples, classes)) + 2 * np.eye(classes)[y]
    logits += np.eye(classes)[0] * generator.normal(size=(examples, 1)) * 3  # class 0 is worst
    shares = np.exp(logits)
    return y, shares / shares.sum(axis=1, keepdims=True)


def test_the_areas_are_those_of_the_drawn_steps():
    y, probabilities = predicted(3)
    curves, roc = class_curves(y, probabilities, ("a", "b", "c"))
    areas = []
    for at, line in enumerate(curves.figure.data):
        recall, precision = np.array(line.x), np.array(line.y)
        areas.append((np.diff(recall) * precision[1:]).sum())
        assert line.name == f"{'abc'[at]} ({areas[-1]:.3f})"
    assert f"{np.mean(areas):.3f}" in curves.caption
    each = label_binarize(y, classes=[0, 1, 2])
    for line, area in zip(
        roc.figure.data[1:], roc_auc_score(each, probabilities, average=None), strict=True
    ):
        assert f"({area:.3f})" in line.name
        drawn = np.trapezoid(np.array(line.y), np.array(line.x))
        assert drawn == pytest.approx(area, abs=1e-5)


def test_of_many_classes_the_worst_are_drawn():
    names = [f"class {at}" for at in range(9)]
    curves, roc = class_curves(*predicted(9), names)
    assert len(curves.figure.data) == len(roc.figure.data) - 1 == 6
    assert curves.figure.data[0].name.startswith("class 0 (")
    assert "The 6 worst of 9 classes." in curves.caption


def test_none_for_two_classes_or_for_one_that_occurs():
    y, probabilities = predicted(2)
    assert class_curves(y, probabilities, ("a", "b")) == ()
    y, probabilities = predicted(3)
    assert class_curves(np.zeros_like(y), probabilities, ("a", "b", "c")) == ()
    without = np.where(y == 2, 0, y)
    assert len(class_curves(without, probabilities, ("a", "b", "c"))[0].figure.data) == 2
