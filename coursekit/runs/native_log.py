"""Keeps TensorFlow's native log lines away from the user.

TensorFlow writes to file descriptor 2 from C++, even with
``TF_CPP_MIN_LOG_LEVEL=3``. Here descriptor 2 is pointed at a log file while
Python's own `sys.stderr` still leads to the terminal.
"""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def is_error(record: logging.LogRecord) -> bool:
    """Return whether a line of a log is an error."""
    return record.levelno >= logging.ERROR


@contextlib.contextmanager
def native_log(path: Path | None = None) -> Iterator[None]:
    """Send what native code writes to stderr to a file instead.

    Args:
        path: The log file, appended to; a temporary one when None. Left empty,
            it is removed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow's advice to its developers, such as that on retracing; a filter is added once.
    logging.getLogger("tensorflow").addFilter(is_error)
    try:
        stderr_is_native = sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        stderr_is_native = False  # captured by a test, or a notebook's own stream
    if not stderr_is_native:
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with open(path, "ab") if path else tempfile.TemporaryFile() as log:  # noqa: PTH123
        os.dup2(log.fileno(), 2)
        python_stderr = sys.stderr
        sys.stderr = os.fdopen(
            os.dup(terminal),
            "w",
            encoding=python_stderr.encoding,
            errors="backslashreplace",
            buffering=1,
        )
        try:
            yield
        finally:
            sys.stderr.close()
            sys.stderr = python_stderr
            os.dup2(terminal, 2)
            os.close(terminal)
    if path and path.exists() and path.stat().st_size == 0:
        path.unlink()
