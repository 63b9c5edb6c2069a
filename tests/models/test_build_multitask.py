import keras
import numpy as np
import pytest

from dlrecipes.data import describe_target
from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_multitask
from dlrecipes.results import ClassTarget, ValueTarget
from dlrecipes.targets import loss_and_metrics

NAN = float("nan")


def rows(examples=400, seed=0):
    """Examples whose targets share two hidden scores; each target is missing for some."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(examples, 6)).astype("float32")
    first, second = x[:, 0] + x[:, 1], x[:, 2] - x[:, 1]
    y = {
        "daily.weight-kg": 1e4 + 500 * first,
        "yes": (second > 0).astype("float32"),
        "kind": np.digitize(second, [-1, 1]).astype("float32"),
        "grade": np.digitize(first, [-2, -0.5, 0.5, 2]).astype("float32"),
    }
    for at, values in enumerate(y.values()):
        values[generator.random(examples) < 0.1 + 0.2 * at] = NAN
    return x, y


TASKS = {
    "daily.weight-kg": "regression",
    "yes": "classification",
    "kind": "classification",
    "grade": "ordinal",
}


def specs(y):
    return [describe_target(name, y[name], task) for name, task in TASKS.items()]


def test_one_output_a_target_that_starts_at_the_base_rates():
    x, y = rows()
    targets = specs(y)
    model = build_multitask((6,), targets, hidden_units=(8,))
    assert not model.compiled
    assert {name: output.shape[1] for name, output in model.output.items()} == {
        "daily.weight-kg": 1,
        "yes": 1,
        "kind": 3,
        "grade": 5,
    }
    for variable in model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.assign(keras.ops.zeros_like(variable))
    found = {name: np.asarray(value) for name, value in model(x[:2]).items()}
    np.testing.assert_allclose(
        found["daily.weight-kg"], np.nanmean(y["daily.weight-kg"]), rtol=1e-5
    )
    np.testing.assert_allclose(keras.ops.sigmoid(found["yes"]), np.nanmean(y["yes"]), rtol=1e-4)
    for name, target in zip(list(TASKS)[2:], targets[2:], strict=True):
        np.testing.assert_allclose(keras.ops.softmax(found[name])[0], target.priors, rtol=1e-3)


@pytest.mark.parametrize("ordinal", ["likelihood", "coral"])
def test_each_loss_starts_at_its_weight(ordinal):
    x, y = rows()
    model = build_multitask((6,), specs(y), hidden_units=(8,))
    for variable in model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.assign(keras.ops.zeros_like(variable))
    weights = {"yes": 3.0, "kind": 0.0}
    objective = loss_and_metrics(specs(y), weights=weights, ordinal=ordinal)
    model.compile("sgd", **objective, run_eagerly=True)
    logs = model.evaluate(x, y, batch_size=len(x), verbose=0, return_dict=True)
    for name in TASKS:
        weighted = logs[f"{name}_loss"] * objective["loss_weights"][name]
        assert weighted == pytest.approx(weights.get(name, 1.0), rel=1e-3)
    assert logs["loss"] == pytest.approx(3.0 + 0.0 + 1.0 + 1.0, rel=1e-3)
    known = ~np.isnan(y["daily.weight-kg"])
    assert logs["daily.weight-kg_rmse"] == pytest.approx(
        y["daily.weight-kg"][known].std(), rel=1e-3
    )


@pytest.mark.slow
def test_learns_all_targets_from_examples_with_missing_ones():
    x, y = rows()
    targets = specs(y)
    model = build_multitask((6,), targets, hidden_units=(32,), head_units=(8,))
    model.compile(keras.optimizers.Adam(0.02), **loss_and_metrics(targets), jit_compile=False)
    history = model.fit(x, y, batch_size=50, epochs=15, verbose=0).history
    assert np.isfinite([value for curve in history.values() for value in curve]).all()
    fresh, truth = rows(300, seed=1)
    found = model.predict(fresh, verbose=0)
    known = {name: ~np.isnan(values) for name, values in truth.items()}

    def part(name):
        return found[name][known[name]], truth[name][known[name]]

    values, wanted = part("daily.weight-kg")
    assert np.sqrt(np.mean((values[:, 0] - wanted) ** 2)) < 0.3 * wanted.std()
    logits, wanted = part("yes")
    assert np.mean((logits[:, 0] > 0) == wanted) > 0.85
    for name in ("kind", "grade"):
        logits, wanted = part(name)
        assert np.mean(logits.argmax(axis=1) == wanted) > 0.75


def test_images_and_another_trunk():
    targets = [ClassTarget("yes", class_names=("0", "1"), priors=(0.5, 0.5), known=9)]
    x = np.zeros((2, 4, 4, 1), dtype="float32")
    assert build_multitask((4, 4, 1), targets)(x)["yes"].shape == (2, 1)
    layers = [keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 2)]
    trunk = keras.Sequential([*layers, keras.layers.GlobalAveragePooling2D()])
    model = build_multitask((4, 4, 1), targets, trunk=trunk, hidden_units=())
    assert model(x)["yes"].shape == (2, 1)
    assert model.get_layer("head_1_outputs").kernel.shape == (3, 1)
    with pytest.raises(ArgumentError, match=r"`trunk` must put out features.*pooling"):
        build_multitask((4, 4, 1), targets, trunk=keras.Sequential(layers))


def test_the_penalty_is_on_the_kernels_it_is_asked_for():
    targets = specs(rows(20)[1])

    def penalised(*names):
        model = build_multitask((6,), targets, head_units=(4,), l1=0.5, penalised=names)
        return len(model.losses)

    assert penalised("hidden_1", "head_2_1", "head_2_outputs") == 3
    everything = build_multitask((6,), targets, head_units=(4,), l1=0.5)
    hidden = build_multitask((6,), targets, head_units=(4,), l1=0.5, penalised="hidden")
    assert len(everything.losses) - len(hidden.losses) == len(targets)
    with pytest.raises(ArgumentError, match=r"with 'outputs'"):
        penalised("outputs")


def test_saved_and_loaded_and_in_float32(tmp_path):
    x, y = rows(20)
    targets = specs(y)
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = build_multitask(
        (6,), targets, dropout_rate=0.1, l2=1e-3, batch_normalization=True, head_units=(4,)
    )
    found = model(x)
    assert {keras.backend.standardize_dtype(one.dtype) for one in found.values()} == {"float32"}
    assert len(model.losses) == 2 + 4 + 4
    model.compile("sgd", **loss_and_metrics(targets))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for name, value in loaded(x).items():
        np.testing.assert_array_equal(value, found[name])


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        ([], {}, r"at least one, with different names.*targets=\[\]"),
        (["a", "a"], {}, r"different names.*\['a', 'a'\]"),
        (["", "a"], {}, r"different names"),
        (["in kg / day"], {}, r"names of letters, digits.*\['in kg / day'\]"),
        (["a"], {"hidden_units": (0,)}, r"hidden_units"),
        (["a"], {"head_units": (0,)}, r"head_units"),
        (["a"], {"dropout_rate": 1.0}, r"rate"),
        (["a"], {"l2": -1.0}, r"l2"),
    ],
)
def test_wrong_arguments(targets, options, message):
    described = [ValueTarget(name) for name in targets]
    with pytest.raises(ArgumentError, match=message):
        build_multitask((3,), described, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": {"b": 1.0}}, r"`weights` must name targets.*weights\['b'\].*here: a"),
        ({"weights": {"a": -1.0}}, r"`weights\['a'\]` must be a finite number in \[0"),
        ({"ordinal": "ranknet"}, r"`ordinal` must be one of 'coral', 'likelihood'"),
    ],
)
def test_wrong_objectives(options, message):
    with pytest.raises(ArgumentError, match=message):
        loss_and_metrics([ValueTarget("a")], **options)


def test_a_wide_network_is_linear_past_its_hidden_layers():
    x, y = rows(20)
    targets = specs(y)
    model = build_multitask((6,), targets, hidden_units=(8,), wide=True)
    for layer in model.layers:
        if layer.name.startswith("hidden") and layer.weights:
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
    kernel, bias = model.get_layer("head_3_outputs").get_weights()
    assert kernel.shape == (6 + 8, 3)
    found = np.asarray(model(x)["kind"])
    np.testing.assert_allclose(found, x @ kernel[:6] + bias, atol=1e-5)
