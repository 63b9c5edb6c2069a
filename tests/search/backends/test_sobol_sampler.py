import math

import optuna
import pytest

from dlrecipes.results import Hyperparameter
from dlrecipes.search.backends import SobolSampler
from dlrecipes.search.backends.encoding import Encoding
from dlrecipes.search.ranges import position

CUBE = (
    Hyperparameter("a", "float", 0.0, 1.0),
    Hyperparameter("rate", "float", 1e-5, 1.0, log=True),
    Hyperparameter("width", "int", 0, 63),
    Hyperparameter("kind", "choice", choices=("a", "b", "c", "d")),
    Hyperparameter("fixed", "fixed", choices=(3,)),
)


def points(count, *, space=CUBE, expected=None, seed=0):
    sampler = SobolSampler(space, expected or count, seed)
    study = optuna.create_study(sampler=sampler)
    for _ in range(count):
        study.tell(study.ask(Encoding(space).distributions), 0.0)
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("power", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_one_point_in_each_dyadic_cell_of_every_dimension(power, seed):
    count = 2**power
    drawn = points(count, seed=seed)
    for one in CUBE[:2]:
        cells = [int(position(one, values[one.name]) * count) for values in drawn]
        assert sorted(cells) == list(range(count))
    cells = [values["width"] * count // 64 for values in drawn]
    assert sorted(cells) == list(range(count))
    kinds = [values["kind"] for values in drawn]
    assert all(abs(kinds.count(kind) - count / 4) < 1 for kind in "abcd")


def test_more_points_begin_with_the_same_ones():
    longer = points(20)
    assert points(5) == longer[:5]
    assert points(20, expected=3) == longer
    assert points(5, seed=1) != longer[:5]


def test_log_scale_and_whole_numbers():
    space = (
        Hyperparameter("rate", "float", 1e-6, 1.0, log=True),
        Hyperparameter("units", "int", 1, 1024, log=True),
        Hyperparameter("step", "float", 0.1, 0.7, step=0.2),
        Hyperparameter("even", "int", 2, 11, step=3),
    )
    drawn = points(64, space=space)
    below = sum(values["rate"] < 1e-3 for values in drawn)
    assert below == 32
    units = [values["units"] for values in drawn]
    assert all(type(unit) is int and 1 <= unit <= 1024 for unit in units)
    assert 25 <= sum(unit < 32 for unit in units) <= 39
    for value, count in ((0.1, 16), (0.3, 16), (0.5, 16), (0.7, 16)):
        assert sum(math.isclose(values["step"], value) for values in drawn) == count
    assert {values["even"] for values in drawn} == {2, 5, 8, 11}


def test_a_space_in_which_nothing_varies():
    assert points(3, space=CUBE[4:]) == [{}, {}, {}]
