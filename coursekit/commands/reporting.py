"""What `coursekit grade` does besides grading: first the class's files, then marks and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.console import Consoles, print_json
from coursekit.errors import CourseError
from coursekit.grading.due import DueDates, read_due
from coursekit.grading.manual import keep_manual
from coursekit.grading.record import as_json, read_grades
from coursekit.grading.results import Grade
from coursekit.grading.roster import Roster, read_roster
from coursekit.grading.submissions import Handed
from coursekit.printable import quoted
from coursekit.stored import is_there


@dataclass(frozen=True)
class ClassOptions:
    """What an instructor gives besides the submissions.

    Attributes:
        roster: The class list.
        due: Due dates, extensions, and what lateness costs.
        manual: The table of manual points and comments.
        reports: Where the reports go.
        earlier: An earlier report to compare with.
        gradebook: A gradebook that Canvas exported.
        column: The title of its column to fill.
        replace: Whether reports that are there may be moved aside.
        as_json: Whether the marks are printed as JSON.
    """

    roster: Path | None = None
    due: Path | None = None
    manual: Path | None = None
    reports: Path | None = None
    earlier: Path | None = None
    gradebook: Path | None = None
    column: str = ""
    replace: bool = False
    as_json: bool = False

    @property
    def private(self) -> tuple[Path, ...]:
        """The files and folders that no student's code may see."""
        named = (self.roster, self.due, self.manual, self.reports, self.earlier, self.gradebook)
        return tuple(path.absolute() for path in named if path is not None)


@dataclass(frozen=True)
class ClassFiles:
    """What the instructor's files say.

    Attributes:
        roster: The class list; None if there is none.
        dues: Due dates; None if there are none.
    """

    roster: Roster | None
    dues: DueDates | None


def read_class(options: ClassOptions) -> ClassFiles:
    """Read the instructor's files, so that a fault in one is told before anything is graded.

    Raises:
        CourseError: One cannot be read, or the reports have no place.
    """
    from coursekit.grading.canvas import fill
    from coursekit.grading.reports import require_free

    if options.reports is not None:
        require_free(options.reports, options.replace)
    if options.gradebook is not None:
        if not options.column or options.reports is None:
            raise CourseError(
                "the gradebook of Canvas needs a column to fill and a place for the filled one",
                "--canvas FILE --column TITLE --reports DIR",
            )
        fill(options.gradebook, options.column, {}, [], 0)
    if options.earlier is not None:
        read_grades(options.earlier)
    if options.manual is not None and is_there(options.manual):
        keep_manual(options.manual, [])
    return ClassFiles(
        read_roster(options.roster) if options.roster else None,
        read_due(options.due) if options.due else None,
    )


def report(
    grades: Sequence[Grade],
    handed: Handed,
    files: ClassFiles,
    options: ClassOptions,
    out: Consoles,
) -> None:
    """Show the marks, and write the reports if they have a place.

    Raises:
        CourseError: A file cannot be read or written.
    """
    from coursekit.grading.reports import Gradebook, write_reports
    from coursekit.grading.show import show_changes, show_marks

    gradebook = Gradebook(options.gradebook, options.column) if options.gradebook else None
    written = write_reports(
        grades,
        options.reports,
        handed=handed,
        dues=files.dues,
        manual=options.manual,
        earlier=options.earlier,
        gradebook=gradebook,
        replace=options.replace,
    )
    if options.as_json:
        print_json(as_json(written.marks, written.notes))
    else:
        show_marks(written.marks, out)
        show_changes(written.changed, out)
    for note in written.notes:
        out.say(f"note: {note}", "yellow")
    if written.kept is not None:
        out.say(f"the earlier reports are in {written.kept}")
    if written.folder is not None and not options.as_json:
        out.result(f"next: open {quoted(written.folder / 'class.html')}", "bold")
