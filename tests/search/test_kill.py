"""No trial that was announced is lost or run twice, whenever the process is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

PROCESS = """
import json, math, sys, time
from dlrecipes.results import Objective
from dlrecipes.search import CoarseToFine, Listener, Store, StudyContext, discover_space, search
from dlrecipes.training.outcome import Outcome

journal, pause = sys.argv[1], float(sys.argv[2])


def build(hp):
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Int("units", 4, 64, sampling="log")
    if hp.Boolean("norm"):
        hp.Float("epsilon", 1e-6, 1e-2, sampling="log")
    return dict(hp.values)


class Engine:
    name = "fake"

    def run(self, source):
        while (job := source.next_job()) is not None:
            values = job.build()
            top = math.modf(abs(math.log10(values["learning_rate"])) * 1000)[0]
            curve, best, status = [], None, "completed"
            for epoch in range(job.epochs):
                time.sleep(pause)
                if top < 0.1 and epoch == 1:
                    curve.append(None)
                    status = "diverged"
                    break
                best = top * (1 - 0.5 ** (epoch + 1))
                curve.append(best)
                if source.report(job, epoch, best):
                    status = "pruned"
                    break
            at = len([value for value in curve if value is not None]) - 1
            source.finish(job, Outcome(status, best, at, {"val_accuracy": curve}))


class Announce(Listener):
    def on_trial(self, record):
        print(json.dumps([record.stage, record.number, record.values, record.score]), flush=True)


context = StudyContext(
    build=build, objective=Objective("val_accuracy", "max"), batch_size=32, patience=None,
    seed=0, engine="fake", chance=0.1, listener=Announce(),
)
plan, store = CoarseToFine(trials=40, epochs=6), Store.open(journal, "run")
result = search(plan, discover_space(build), Engine(), store, context)
print("end", [[one.stage, one.number, one.values, one.score, one.status, one.history]
              for one in result.trials], flush=True)
"""


def _start(journal, pause, output):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, journal, str(pause)],
        stdout=output,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _read(output):
    """Announced trials and, if it got so far, the end; a torn last line is no announcement."""
    lines = output.read_text().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    announced = [json.loads(line) for line in whole if not line.startswith("end")]
    ends = [line for line in whole if line.startswith("end")]
    return announced, ends[0] if ends else None


@pytest.mark.slow
def test_killed_at_twenty_moments(tmp_path):
    unbroken = tmp_path / "unbroken.txt"
    with unbroken.open("w") as output:
        assert _start(tmp_path / "unbroken.journal", 0.0, output).wait(120) == 0
    expected, expected_end = _read(unbroken)
    assert len(expected) == 40

    generator = random.Random(0)
    journal = tmp_path / "study.journal"
    announced, end, kills = [], None, 0
    for attempt in range(40):
        file = tmp_path / f"{attempt}.txt"
        with file.open("w") as output:
            process = _start(journal, 0.01 if kills < 20 else 0.0, output)
            if kills < 20:
                _wait_for_growth(process, journal)
                time.sleep(generator.uniform(0.0, 0.15))
                process.send_signal(signal.SIGKILL)
            process.wait(120)
        new, end = _read(file)
        announced += new
        if end is not None:
            break
        kills += 1
        _tear(journal, generator)
    assert kills >= 20
    assert end == expected_end
    # ---- each at most once; only one that a kill met between its end and its word may be missing
    assert announced == [one for one in expected if one in announced]
    assert len(announced) > 30


def _wait_for_growth(process, journal):
    """Imports take seconds: count from the moment when the study goes on."""
    before = journal.stat().st_size if journal.exists() else 0
    while process.poll() is None:
        if journal.exists() and journal.stat().st_size > before:
            return
        time.sleep(0.005)


def _tear(journal, generator):
    """Cut the last line as a kill in the middle of a write would have.

    Not a line that ends a trial: it was written before the trial was announced.
    """
    content = journal.read_bytes()
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    last = json.loads(content[start:]) if content.endswith(b"\n") else {}
    if last.get("op_code") == 6 and last.get("state") in (1, 2, 3):
        return
    journal.write_bytes(content[: generator.randint(start, len(content))])
