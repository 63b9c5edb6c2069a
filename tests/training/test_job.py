import pytest
from hypothesis import given, strategies as st

from dlrecipes.training.job import derive_seed

parts = st.lists(st.one_of(st.integers(0, 2**31), st.text(max_size=8)), max_size=5)


@given(st.integers(0, 2**31 - 1), parts)
def test_range_and_repetition(seed, path):
    value = derive_seed(seed, *path)
    assert 0 <= value < 2**31
    assert type(value) is int
    assert derive_seed(seed, *path) == value


def test_different_paths_give_different_seeds():
    paths = [
        (),
        (0,),
        (0, 0),
        ("coarse",),
        ("coarse", 0),
        ("coarse", 0, 0),
        ("coarse", 1),
        (1, "coarse"),
        ("fine", 0),
        ("coarse", "training", 0),
        ("coarse", "proposal", 0),
        ("coarse", "proposal", 0, ""),
        ("coarse", "proposal", 0, "rate"),
    ]
    seeds = [derive_seed(seed, *path) for seed in (0, 1, 2) for path in paths]
    assert len(set(seeds)) == len(seeds)


def test_many_trials_have_seeds_of_their_own():
    seeds = {derive_seed(0, "coarse", "training", number) for number in range(2000)}
    assert len(seeds) == 2000
    assert sum(seed < 2**30 for seed in seeds) == pytest.approx(1000, abs=120)
