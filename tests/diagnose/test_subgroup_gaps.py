import numpy as np
import pytest
from sklearn import metrics

from dlrecipes.diagnose import measure_gap
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget
from dlrecipes.results.subgroup_result import MEASURES
from dlrecipes.targets import gap_measures

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": (), "count": ()}


def make_spec(task):
    names = CLASSES[task]
    target = ClassTarget(class_names=names) if names else ValueTarget()
    return DataSpec("made", (1,), "float32", "table", (target,), 10)


@pytest.fixture
def binary():
    """Labels, probabilities and groups of two classes."""
    generator = np.random.default_rng(0)
    group = generator.choice(["f", "m", "x"], 900).astype(object)
    y = generator.integers(0, 2, 900)
    logits = (2 * y - 1) * np.where(group == "f", 0.5, 2.0) + generator.normal(size=900)
    positive = 1 / (1 + np.exp(-logits))
    return y, np.stack([1 - positive, positive], axis=1), group


def test_against_scikit_learn(binary):
    y, probabilities, group = binary
    called = probabilities[:, 1] > 0.5
    expected = {
        "accuracy": lambda y, called: metrics.accuracy_score(y, called),
        "true positive rate": lambda y, called: metrics.recall_score(y, called),
        "false positive rate": lambda y, called: 1 - metrics.recall_score(y, called, pos_label=0),
        "selection rate": lambda y, called: called.mean(),
    }
    for measure, of_group in expected.items():
        values = {one: of_group(y[group == one], called[group == one]) for one in "fmx"}
        gap = measure_gap(y, probabilities, group, make_spec("binary"), measure)
        assert gap.value == pytest.approx(max(values.values()) - min(values.values()))
        assert values[gap.smallest] == min(values.values())


def test_values():
    generator = np.random.default_rng(1)
    group = np.repeat(np.array(["f", "m"], dtype=object), 100)
    y = generator.normal(size=200)
    predicted = y + np.where(group == "f", 1.0, 0.0)
    spec = make_spec("regression")
    assert measure_gap(y, predicted, group, spec, "rmse").value == pytest.approx(1.0)
    assert measure_gap(y, predicted, group, spec, "mean error").value == pytest.approx(1.0)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_there_for_its_tasks(measure):
    group = np.repeat(np.array(["f", "m"], dtype=object), 100)
    tasks = [task for task in CLASSES if measure in gap_measures(make_spec(task))]
    assert tasks
    for task in tasks:
        classes = CLASSES[task]
        y = np.arange(200) % max(2, len(classes))
        shape = (200, len(classes)) if classes else (200,)
        predictions = np.full(shape, 1 / len(classes) if classes else 0.0)
        assert measure_gap(y, predictions, group, make_spec(task), measure).value >= 0


def test_a_small_group_is_not_compared(binary):
    y, probabilities, group = binary
    rare = group.copy()
    rare[rare == "f"] = "m"
    rare[np.flatnonzero(y)[:29]] = "rare"
    gap = measure_gap(y, probabilities, rare, make_spec("binary"), "true positive rate")
    assert {gap.largest, gap.smallest} == {"m", "x"}
    alone = np.where(rare == "rare", "rare", "all").astype(object)
    spec = make_spec("binary")
    assert measure_gap(y, probabilities, alone, spec, "true positive rate") is None
