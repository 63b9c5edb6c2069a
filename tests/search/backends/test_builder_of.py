"""What a user hands over as a builder: a function, a HyperModel, or what is none."""

import inspect

import keras
import keras_tuner
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import Recipe
from dlrecipes.search import builder_of, discover_space, fit_of, run_builder


class Plain(keras_tuner.HyperModel):
    """Units, from 8 to 32."""

    def build(self, hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(hp.Int("units", 8, 32))])
        model.compile("adam", "mse")
        return model


class OfAPlain(Plain):
    pass


class WithFit(Plain):
    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Choice("batch_size", [16, 64]), **kwargs)


class OfWithFit(WithFit):
    pass


class StaticFit(Plain):
    @staticmethod
    def fit(hp, model, *args, **kwargs):
        return model.fit(*args, **kwargs)


class NotAHyperModel:
    build = Plain.build

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, **kwargs)


class Declared(Plain):
    def declare_hyperparameters(self, hp):
        hp.Int("units", 2, 4)
        hp.Choice("l2", [0.0, 0.1])


def fitted_by_attribute():
    made = Plain()
    made.fit = lambda hp, model, *args, **kwargs: None
    return made


@pytest.mark.parametrize(
    "make", [WithFit, OfWithFit, StaticFit, NotAHyperModel, fitted_by_attribute]
)
def test_a_fit_of_its_own_is_found(make):
    given = make()
    assert fit_of(given) == given.fit
    recipe = Recipe(name="r", load=lambda: None, build=given)
    assert fit_of(recipe.builder(dlr.data.load("iris"))) == given.fit


@pytest.mark.parametrize("make", [Plain, OfAPlain, lambda: lambda hp: None])
def test_that_of_keras_is_none(make):
    assert fit_of(make()) is None


def test_a_tuner_is_no_builder(tmp_path):
    tuner = keras_tuner.RandomSearch(Plain(), "val_loss", max_trials=1, directory=tmp_path)
    with pytest.raises(ArgumentError, match=r"a RandomSearch\. .*dlr\.tune\(tuner\.hypermodel"):
        builder_of(tuner)


@pytest.mark.parametrize("make", [Plain, OfAPlain])
def test_without_one_it_works_as_before(make):
    build = builder_of(make())
    assert build.__name__ == make.__name__
    assert "hp.Int" in inspect.getsource(build)
    (units,) = discover_space(build)
    assert (units.name, units.low, units.high) == ("units", 8, 32)
    assert run_builder(build).output_shape == (None, 8)


def test_what_keras_tuner_knows_of_a_hypermodel():
    # Declared before the model is built, a range holds, as in KerasTuner.
    units, l2 = discover_space(builder_of(Declared()))
    assert (units.low, units.high, l2.choices) == (2, 4, (0.0, 0.1))
    assert run_builder(builder_of(Declared())).output_shape == (None, 2)
    assert discover_space(builder_of(Plain(tunable=False))) == ()
    by_attribute = Plain()
    by_attribute.build = Declared().build
    assert [found.name for found in discover_space(builder_of(by_attribute))] == ["units"]
    assert callable(
        builder_of(keras_tuner.applications.HyperResNet(input_shape=(8, 8, 1), classes=2))
    )


def test_the_second_argument_shows():
    class Told(keras_tuner.HyperModel):
        def build(self, hp, spec):
            return spec

    build = builder_of(Told())
    assert "spec" in inspect.signature(build).parameters
    assert build(keras_tuner.HyperParameters(), "the data") == "the data"


def test_a_function_stays_as_it_is():
    def build(hp):
        return None

    assert builder_of(build) is build


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Plain, r"or a HyperModel\. Received: the class Plain"),
        (keras.Sequential(name="m"), r"returns a new model at each call.*Received: the model m"),
        (None, r"callable.*build=None"),
        ({"build": 3}, "callable"),
    ],
)
def test_what_is_no_builder(given, message):
    with pytest.raises(ArgumentError, match=message):
        builder_of(given)
