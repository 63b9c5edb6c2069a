"""TensorFlow's start-up lines stay off the screen, and nothing else does."""

import logging
import os
import subprocess
import sys

import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.quiet import LEVEL, hush_retracing, quiet_start

NATIVE = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795889042.366997   28522 port.cc:153] oneDNN custom operations are on.\n"
    b"E0000 00:00:1795889051.519893   28522 cuda_platform.cc:52] failed call to cuInit\n"
    b"2026-11-20 10:15:00.123456: I tensorflow/core/util/port.cc:153] oneDNN\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
)
OTHERS = b"my own line\nF0000 00:00:1795889042.366997 1 x.cc:1] fatal\n  I0000 quoted\n"


def test_only_start_up_lines_are_dropped(capfd):
    with quiet_start():
        os.write(2, NATIVE)
        print("from Python", file=sys.stderr)
        os.write(2, OTHERS)
    assert capfd.readouterr().err == "from Python\n" + OTHERS.decode()


@pytest.mark.parametrize(
    ("error", "shown"), [(OSError, True), (KeyboardInterrupt, True), (ArgumentError, False)]
)
def test_an_error_shows_what_came_before(capfd, error, shown):
    def fail():
        os.write(2, NATIVE)
        raise error("no")

    with pytest.raises(error), quiet_start():
        fail()
    assert capfd.readouterr().err == (NATIVE.decode() if shown else "")


def test_without_standard_error(monkeypatch):
    def closed(descriptor):
        raise OSError

    monkeypatch.setattr(os, "dup", closed)
    with quiet_start():
        pass


def test_only_the_warning_of_retracing_is_dropped(caplog):
    logger = logging.getLogger("tensorflow")
    hush_retracing()
    hush_retracing()
    with caplog.at_level(logging.WARNING, "tensorflow"):
        logger.warning("5 out of the last 5 calls to <f> triggered tf.function retracing. It …")
        logger.warning("Something else, %s", "too")
    assert [record.getMessage() for record in caplog.records] == ["Something else, too"]
    assert len(logger.filters) == 1


def _stderr(code, **environment):
    known = {name: value for name, value in os.environ.items() if name != LEVEL}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**known, **environment},
        check=True,
    )
    return done.stderr


@pytest.mark.slow
def test_the_first_import_is_quiet():
    code = "import dlrecipes; import tensorflow as tf; assert tf.__spec__ and tf.ones(3).shape"
    assert _stderr(code) == ""
    # Who wants less has less.
    assert _stderr("from dlrecipes.data import load; load('iris')", **{LEVEL: "3"}) == ""


def _messages(lines):
    """Return what the lines say, without their time, process and place in the source."""
    return {line.partition("] ")[2] or line for line in lines.splitlines()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "environment"),
    [
        ("import tensorflow; import dlrecipes; dlrecipes.data", {}),
        ("import dlrecipes; dlrecipes.data", {LEVEL: "0"}),
    ],
)
def test_who_asks_for_the_lines_has_them(code, environment):
    plain = _stderr("import tensorflow", **environment)  # which lines depends on the processor
    assert _messages(plain) <= _messages(_stderr(code, **environment))


SCRIPT = """
import dlrecipes as dlr
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(120, 4))

def build(hp):
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    metric = keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    model.compile(keras.optimizers.Adam(rate), loss, metrics=[metric])
    return model

splits = dlr.data.from_arrays(x, np.where(x[:, 0] > 0, "yes", "no"))
for engine in ("auto", "fit"):
    settings = dlr.RunSettings(engine=engine)
    run = dlr.tune(build, splits, plan=dlr.CoarseToFine(trials=4, epochs=1), settings=settings)
    run.open_test_set("a test")
    run.export()
    run.report()
    run.predict(x[:3])
"""


@pytest.mark.slow
def test_a_script_of_ones_own_writes_nothing_to_standard_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _stderr(SCRIPT) == ""
