"""What a command line can choose: tasks, methods, budgets. Nothing here imports Keras."""

from __future__ import annotations

from dataclasses import dataclass

TASKS = ("digits_mlp", "digits_mlp_deep", "fashion_mlp", "digits_cnn", "small_resnet")

METHODS = {
    "dlrecipes": "dlrecipes_methods:one_stage",
    "dlrecipes-coarse-to-fine": "dlrecipes_methods:coarse_to_fine",
    "keras-tuner-random": "keras_tuner_methods:random_search",
    "keras-tuner-hyperband": "keras_tuner_methods:hyperband",
    "optuna-tpe": "optuna_methods:tpe",
    "optuna-tpe-steps": "optuna_methods:tpe",
    "optuna-tpe-hyperband": "optuna_methods:tpe_hyperband",
    "one-epoch-top-k": "optuna_methods:one_epoch_then_top",
}
"""`{name: function in measuring.methods}`; `optuna-tpe-steps` is given `steps_per_execution`."""

MNIST_SIZE = 60_000


@dataclass(frozen=True)
class TaskChoice:
    """Which task.

    Args:
        name: One of `TASKS`.
        batch_size: Examples a batch.
        examples: Training and validation images together, for tasks on Fashion-MNIST; the
            digits are always taken whole.
        jit_compile: What every builder passes to `compile`. Keras' "auto" would mean XLA on
            CPUs, too.
    """

    name: str
    batch_size: int = 32
    examples: int = MNIST_SIZE
    jit_compile: bool = False


@dataclass(frozen=True)
class Budget:
    """What a method may spend, and with which seed.

    Args:
        trials: Trials; None for as many as the seconds allow.
        epochs: Epochs of a full trial.
        seed: Seed of the proposals and weights.
        seconds: Seconds after which the search ends; None for no limit.
        engine: The engine of dlrecipes; the others have none.
        steps_per_execution: Batches that `fit` runs without returning to Python, where the
            method sets it; 1 is Keras' default.
        coarse_epochs: Epochs of a coarse trial of dlrecipes; None for its default, a third.
    """

    trials: int | None
    epochs: int
    seed: int
    seconds: float | None = None
    engine: str = "auto"
    steps_per_execution: int = 1
    coarse_epochs: int | None = None
