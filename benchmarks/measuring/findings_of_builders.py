"""What checks say of the collection's builders and of the bundled recipes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any


def ask_builders(record: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401  (a Record)
    """Yield what is said of each before its first step, but of those whose data are refused.

    Args:
        record: Keeps what was said.
    """
    from strangers import STRANGERS

    import dlrecipes as dlr

    plan = dlr.CoarseToFine(trials=4, epochs=20)
    asked: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        (stranger.name, lambda stranger=stranger: _ask(*_of_stranger(stranger), plan))
        for stranger in STRANGERS
    ]
    for name in dlr.recipe_names():
        recipe = dlr.load_recipe(name)
        asked.append((f"recipe {name}", lambda recipe=recipe: _ask_recipe(recipe)))
    for name, ask in asked:
        told = record.measure(f"collection: {name}", lambda ask=ask: _or_why_not(ask))
        if "not asked" not in told:
            yield name, told


def _or_why_not(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    from dlrecipes.errors import DlrecipesError

    try:
        return ask()
    except DlrecipesError as error:
        return {"not asked": str(error)[:200]}


def _of_stranger(stranger: Any) -> tuple[Any, Any]:  # noqa: ANN401
    from measuring.stranger_steps import load_splits

    made = stranger.make_hypermodel()
    return getattr(made, "build", made), load_splits(stranger.data(), stranger.search())


def _ask_recipe(recipe: Any) -> dict[str, Any]:  # noqa: ANN401
    splits = recipe.load()
    return _ask(recipe.builder(splits), splits, recipe.plan)


def _ask(build: Any, splits: Any, plan: Any) -> dict[str, Any]:  # noqa: ANN401
    import keras

    from dlrecipes.run.before_training import check_builder
    from dlrecipes.run.prepare import with_found_forms
    from dlrecipes.search import build_with
    from dlrecipes.training.build_model import build_model

    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    example = splits.development().train.inputs[:1]
    splits, _ = with_found_forms(splits, build_model(lambda: build_with(build, {}), example))
    start = time.monotonic()
    found = check_builder(build, {}, splits, plan)
    return {
        "before": [
            {"name": one.name, "verdict": one.verdict, "advice": one.advice}
            for one in found
            if one.severity != "info"
        ],
        "seconds": round(time.monotonic() - start, 1),
    }
