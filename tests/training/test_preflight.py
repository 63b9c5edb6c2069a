import re

import keras
import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.losses import FocalLoss
from dlrecipes.results import Objective
from dlrecipes.training.preflight import check_compiled, check_model

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")
BINARY = keras.losses.BinaryCrossentropy(from_logits=True)
AT_ZERO = keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")


@pytest.fixture(autouse=True)
def _same_weights():
    """Whether outputs give themselves away as no probabilities depends on the weights."""
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize(
    ("task", "changes", "objective"),
    [
        ("multiclass", {}, ACCURACY),
        ("multiclass", {}, LOSS),
        ("multiclass", {}, Objective("accuracy", "max")),
        (
            "multiclass",
            {"activation": "softmax", "loss": "sparse_categorical_crossentropy"},
            ACCURACY,
        ),
        ("binary", {"units": 1, "loss": BINARY, "metrics": [AT_ZERO]}, ACCURACY),
        (
            "binary",
            {"units": 1, "activation": "sigmoid", "loss": "binary_crossentropy"},
            ACCURACY,
        ),
        # Keras looks through the sigmoid: the outputs are probabilities.
        ("binary", {"units": 1, "activation": "sigmoid", "loss": BINARY}, ACCURACY),
        ("multiclass", {"activation": "softmax"}, ACCURACY),
        ("binary", {"units": 2}, ACCURACY),
        (
            "regression",
            {"units": 1, "loss": "mse", "metrics": ["mae"]},
            Objective("val_mae", "min"),
        ),
    ],
)
def test_models_that_fit(make_model, development, task, changes, objective):
    model = make_model(**changes)
    before = [weight.copy() for weight in model.get_weights()]
    check_model(model, development(task), objective)
    assert all((one == other).all() for one, other in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("task", "changes", "message"),
    [
        (
            "multiclass",
            {"shape": (5,)},
            r"must take the data's shape\. Received: input_shape=\(None, 5\), data \(4,\)\. "
            r"Keras says: Input 0.*expected axis -1 of input shape to have value 5",
        ),
        ("multiclass", {"units": 2}, r"this multiclass data must have 3 units.*`spec\.outputs`"),
        (
            "multiclass",
            {"metrics": [keras.metrics.CategoricalAccuracy("accuracy")]},
            r"in the same form.*Use `keras\.metrics\.SparseCategoricalAccuracy\(\)`",
        ),
        ("regression", {"units": 2, "loss": "mse"}, r"this regression data must have 1 unit"),
        (
            "multiclass",
            {"metrics": []},
            r"must be one of the model's metrics\. Received: objective='val_accuracy'\. "
            r"This builder has val_loss; add the metric in compile\(\)",
        ),
        (
            "multiclass",
            {"loss": "sparse_categorical_crossentropy"},
            r"loss expects probabilities, but the last layer is linear.*from_logits=True",
        ),
        (
            "multiclass",
            {"loss": keras.losses.SparseCategoricalCrossentropy()},
            r"loss expects probabilities, but the last layer is linear",
        ),
        (
            "binary",
            {"units": 1, "loss": ["binary_crossentropy"]},
            r"loss expects probabilities, but the last layer is linear",
        ),
        (
            "binary",
            {"units": 1, "activation": "sigmoid", "loss": BINARY, "metrics": [AT_ZERO]},
            r"Accuracy on probabilities must threshold above 0.*'accuracy' with threshold=0\.",
        ),
        (
            "binary",
            {"units": 1, "activation": "softmax", "loss": "binary_crossentropy"},
            r"softmax of one unit is 1 for every example.*sigmoid",
        ),
        (
            "binary",
            {"units": 1, "activation": "tanh", "loss": "binary_crossentropy"},
            r"between 0 and 1.*outputs of tanh",
        ),
        # These apply a softmax or sigmoid of their own: Keras trains with two of them.
        (
            "binary",
            {
                "units": 1,
                "activation": "sigmoid",
                "loss": keras.losses.BinaryFocalCrossentropy(from_logits=True),
            },
            r"takes the outputs for logits, but they are probabilities",
        ),
        (
            "multiclass",
            {"loss": keras.losses.CategoricalCrossentropy(from_logits=True)},
            r"must fit the model's output and the labels\. Received: outputs of shape \(8, 3\) "
            r"\(float32\), labels of shape \(8,\) \(int32\)\. Keras says: ",
        ),
    ],
)
def test_models_that_do_not(make_model, development, task, changes, message):
    with pytest.raises(BuilderError, match=message):
        check_model(make_model(**changes), development(task), ACCURACY)


@pytest.mark.parametrize(
    ("task", "changes", "said"),
    [
        ("multiclass", {}, ()),
        ("multiclass", {"units": 5}, ("5 units for 3 classes",)),
        (
            "binary",
            {"units": 1, "loss": BINARY},
            (r"thresholds at 0\.5, and these outputs mean 50 % at 0",),
        ),
        (
            "multiclass",
            {"activation": "sigmoid", "loss": "sparse_categorical_crossentropy"},
            (r"3 sigmoids .* shares of the sum",),
        ),
        ("binary", {"units": 2, "activation": "sigmoid"}, ("2 sigmoids .* shares",)),
        (
            "multiclass",
            {"activation": "softmax", "loss": FocalLoss("sparse", from_logits=True)},
            ("softmax, and the loss applies its own.*from_logits=False",),
        ),
        ("binary", {"units": 1, "activation": "tanh", "loss": "hinge"}, ("at 0", "sign decides")),
        ("binary", {"units": 1, "loss": "hinge"}, ("at 0", "judges the outputs as logits")),
        ("binary", {"units": 1, "loss": "mse"}, ("so that 0.5 decides",)),
        ("multiclass", {"activation": "relu", "loss": "sparse_categorical_crossentropy"}, None),
    ],
)
def test_what_is_said_of_outputs(make_model, development, task, changes, said):
    found = check_model(make_model(**changes), development(task), LOSS)
    if said is None:
        assert len(found) == 1
        return
    assert len(found) == len(said)
    for finding, pattern in zip(found, said, strict=True):
        assert re.search(pattern, finding.verdict)


def test_what_is_no_compiled_model(development, make_model):
    with pytest.raises(BuilderError, match=r"compiled keras\.Model\. Received: NoneType\. End it"):
        check_model(None, development(), ACCURACY)
    with pytest.raises(BuilderError, match=r"Received: a model without a loss and an optimizer"):
        check_model(keras.Sequential([keras.layers.Dense(3)]), development(), ACCURACY)
    model = make_model()
    assert check_compiled(model) is model
