import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.losses import FocalLoss

LOGITS = st.floats(-100, 100, allow_nan=False, width=32)
GAMMAS = st.floats(0, 5)
quick = settings(deadline=None, max_examples=20)


@pytest.fixture
def float64():
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def numpy_categorical(y, z, gamma, alpha=1.0):
    """The paper's formula in float64, with 1 - p as the sum over the other classes."""
    z = np.asarray(z, "float64")
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    others = np.stack([np.delete(p, c, -1).sum(-1) for c in range(p.shape[-1])], -1)
    return np.sum(-np.asarray(alpha) * y * others**gamma * np.log(p), -1)


def numpy_binary(y, z, gamma, alpha=None):
    z = np.asarray(z, "float64")
    p, q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
    p_t, rest = np.where(y == 1, p, q), np.where(y == 1, q, p)
    alpha_t = 1.0 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return np.mean(-alpha_t * rest**gamma * np.log(p_t), -1)


@st.composite
def classification(draw, classes=4):
    z = np.asarray(draw(st.lists(LOGITS, min_size=classes, max_size=classes)), "float32")
    label = draw(st.integers(0, classes - 1))
    return label, z[None]


@quick
@given(classification(), GAMMAS)
def test_categorical_follows_the_paper(case, gamma):
    label, z = case
    z = z / 5  # float64 NumPy as the oracle needs probabilities above 1e-300
    y = np.eye(4)[[label]]
    loss = FocalLoss("categorical", gamma, reduction=None)(y, z)
    np.testing.assert_allclose(loss, numpy_categorical(y, z, gamma), rtol=2e-5, atol=1e-6)


@quick
@given(st.lists(LOGITS, min_size=3, max_size=3), st.booleans(), GAMMAS, st.floats(0, 1))
def test_binary_follows_the_paper(z, label, gamma, alpha):
    z = np.asarray([z], "float32")
    y = np.asarray([[label, not label, label]], "float32")
    loss = FocalLoss("binary", gamma, alpha=alpha, reduction=None)(y, z)
    np.testing.assert_allclose(loss, numpy_binary(y, z, gamma, alpha), rtol=1e-5, atol=1e-7)


@quick
@given(classification(), st.floats(0, 0.9))
def test_gamma_zero_is_cross_entropy(case, smoothing):
    label, z = case
    y = np.eye(4, dtype="float32")[[label]]
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    ours = FocalLoss("categorical", 0.0, label_smoothing=smoothing)(y, z)
    np.testing.assert_allclose(ours, theirs(y, z), rtol=1e-6, atol=1e-6)
    sparse = FocalLoss("sparse", 0.0, label_smoothing=smoothing)(np.array([label]), z)
    np.testing.assert_allclose(sparse, ours, rtol=1e-6, atol=1e-6)
    theirs = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    ours = FocalLoss("binary", 0.0, label_smoothing=smoothing)(y, z)
    np.testing.assert_allclose(ours, theirs(y, z), rtol=1e-6, atol=1e-6)


@quick
@given(classification(), GAMMAS, st.floats(0.1, 3))
def test_loss_is_not_negative_and_falls_with_gamma(case, gamma, more):
    label, z = case
    for labels, y, prediction in (
        ("sparse", np.array([label]), z),
        ("binary", np.array([[label % 2]]), z[:, :1]),
    ):
        small = float(FocalLoss(labels, gamma + more)(y, prediction))
        large = float(FocalLoss(labels, gamma)(y, prediction))
        assert 0 <= small <= large * (1 + 1e-5)


@quick
@given(classification(), GAMMAS, st.sampled_from([0.0, 0.1]))
def test_gradients_are_finite(case, gamma, smoothing):
    label, z = case
    for labels, y, prediction in (
        ("sparse", np.array([label]), z),
        ("binary", np.array([[label % 2]]), z[:, :1]),
    ):
        loss = FocalLoss(labels, gamma, label_smoothing=smoothing)
        assert np.isfinite(gradient(loss, y, prediction)).all()


@pytest.mark.parametrize("labels", ["binary", "sparse"])
@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 0.99, 1.0, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_finite_where_the_model_is_sure(labels, gamma, dtype):
    loss = FocalLoss(labels, gamma, dtype=dtype)
    logits = [0.0, 17.0, 30.0, 100.0, 1e4, -17.0, -30.0, -100.0, -1e4]
    others = [] if labels == "binary" else [0.0, 0.0]
    z = np.array([[logit, *others] for logit in logits], dtype)
    for label in (0, 1):
        assert np.isfinite(gradient(loss, np.full((len(z), 1), label), z)).all()


