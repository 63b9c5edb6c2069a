"""Boosted trees that grow in a process of their own, beside the search."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from dlrecipes.baselines import grow_trees as program
from dlrecipes.baselines.calm_threads import free_cores
from dlrecipes.baselines.gradient_boosting import TreeJob
from dlrecipes.baselines.grow_trees import GrownTrees

_SECONDS_SILENT = 3.0
_GRACE = 1.0


class TreesBeside:
    """A process that grows trees, with a low priority and no more threads than nobody needs.

    Its death costs nothing but the rounds it was at, and it dies with this process.

    Args:
        jobs: What is to be grown.
        seconds: After how many it is stopped.

    Raises:
        OSError: If there is no place for the data or no process to be had.
    """

    def __init__(self, jobs: Sequence[TreeJob], seconds: float) -> None:
        self._jobs, self._ends = jobs, time.monotonic() + seconds
        # Nobody else may write into it: what the process leaves here is unpickled.
        self._folder = Path(tempfile.mkdtemp(prefix="dlrecipes-trees-"))
        try:
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        if not sys.executable:  # Python inside of another program
            raise OSError("this Python has no program of its own")
        for number, job in enumerate(self._jobs):
            np.save(self._folder / f"{number}.x.npy", job.x)
            np.save(self._folder / f"{number}.y.npy", job.y)
            text = json.dumps(asdict(job.settings))
            (self._folder / f"{number}.json").write_text(text, encoding="utf-8")
        self._tell()
        # The search has the cores; threads that wait must not spin.
        threads = str(max(1, free_cores() - 1))
        limits = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        with (self._folder / "errors.txt").open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-P", str(Path(program.__file__)), str(self._folder)],
                env={**os.environ, **limits, "OMP_WAIT_POLICY": "PASSIVE"},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C is for this process: the first one ends the search and not the trees.
                start_new_session=True,
            )

    @property
    def growing(self) -> bool:
        """Whether the process is at work."""
        return self._process.poll() is None

    def collect(
        self, more: float | None = None, on_step: Callable[[str], None] | None = None
    ) -> list[tuple[dict[float, GrownTrees], str]]:
        """Wait for the trees, at most until their time is up, and return what has grown.

        Args:
            more: Seconds that they may have from now on; None for what they began with.
            on_step: Is told every few seconds how long it may take.

        Returns:
            For each job `{learning rate: trees}`, which may be empty, and why it was not let
            grow on.
        """
        if more is not None:
            self._ends = min(self._ends, time.monotonic() + more)
        self._tell()
        said = time.monotonic() - _SECONDS_SILENT
        while self._process.poll() is None and time.monotonic() < self._ends:
            if on_step is not None and time.monotonic() - said >= _SECONDS_SILENT:
                said = time.monotonic()
                on_step(f"boosted trees, at most {max(1.0, self._ends - said):.0f} s more")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(0.2, max(0.0, self._ends - time.monotonic())))
        status = self._process.poll()
        self._kill()
        why = ""
        if status:
            cause = f"signal {-status}" if status < 0 else f"status {status}"
            why = f"their process died ({cause})"
        return [self._grown(number, why) for number in range(len(self._jobs))]

    def close(self) -> None:
        """End the process, whatever it does, and remove its files."""
        self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _grown(self, number: int, why: str) -> tuple[dict[float, GrownTrees], str]:
        settings, found = self._jobs[number].settings, {}
        for rate in settings.rates:
            file = self._folder / f"{number}-{rate}.pickle"
            if file.exists():
                found[rate] = GrownTrees(rate, *pickle.loads(file.read_bytes()))
        done = len(found) == len(settings.rates) and all(trees.ended for trees in found.values())
        return found, "" if done else why

    def _tell(self) -> None:
        """Tell the process when its time is up: a little before it is killed."""
        left = self._ends - time.monotonic() - _GRACE
        partial = self._folder / "ends.partial"
        partial.write_text(json.dumps(time.time() + left), encoding="utf-8")
        partial.replace(self._folder / "ends.json")

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
