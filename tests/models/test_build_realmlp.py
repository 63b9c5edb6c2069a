"""RealMLP against the formulas of arXiv:2407.04491 in NumPy, and the optimizer's rates."""

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import ScheduledDropout
from dlrecipes.models import build_realmlp
from dlrecipes.targets import loss_and_metrics
from dlrecipes.training import realmlp_optimizer
from dlrecipes.training.schedules import FlatCos
from tests.models.test_build_tabm import _moved, _weights
from tests.models.test_build_tabular import examples, spec

SELU = 1.0507009873554805, 1.6732632423543772


def _selu(x):
    scale, alpha = SELU
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _mish(x):
    return x * np.tanh(np.logaddexp(0, x))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("task", "activation"), [("multiclass", _selu), ("regression", _mish)])
def test_equals_the_formulas(task, activation):
    described, x = spec(task), examples(30).astype("float64")
    model = _moved(build_realmlp(described, hidden_units=(6, 5), dropout_rate=FlatCos(0.15, 9)))
    waves = _weights(model, "numbers_0")
    inputs = []
    for at in range(2):
        z = np.cos(2 * np.pi * x[:, [at]] * waves["frequencies"][at] + waves["phases"][at])
        inputs += [x[:, [at]], z @ waves["kernel"][at] + waves["bias"][at]]
    inputs.append(x[:, 2:3])
    inputs += [np.eye(size)[x[:, at].astype(int)] for at, size in ((3, 3), (4, 5))]
    h = np.concatenate(inputs, axis=1) * _weights(model, "scaling")["scale"]
    for index in (1, 2):
        layer = _weights(model, f"hidden_{index}_dense")
        h = h @ layer["kernel"] / np.sqrt(h.shape[1]) + layer["bias"]
        alpha = _weights(model, f"hidden_{index}_activation")["alpha"]
        h = h + alpha * (activation(h) - h)
    head = _weights(model, "outputs")
    wanted = h @ head["kernel"] / np.sqrt(h.shape[1]) + head["bias"]
    if task == "regression":
        wanted = wanted * described.target.std + described.target.mean
    np.testing.assert_allclose(np.asarray(model(x)), wanted, rtol=1e-6, atol=1e-6)


def test_the_simple_variant():
    model = build_realmlp(spec(), encoding="plain", parametric=False, dropout_rate=None)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("NTKDense") == 4
    assert not {"ScheduledDropout", "InvertedDropout", "ParametricActivation"} & set(kinds)
    # It begins with what it knows without its inputs.
    np.testing.assert_array_equal(model(examples()), np.zeros((6, 1)))


def test_a_rate_for_each_kind_of_weight():
    model = build_realmlp(spec("binary"), hidden_units=(8,), dropout_rate=FlatCos(0.15, 8))
    assert isinstance(model.get_layer("hidden_1_dropout"), ScheduledDropout)
    optimizer = realmlp_optimizer(0.04, 8)
    model.compile(optimizer, **loss_and_metrics(spec("binary").targets), jit_compile=False)
    optimizer.build(model.trainable_variables)
    rates = {
        variable.path: optimizer.optimizers[
            optimizer._var_to_optimizer_idx[optimizer._var_key(variable)]
        ]
        for variable in model.trainable_variables
    }
    peaks = {
        path: one.get_config()["learning_rate"]["config"]["peak"] for path, one in rates.items()
    }
    assert peaks == pytest.approx(
        {
            "numbers_0/frequencies": 0.004,
            "numbers_0/phases": 0.004,
            "numbers_0/kernel": 0.004,
            "numbers_0/bias": 0.004,
            "scaling/scale": 0.24,
            "hidden_1_dense/kernel": 0.04,
            "hidden_1_dense/bias": 0.004,
            "hidden_1_activation/alpha": 0.004,
            "outputs/kernel": 0.04,
            "outputs/bias": 0.004,
        }
    )
    assert float(rates["outputs/bias"].weight_decay) == 0
    assert float(rates["outputs/kernel"].weight_decay) == pytest.approx(0.02)
    x = examples(64)
    history = model.fit(x, (x[:, 0] > 0).astype(int), batch_size=32, epochs=4, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert keras.optimizers.deserialize(keras.optimizers.serialize(optimizer)) is not None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"learning_rate": 0, "steps": 5}, "learning_rate"),
        ({"learning_rate": 0.1, "steps": 0}, "steps"),
        ({"learning_rate": 0.1, "steps": 5, "weight_decay": -1}, "weight_decay"),
        ({"learning_rate": 0.1, "steps": 5, "scale_factor": 0}, "scale_factor"),
        ({"learning_rate": 0.1, "steps": 5, "beta_2": 1.0}, "beta_2"),
    ],
)
def test_says_what_is_wrong(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        realmlp_optimizer(**arguments)
