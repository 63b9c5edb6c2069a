"""The points of the exclusive or, and the best line through them."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

best_line, xor_examples = dlr.lesson.best_line, dlr.lesson.xor_examples


def test_no_line_parts_it_and_the_product_does():
    x, y = xor_examples(400, noise=0.1)
    assert ((x.prod(axis=1) < 0) == y).all()
    assert best_line(x, y) == pytest.approx(0.75, abs=0.01)
    assert best_line(np.stack([x.prod(axis=1), x[:, 0]], axis=1), y) == 1


@pytest.mark.parametrize("seed", range(4))
def test_at_least_as_good_as_a_support_vector_machine(seed):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(60, 2))
    y = (x @ generator.normal(size=2) + generator.normal(size=60) > 0.5).astype(int)
    machine = LinearSVC(C=100, max_iter=100_000).fit(x, y)
    found = best_line(x, y)
    assert max(machine.score(x, y), y.mean(), 1 - y.mean()) - 1e-9 <= found < 1


def test_equal_points_are_not_parted():
    assert best_line([[0, 0], [0, 0]], [0, 1]) == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: xor_examples(3), "`examples`"),
        (lambda: xor_examples(9, noise=-1), "`noise`"),
        (lambda: best_line([[1, 2, 3]], [1]), r"shape \(examples, 2\)"),
        (lambda: best_line([[1, 2]], [2]), "classes 0 and 1"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
