"""A trained network, whoever trained it, beside what knows nothing and what is simple."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

LAYERS = keras.layers
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(500, 5)).astype("float32")
KIND = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
PRICE = 200 + 50 * X[:, :1]


def parts(y, x=X, at=350):
    return x[:at], y[:at], (x[at:], y[at:])


def net(units=3, last="softmax", loss="sparse_categorical_crossentropy", *body):
    keras.utils.set_random_seed(0)
    hidden = body or (LAYERS.Dense(32, "relu"),)
    model = keras.Sequential([keras.Input((5,)), *hidden, LAYERS.Dense(units, last)])
    model.compile(keras.optimizers.Adam(1e-2), loss)
    return model


def told(model, y, x=X, epochs=20, **arguments):
    seen, wanted, held_out = parts(y, x)
    history = model.fit(seen, wanted, validation_data=held_out, epochs=epochs, verbose=0)
    found = dlr.check_trained(
        model, seen, wanted, validation_data=held_out, history=history, **arguments
    )
    return {one.name: one for one in found}


def wrong(found):
    return {name for name, one in found.items() if one.severity != "info"}


@pytest.mark.slow
def test_a_network_that_fits():
    """The errors are those that NumPy counts, without dropout."""
    model = net(
        3,
        "softmax",
        "sparse_categorical_crossentropy",
        LAYERS.Dense(64, "relu"),
        LAYERS.Dropout(0.3),
    )
    found = told(model, KIND)
    assert wrong(found) == set()
    evidence = found["bias and variance"].evidence
    seen, wanted, (held_out, answers) = parts(KIND)
    for name, x, y in (("training error", seen, wanted), ("validation error", held_out, answers)):
        error = np.mean(model.predict(x, verbose=0).argmax(axis=1) != y)
        assert evidence[name] == pytest.approx(error)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "y"),
    [
        (lambda: net(1, None, "mse"), (PRICE - 200) / 50),
        (lambda: net(loss="categorical_crossentropy"), np.eye(3)[KIND]),
        (lambda: net(1, "tanh", "hinge"), np.where(X[:, 0] > 0, 1, -1)),
        (lambda: net(1, "sigmoid", "binary_crossentropy"), X[:, 0] > 0),
    ],
    ids=["values", "one-hot", "signs", "booleans"],
)
def test_targets_of_every_form(make, y):
    found = told(make(), y)
    assert wrong(found) == set()
    assert "bias and variance" in found


def test_one_answer_for_all():
    frozen = net(1, None, "mse", LAYERS.Dense(4, "relu", kernel_initializer="zeros"))
    found = told(frozen, PRICE / 50, epochs=5)
    assert found["one answer"].severity == "error"
    assert "bias and variance" in wrong(found)  # a linear model sees what it does not


def test_inputs_and_targets_that_do_not_belong_together():
    found = told(net(), np.random.default_rng(1).permutation(KIND), epochs=3)
    assert found["nothing learned"].severity == "warning"
    assert "belong together" in found["nothing learned"].advice
    alone = told(net(), np.random.default_rng(1).permutation(KIND), epochs=3, reference=0.3)
    assert "nothing learned" not in alone  # no baseline was asked
    assert "bias and variance" in wrong(alone)


@pytest.mark.slow
def test_a_rare_class_counts_as_much():
    rare = (X[:, 0] > 1.7).astype(int)
    model = net(1, "sigmoid", "binary_crossentropy")
    evidence = told(model, rare)["bias and variance"].evidence
    _, _, (held_out, answers) = parts(rare)
    right = (model.predict(held_out, verbose=0)[:, 0] > 0.5) == answers
    balanced = np.mean([right[answers == kind].mean() for kind in (0, 1)])
    assert evidence["validation error"] == pytest.approx(1 - balanced)


def test_a_rare_class_whose_rows_were_repeated_counts_as_much():
    rare = (X[:, 0] > 1.5).astype(int)
    model = net(1, "sigmoid", "binary_crossentropy")
    rows = np.concatenate([np.arange(350), np.resize(np.flatnonzero(rare[:350]), 300)])
    model.fit(X[rows], rare[rows], epochs=2, verbose=0)
    held_out, answers = X[350:], rare[350:]
    found = dlr.check_trained(model, X[rows], rare[rows], validation_data=(held_out, answers))
    (told,) = [one for one in found if one.name == "bias and variance"]
    right = (model.predict(held_out, verbose=0)[:, 0] > 0.5) == answers
    balanced = np.mean([right[answers == kind].mean() for kind in (0, 1)])
    assert told.evidence["validation error"] == pytest.approx(1 - balanced)


def test_several_outputs_each_by_itself():
    inputs = keras.Input((5,))
    hidden = LAYERS.Dense(32, "relu")(inputs)
    heads = {
        "kind": LAYERS.Dense(3, "softmax", name="kind")(hidden),
        "price": LAYERS.Dense(1, name="price")(hidden),
    }
    model = keras.Model(inputs, heads)
    model.compile("adam", {"kind": "sparse_categorical_crossentropy", "price": "mse"})
    seen, held_out = (
        {"kind": KIND[rows], "price": X[rows, :1]} for rows in (slice(350), slice(350, 500))
    )
    model.fit(X[:350], seen, epochs=3, verbose=0)
    found = dlr.check_trained(model, X[:350], seen, validation_data=(X[350:], held_out))
    verdicts = " ".join(one.verdict for one in found)
    assert "'kind'" in verdicts
    assert "'price'" in verdicts


def test_nothing_is_changed():
    model = net(3, "softmax", "sparse_categorical_crossentropy", LAYERS.BatchNormalization())
    seen, wanted, held_out = parts(KIND)
    model.fit(seen, wanted, verbose=0)
    variables = [*model.variables, *model.optimizer.variables]
    before = [one.numpy() for one in variables]
    dlr.check_trained(model, seen, wanted, validation_data=held_out)
    for one, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(one.numpy(), value)


def test_outputs_that_are_no_numbers():
    model = net()
    model.layers[0].kernel.assign(np.full((5, 32), np.nan))
    seen, wanted, held_out = parts(KIND)
    (found,) = dlr.check_trained(model, seen, wanted, validation_data=held_out)
    assert (found.name, found.severity) == ("diverged", "error")


@pytest.mark.parametrize(
    ("make", "y", "why"),
    [
        (lambda: net(4, "sigmoid", "binary_crossentropy"), (X[:, :4] > 0) * 1.0, "several numbers"),
        (lambda: net(3, None, "mse"), X[:, :3], "several numbers"),
        (lambda: net(4, None, "mse"), X[:, 0], "several numbers"),
        (lambda: net(), np.where(np.arange(500) < 350, KIND, 1), "one class only"),
    ],
    ids=["several labels", "several values", "too many outputs", "one class"],
)
def test_what_is_not_judged_says_so(make, y, why):
    seen, wanted, held_out = parts(y)
    found = {
        one.name: one for one in dlr.check_trained(make(), seen, wanted, validation_data=held_out)
    }
    assert why in found["not judged"].verdict
    assert found["not judged"].severity == "info"


@pytest.mark.parametrize(("least", "severity"), [(1.0, "info"), (0.5, "warning")])
def test_a_network_with_the_weights_of_its_best_epoch(least, severity):
    """It was trained too long, and where the best weights were kept that has no consequence."""
    model = net(1, None, "mse")
    seen, wanted, held_out = parts(X[:, :1])
    now = float(model.evaluate(*held_out, verbose=0))
    rising = least * now * np.array([1.2, 1.0, 1.3, 1.6, 1.9, 2.0])
    curves = {"loss": [1.0, 0.5, 0.3, 0.2, 0.1, 0.05], "val_loss": rising}
    found = dlr.check_trained(model, seen, wanted, validation_data=held_out, history=curves)
    (one,) = [one for one in found if one.name == "overfitting"]
    assert one.severity == severity


@pytest.mark.parametrize(("share", "severity"), [(0.15, "info"), (0.6, "warning")])
def test_wrong_labels_that_a_network_has_borne(share, severity):
    x = np.random.default_rng(1).normal(size=(1200, 5)).astype("float32")
    right = np.digitize(x[:, 0], [-0.7, 0.7])
    drawn = np.random.default_rng(2).uniform(size=1200) < share
    y = np.where(drawn, np.random.default_rng(3).integers(0, 3, 1200), right)
    model = net(3, "softmax", "sparse_categorical_crossentropy", LAYERS.Identity())
    seen, wanted, held_out = x[:600], y[:600], (x[600:], y[600:])
    kernel = np.zeros((5, 3))
    kernel[0] = -8, 0, 8
    model.set_weights([kernel, np.array([-5.6, 0, -5.6])])  # as if it had not been misled
    found = dlr.check_trained(model, seen, wanted, validation_data=held_out)
    (one,) = [one for one in found if one.name == "suspicious labels"]
    assert one.severity == severity
    assert "of the labels seem to be wrong" in one.verdict


def test_a_bad_network_doubts_no_labels():
    for seed in (1, 6, 7):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [keras.Input((5,)), LAYERS.Dense(32, "relu"), LAYERS.Dense(1, "sigmoid")]
        )
        model.compile("adam", "binary_crossentropy")
        seen, wanted, held_out = parts((X[:, 0] > 0).astype(int))
        found = dlr.check_trained(model, seen, wanted, validation_data=held_out)
        assert wrong({one.name: one for one in found}) == {"bias and variance"}


def test_what_cannot_be_judged():
    seen, wanted, held_out = parts(KIND)
    with pytest.raises(ArgumentError, match=r"`validation_data` must be `\(x, y\)`.*ndarray"):
        dlr.check_trained(net(), seen, wanted, validation_data=seen)
    with pytest.raises(ArgumentError, match="compiled"):
        dlr.check_trained(keras.Sequential(), seen, wanted, validation_data=held_out)
    (few,) = dlr.check_trained(net(), X[:5], KIND[:5], validation_data=(X[5:9], KIND[5:9]))
    assert "fewer than 10 examples" in few.verdict
    for reference in (-1, 2):
        with pytest.raises(ArgumentError, match=r"`reference`.*\[0, 1\]"):
            dlr.check_trained(net(), seen, wanted, validation_data=held_out, reference=reference)
    text = np.array(["a", "b", "c"])
    with pytest.raises(ArgumentError, match="must be numbers.*<U1"):
        dlr.check_trained(
            net(), seen, text[wanted], validation_data=(held_out[0], text[held_out[1]])
        )


def test_a_loss_that_aims_at_one_side_is_not_judged_by_squares():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(600, 3)).astype("float32")
    y = (x[:, 0] + generator.normal(size=600)).astype("float32")

    def upper(y, p):
        return keras.ops.mean(keras.ops.maximum(0.95 * (y - p), -0.05 * (y - p)))

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    for loss, judged, offset in ((upper, False, 1.645), ("mse", True, 0.0)):
        model.compile(keras.optimizers.Adam(0.05), loss)
        model.set_weights([np.array([[1.0], [0.0], [0.0]]), np.array([offset])])  # as trained
        found = dlr.check_trained(model, x[:400], y[:400], validation_data=(x[400:], y[400:]))
        assert ("bias and variance" in {one.name for one in found}) is judged
        assert [one for one in found if one.severity != "info"] == []


@pytest.mark.parametrize(("loss", "severity"), [("huber", "info"), ("mse", "warning")])
def test_wild_targets_are_a_warning_where_the_loss_follows_them(loss, severity):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(800, 3)).astype("float32")
    y = x[:, 0] + 0.1 * generator.normal(size=800)
    y = np.where(generator.uniform(size=800) < 0.03, y + 8, y).astype("float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), loss)
    model.set_weights([np.array([[1.0], [0.0], [0.0]]), np.zeros(1)])  # as trained
    found = dlr.check_trained(model, x[:500], y[:500], validation_data=(x[500:], y[500:]))
    (doubted,) = [one for one in found if one.name == "suspicious labels"]
    assert doubted.severity == severity
