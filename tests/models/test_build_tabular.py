import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.models import build_tabular, prior_bias
from dlrecipes.results import ClassTarget, DataSpec, Feature, ValueTarget

FEATURES = (
    Feature("age", "number", edges=(-1.0, 0.0, 2.0)),
    Feature("pay", "number", edges=(-2.0, 1.0)),
    Feature("age missing", "indicator"),
    Feature("job", "category", size=3),
    Feature("town", "category", size=5),
)


def spec(task="binary", **changes):
    classes = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}[task]
    target = ValueTarget(mean=50.0, std=20.0)
    if classes:
        target = ClassTarget(class_names=classes, priors=tuple(1 / len(classes) for _ in classes))
    return DataSpec(
        **{
            "name": "people",
            "input_shape": (5,),
            "input_dtype": "float32",
            "kind": "table",
            "targets": (target,),
            "train_size": 100,
            "features": FEATURES,
            **changes,
        }
    )


def examples(rows=6):
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(rows, 2))
    rest = [generator.integers(0, top, rows) for top in (2, 3, 5)]
    return np.column_stack([numbers, *rest]).astype("float32")


@pytest.mark.parametrize(("task", "outputs"), [("binary", 1), ("multiclass", 3), ("regression", 1)])
@pytest.mark.parametrize("encoding", ["piecewise", "plain"])
def test_outputs(task, outputs, encoding):
    model = build_tabular(spec(task), encoding=encoding, dropout_rate=0.1)
    assert model(examples()).shape == (6, outputs)


def test_numbers_are_spread_over_pieces():
    model = build_tabular(spec(), hidden_units=(4,), embedding_size=2)
    # ---- two pieces and one, an indicator, two embeddings of two
    assert model.get_layer("hidden_1_dense").kernel.shape == (2 + 1 + 1 + 4, 4)
    plain = build_tabular(spec(), hidden_units=(4,), embedding_size=2, encoding="plain")
    assert plain.get_layer("hidden_1_dense").kernel.shape == (3 + 4, 4)


def test_weights_of_words_come_in_as_they_are():
    words = (*FEATURES, Feature("note 'late'", "weight"), Feature("note 'on'", "weight"))
    model = build_tabular(spec(features=words, input_shape=(7,)), hidden_units=(4,))
    # ---- three pieces, an indicator, two embeddings of eight
    assert model.get_layer("hidden_1_dense").kernel.shape == (3 + 1 + 16 + 2, 4)
    x = np.column_stack([examples(), np.arange(12).reshape(6, 2)]).astype("float32")
    encoded = keras.Model(model.input, model.get_layer("encoded").output)
    np.testing.assert_array_equal(np.asarray(encoded(x))[:, -2:], x[:, -2:])


def test_columns_do_not_share_embeddings():
    model = build_tabular(spec(), hidden_units=(4,), embedding_size=2)
    (table,) = [one for one in model.layers if isinstance(one, keras.layers.Embedding)]
    assert table.embeddings.shape == (8, 2)
    x = examples(1)
    changed = x.copy()
    changed[0, 4] = (x[0, 4] + 1) % 5
    job = keras.Model(model.input, model.get_layer("embedded_3").output)
    before, after = np.asarray(job(x)), np.asarray(job(changed))
    np.testing.assert_array_equal(before[0, :2], after[0, :2])
    assert not np.array_equal(before[0, 2:], after[0, 2:])


