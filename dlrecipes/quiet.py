"""TensorFlow's start-up lines, kept off the screen; whatever else is written stays."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import glob
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from dlrecipes.errors import DlrecipesError
from dlrecipes.system_errors import find_refusal

LEVEL = "TF_CPP_MIN_LOG_LEVEL"

_START_UP_LINE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    rb"|To enable the following instructions: "
    # `I0000 00:00:1795889042.366997   28522 port.cc:153] …`, `2026-11-20 10:15:00.123456: I …] …`
    rb"|[IWE]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [\w./-]+:\d+\] "
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] [\w./-]+:\d+\] "
)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep what native code logs to standard error off the screen, unless an error follows.

    TensorFlow writes some lines before its own log level applies, so the file descriptor is
    turned away. Lines that are no such log are written afterwards. So is everything if the block
    raises something that is no `DlrecipesError`, whose message says it all.
    """
    os.environ.setdefault(LEVEL, "2")
    try:
        kept = os.dup(2)
    except OSError:  # a process without standard error
        yield
        return
    _flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        show_all = False
        try:
            yield
        except DlrecipesError:
            raise
        except BaseException as error:
            show_all = find_refusal(error) is None  # what was refused is a message, too
            raise
        finally:
            _flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            lines = held.read().splitlines(keepends=True)
            shown = [line for line in lines if show_all or not _START_UP_LINE.match(line)]
            if shown:
                os.write(2, b"".join(shown))


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()


class _QuietTensorFlow(MetaPathFinder):
    """Finds TensorFlow as Python does, and runs its first import without its start-up lines."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        loader, execute = spec.loader, spec.loader.exec_module

        def execute_quietly(module: ModuleType) -> None:
            del loader.exec_module
            with quiet_start():
                execute(module)
                if not glob("/dev/nvidia*"):
                    # The first look for a GPU, in vain, writes a line, too. Where there may be
                    # one it is left to who needs it: what is visible may still be changed.
                    module.config.list_physical_devices("GPU")

        loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


def hush_tensorflow() -> None:
    """Make the next import of TensorFlow a quiet one.

    Nothing changes for who has imported it already, or has set `TF_CPP_MIN_LOG_LEVEL` to 0.
    """
    if "tensorflow" not in sys.modules and os.environ.get(LEVEL) != "0":
        sys.meta_path.insert(0, _QuietTensorFlow())


class _Retracing(logging.Filter):
    """Drops the warning that many models in one process look like one that is traced too often."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in str(record.msg)


def hush_retracing() -> None:
    """Keep TensorFlow's warning of retracing off the screen: a search builds many models."""
    logger = logging.getLogger("tensorflow")
    if not any(isinstance(known, _Retracing) for known in logger.filters):
        logger.addFilter(_Retracing())


@contextmanager
def hush_many_classes() -> Iterator[None]:
    """Keep scikit-learn's guess that many classes of few rows are values off the screen."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "The number of unique classes is greater than 50%", UserWarning
        )
        yield