def gradient(loss, y, z):
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = loss(y, z)
    return tape.gradient(value, z).numpy()


@pytest.mark.parametrize("labels", ["binary", "categorical"])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradient_is_the_slope(labels, gamma):
    loss = FocalLoss(labels, gamma, label_smoothing=0.1, dtype="float64")
    # The last rows lie on both sides of the threshold between the two ways to take log(1 - p).
    z = np.array([[0.3, -1.2, 2.0], [4.0, 0.0, -3.0], [1.79, 0.0, 0.0], [1.8, 0.0, 0.0]])
    y = np.eye(3)[[0, 1, 0, 2]]
    slope = np.zeros_like(z)
    for index in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[index] = 1e-6
        slope[index] = (float(loss(y, z + step)) - float(loss(y, z - step))) / 2e-6
    np.testing.assert_allclose(gradient(loss, y, z), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("labels", ["binary", "sparse"])
@pytest.mark.parametrize("logit", [1.0, 2.0, 5.0, 10.0, 13.0])
def test_focal_factor_keeps_its_digits(labels, logit):
    z, y = np.array([[logit, 0.0, -1.0]], "float32"), np.array([0])
    rest = np.exp([0.0, -1.0]).sum() / np.exp([logit, 0.0, -1.0]).sum()
    if labels == "binary":
        z, y, rest = z[:, :1], np.array([[1]]), 1 / (1 + np.exp(logit))
    # -log(p) is common to both, so what is left is (1 - p), which 1.0 - p would round to 6e-8.
    factor = float(FocalLoss(labels, 1.0)(y, z)) / float(FocalLoss(labels, 0.0)(y, z))
    assert factor == pytest.approx(rest, rel=1e-5)


def test_many_classes_have_no_square_cost():
    z = np.random.default_rng(0).normal(size=(64, 20_000)).astype("float32")
    loss = FocalLoss("sparse", 2.0, reduction=None)(np.arange(64), z)
    assert loss.shape == (64,)


def test_alpha_per_class():
    z = np.array([[1.0, 0.0, -1.0], [0.5, 0.2, 0.1]], "float32")
    y, alpha = np.eye(3)[[0, 2]], [0.2, 1.0, 3.0]
    loss = FocalLoss("categorical", 2.0, alpha=alpha, reduction=None)(y, z)
    np.testing.assert_allclose(loss, numpy_categorical(y, z, 2.0, alpha), rtol=1e-5)
    loss = FocalLoss("sparse", 2.0, alpha=0.25, reduction=None)(np.array([0, 2]), z)
    np.testing.assert_allclose(loss, numpy_categorical(y, z, 2.0, 0.25), rtol=1e-5)


@pytest.mark.parametrize("labels", ["binary", "categorical"])
def test_probabilities(labels):
    z = np.array([[1.0, 0.0, -1.0], [0.5, 3.0, 0.1]], "float32")
    y = np.eye(3)[[0, 1]]
    p = keras.ops.sigmoid(z) if labels == "binary" else keras.ops.softmax(z)
    probabilities = FocalLoss(labels, 1.5, from_logits=False)(y, p)
    np.testing.assert_allclose(probabilities, FocalLoss(labels, 1.5)(y, z), rtol=1e-5)
    certain = FocalLoss(labels, 0.5, from_logits=False)
    assert np.isfinite(gradient(certain, y, np.array([[0.0, 1.0, 0.0]] * 2, "float32"))).all()


def test_from_logits_is_an_attribute():
    assert FocalLoss().from_logits is True
    assert FocalLoss(from_logits=False).from_logits is False


@pytest.mark.parametrize("dtype", [None, "bfloat16", "float16", "mixed_bfloat16"])
def test_computes_in_float32_at_least(dtype):
    z = keras.ops.cast(np.array([[3.1], [-2.2]]), "bfloat16")
    loss = FocalLoss(dtype=dtype)
    assert loss.dtype == "float32"
    value = loss(np.array([[1], [1]]), z)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    exact = FocalLoss()(np.array([[1], [1]]), keras.ops.cast(z, "float32"))
    assert float(value) == float(exact)
    direct = loss.call(np.array([[1], [1]]), z)
    assert keras.backend.standardize_dtype(direct.dtype) == "float32"


def test_float64_stays_float64(float64):
    z, y = np.array([[0.3, -0.2, 1.0]]), np.eye(3)[[1]]
    loss = FocalLoss("categorical", 2.0)(y, z)
    assert keras.backend.standardize_dtype(loss.dtype) == "float64"
    np.testing.assert_allclose(loss, numpy_categorical(y, z, 2.0)[0], rtol=1e-13)


def test_binary_shapes():
    y, z = np.array([1.0, 0.0, 1.0]), np.array([0.3, 2.0, -1.0])
    loss = FocalLoss(reduction=None)
    expected = [numpy_binary(np.array([a]), np.array([b]), 2.0) for a, b in zip(y, z, strict=True)]
    for labels in (y, y[:, None]):
        for logits in (z, z[:, None]):
            np.testing.assert_allclose(loss(labels, logits), expected, rtol=1e-5)


def test_sparse_shapes():
    z = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    y = np.array([0, 1, 2, 0, 1])
    loss = FocalLoss("sparse", reduction=None)
    np.testing.assert_array_equal(loss(y, z), loss(y[:, None], z))
    np.testing.assert_allclose(
        loss(y, z), FocalLoss("categorical", reduction=None)(np.eye(3)[y], z), rtol=1e-6
    )


def test_sample_weights():
    y, z = np.array([[1.0], [0.0]]), np.array([[0.3], [2.0]])
    each = np.asarray(FocalLoss(reduction=None)(y, z))
    weighted = FocalLoss()(y, z, sample_weight=np.array([1.0, 3.0]))
    assert float(weighted) == pytest.approx((each[0] + 3 * each[1]) / 2, rel=1e-6)


def test_config_round_trip():
    loss = FocalLoss("sparse", 1.5, alpha=(0.5, 1, 2), label_smoothing=0.1, dtype="float64")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is FocalLoss
    assert copy.get_config() == loss.get_config()
    assert copy.alpha == [0.5, 1.0, 2.0]
    assert copy.dtype == "float64"


def test_trains_and_is_saved_in_a_model(tmp_path):
    x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), FocalLoss("binary", 0.5), jit_compile=False)
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)
    after = model.evaluate(x, y, verbose=0)
    assert after < before / 2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(after, rel=1e-5)


