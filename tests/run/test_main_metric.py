import numpy as np
import pytest
from sklearn.metrics import average_precision_score, fbeta_score

from dlrecipes.data import Split, from_arrays
from dlrecipes.diagnose import judge
from dlrecipes.errors import RunError
from dlrecipes.results import ThresholdGoal
from dlrecipes.run.main_metric import main_metric


def made(share, examples=400):
    count = int(share * examples)
    x = np.random.default_rng(0).normal(size=(examples, 2))
    return from_arrays(x, np.repeat(["no", "yes"], [examples - count, count]))


@pytest.mark.parametrize(
    ("share", "name", "reason"),
    [
        (0.05, "pr_auc", "class 'yes' makes 5.0% of the validation part, and accuracy is 95.0%"),
        (0.15, "pr_auc", "class 'yes' makes 15.0% of the validation part, and accuracy is 85.0%"),
        (0.25, "accuracy", "Why accuracy: no class makes less than 20.0% of the validation part."),
        (0.95, "accuracy", "what is looked for is 'yes'; class 'no' makes 5.0% of the"),
    ],
)
def test_accuracy_is_left_where_class_1_is_rare(share, name, reason):
    splits = made(share)
    main = main_metric(splits.raw_spec, splits.validation, splits.validation)
    assert (main.name, main.direction) == (name, "max")
    assert reason in main.reason


def test_a_rare_class_of_several_leaves_accuracy_and_is_named():
    x = np.random.default_rng(0).normal(size=(400, 2))
    splits = from_arrays(x, np.repeat(["a", "b", "c"], [200, 180, 20]))
    main = main_metric(splits.raw_spec, splits.validation, splits.validation)
    assert main.name == "accuracy"
    assert "class 'c' makes 5.0% of the validation part, and macro F1 counts" in main.reason
    even = from_arrays(x, np.arange(400) % 10)
    reason = main_metric(even.raw_spec, even.validation, even.validation).reason
    assert reason == "Why accuracy: no class makes less than 4.0% of the validation part."


def test_one_positive_has_no_curve():
    splits = made(0.05)
    test = Split(x=np.zeros((4, 2)), y=np.array([0, 0, 0, 1]))
    main = main_metric(splits.raw_spec, splits.validation, test)
    assert main.name == "accuracy"
    assert "too few test examples are of it" in main.reason


def test_values_are_judged_in_their_units():
    splits = from_arrays(np.zeros((90, 2)), np.arange(90.0))
    main = main_metric(splits.raw_spec, splits.validation, splits.validation)
    y = splits.validation.y
    assert (main.name, main.words, main.direction) == ("rmse", "RMSE", "min")
    assert main.losses(y, y + 3.0, splits.raw_spec) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("goal", "name", "direction"),
    [
        ("f1", "f1", "max"),
        ("f0.5", "f0.5", "max"),
        ("cost=1:10", "cost", "min"),
        ("recall@precision=0.9", "pr_auc", "max"),
        ("precision@recall=0.8", "pr_auc", "max"),
    ],
)
def test_a_goal_is_what_the_verdict_is_about(goal, name, direction):
    splits = made(0.4)
    part, wanted = splits.validation, ThresholdGoal.parse(goal)
    main = main_metric(splits.raw_spec, part, part, wanted)
    assert (main.name, main.direction) == (name, direction)
    assert goal in main.reason
    scores = np.random.default_rng(1).random(len(part))
    predictions = np.stack([1 - scores, scores], axis=1)
    reached = main.scores(part.y, predictions, splits.raw_spec, 0.3)
    called = scores >= 0.3
    if name == "cost":
        false = called & (part.y == 0), ~called & (part.y == 1)
        expected = np.mean(false[0] + 10.0 * false[1])
        sign = 1.0
    elif name == "pr_auc":
        expected, sign = average_precision_score(part.y, scores), -1.0
    else:
        expected, sign = fbeta_score(part.y, called, beta=wanted.beta), -1.0
    assert reached[name] == pytest.approx(expected)
    losses = main.losses(part.y, predictions, splits.raw_spec, 0.3)
    assert sign * losses.mean() == pytest.approx(expected, abs=0.02 if name == "pr_auc" else 1e-9)


def test_decisions_need_their_threshold():
    splits = made(0.4)
    part = splits.validation
    main = main_metric(splits.raw_spec, part, part, ThresholdGoal.parse("f1"))
    with pytest.raises(RunError, match="scored at a threshold that was chosen before"):
        main.losses(part.y, np.full((len(part), 2), 0.5), splits.raw_spec)


def test_the_verdict_is_about_the_area():
    splits = made(0.05, 2000)
    spec, part = splits.raw_spec, splits.validation
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
