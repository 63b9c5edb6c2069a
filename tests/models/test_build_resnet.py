import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import ResidualBlock
from dlrecipes.models import build_resnet


@pytest.mark.parametrize(
    ("variant", "order"),
    [
        ("basic", "post"),
        pytest.param("bottleneck", "pre", marks=pytest.mark.slow),
    ],
)
def test_contract(check_model, variant, order):
    def make(**arguments):
        return build_resnet(
            (6, 5, 1),
            3,
            filters=(2, 3),
            variant=variant,
            activation_order=order,
            zero_init_residual=False,
            **arguments,
        )

    check_model(make, (6, 5, 1), 3)


def blocks(model):
    return [layer for layer in model.layers if isinstance(layer, ResidualBlock)]


def test_resnet_20():
    model = build_resnet((32, 32, 3), 10, filters=(16, 32, 64), blocks_per_stage=3)
    assert [tuple(block.output.shape[1:]) for block in blocks(model)] == (
        [(32, 32, 16)] * 3 + [(16, 16, 32)] * 3 + [(8, 8, 64)] * 3
    )
    # 0.27 M in the paper, which has no projections.
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    projections = 16 * 32 + 32 * 64 + 2 * (32 + 64)
    assert trainable - projections == 269_722


def test_pre_activation_ends_with_an_activation():
    model = build_resnet((8, 8, 1), 2, activation_order="pre")
    names = [layer.name for layer in model.layers]
    assert names[-4:] == ["last_normalization", "last_activation", "pooling", "outputs"]
    assert "stem_normalization" not in names
    assert "stem_normalization" in [layer.name for layer in build_resnet((8, 8, 1), 2).layers]


def test_zero_start_reaches_the_blocks():
    model = build_resnet((8, 8, 1), 2, zero_init_residual=True, blocks_per_stage=2)
    x = keras.random.normal((2, 8, 8, 16), seed=0)
    np.testing.assert_array_equal(blocks(model)[0](x), keras.ops.relu(x))


def test_plain_and_without_normalisation():
    plain = build_resnet((8, 8, 1), 2, shortcuts=False, batch_normalization=False)
    names = [layer.name for layer in plain.layers]
    assert "stem_normalization" not in names
    paths = [weight.path for weight in plain.weights]
    assert not [path for path in paths if "normalization" in path or "projection" in path]
    assert sum(path.endswith("bias") for path in paths) == 1 + 2 * 2 + 1
    usual = [weight.path for weight in build_resnet((8, 8, 1), 2).weights]
    assert [path for path in usual if "projection" in path]


def test_bottleneck_expands():
    model = build_resnet((8, 8, 1), 2, filters=(3,), variant="bottleneck")
    assert blocks(model)[0].output.shape[-1] == 12


def test_learns():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4, 4, 1)).astype("float32")
    y = (x.mean((1, 2, 3)) > 0).astype("int32")
    model = build_resnet((4, 4, 1), 1, filters=(8,), zero_init_residual=True)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, jit_compile=False)
    history = model.fit(x, y, epochs=12, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (64,)}, r"`input_shape` must be \(height, width, channels\)"),
        ({"filters": ()}, r"`filters` must have at least 1 entry"),
        ({"filters": (2,) * 5}, r"halved 4 times must be at least 16 pixels.*Give fewer `filters`"),
        ({"blocks_per_stage": 0}, r"`blocks_per_stage` must be an integer, at least 1"),
        ({"variant": "wide"}, r"`variant` must be one of 'basic', 'bottleneck'"),
        ({"activation_order": "mid"}, r"`activation_order` must be one of 'post', 'pre'"),
        ({"outputs": 0}, r"`outputs` must be an integer, at least 1"),
        ({"activation": "?"}, r"`activation` must be one of"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        build_resnet(**{"input_shape": (8, 8, 1), "outputs": 2, **arguments})
