"""Spaced repetition of predictions: what is due, and what an answer changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from coursekit.errors import CourseError
from coursekit.notebooks.template import Template
from coursekit.plugins import catalogue
from coursekit.practice.gather import exercise
from coursekit.practice.predicted import Prediction, predicting, predictions
from coursekit.practice.questions import Question, questions
from coursekit.practice.records import records

INTERVALS = (2, 7, 21)  # days until it is asked again, after so many right answers in a row


@dataclass(frozen=True)
class Review:
    """A question that is asked again.

    Attributes:
        question: What is asked.
        known: What is known of the prediction.
        due: The day from which on it is asked; None: it was answered often enough.
    """

    question: Question
    known: Prediction
    due: date | None

    def is_due(self, today: date) -> bool:
        """Return whether it is asked on a day."""
        return self.due is not None and self.due <= today


def due_day(known: Prediction) -> date | None:
    """Return the day from which on a prediction is asked again; None: no more."""
    stage = max(known.stage, 0)
    if stage >= len(INTERVALS):
        return None
    return date.fromisoformat(known.asked or known.day) + timedelta(days=INTERVALS[stage])


def reviews() -> Iterator[Review]:
    """Yield all that can be asked again in the order in which it is due.

    What no installed lesson asks now is left out. A template is read when its question comes.

    Raises:
        CourseError: The file with the predictions cannot be read.
    """
    dated = [(due_day(one), key, one) for key, one in predictions().items() if one.day]
    for due, key, known in sorted(dated, key=lambda each: (each[0] or date.max, each[1])):
        question = _question(key)
        if question is not None:
            yield Review(question, known, due)


def is_any_due(today: date) -> bool:
    """Return whether a review has something to ask; False if that cannot be read."""
    try:
        first = next(reviews(), None)
    except CourseError:  # `coursekit review` says what is wrong with the file
        return False
    return first is not None and first.is_due(today)


def _question(key: str) -> Question | None:
    """Return the question of a key; None if no installed lesson asks it now."""
    lesson, _, rest = key.partition("/")
    topic = rest.rpartition("/")[0] or "lesson"
    found = _asked_in(f"{lesson}/{topic}")
    return next((question for question in found if question.key == key), None)


def _asked_in(name: str) -> list[Question]:
    """Return the questions of a template; none if it is gone or broken: that is the author's."""
    if name.partition("/")[0] not in catalogue().lessons:
        return []
    try:
        return questions(exercise(name))
    except CourseError:
        return []


def begin_reviews(template: Template, passed: Iterable[str], today: date) -> None:
    """Let the answers of an exercise whose checks have passed be asked again from now on.

    Args:
        template: The exercise.
        passed: The names of its checks that passed.
        today: The day from which days are counted, unless it is asked again already.

    Raises:
        CourseError: The file with the predictions cannot be read or written.
    """
    passing = set(passed)
    keys = [question.key for question in questions(template) if question.check in passing]
    if set(keys) <= set(predictions()):
        return
    with predicting() as known:
        for key in keys:
            known.setdefault(key, Prediction(day=today.isoformat()))


def begin_earlier(today: date) -> None:
    """Do the same for what passed before an edition of the kit kept the days.

    Raises:
        CourseError: A file cannot be read or written.
    """
    begun = {key.rpartition("/")[0] for key in predictions()}
    for name, record in records().items():
        if record.passed and name not in begun and _asked_in(name):
            begin_reviews(exercise(name), record.passed, today)


def answered(review: Review, right: bool, today: date) -> Prediction:
    """Remember an answer, and return what is known of the prediction then.

    A wrong answer starts over. A right one counts only if it was due.

    Raises:
        CourseError: The file cannot be read or written.
    """
    with predicting() as all_known:
        known = all_known.setdefault(review.question.key, review.known)
        if not right:
            known.stage, known.asked = 0, today.isoformat()
        elif review.is_due(today):
            known.stage, known.asked = max(known.stage, 0) + 1, today.isoformat()
        return known
