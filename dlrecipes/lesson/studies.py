"""A search for a lesson: nothing but its trials."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dlrecipes.data import Splits
from dlrecipes.results import Objective, Plan, StudyResult
from dlrecipes.search import Build, Listener, Store, StudyContext, discover_space, search
from dlrecipes.training.engines import Engine, make_engine


def run_study(
    build: Build,
    splits: Splits,
    plan: Plan,
    *,
    objective: str = "val_loss",
    seed: int = 0,
    listener: Listener | None = None,
    engine: Engine | None = None,
) -> StudyResult:
    """Carry out a plan's stages without baselines, refits, report or files.

    Trials train side by side, as with `engine="population"`; the test part is not touched.

    Args:
        build: A KerasTuner-style builder, `build(hp) -> keras.Model`, compiled.
        splits: The data, such as `dlr.data.from_arrays` makes them.
        plan: The stages.
        objective: What is optimised.
        seed: Of proposals and trainings.
        listener: Hears of stages and trials; None for silence.
        engine: One that several studies of the same data share, so that nothing is compiled twice;
            None for one of its own.

    Returns:
        What the search found; `dlr.tune` does the same with all that belongs to a run.

    Example:
        >>> def build(hp):
        ...     rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
        ...     model = dlr.models.build_mlp((2,), 2, hidden_units=(4,))
        ...     loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ...     model.compile(keras.optimizers.Adam(rate), loss)
        ...     return model
        >>> splits = dlr.data.from_arrays(*dlr.lesson.xor_examples(100))
        >>> plan = dlr.Plan((dlr.Stage("all", 3, 2, sampler="random", pruner="none"),))
        >>> len(dlr.lesson.run_study(build, splits, plan).trials)
        3
    """
    goal = Objective.parse(objective)
    with tempfile.TemporaryDirectory() as folder:
        context = StudyContext(
            build=build,
            objective=goal,
            batch_size=plan.batch_size,
            stopping=plan.stopping,
            seed=seed,
            engine="population",
            chance=None,
            listener=listener or Listener(),
        )
        engine = engine or make_engine("population", splits.development(), goal, "float32")
        store = Store.open(Path(folder) / "lesson.journal", "lesson")
        return search(plan, discover_space(build), engine, store, context)
