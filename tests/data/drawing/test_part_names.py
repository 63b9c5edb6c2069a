"""What parts are called, and what only sounds like it."""

import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.drawing import PARTS, may_be_part, part_named

WORDS = {
    "train": ["train", "training"],
    "validation": ["validation", "valid", "val", "dev"],
    "test": ["test", "tests", "testing"],
}
around = st.lists(st.sampled_from(["set", "data", "images", "split", "public", "part"]), max_size=2)
apart = st.sampled_from(["", "_", "-", " ", ".", "1", "_01_"])


@settings(deadline=None)
@given(st.sampled_from(PARTS), st.data(), around, around, apart)
def test_words_around_digits_and_case_do_not_count(part, data, before, after, between):
    word = data.draw(st.sampled_from(WORDS[part]))
    name = between.join([*before, word, *after])
    for written in (name, name.upper(), name.title(), f"{name}2", f"3-{name}"):
        assert part_named(written) == part
        assert may_be_part(written)


@pytest.mark.parametrize("name", ["eval", "Evaluation", "hold_out", "hold-out", "unseen"])
def test_unclear(name):
    assert may_be_part(name)
    assert part_named(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "7", "0", "data", "set", "images", "trains", "contest", "latest", "attest", "interval"]
    + [
        "invalid",
        "trainer",
        "tram",
        "device",
        "tested",
        "protest",
        "train_small",
        "medieval",
        "cat",
    ],
)
def test_what_is_no_part(name):
    assert not may_be_part(name)
