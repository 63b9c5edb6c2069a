import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from sklearn import metrics

from dlrecipes.data import Columns
from dlrecipes.diagnose import measure_subgroups
from dlrecipes.diagnose.subgroup_gaps import estimate, largest_gap
from dlrecipes.errors import ArgumentError
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


def make_spec(task):
    names = CLASSES[task]
    target = ClassTarget(class_names=names) if names else ValueTarget()
    return DataSpec("made", (1,), "float32", "table", (target,), 10)


def draw(task="binary", examples=600, groups=("f", "m"), seed=0):
    """Return labels, predictions and groups, of which the first is treated worse."""
    generator = np.random.default_rng(seed)
    group = generator.choice(groups, examples)
    if task == "regression":
        y = generator.normal(size=examples)
        return y, y + generator.normal(size=examples) * np.where(group == groups[0], 2, 1), group
    classes = len(CLASSES[task])
    y = generator.integers(0, classes, examples)
    pull = np.where(group == groups[0], 0.5, 2.0)
    logits = generator.normal(size=(examples, classes)) + pull[:, None] * np.eye(classes)[y]
    exp = np.exp(logits)
    return y, exp / exp.sum(axis=1, keepdims=True), group


def measure(y, predictions, group, task="binary", **options):
    columns = Columns({"sex": np.asarray(group).astype(object)})
    (found,) = measure_subgroups(
        y, predictions, columns, make_spec(task), **{"part": "test", **options}
    )
    return found


def test_two_classes_against_scikit_learn():
    y, probabilities, group = draw()
    found = measure(y, probabilities, group)
    assert [one.group for one in found.groups] == ["f", "m"]
    called = (probabilities[:, 1] > 0.5).astype(int)
    for one in found.groups:
        of = group == one.group
        true, positive = y[of], called[of]
        (tn, fp), (fn, tp) = metrics.confusion_matrix(true, positive)
        expected = {
            "prevalence": (true.mean(), len(true)),
            "selection_rate": (positive.mean(), len(true)),
            "accuracy": (metrics.accuracy_score(true, positive), len(true)),
            "true_positive_rate": (metrics.recall_score(true, positive), tp + fn),
            "false_positive_rate": (fp / (fp + tn), fp + tn),
            "precision": (metrics.precision_score(true, positive), tp + fp),
            "calibration": (probabilities[of, 1].mean() - true.mean(), len(true)),
        }
        assert one.examples == len(true)
        assert set(one.measures) == set(expected)
        for name, (value, examples) in expected.items():
            assert one.measures[name].value == pytest.approx(value)
            assert one.measures[name].examples == examples
            assert one.measures[name].low < value < one.measures[name].high
    cells = {(one.label, one.group): one for one in found.cells}
    assert set(cells) == {("no", "f"), ("no", "m"), ("yes", "f"), ("yes", "m")}
    recall = metrics.recall_score(y[group == "f"], called[group == "f"], average=None)
    assert cells["no", "f"].measures["accuracy"].value == pytest.approx(recall[0])
    assert cells["yes", "f"].measures["accuracy"].value == pytest.approx(recall[1])


def test_gaps_are_largest_minus_smallest():
    y, probabilities, group = draw()
    found = measure(y, probabilities, group)
    by_group = {one.group: one.measures for one in found.groups}
    gaps = {one.name: one for one in found.gaps}
    for name, measured in {
        "demographic parity difference": "selection_rate",
        "equal opportunity difference": "true_positive_rate",
        "false positive rate difference": "false_positive_rate",
        "predictive parity difference": "precision",
        "accuracy difference": "accuracy",
        "calibration difference": "calibration",
    }.items():
        values = {group: measures[measured].value for group, measures in by_group.items()}
        assert gaps[name].value == pytest.approx(abs(values["f"] - values["m"]))
        assert values[gaps[name].largest] == gaps[name].largest_value == max(values.values())
        assert gaps[name].low < gaps[name].value < gaps[name].high
    accuracies = {
        f"{one.label}, {one.group}": one.measures["accuracy"].value for one in found.cells
    }
    cells = gaps["label × group accuracy difference"]
    assert cells.value == pytest.approx(max(accuracies.values()) - min(accuracies.values()))
    assert accuracies[cells.smallest] == cells.smallest_value
    within = max(
        abs(accuracies[f"{label}, f"] - accuracies[f"{label}, m"]) for label in ("no", "yes")
    )
    assert found.gaps[0].value == pytest.approx(within)
    assert found.gaps[0].low > 0
    assert "is" in found.sentence
    assert "'f' on the test examples" in found.sentence


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from(["binary", "multiclass"]))
def test_groups_add_up_to_all(seed, task):
    y, probabilities, group = draw(task, 90, ("f", "m", "x"), seed)
    found = measure(y, probabilities, group, task)
    accuracy = (probabilities.argmax(axis=1) == y).mean()
    for parts in (found.groups, found.cells):
        assert sum(one.examples for one in parts) == 90
        right = sum(one.measures["accuracy"].value * one.examples for one in parts)
        assert right / 90 == pytest.approx(accuracy)
    for one in found.groups if task == "binary" else ():
        rate = {name: of.value for name, of in one.measures.items()}
        called = rate.get("true_positive_rate", 0) * rate["prevalence"]
        called += rate.get("false_positive_rate", 0) * (1 - rate["prevalence"])
        assert rate["selection_rate"] == pytest.approx(called)


