"""TabM-mini against a loop over its members in NumPy, in training and in what is predicted."""

import keras
import numpy as np
import pytest
from scipy.special import expit, log_softmax, logsumexp

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import MemberMean
from dlrecipes.models import MemberModel, build_tabm, prior_bias
from dlrecipes.results import CountTarget, OrdinalTarget
from dlrecipes.targets import kind_of, loss_and_metrics
from tests.models.test_build_tabular import examples, spec

MEMBERS = 5


def _weights(model, layer):
    return {one.name: np.asarray(one, "float64") for one in model.get_layer(layer).weights}


def _pieces(column, edges):
    """Formula (1) of arXiv:2203.05556: neither end is cut off."""
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    share = (column[:, None] - low) / (high - low)
    first, last = np.arange(len(low)) == 0, np.arange(len(low)) == len(low) - 1
    share = np.where(first, share, np.maximum(share, 0))
    return np.where(last, share, np.minimum(share, 1))


def _forward(model, described, x):
    """What each member puts out before the head's units, `(members, rows, hidden)`."""
    numbers, one_hot = _weights(model, "numbers_0"), []
    for at, feature in enumerate(described.features[3:], start=3):
        one_hot.append(np.eye(feature.size)[x[:, at].astype(int)])
    embedded = []
    for at, feature in enumerate(described.features[:2]):
        pieces = _pieces(x[:, at], feature.edges)
        kernel = numbers["kernel"][at][: pieces.shape[1]]
        embedded.append(x[:, [at]] * numbers["slope"][at] + numbers["bias"][at] + pieces @ kernel)
    inputs = np.concatenate([*embedded, x[:, 2:3], *one_hot], axis=1)
    hidden = []
    for scale in _weights(model, "members")["scale"]:
        h = inputs * scale
        for index in (1, 2):
            layer = _weights(model, f"hidden_{index}_dense")
            h = np.maximum(h @ layer["kernel"] + layer["bias"], 0)
        hidden.append(h)
    return np.stack(hidden)


def _heads(model, hidden):
    head = _weights(model, "outputs")
    return np.stack(
        [h @ w + b for h, w, b in zip(hidden, head["kernel"], head["bias"], strict=True)], axis=1
    )


def _moved(model, seed=0):
    """Away from zeros, which would hide a wrong formula."""
    generator = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.3 * generator.normal(size=weight.shape))
    return model


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_members_equal_a_loop_over_members(task):
    described, x = spec(task), examples(40)
    model = _moved(build_tabm(described, members=MEMBERS, hidden_units=(6, 4), dropout_rate=None))
    each = _heads(model, _forward(model, described, x.astype("float64")))
    if task == "regression":
        each = each * described.target.std + described.target.mean
        together = each.mean(axis=1)
    elif task == "binary":
        mean = expit(each).mean(axis=1)
        together = np.log(mean / (1 - mean))
    else:
        together = logsumexp(log_softmax(each, axis=-1), axis=1) - np.log(MEMBERS)
    np.testing.assert_allclose(np.asarray(model(x, training=True)), each, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.asarray(model(x)), together, rtol=1e-6, atol=1e-6)
    # The loss of training is the mean of the members', that of evaluation is of their mean.
    model.compile("sgd", **loss_and_metrics(described.targets), run_eagerly=True)
    y = np.arange(len(x)) % max(2, kind_of(described.target).widths[0])
    y = y.astype("float64") * 30 if task == "regression" else y
    loss = loss_and_metrics(described.targets)["loss"]
    trained = model.compute_loss(x, y[:, None], model(x, training=True))
    members = [float(loss(y[:, None], each[:, at])) for at in range(MEMBERS)]
    assert float(trained) == pytest.approx(np.mean(members), rel=1e-6)
    evaluated = model.evaluate(x, y, verbose=0)[0]
    assert evaluated == pytest.approx(float(loss(y[:, None], together)), rel=1e-6)
    assert evaluated < float(trained)


ORDINAL = OrdinalTarget(class_names=("low", "middle", "high"), priors=(0.2, 0.5, 0.3), known=90)
COUNT = CountTarget(mean=4.0, std=3.0, deviance=2.0, known=90)


@pytest.mark.parametrize(
    ("target", "encoding"),
    [(ORDINAL, "ple"), (COUNT, "plr"), (ORDINAL, "pbld"), (COUNT, "piecewise"), (COUNT, "plain")],
)
def test_every_kind_of_target_and_number(target, encoding):
    described = spec(targets=(target,))
    model = build_tabm(
        described,
        members=3,
        encoding=encoding,
        hidden_units=(8,),
        output_bias=prior_bias(described),
    )
    model.compile("adam", **loss_and_metrics(described.targets), run_eagerly=True)
    x, y = examples(90), np.arange(90) % 3
    history = model.fit(x, y, epochs=2, batch_size=32, validation_data=(x, y), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert model(x).shape == (90, kind_of(target).widths[0])


def test_saves_and_loads_as_any_model(tmp_path):
    described, x = spec("multiclass"), examples(20)
    model = _moved(build_tabm(described, members=3, hidden_units=(8,)))
    model.compile("adam", **loss_and_metrics(described.targets))
    model.save(tmp_path / "tabm.keras")
    loaded = keras.saving.load_model(tmp_path / "tabm.keras")
    assert type(loaded) is MemberModel
    np.testing.assert_array_equal(loaded(x), model(x))
    loaded.fit(x, np.arange(20) % 3, verbose=0)
    clone = keras.models.clone_model(model)
    assert clone(x, training=True).shape == (20, 3, 3)


def test_mixed_precision_puts_out_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_tabm(spec("binary"), members=3)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model(examples()).dtype == "float32"


def test_weights_of_examples_and_metrics_in_training():
    described, x = spec("binary"), examples(64)
    model = build_tabm(described, members=3, hidden_units=(8,), dropout_rate=None)
    model.compile(keras.optimizers.SGD(0.0), **loss_and_metrics(described.targets))
    y = (x[:, 0] > 0).astype(int)
    weights = np.linspace(0, 2, 64)
    history = model.fit(x, y, sample_weight=weights, batch_size=64, verbose=0).history
    assert history["accuracy"][0] == pytest.approx(model.evaluate(x, y, verbose=0)[1])
    each = np.asarray(model(x, training=True))[:, :, 0]
    losses = np.logaddexp(0, each) - y[:, None] * each
    assert history["loss"][0] == pytest.approx((weights[:, None] * losses).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"members": 0}, "members"),
        ({"hidden_units": ()}, "hidden_units"),
        ({"encoding": "fourier"}, "encoding"),
        ({"encoding": "plain", "number_size": 4}, "number_size"),
        ({"encoding": "ple", "frequency_scale": 1.0}, "frequency_scale"),
        ({"encoding": "plr", "frequency_scale": 0.0}, "frequency_scale"),
        ({"encoding": "pbld", "number_size": 1}, "number_size"),
    ],
)
def test_says_what_is_wrong(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        build_tabm(spec(), **arguments)


def test_needs_features_and_one_target():
    with pytest.raises(DataError, match="what the features are"):
        build_tabm(spec(features=()))


def test_a_member_model_ends_with_their_mean():
    inputs = keras.Input((3, 2))
    with pytest.raises(ArgumentError, match="must end with one `MemberMean`.*Dense"):
        MemberModel(inputs, keras.layers.Dense(1)(MemberMean()(inputs)))
    with pytest.raises(ArgumentError, match="2 outputs"):
        MemberModel(inputs, [MemberMean()(inputs), MemberMean()(inputs)])
