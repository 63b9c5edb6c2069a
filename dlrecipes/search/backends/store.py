"""The studies of one run inside a storage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import optuna

from dlrecipes.results import Hyperparameter, Objective, Stage
from dlrecipes.search.backends.ask_tell import AskTell, read_space
from dlrecipes.search.backends.storage import open_storage, storage_errors

# Every trial would print a line.
optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Store:
    """The studies of one run inside a storage, one a stage.

    Args:
        storage: An open Optuna storage.
        run: The run's name; its studies are called `run/stage`.
        location: Where the storage is, for messages.
    """

    storage: optuna.storages.BaseStorage
    run: str
    location: str

    @classmethod
    def open(cls, location: str | Path, run: str) -> Store:
        """Open the storage at a database URL or a journal's path.

        Raises:
            StorageError: If it cannot be reached or is damaged.
        """
        return cls(open_storage(location), run, str(location))

    def has(self, stage: str) -> bool:
        """Whether a study of that stage exists."""
        with storage_errors(self.location):
            return f"{self.run}/{stage}" in optuna.get_all_study_names(self.storage)

    def space(self, stage: str) -> tuple[Hyperparameter, ...] | None:
        """Return the search space of a stage's study, or None if there is no study yet."""
        with storage_errors(self.location):
            for summary in optuna.get_all_study_summaries(self.storage, include_best_trial=False):
                if summary.study_name == f"{self.run}/{stage}":
                    return read_space(summary.user_attrs)
        return None

    def study(
        self,
        stage: Stage,
        space: tuple[Hyperparameter, ...],
        objective: Objective,
        seed: int,
        reports: int | None = None,
    ) -> AskTell:
        """Open or make the study of a stage; the arguments are those of `AskTell`.

        Raises:
            StorageError: If the storage is damaged.
        """
        with storage_errors(self.location):
            return AskTell(
                self.storage,
                f"{self.run}/{stage.name}",
                stage,
                space,
                objective,
                seed,
                self.location,
                reports,
            )