def test_values():
    y, predictions, group = draw("regression")
    found = measure(y, predictions, group, "regression")
    assert found.cells == ()
    for one in found.groups:
        error = (predictions - y)[group == one.group]
        assert one.measures["rmse"].value == pytest.approx(
            metrics.root_mean_squared_error(error, np.zeros_like(error))
        )
        interval = stats.ttest_1samp(error, 0).confidence_interval()
        assert one.measures["mean_error"].low == pytest.approx(interval.low)
        assert one.measures["mean_error"].high == pytest.approx(interval.high)
    assert found.gaps[0].measure == "rmse"
    assert found.gaps[0].largest == "f"
    assert found.gaps[0].low > 0


def test_a_threshold_decides():
    y, probabilities, group = draw()
    found = measure(y, probabilities, group, threshold=0.9)
    called = probabilities[group == "m", 1] >= 0.9
    assert found.groups[1].measures["selection_rate"].value == pytest.approx(called.mean())
    assert found.groups[1].measures["accuracy"].value == pytest.approx(
        (called == (y[group == "m"] == 1)).mean()
    )


def test_small_groups_are_measured_but_not_compared():
    y, probabilities, group = draw(groups=("f", "m"))
    group = group.astype(object)
    group[:29] = "x"
    found = measure(y, probabilities, group)
    assert [one.measures["accuracy"].small for one in found.groups] == [False, False, True]
    assert all("x" not in (gap.largest, gap.smallest) for gap in found.gaps)
    assert "Too few examples to compare all of 'x'." in found.sentence
    alone = measure(y[:40], probabilities[:40], np.where(np.arange(40) < 5, "f", "m"))
    assert alone.gaps == ()
    assert "no two groups of the test examples are large enough" in alone.sentence


def test_a_group_of_one_and_a_label_it_lacks():
    y, probabilities, group = draw()
    group = group.astype(object)
    group[0] = "alone"
    found = measure(y, probabilities, group)
    alone = found.groups[0]
    assert alone.examples == 1
    assert "calibration" not in alone.measures
    missing = "true_positive_rate" if y[0] == 0 else "false_positive_rate"
    assert missing not in alone.measures
    assert sum(one.group == "alone" for one in found.cells) == 1


def test_groups_that_are_no_values_come_last():
    y, probabilities, _ = draw(examples=6)
    names = ["zebra", "other (3 rarer values)", "ant", "missing", "not in training", "2. over 3"]
    found = measure(y, probabilities, names)
    assert [one.group for one in found.groups] == [
        "2. over 3", "ant", "zebra", "missing", "not in training", "other (3 rarer values)",
    ]  # fmt: skip


def test_wrong_predictions():
    with pytest.raises(ArgumentError, match="must have the shape"):
        measure(np.zeros(3, int), np.zeros((3, 5)), ["a", "b", "a"])


# ---- intervals


def test_intervals_of_shares_are_wilsons():
    found = estimate(np.arange(10) < 8)
    z = stats.norm.ppf(0.975)
    middle, half = (8 + z**2 / 2) / (10 + z**2), z * math.sqrt(10 * 0.16 + z**2 / 4) / (10 + z**2)
    assert (found.value, found.examples) == (0.8, 10)
    assert found.low == pytest.approx(middle - half)
    assert found.high == pytest.approx(middle + half)
    assert estimate(np.ones(20, dtype=bool)).low < 1
    assert estimate(np.array([], dtype=bool)) is None


def test_the_example_of_newcombe():
    # 56/70 - 48/80 by method 10 (Newcombe 1998, table II, contrast a).
    gap = largest_gap("gap", "share", {"one": np.arange(70) < 56, "other": np.arange(80) < 48})
    assert gap.value == pytest.approx(0.2)
    assert gap.low == pytest.approx(0.0524, abs=5e-5)
    assert gap.high == pytest.approx(0.3339, abs=5e-5)
    assert (gap.largest, gap.smallest) == ("one", "other")


def test_more_groups_make_the_interval_wider():
    samples = {str(at): np.arange(60) < 30 + at for at in range(6)}
    two = largest_gap("gap", "share", {name: samples[name] for name in ("0", "5")})
    six = largest_gap("gap", "share", samples)
    assert six.value == two.value
    assert six.low < two.low < two.high < six.high


def test_a_clear_difference_beside_a_small_group():
    # The largest difference is unsure; that between the two large groups is not.
    samples = {
        "large": np.arange(9000) < 6000,
        "other": np.arange(9000) < 5000,
        "small": np.arange(30) < 21,
    }
    gap = largest_gap("gap", "share", samples)
    assert (gap.largest, gap.smallest) == ("small", "other")
    pair = largest_gap("gap", "share", {name: samples[name] for name in ("large", "other")})
    assert 0.08 < gap.low < pair.low
    assert gap.high > gap.value > pair.high


def test_intervals_hold_when_all_groups_are_equal():
    generator = np.random.default_rng(0)
    missed = 0
    for _ in range(200):
        samples = {str(at): generator.random(100) < 0.3 for at in range(5)}
        missed += largest_gap("gap", "share", samples).low > 0
    # 5 % of 200 are 10; 20 or more would have a probability of 0.003.
    assert missed < 20
