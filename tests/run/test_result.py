"""What a finished run leaves behind: the files and the fields that the design promises."""

import json

import numpy as np
import pytest

from dlrecipes.run import Run

TASKS = ("binary", "multiclass", "regression")
FILES = {
    "run.json",
    "study.journal",
    "study.json",
    "trials.csv",
    "curves.npz",
    "validation_predictions.npz",
    "test_predictions.npz",
    "training_inputs.json",
    "checkpoints",
    "model.keras",
    "saved_model",
    "report.html",
    "result.json",
    "log.txt",
    ".lock",
}
METRICS = {
    "binary": {"accuracy", "log_loss", "macro_f1", "roc_auc", "pr_auc"},
    "multiclass": {"accuracy", "log_loss", "macro_f1"},
    "regression": {"rmse", "mae", "mse", "r2"},
}


@pytest.mark.parametrize("task", TASKS)
def test_files(finished, task):
    assert {path.name for path in finished(task).iterdir()} == FILES


@pytest.mark.parametrize("task", TASKS)
def test_result(finished, task):
    result = json.loads((finished(task) / "result.json").read_text())
    assert result["schema_version"] == 1
    assert (result["recipe"], result["run"], result["seed"]) == ("tiny", "run", 0)
    assert result["split_seed"] == 0
    assert result["engine"] == {"name": "resident", "precision": "float32"}
    data = result["data"]
    assert (data["train"], data["validation"], data["test"]) == (72, 24, 24)
    assert data["task"] == task
    assert len(data["fingerprint"]) == 16
    trivial = "mean" if task == "regression" else "majority class"
    assert trivial in result["baselines"]
    for scores in (*result["baselines"].values(), *result["refits"]):
        for part in ("validation", "test"):
            assert METRICS[task] <= set(scores[part])
            assert np.isfinite(list(scores[part].values())).all()
    assert [stage["name"] for stage in result["stages"]][::2] == ["coarse", "fine"] or [
        stage["name"] for stage in result["stages"]
    ] == ["coarse", "fine"]
    for stage in result["stages"]:
        assert set(stage["trials"]) == {"completed", "pruned", "diverged", "failed", "unfinished"}
        assert stage["seconds"] > 0
        low, high = stage["ranges"]["learning_rate"]
        assert low < high
    assert sum(sum(stage["trials"].values()) for stage in result["stages"]) == 3
    assert set(result["best"]["values"]) == {"learning_rate"}
    metric = "rmse" if task == "regression" else "accuracy"
    assert set(result["best"]["validation"]) == {metric}
    assert len(result["refits"]) == 2
    assert len({refit["seed"] for refit in result["refits"]}) == 2
    test = result["test"]
    assert (test["metric"], test["opened"], test["studies"]) == (metric, 1, 1)
    assert test["direction"] == ("min" if task == "regression" else "max")
    for name in METRICS[task]:
        scores = [refit["test"][name] for refit in result["refits"]]
        assert test["mean"][name] == pytest.approx(np.mean(scores))
        assert test["spread"][name] == pytest.approx(np.std(scores, ddof=1))
    assert result["verdict"]["outcome"] in ("better", "equal", "worse")
    assert result["verdict"]["baseline"] in result["baselines"]
    assert result["verdict"]["baseline"] in result["verdict"]["sentence"]
    assert {finding["name"] for finding in result["findings"]} >= {
        "missing values",
        "duplicates",
        "constant features",
        "selection optimism",
    }
    assert result["artifacts"] == {
        "saved_model": "saved_model",
        "keras": "model.keras",
        "report": "report.html",
    }
    seconds, spent = result["seconds"], result["time_spent"]
    phases = {name: value for name, value in seconds.items() if name != "total"}
    assert seconds["total"] == pytest.approx(sum(phases.values()))
    assert {"check", "audit", "baselines", "search", "refits", "diagnosis", "test", "report"} < {
        *phases
    }
    assert spent.keys() == phases.keys()
    for name, one in spent.items():
        assert sum(one["parts"].values()) <= phases[name]
        assert one["idle"] >= 0
    log = (finished(task) / "log.txt").read_text().splitlines()
    assert "INFO time: search " in log[-1]


@pytest.mark.parametrize("task", TASKS)
def test_run_json(finished, task):
    run = finished(task)
    info = json.loads((run / "run.json").read_text())
    assert info["origin"]["text"] == (run.parent / "tiny.py").read_text()
    assert info["policy"] == "float32"
    assert info["plan"]["stages"][0]["name"] == "coarse"
    assert {"tensorflow", "keras", "optuna", "keras-tuner", "numpy"} <= set(info["versions"])
    assert info["raw_spec"]["input_shape"] == [4]
    assert "Total params" in info["model_summary"]
    assert info["parameters"] == 4 * 8 + 8 + 9 * (3 if task == "multiclass" else 1)


@pytest.mark.parametrize("task", TASKS)
def test_tables_agree_with_the_study(finished, task):
    import pandas

    run = finished(task)
    study = json.loads((run / "study.json").read_text())
    table = pandas.read_csv(run / "trials.csv")
    assert len(table) == len(study["trials"]) == 3
    with np.load(run / "curves.npz") as curves:
        for row, trial in zip(table.to_dict("records"), study["trials"], strict=True):
            assert row["stage"] == trial["stage"]
            assert row["score"] == pytest.approx(trial["score"])
            assert row["values.learning_rate"] == pytest.approx(trial["values"]["learning_rate"])
            for metric, curve in trial["history"].items():
                saved = curves[f"{trial['stage']}/{trial['number']}/{metric}"]
                np.testing.assert_allclose(saved, curve)


def test_winner_is_the_best_trial_of_all(finished):
    for task, best in (("binary", max), ("regression", min)):
        run = finished(task)
        study = json.loads((run / "study.json").read_text())
        result = json.loads((run / "result.json").read_text())
        scores = [trial["score"] for trial in study["trials"]]
        assert list(result["best"]["validation"].values()) == [best(scores)]


def test_handle(finished):
    run = Run(finished("binary"))
    assert run.result.test.opened == 1
    assert run.info.objective == "val_accuracy"
    assert repr(run) == f"<Run {run.directory}: {run.result.verdict.sentence}>"
    assert json.loads(run.result_json) == json.loads((run.directory / "result.json").read_text())


def test_test_scores_are_those_of_the_saved_predictions(finished):
    from dlrecipes.targets import score_predictions

    for task in TASKS:
        run = Run(finished(task))
        with np.load(run.directory / "test_predictions.npz") as saved:
            y, predictions = saved["y"], saved["predictions"]
        assert predictions.dtype == np.float32
        assert len(predictions) == 2
        for refit, predicted in zip(run.result.refits, predictions, strict=True):
            assert refit.test == pytest.approx(score_predictions(y, predicted, run.info.spec))
