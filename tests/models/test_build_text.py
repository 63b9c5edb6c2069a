import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.models import build_text
from dlrecipes.results import ClassTarget, DataSpec, Feature, ValueTarget


def spec(**changes):
    return DataSpec(
        **{
            "name": "texts",
            "input_shape": (6,),
            "input_dtype": "float32",
            "kind": "text",
            "targets": (ClassTarget(class_names=("a", "b", "c"), priors=(1 / 3, 1 / 3, 1 / 3)),),
            "train_size": 100,
            "features": tuple(Feature(f"token {at}", "category", size=9) for at in range(6)),
            **changes,
        }
    )


TOKENS = np.array([[2, 3, 4, 0, 0, 0], [4, 3, 2, 0, 0, 0], [8, 1, 1, 1, 7, 5]], "float32")


@pytest.mark.parametrize("architecture", ["bag", "cnn"])
def test_outputs(architecture, tmp_path):
    model = build_text(spec(), architecture=architecture, dropout_rate=0.2)
    found = np.asarray(model(TOKENS))
    assert found.shape == (3, 3)
    assert np.isfinite(np.asarray(model(np.zeros((1, 6))))).all()
    model.save(tmp_path / "text.keras")
    loaded = keras.saving.load_model(tmp_path / "text.keras")
    np.testing.assert_array_equal(loaded(TOKENS), found)


def test_what_the_order_of_tokens_says():
    bag = np.asarray(build_text(spec())(TOKENS))
    np.testing.assert_allclose(bag[0], bag[1], atol=1e-6)
    cnn = np.asarray(build_text(spec(), architecture="cnn")(TOKENS))
    assert not np.allclose(cnn[0], cnn[1], atol=1e-4)


def test_the_mean_leaves_out_what_fills_up():
    model = build_text(spec())
    summary = keras.Model(model.input, model.get_layer("summary").output)
    table = np.asarray(model.get_layer("embedding").embeddings)
    mean = np.asarray(summary(TOKENS))[0, :32]
    np.testing.assert_allclose(mean, table[[2, 3, 4]].mean(axis=0), atol=1e-6)


def test_values():
    values = spec(targets=(ValueTarget(mean=5.0, std=2.0),))
    model = build_text(values, output_bias=[7.0])
    model.get_layer("outputs").kernel.assign(np.zeros((64, 1)))
    np.testing.assert_allclose(model(TOKENS), 7.0, rtol=1e-6)


def test_wrong_arguments():
    with pytest.raises(ArgumentError, match="architecture"):
        build_text(spec(), architecture="transformer")
    with pytest.raises(ArgumentError, match="embedding_size"):
        build_text(spec(), embedding_size=0)
    with pytest.raises(DataError, match="0 descriptions of 6 tokens"):
        build_text(spec(features=()))


@pytest.mark.parametrize(("architecture", "kernels"), [("bag", 2), ("cnn", 3)])
def test_the_penalty_is_on_the_kernels_it_is_asked_for(architecture, kernels):
    assert len(build_text(spec(), architecture=architecture, l2=0.5).losses) == kernels
    model = build_text(spec(), architecture=architecture, l1=0.25, penalised=[0])
    first = "hidden_dense" if architecture == "bag" else "neighbours"
    size = np.abs(np.asarray(model.get_layer(first).kernel)).sum()
    assert [float(one) for one in model.losses] == pytest.approx([0.25 * size], rel=1e-5)
