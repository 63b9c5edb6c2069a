"""Which hyperparameters mattered."""

from __future__ import annotations

from collections.abc import Sequence

import optuna

from dlrecipes.results import Hyperparameter, Objective, TrialRecord
from dlrecipes.search.backends.encoding import Encoding

_FEWEST = 8


def importances(
    records: Sequence[TrialRecord], space: tuple[Hyperparameter, ...], objective: Objective
) -> dict[str, float]:
    """Return each hyperparameter's share of what separates good trials from bad ones.

    PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255) over all trials with a score, pruned and
    diverged ones included.

    Args:
        records: Trials of one stage.
        space: The search space of that stage.
        objective: What is better.

    Returns:
        `{name: share}`, largest first, shares adding to 1; empty with fewer than 8 trials.
    """
    scored = [record for record in records if record.score is not None]
    varying = [hyperparameter for hyperparameter in space if hyperparameter.kind != "fixed"]
    if len(scored) < _FEWEST or len({hyperparameter.name for hyperparameter in varying}) < 2:
        return {}
    study = optuna.create_study(
        direction="maximize" if objective.direction == "max" else "minimize"
    )
    encoding = Encoding(varying)
    distributions = encoding.distributions
    for record in scored:
        parameters = encoding.encode(record.values)
        asked = {name: parameters[name] for name in distributions if name in parameters}
        study.add_trial(
            optuna.trial.create_trial(
                params=asked,
                distributions={name: distributions[name] for name in asked},
                value=record.score,
            )
        )
    try:
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    except (ValueError, RuntimeError):  # all scores equal, or no parameter in every trial
        return {}
    shares: dict[str, float] = {}
    for parameter, share in found.items():
        name = encoding.name(parameter)
        shares[name] = shares.get(name, 0.0) + float(share)
    return shares
