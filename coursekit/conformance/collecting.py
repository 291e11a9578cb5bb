"""The cases of a lesson as items of pytest; only the plugin `pytest_coursekit` imports this."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from coursekit.conformance.trial import NonconformityError, Trial, trials
from coursekit.errors import CourseError


class ConformanceItem(pytest.Item):
    """A test of one case of one lesson."""

    def __init__(self, *, trial: Trial, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trial = trial
        self.extra_keyword_matches.update(("coursekit", trial.lesson.name, trial.case.group))

    def runtest(self) -> None:
        """Look at the case; one that does not apply is skipped."""
        self.trial.run()

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return what is wrong in the suite's own words, above the traceback of the lesson's code.

        A fault of the suite itself is shown as pytest shows it.
        """
        error = excinfo.value
        if not isinstance(error, NonconformityError):
            return super().repr_failure(excinfo)
        if error.__cause__ is None:
            return str(error)
        cause = pytest.ExceptionInfo.from_exception(error.__cause__)
        return f"{super().repr_failure(cause)}\n{error}"

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the lesson is, and what is tested."""
        path = Path(inspect.getfile(type(self.trial.lesson)))
        return path, None, f"{self.trial.lesson.name}: {self.trial.case.title}"


def collected(session: pytest.Session, name: str, only: Iterable[str]) -> list[pytest.Item]:
    """Return the items of a lesson.

    Raises:
        pytest.UsageError: There is no such lesson or group.
    """
    try:
        found = trials(name, only)
    except CourseError as error:
        raise pytest.UsageError(str(error)) from None
    return [
        ConformanceItem.from_parent(
            session,
            name=trial.case.title,
            nodeid=f"coursekit::{trial.lesson.name}::{trial.case.group}::{trial.case.title}",
            trial=trial,
        )
        for trial in found
    ]
