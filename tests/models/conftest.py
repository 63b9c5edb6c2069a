"""What every builder's tests share."""

import re
from collections.abc import Iterator

import keras
import pytest


@pytest.fixture(autouse=True)
def seeded_in_float32() -> Iterator[None]:
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def float64() -> Iterator[None]:
    keras.config.set_dtype_policy("float64")
    keras.config.set_floatx("float64")
    yield
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


@pytest.fixture
def check_model(tmp_path):
    """Return `check(make, shape, outputs)`, the questions that every builder must answer.

    `make(**arguments)` builds a model; it has dropout layers when `dropout_rate` is given.
    """

    def check(make, shape, outputs):
        check_output(make, shape, outputs)
        check_saving(make, shape, str(tmp_path / "model.keras"))
        check_precision(make, shape)
        check_seed(make, shape)
        check_penalty(make)
        check_structure(make)
        check_bias(make, shape, outputs)

    return check


def batch(shape):
    return keras.random.normal((3, *shape), seed=1)


def check_output(make, shape, outputs):
    model = make()
    assert isinstance(model, keras.Model)
    assert not model.compiled
    assert model.input_shape == (None, *shape)
    assert model.output_shape == (None, outputs)
    # Logits, not probabilities: they leave [0, 1].
    logits = model(100 * batch(shape))
    assert keras.ops.any((logits < 0) | (logits > 1))


def check_saving(make, shape, path):
    model = make(dropout_rate=0.3, l2=1e-3)
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert keras.ops.all(loaded(batch(shape)) == model(batch(shape)))


def check_precision(make, shape):
    for policy, last in (
        ("mixed_bfloat16", "float32"),
        ("mixed_float16", "float32"),
        ("float64", "float64"),
    ):
        keras.config.set_dtype_policy(policy)
        model = make(dropout_rate=0.3)
        assert keras.backend.standardize_dtype(model(batch(shape)).dtype) == last
        assert model.output.dtype == last
        computes = {layer.compute_dtype for layer in model.layers}
        assert policy.removeprefix("mixed_") in computes
    keras.config.set_dtype_policy("float32")


def check_seed(make, shape):
    outputs = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        outputs.append(make(dropout_rate=0.5)(batch(shape), training=True))
    assert keras.ops.all(outputs[0] == outputs[1])
    assert keras.ops.any(outputs[0] != outputs[2])


def check_penalty(make):
    model = make(l2=0.5)
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    expected = 0.5 * sum(float(keras.ops.sum(keras.ops.square(w))) for w in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    assert not make().losses
    sizes = sum(float(keras.ops.sum(keras.ops.abs(w))) for w in kernels)
    elastic = make(l1=0.25, l2=0.5)
    elastic.set_weights(model.get_weights())
    assert float(sum(elastic.losses)) == pytest.approx(expected + 0.25 * sizes, rel=1e-5)
    for penalised in (["outputs"], [-1]):
        lasso = make(l1=0.25, penalised=penalised)
        last = keras.ops.sum(keras.ops.abs(lasso.get_layer("outputs").kernel))
        assert float(sum(lasso.losses)) == pytest.approx(0.25 * float(last), rel=1e-5)
    assert len(make(l1=0.25, penalised="hidden").losses) == len(kernels) - 1
    for wrong in ({"l2": -1.0}, {"l1": -1.0}):
        message = rf"`{next(iter(wrong))}` must be a finite number in \[0, inf\]"
        with pytest.raises(ValueError, match=message):
            make(**wrong)


def check_structure(make):
    """A study changes rates and penalties of one graph, from and to 0."""

    def variables(model):
        # Keras counts the seeds of its recurrent cells through the whole program.
        counted = re.compile(r"seed_generator_\d+")
        return [(counted.sub("seed", v.path), tuple(v.shape)) for v in model.variables]

    assert variables(make(dropout_rate=0.0)) == variables(make(dropout_rate=0.5))
    assert len(make(l2=0.0).losses) == len(make(l2=0.1).losses) > 0
    with pytest.raises(ValueError, match=r"`rate` must be .* Received: rate=1\.0"):
        make(dropout_rate=1.0)


def check_bias(make, shape, outputs):
    bias = [float(index) - 0.5 for index in range(outputs)]
    model = make(output_bias=bias)
    assert keras.ops.convert_to_numpy(model.get_layer("outputs").bias).tolist() == bias
    with pytest.raises(ValueError, match=r"`output_bias` must have one value for each output"):
        make(output_bias=[*bias, 0.0])
    with pytest.raises(ValueError, match=r"`output_bias\[0\]` must be a finite number"):
        make(output_bias=[float("-inf")] * outputs)
