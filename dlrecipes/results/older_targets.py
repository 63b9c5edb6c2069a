"""Targets as `run.json` and `result.json` of earlier versions have them."""

from __future__ import annotations

from typing import Any


def read_older_targets(data: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return the JSON of data with `targets` as they are described today.

    In the first runs a single target stood in the fields of the data (`task`, `classes`, `priors`,
    `target_mean`, …), and `targets` was empty but for several.

    Args:
        data: JSON of a `DataSpec` or a `DataResult`; that of today is returned as it is.
    """
    if not isinstance(data, dict) or "task" not in data:
        return data
    listed = data.get("targets") or ()
    if any("kind" in target for target in listed):
        return data
    form = {"shape": data.get("target_shape", ()), "dtype": data.get("target_dtype", "")}
    single = {
        "kind": "class" if data.get("classes") else "value",
        "known": data.get("train_size", 0),
        "form": form,
        "class_names": data.get("classes", ()),
        "priors": data.get("priors", ()),
        "mean": data.get("target_mean", 0.0),
        "std": data.get("target_std", 1.0),
    }
    return {**data, "targets": [_several(target) for target in listed] or [single]}


def _several(target: dict[str, Any]) -> dict[str, Any]:
    kinds = {"regression": "value", "ordinal": "ordinal"}
    labels = target.get("labels") or map(str, range(target.get("classes", 0)))
    return {
        **target,
        "kind": kinds.get(target["task"], "class"),
        "class_names": list(labels),
        "form": {"shape": target.get("shape", ())},
    }