def test_few_categories_are_one_hot(tmp_path):
    model = build_tabular(spec(), hidden_units=(4,), embedding_size=2, one_hot=3)
    # ---- two pieces and one, an indicator, three categories, an embedding of two
    assert model.get_layer("hidden_1_dense").kernel.shape == (2 + 1 + 1 + 3 + 2, 4)
    x = examples()
    jobs = keras.Model(model.input, model.get_layer("one_hot_3").output)
    np.testing.assert_array_equal(jobs(x), np.eye(3)[x[:, 3].astype(int)])
    model.save(tmp_path / "tabular.keras")
    loaded = keras.saving.load_model(tmp_path / "tabular.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


def test_a_motif_counts_wherever_it_is():
    letters = [
        Feature(f"{name} {at}", "letter", size=size)
        for name, size in (("first", 12), ("other", 9), ("third", 9))
        for at in range(4 * size)
    ]
    given = spec(features=(*FEATURES, *letters), input_shape=(5 + 4 * 30,))
    model = build_tabular(given, hidden_units=(4,), embedding_size=2, motifs=6)
    # ---- numbers, an indicator, two embeddings, three sequences
    assert model.get_layer("hidden_1_dense").kernel.shape == (3 + 1 + 4 + 3 * 6, 4)
    sequence = np.random.default_rng(0).integers(0, 4, 12)
    x = np.zeros((1, 5 + 4 * 30), "float32")
    x[0, 5 : 5 + 4 * 12] = np.eye(4)[sequence].ravel()
    found = keras.Model(model.input, model.get_layer("best_place_5").output)(x)
    kernel, bias = model.get_layer("motifs_5").get_weights()
    windows = np.stack([np.eye(4)[sequence[at : at + 8]] for at in range(5)])
    expected = np.maximum(np.tensordot(windows, kernel, 2) + bias, 0).max(axis=0)
    np.testing.assert_allclose(np.asarray(found)[0], expected, atol=1e-5)
    assert model.get_layer("best_place_53").output.shape == (None, 6)
    assert model.get_layer("best_place_89").output.shape == (None, 6)


def test_starts_at_the_base_rates():
    given = spec(targets=(ClassTarget(class_names=("no", "yes"), priors=(0.9, 0.1), known=100),))
    model = build_tabular(given, output_bias=prior_bias(given))
    model.get_layer("outputs").kernel.assign(keras.ops.zeros((128, 1)))
    np.testing.assert_allclose(keras.ops.sigmoid(model(examples())), 0.1, rtol=1e-5)
    values = build_tabular(spec("regression"), output_bias=[70.0])
    values.get_layer("outputs").kernel.assign(keras.ops.zeros((128, 1)))
    np.testing.assert_allclose(values(examples()), 70.0, rtol=1e-5)


def test_saved_and_loaded(tmp_path):
    model = build_tabular(spec())
    model.save(tmp_path / "tabular.keras")
    loaded = keras.saving.load_model(tmp_path / "tabular.keras")
    np.testing.assert_array_equal(loaded(examples()), model(examples()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "fourier"}, "encoding"),
        ({"embedding_size": 0}, "embedding_size"),
        ({"one_hot": -1}, "one_hot"),
        ({"motifs": -1}, "motifs"),
        ({"hidden_units": (0,)}, "hidden_units"),
        ({"dropout_rate": 1.0}, "rate"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ArgumentError, match=message):
        build_tabular(spec(), **options)


def test_unknown_features():
    with pytest.raises(DataError, match="0 descriptions of 5 features"):
        build_tabular(spec(features=()))


def test_the_penalty_is_on_the_kernels_it_is_asked_for():
    assert not build_tabular(spec()).losses
    both = build_tabular(spec(), hidden_units=(4,), l1=0.25, l2=0.5)
    kernels = [np.asarray(w) for w in both.trainable_weights if w.path.endswith("kernel")]
    expected = sum(0.25 * np.abs(w).sum() + 0.5 * np.square(w).sum() for w in kernels)
    assert float(sum(both.losses)) == pytest.approx(expected, rel=1e-5)
    assert len(both.losses) == len(kernels) == 2
    assert len(build_tabular(spec(), l2=0.5, penalised="hidden").losses) == 2
    with pytest.raises(ArgumentError, match=r"The layers are hidden_1, hidden_2, outputs"):
        build_tabular(spec(), l2=0.5, penalised=["embedding"])
