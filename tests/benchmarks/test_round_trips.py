"""Random tables as pandas, Excel, R, … write them: a network gets the same, or one error comes."""

import numpy as np
import pytest
from measuring.round_trips import load_for_training, load_raw, make_round_trip, network_inputs
from measuring.table_forms import FORMS, DrawnColumn, DrawnTable, draw_table

from dlrecipes.data import as_tensors
from dlrecipes.errors import DlrecipesError
from dlrecipes.export import (
    build_inference_model,
    export_saved_model,
    predict_saved_model,
    read_inputs,
)

FINE = {"same", "refused"}


@pytest.mark.parametrize(
    "first",
    [
        0,
        *(
            pytest.param(other, marks=[pytest.mark.slow, pytest.mark.exhaustive])
            for other in range(20, 200, 20)
        ),
    ],
)
def test_two_forms_of_a_table_are_one_table(first):
    trips = [make_round_trip(seed, raw=True) for seed in range(first, first + 20)]
    for trip in trips:
        assert {trip.trained, trip.predicted} <= FINE, trip
    assert sum(trip.trained == "same" for trip in trips) >= 18


@pytest.mark.parametrize("seed", [1000, 1001])
def test_and_so_is_what_the_network_gets(seed):
    trip = make_round_trip(seed)
    assert trip.trained == "same", trip
    assert trip.predicted in FINE, trip


def rows_of(table, rows):
    """The rows of a drawn table in the order of `rows`."""

    def picked(column):
        return DrawnColumn(column.name, column.kind, tuple(column.values[row] for row in rows))

    return DrawnTable(tuple(map(picked, table.columns)), picked(table.target))


@pytest.mark.parametrize("seed", range(2000, 2024))
def test_a_prediction_depends_on_its_row_alone(seed, tmp_path):
    generator = np.random.default_rng(seed)
    table, form = draw_table(generator), FORMS[seed % len(FORMS)]
    whole, some = tmp_path / f"whole{form.suffix}", tmp_path / f"some{form.suffix}"
    form.write(table, whole)
    try:
        splits = load_raw(whole, form)
    except DlrecipesError:  # too little in it to learn from
        pytest.skip("nothing to learn from")
    everything = read_inputs(whole, splits.raw_spec)
    for size in (1, 2, 9):
        rows = generator.integers(0, len(everything), size)
        form.write(rows_of(table, rows), some)
        found = read_inputs(some, splits.raw_spec)
        for name, values in found.items():
            np.testing.assert_array_equal(values, everything[name][rows], err_msg=name)


@pytest.fixture
def untrained(tmp_path):
    """`untrained(splits)`: a small network, exported; its model and the path."""
    import keras

    def make(splits, epochs=0):
        keras.utils.set_random_seed(0)
        data = splits.development()
        spec = data.model_spec
        regression = spec.task == "regression"
        network = keras.Sequential(
            [
                keras.Input(spec.input_shape),
                keras.layers.Dense(8, "tanh"),
                keras.layers.Dense(spec.outputs),
            ]
        )
        loss = "mse" if regression else keras.losses.BinaryCrossentropy(from_logits=True)
        network.compile("adam", loss)
        if epochs:
            network.fit(data.train.array, data.train.y, epochs=epochs, verbose=0)
        model = build_inference_model(network, splits.preprocess, splits.raw_spec, spec)
        export_saved_model(model, tmp_path / "saved", splits.raw_spec)
        return tmp_path / "saved"

    return make


def same_answers(seed, epochs, untrained, tmp_path):
    generator = np.random.default_rng(seed)
    table = draw_table(generator)
    places = generator.permutation(len(FORMS))
    trained_on = FORMS[places[0]]
    path = tmp_path / f"first{trained_on.suffix}"
    trained_on.write(table, path)
    splits = load_for_training(path, trained_on)
    saved = untrained(splits, epochs)
    expected = predict_saved_model(saved, read_inputs(path, splits.raw_spec))
    compared = 0
    for place in places[1:]:
        other = tmp_path / f"other{FORMS[place].suffix}"
        FORMS[place].write(table, other)
        try:
            inputs = read_inputs(other, splits.raw_spec)
        except DlrecipesError:
            continue
        np.testing.assert_array_equal(predict_saved_model(saved, inputs), expected)
        np.testing.assert_array_equal(
            np.asarray(splits.preprocess(as_tensors(inputs))), network_inputs(splits, path)
        )
        compared += 1
        if compared == 2:
            break
    return compared


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [
        *range(3000, 3003),
        *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(3003, 3010)),
    ],
)
def test_the_saved_model_answers_the_same(seed, untrained, tmp_path):
    assert same_answers(seed, 0, untrained, tmp_path) >= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [3020, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (3021, 3022))],
)
def test_a_trained_saved_model_answers_the_same(seed, untrained, tmp_path):
    assert same_answers(seed, 3, untrained, tmp_path) >= 1