def test_maps_over_members():
    """A population trains models with one gamma each in one `vectorized_map`."""
    z = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32") * 3
    y = np.array([0, 1, 2, 0, 1, 2])
    gammas = np.array([0.5, 2.0], "float32")

    def member(arguments):
        logits, gamma = arguments
        loss = FocalLoss("sparse")
        loss.gamma = gamma
        return loss(y, logits)

    mapped = tf.vectorized_map(member, (z, gammas), fallback_to_while_loop=False)
    expected = [float(FocalLoss("sparse", float(g))(y, a)) for a, g in zip(z, gammas, strict=True)]
    np.testing.assert_allclose(mapped, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "multi"}, r"`labels` must be one of 'binary', 'categorical', 'sparse'\."),
        ({"gamma": -1}, r"`gamma` must be a finite number in \[0, inf\]\. Received: gamma=-1\."),
        ({"gamma": float("inf")}, r"`gamma` must be a finite number"),
        ({"alpha": 1.5}, r"`alpha` must be a finite number in \[0, 1\]\. Received: alpha=1\.5\."),
        ({"alpha": [0.5, 0.5]}, r"`alpha` must be a finite number in \[0, 1\]"),
        ({"labels": "sparse", "alpha": [1, -1]}, r"`alpha\[1\]` must be a finite number"),
        ({"labels": "sparse", "alpha": []}, r"`alpha` must have one weight for each class"),
        ({"label_smoothing": 1.0}, r"`label_smoothing` must be a finite number in \[0, 1\)"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        FocalLoss(**arguments)


def test_alpha_of_wrong_length():
    with pytest.raises(ArgumentError, match=r"each of the 3 classes\. Received: alpha=\[1\.0"):
        FocalLoss("sparse", alpha=[1, 2])(np.array([0]), np.zeros((1, 3), "float32"))


@pytest.mark.parametrize(
    ("labels", "true_shape", "predicted_shape"),
    [
        ("binary", (4,), (4, 2)),
        ("binary", (4, 1), (4, 3)),
        ("categorical", (4,), (4, 3)),
        ("categorical", (4, 2), (4, 3)),
        ("sparse", (4, 3), (4, 3)),
    ],
)
def test_shapes_that_would_broadcast(labels, true_shape, predicted_shape):
    with pytest.raises(ArgumentError, match=r"must fit together in shape\. Received: y_true"):
        FocalLoss(labels)(np.zeros(true_shape), np.zeros(predicted_shape))


def test_one_output_is_not_categorical():
    with pytest.raises(ArgumentError, match=r'at least two classes\..*labels="binary"'):
        FocalLoss("sparse")(np.zeros((4, 1)), np.zeros((4, 1)))
