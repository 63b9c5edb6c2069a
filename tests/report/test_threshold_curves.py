import numpy as np
import pytest
from sklearn import metrics

from dlrecipes.diagnose import choose_threshold
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.report.threshold_curves import threshold_section
from dlrecipes.results import ClassTarget, DataSpec

ILL = ClassTarget(class_names=("healthy", "ill"), priors=(0.9, 0.1))
SPEC = DataSpec("ill", (3,), "float32", "table", (ILL,), 300)


def saved(y, scores):
    predictions = np.stack([1 - scores, scores], axis=-1)
    return SavedPredictions(tuple(map(str, range(len(y)))), np.zeros((0, 3)), y, predictions)


@pytest.fixture
def predicted():
    generator = np.random.default_rng(0)
    y = (generator.uniform(size=400) < 0.1).astype(int)
    raw = generator.normal(size=(3, 400)) + 2 * y
    return y, 1 / (1 + np.exp(1.5 - raw))


@pytest.mark.parametrize("goal", ["f1", "cost=1:10"])
def test_the_table_has_what_both_thresholds_decide(predicted, goal):
    y, scores = predicted
    threshold = choose_threshold(y[:200], scores[0, :200], goal)
    section = threshold_section(saved(y, scores), threshold, SPEC)
    assert section.positive == "ill"
    for (name, texts), level in zip(section.rows, (0.5, threshold.threshold), strict=True):
        called = scores[0] >= level
        matrix = metrics.confusion_matrix(y, called)
        counts = [matrix[1, 1], matrix[0, 1], matrix[1, 0], matrix[0, 0]]
        shown = dict(zip(section.columns, texts, strict=True))
        assert [int(shown[column]) for column in section.columns[:4]] == counts
        assert float(shown["F1"]) == pytest.approx(metrics.f1_score(y, called), abs=1e-4)
        assert float(shown["precision"]) == pytest.approx(
            metrics.precision_score(y, called), abs=1e-4
        )
        assert name.startswith("at 0.")
        if goal.startswith("cost"):
            cost = (matrix[0, 1] + 10 * matrix[1, 0]) / 400
            assert float(shown["cost an example"]) == pytest.approx(cost, abs=1e-4)
    assert ("cost an example" in section.columns) == goal.startswith("cost")


def test_the_pictures_show_every_refit_chance_and_the_thresholds(predicted):
    y, scores = predicted
    threshold = choose_threshold(y, scores[0], "recall@precision=0.6")
    curve, roc = threshold_section(saved(y, scores), threshold, SPEC).plots
    area = metrics.average_precision_score(y, scores[0])
    assert f"{area:.4f}" in curve.caption
    assert f"{metrics.roc_auc_score(y, scores[0]):.4f}" in roc.caption
    for plot in (curve, roc):
        names = [trace.name for trace in plot.figure.data]
        assert names.count("other refits") == 2
        assert names[0] == "chance"
        assert names.count("exported network") == 1
        assert len(names) == 6
    assert list(curve.figure.data[0].y) == pytest.approx([y.mean()] * 2)
    called = scores[0] >= threshold.threshold
    mark = curve.figure.data[-1]
    assert (mark.x[0], mark.y[0]) == pytest.approx(
        (metrics.recall_score(y, called), metrics.precision_score(y, called))
    )


def test_without_a_threshold_and_without_a_class(predicted):
    y, scores = predicted
    section = threshold_section(saved(y, scores), None, SPEC)
    assert section.chosen == ""
    assert len(section.rows) == 1
    assert threshold_section(saved(np.zeros_like(y), scores), None, SPEC) is None


def test_long_curves_are_thinned():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 20_000)
    scores = generator.uniform(size=(1, 20_000))
    for plot in threshold_section(saved(y, scores), None, SPEC).plots:
        assert max(len(trace.x) for trace in plot.figure.data) <= 2000
