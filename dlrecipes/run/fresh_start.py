"""Refits that begin differently, also where the builder sets the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np

from dlrecipes.results import Finding
from dlrecipes.search import Build, HyperParameters, StudyContext, run_builder
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.seeds import derive_seed

_SEEDS = (1, 2)


def begin_differently(
    context: StudyContext, example: np.ndarray, policy: str
) -> tuple[StudyContext, tuple[Finding, ...]]:
    """Return a context in which every training begins from weights of its own.

    A builder that sets the seed, or seeds its initialisers, gives all refits the same initial
    weights, and after it Keras shuffles and drops alike: their spread would be nothing. Such
    weights are drawn again from each training's own seed.

    Args:
        context: What the refits share.
        example: A preprocessed example, `(1, …)`.
        policy: The dtype policy.

    Returns:
        The context, unchanged where the builder begins differently by itself; and a finding where
        it does not, whatever is drawn again.
    """
    if not _begins_alike(context.build, example, policy):
        return context, ()
    fresh = FreshStart(context.build)
    if not _begins_alike(fresh, example, policy):
        context.listener.on_note(
            "the builder begins with the same weights each time: refits draw theirs by their own "
            "seeds"
        )
        return replace(context, build=fresh), ()
    finding = Finding(
        name="refits begin alike",
        verdict="All refits begin with the same weights: their spread comes from the order of the "
        "examples and from dropped units only, not from the initial weights.",
        advice="Leave seeds and weights out of the builder, or read the spread as too small.",
        severity="warning",
    )
    context.listener.on_finding(finding)
    return replace(context, build=fresh), (finding,)


class FreshStart:
    """A builder whose model begins from weights drawn by the seed that was set before it.

    Args:
        build: A builder that sets a seed of its own, or seeds its initialisers.
    """

    def __init__(self, build: Build) -> None:
        self._build = build

    def __call__(self, hp: HyperParameters) -> keras.Model:
        """Return the model."""
        seed = random.getrandbits(31)  # which follows from the seed that the engine has set
        model = self._build(hp)
        if isinstance(model, keras.Model):
            draw_again(model, seed)
        keras.utils.set_random_seed(seed)  # of what is random after the builder
        return model


def draw_again(model: keras.Model, seed: int) -> None:
    """Draw the weights of a model again that its layers' initialisers have drawn.

    Those that were given in another way, such as pre-trained ones, stay: they are not what the
    initialiser gives. Weights that are made later are drawn by the new seed, too.

    Args:
        model: An untrained model.
        seed: At least 0.
    """
    drawn: dict[int, tuple[keras.initializers.Initializer, list[keras.Variable]]] = {}
    for layer in model._flatten_layers():
        for name, initializer in _initializers(layer):
            _, variables = drawn.setdefault(id(initializer), (initializer, []))
            of_name = [
                one for one in layer._trainable_variables if f"{one.name}_initializer" == name
            ]
            variables += [one for one in of_name if _drew(initializer, one)]
    for number, (initializer, variables) in enumerate(drawn.values()):
        initializer.seed = derive_seed(seed, "initial", number)
        for variable in variables:
            variable.assign(initializer(variable.shape, variable.dtype))
    generators = [one for one in model.variables if one.path.endswith("seed_generator_state")]
    for number, state in enumerate(generators):
        state.assign([derive_seed(seed, "masks", number), 0])


def _initializers(layer: keras.Layer) -> Iterator[tuple[str, keras.initializers.Initializer]]:
    """Yield the random initialisers of a layer, which always give the same of the same seed."""
    for name, value in vars(layer).items():
        random_one = isinstance(value, keras.initializers.Initializer)
        if random_one and isinstance(getattr(value, "seed", None), int):
            yield name, value


def _drew(initializer: keras.initializers.Initializer, variable: keras.Variable) -> bool:
    values = keras.ops.convert_to_numpy(initializer(variable.shape, variable.dtype))
    return np.array_equal(values, keras.ops.convert_to_numpy(variable))


def _begins_alike(build: Build, example: np.ndarray, policy: str) -> bool:
    begun = []
    for seed in _SEEDS:
        with dtype_policy(policy):
            keras.utils.set_random_seed(seed)
            model = run_builder(build)
            if not model.built:
                model(example, training=False)
        begun.append([keras.ops.convert_to_numpy(one) for one in model.trainable_weights])
    first, second = begun
    return len(first) == len(second) and all(map(np.array_equal, first, second))
