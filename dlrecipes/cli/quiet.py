"""TensorFlow's start-up lines, kept off the screen."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from dlrecipes.errors import DlrecipesError
from dlrecipes.system_errors import find_refusal


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep what native code writes to standard error off the screen, unless an error follows.

    TensorFlow writes some lines before its own log level applies, so the file descriptor is
    turned away. If the block raises something that no user can cause, what was held back is
    shown.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Many models in one process look to TensorFlow like one that is traced too often.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        failed = False
        try:
            yield
        except DlrecipesError:
            raise  # its message says it all
        except BaseException as error:
            failed = find_refusal(error) is None  # what was refused is a message, too
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                held.seek(0)
                os.write(2, held.read())
