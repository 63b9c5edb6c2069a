"""The collection of builders is whole, and a member's row says what happened to it."""

import json
from collections import Counter

import builders
import keras
import keras_tuner
import numpy as np
import pytest
from measuring import stranger_steps
from measuring.fresh_process import ProcessFailed
from measuring.stranger_steps import NOT_REACHED, OK, Differs, Row, compare_predictions
from strangers import CI_MEMBERS, KINDS, STRANGERS
from strangers.small_data import held_out, take

NAMES = [stranger.name for stranger in STRANGERS]


def test_every_kind_has_members():
    counts = Counter(stranger.kind for stranger in STRANGERS)
    assert set(counts) == set(KINDS)
    assert len(STRANGERS) >= 64
    assert all(counts[kind] >= (6 if kind in "DEFG" else 5) for kind in KINDS)
    assert len(set(NAMES)) == len(NAMES)
    assert all(stranger.peer or stranger.reason for stranger in STRANGERS)


def test_twelve_members_are_fixed():
    assert CI_MEMBERS == (
        "subclassed",
        "column_of_values",
        "precision_and_recall",
        "mixed_kinds",
        "attention",
        "spare_units",
        "score_of_two",
        "talks",
        "own_callback",
        "nesterov_and_decay",
        "clipped_nadam",
        "minus_and_plus",
    )
    assert set(CI_MEMBERS) <= set(NAMES)


@pytest.mark.parametrize("stranger", STRANGERS, ids=NAMES)
def test_data_are_small(stranger):
    given = stranger.data()
    if given.in_arrays:
        rows = [len(values) for values in keras.tree.flatten(given.train)]
        assert len(set(rows)) == 1
        assert 200 <= rows[0] <= 1500


def test_a_quarter_is_held_out():
    x = {"a": np.arange(40), "b": [np.arange(40) * 2]}
    given = held_out(x, (np.arange(40),))
    assert len(given.validation[1][0]) == 10
    for features, targets in (given.train, given.validation):
        np.testing.assert_array_equal(features["b"][0], 2 * targets[0])
    assert take({"a": np.arange(4)}, slice(2))["a"].tolist() == [0, 1]


def test_a_class_is_called_as_its_author_does():
    by_name = {stranger.name: stranger for stranger in STRANGERS}
    assert isinstance(by_name["own_loop"].make_hypermodel(), keras_tuner.HyperModel)
    assert callable(by_name["own_layer"].make_hypermodel())


def test_a_row_keeps_what_is_raised(tmp_path):
    row = Row(tmp_path, ("tune", "right", "open"))
    with row.step("tune"):
        pass
    with row.step("right"):
        raise Differs("\nval_accuracy 0.3, expected 0.8\nand more")
    expected = {"tune": OK, "right": "Differs: val_accuracy 0.3, expected 0.8", "open": NOT_REACHED}
    assert json.loads((tmp_path / "row.json").read_text())["steps"] == expected
    assert builders.own_failures(row.content) == {"right": expected["right"]}


def test_a_process_that_dies_leaves_its_row(tmp_path, monkeypatch):
    def die(function, timeout, **arguments):
        row = Row(tmp_path, ("tune", "right"))
        row._set("tune", "did not end")
        raise ProcessFailed("the function took longer than 3 s")

    monkeypatch.setattr(builders, "in_fresh_process", die)
    row = builders._in_process("run_stranger", tmp_path, 3.0, name="own_layer")
    assert row["steps"] == {"tune": "the function took longer than 3 s", "right": NOT_REACHED}


@pytest.mark.parametrize(
    ("found", "message"),
    [([0.5, 0.6], "differ by 0.1"), ([[0.5, 0.5]], "of shape"), ([0.5, 0.5], None)],
)
def test_predictions_are_compared(found, message):
    if message is None:
        compare_predictions({"a": found}, {"a": [0.5, 0.5]})
    else:
        with pytest.raises(Differs, match=message):
            compare_predictions({"a": found}, {"a": [0.5, 0.5]})


def test_the_page_has_a_table_a_kind():
    rows = [
        {"name": "own_layer", "kind": "A", "steps": {"tune": "E: a|b", "keras_tuner": OK}},
        {"name": "doubling", "kind": "D", "engine": "resident", "steps": {"tune": OK}},
    ]
    page = builders.make_page(rows)
    assert "1 of 2 work unchanged" in page
    assert "| own_layer |  |  |  | tune: E: a\\|b | ok |  |" in page
    assert "| doubling | resident |  |  | unchanged |  |  |" in page
    assert [row["unchanged"] for row in builders.summarize(rows)] == [0, 1]


def test_steps_are_those_of_the_program():
    assert stranger_steps.OWN_STEPS[0] == "tune"
    assert not set(stranger_steps.OWN_STEPS) & set(stranger_steps.PEER_STEPS)
