import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from dlrecipes.data import Split, from_arrays
from dlrecipes.diagnose import judge
from dlrecipes.run.main_metric import main_metric


def made(share, examples=400):
    count = int(share * examples)
    x = np.random.default_rng(0).normal(size=(examples, 2))
    return from_arrays(x, np.repeat(["no", "yes"], [examples - count, count]))


@pytest.mark.parametrize(
    ("share", "name"), [(0.05, "pr_auc"), (0.2, "accuracy"), (0.95, "accuracy")]
)
def test_accuracy_is_left_where_class_1_is_rare(share, name):
    splits = made(share)
    main = main_metric(splits.spec, splits.validation, splits.validation)
    assert (main.name, main.direction) == (name, "max")


def test_one_positive_has_no_curve():
    splits = made(0.05)
    test = Split(x=np.zeros((4, 2)), y=np.array([0, 0, 0, 1]))
    assert main_metric(splits.spec, splits.validation, test).name == "accuracy"


def test_the_verdict_is_about_the_area():
    splits = made(0.05, 2000)
    spec, part = splits.spec, splits.validation
    generator = np.random.default_rng(1)

    def predictions(strength):
        scores = 1 / (1 + np.exp(-(generator.normal(size=len(part)) + strength * part.y - 3)))
        return np.stack([1 - scores, scores], axis=1)

    good, bad = [predictions(4) for _ in range(3)], predictions(1)
    main = main_metric(spec, part, part)
    verdict = judge(
        np.stack([main.losses(part.y, one, spec) for one in good]),
        main.losses(part.y, bad, spec),
        baseline_name="trees",
        metric=main.words,
        score="",
    )
    areas = [average_precision_score(part.y, one[:, 1]) for one in (*good, bad)]
    assert verdict.outcome == "better"
    assert verdict.difference == pytest.approx(np.mean(areas[:3]) - areas[3], abs=0.05)
    assert verdict.metric == "average precision"
