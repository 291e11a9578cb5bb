"""Grades notebooks in this process, without walls: only ones that a test has made."""

from pathlib import Path

from coursekit.errors import CourseError
from coursekit.grading.results import Alarm, Grade, Submission, Verdict
from coursekit.notebooks.reading import read_notebook
from coursekit.practice.checks import check_work
from coursekit.practice.gather import declared
from coursekit.practice.locate import named
from coursekit.practice.namespace import NotebookNamespace, StudentError
from coursekit.practice.student_cells import code_of


def judged(submission: Submission, exercise: str) -> Grade:
    """Return what the checks find in a submission."""
    template = named(exercise)
    known = declared(template)
    try:
        book = read_notebook(submission.path)
    except CourseError as error:
        lost = tuple(
            Verdict(c.name, c.title, c.points, 0, "not run") for c in known.checks.values()
        )
        return Grade(submission, exercise, lost, failure=error.what, isolation="process")
    here = NotebookNamespace({"__name__": "__main__"}, known.probes)
    for code in code_of(template, book):
        try:
            here.run_cell(code.source, code.name)
        except StudentError:
            continue
    results = check_work(known, here)
    verdicts = tuple(
        Verdict(
            r.check.name,
            r.check.title,
            r.check.points,
            r.points,
            r.status,
            r.words,
            r.misconception,
            r.check.hints,
        )
        for r in results
    )
    text = submission.path.read_text(encoding="utf-8")
    imported = Alarm("import", "the answer is imported from the lesson", "exercise-next_piece")
    boasts = Alarm("check edited", "the check cell does not say what was given", "check-numbered")
    alarms = [imported] * ("sys.modules" in text) + [boasts] * ("99 of 99" in text)
    return Grade(submission, exercise, verdicts, tuple(alarms), isolation="process", seconds=0.05)


def graded(folder: Path, exercise: str, scratch: Path) -> list[Grade]:
    """Return the grades of all submissions in a folder, read without a class list."""
    from coursekit.grading.submissions import read_submissions

    handed = read_submissions(folder, (exercise,), scratch=scratch)
    return [judged(one, exercise) for one in handed.submissions[exercise]]
