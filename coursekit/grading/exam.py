"""One exercise made ready for grading: its checks on this side, its walls, and what they hold."""

from __future__ import annotations

import ast
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coursekit.errors import CourseError
from coursekit.grading import walls as wall
from coursekit.grading.again import Questions, questions
from coursekit.grading.forks import Zygote
from coursekit.grading.hidden import merged
from coursekit.grading.view import Cut, make_view, solutions
from coursekit.notebooks.cells import cells
from coursekit.notebooks.template import Template
from coursekit.practice.cell_code import bound
from coursekit.practice.checks import Work, check_one
from coursekit.practice.gather import declared
from coursekit.practice.limits import Limits
from coursekit.practice.namespace import StudentError
from coursekit.practice.student_cells import given_definitions
from coursekit.practice.worker_client import Child, Code
from coursekit.practice.worker_process import Worker, WorkerStartError

LIMITS = Limits(
    given=300,
    cell=20,
    total=120,
    cpu=240,
    memory=4_000_000_000,
    processes=64,
    open_files=512,
    file_size=500_000_000,
    bare=True,
)


class GradedChild(Child):
    """A child whose prints and doings are noticed."""

    output = ""
    events: Sequence[tuple[str, str, str]] = ()  # kind, subject, cell

    def _begin(self) -> None:
        super()._begin()
        assert self.worker is not None
        self.worker.ask(("watch",), self.limits.given)

    def notice(self, printed: bool = True) -> None:
        """Ask what was printed and reached for, if the child can still be asked.

        Args:
            printed: Whether to take over what was printed.
        """
        if self.worker is None:
            return
        try:
            found = self._send(("noticed",), self.limits.cell)
        except StudentError:
            return
        match found:
            case (str(said), list(events)):
                self.output = said if printed else self.output
                self.events = [event for event in events if _is_event(event)]


def _is_event(event: Any) -> bool:
    return isinstance(event, tuple) and len(event) == 3 and all(isinstance(e, str) for e in event)


class Exam:
    """An exercise whose submissions can be graded, until it is closed.

    Args:
        template: The exercise.
        isolation: ``auto``, ``bubblewrap``, ``container`` or ``process``.
        limits: What a submission may use.
        hidden: A file with further checks; None: there are none.
        covered: Files and folders of the grader's that must not be seen behind the walls.
        seed: Of the numbers that are drawn; None: a new one each time.
        image: Of the container, if that is the isolation.

    Raises:
        CourseError: The isolation is not there, or the hidden checks have a fault.
    """

    def __init__(
        self,
        template: Template,
        isolation: str = "auto",
        *,
        limits: Limits | None = None,
        hidden: Path | None = None,
        covered: Sequence[Path] = (),
        seed: int | None = None,
        image: str = "",
    ) -> None:
        self.template = template
        self.limits = limits or LIMITS
        self.isolation = wall.choose(isolation)
        self.known, self.hidden = merged(declared(template), hidden)
        self.hidden_file = hidden
        self.cuts: list[Cut] = list(solutions(template))
        self.seed = secrets.randbits(63) if seed is None else seed
        self._folder = tempfile.TemporaryDirectory(prefix="coursekit-")
        view = Path(self._folder.name) / "view"
        view.mkdir()
        make_view(template, view)
        self.walls = wall.walls(self.isolation, view, covered, image)
        self._zygote: Zygote | None = None

    @property
    def name(self) -> str:
        """Such as ``nmt/attention``."""
        return self.template.name

    @cached_property
    def private_probes(self) -> dict[str, str]:
        """The sources of the probes that only the hidden checks have."""
        shipped = declared(self.template).probes
        return {name: text for name, text in self.known.probes.items() if name not in shipped}

    @cached_property
    def kept(self) -> frozenset[str]:
        """The given names that mean the same in every answer, whatever the student binds."""
        return frozenset(given_definitions(self.template)[0])

    def start(self) -> None:
        """Start what forks the workers, which takes as long as importing what they need."""
        if self.isolation != "container" and self._zygote is None:
            self._zygote = Zygote(self.walls, modules(self.template))

    def worker(self, limits: Limits | None = None) -> Worker:
        """Return a process behind the walls.

        Raises:
            WorkerStartError: It cannot start.
        """
        limits = limits or self.limits
        if self.isolation == "container":
            walls = self.walls
            return Worker(limits, walls.wrap, walls.environment, walls.paths, python=walls.python)
        if self._zygote is not None:
            try:
                return self._zygote.worker(limits)
            except WorkerStartError:  # something ended it: once more, with a new one
                self._zygote = None
        self.start()
        assert self._zygote is not None
        return self._zygote.worker(limits)

    def child(self, code: Sequence[Code], probes: dict[str, str], folder: Path) -> GradedChild:
        """Return a child that runs cells behind the walls.

        Args:
            code: The cells.
            probes: The sources of the probes.
            folder: Where it works, if the walls have no place of their own.
        """
        place = Path(self.walls.scratch) if self.walls.scratch else folder
        kept = [self._keeping(cell) for cell in code]
        return GradedChild(kept, probes, place, self.limits, start=self.worker)

    def _keeping(self, cell: Code) -> Code:
        if cell.student:
            return cell
        return cell._replace(keeps=tuple(sorted(self.kept & bound(cell.source))))

    @cached_property
    def questions(self) -> Questions:
        """What is asked a second time; the exercise's solution answers it first.

        Raises:
            CourseError: The solution does not pass all checks.
        """
        solved = [
            Code(cell.id, cell.solved, bool(cell.names))
            for cell in cells(self.template)
            if cell.role in ("given", "student")
        ]
        with (
            tempfile.TemporaryDirectory(prefix="coursekit-") as folder,
            self.child(solved, self.known.probes, Path(folder)) as child,
        ):
            drawn = Questions()
            for number, check in enumerate(self.known.checks.values()):
                heard = Heard(child)
                result = check_one(check, (), heard)
                if result.status != "passed":
                    raise self._unsolvable(check.name, result.words)
                drawn.by_key |= questions(heard.calls, child, self.seed + number).by_key
            return drawn

    def _unsolvable(self, check: str, words: str) -> CourseError:
        function = self.known.checks[check].function
        line = function.__code__.co_firstlineno
        where = f"{self.hidden_file}:{line}: " if check in self.hidden else f"{self.name}: "
        return CourseError(
            f"{where}the exercise's own solution does not pass {check}: {words}",
            "checks that the solution passes",
            "no marks were given",
        )

    def ready(self) -> None:
        """Start, and draw what is asked a second time: both are shared by all submissions.

        Raises:
            CourseError: The exercise's own solution does not pass all checks.
        """
        self.start()
        self.questions  # noqa: B018 (it is computed once)

    def close(self) -> None:
        """End what was started, and remove what was written."""
        if self._zygote is not None:
            self._zygote.end()
            self._zygote = None
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass
class Heard:
    """Passes questions on and remembers them, with their answers."""

    work: Work
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def prepare(self) -> None:
        """Run the cells."""
        self.work.prepare()

    def call(self, name: str, args: list[Any], limit: float) -> Any:
        """Call, and remember the arguments."""
        answer = self.work.call(name, args, limit)
        self.calls.append((name, args))
        self.answers.append(answer)
        return answer

    def value(self, name: str, limit: float) -> Any:
        """Read a value."""
        return self.work.value(name, limit)


def modules(template: Template) -> list[str]:
    """Return the modules that the given cells of an exercise import, in order."""
    found: dict[str, None] = {}
    for cell in cells(template):
        if cell.role != "given":
            continue
        for node in ast.parse(cell.student).body:
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found[node.module] = None
    return list(found)
