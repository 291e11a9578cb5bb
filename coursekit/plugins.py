"""Finds the plugins and loads them, one at a time, so that one failure stays one failure.

*Find* reads installed metadata and imports nothing. *Load* imports one
plugin's light top module and asks its hook for lessons.
"""

import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import pluggy

from coursekit import hookspecs
from coursekit.datasets import Dataset
from coursekit.distribution import kit_name
from coursekit.errors import CourseError, did_you_mean
from coursekit.forwarding import absent, lacking
from coursekit.lesson import Lesson, Metric
from coursekit.settings import Settings

GROUP = "coursekit"


@dataclass(frozen=True)
class Found:
    """An entry point of the group ``coursekit``, not imported yet."""

    name: str
    module: str
    distribution: str
    entry_point: EntryPoint

    @property
    def label(self) -> str:
        """The plugin as errors name it."""
        return f"{self.name} ({self.module}, from {self.distribution})"


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be used, why, and what to do about it."""

    plugin: str
    error: str
    remedy: str


@dataclass(frozen=True)
class Catalogue:
    """The lessons of all plugins, and the plugins that failed."""

    lessons: Mapping[str, Lesson]
    providers: Mapping[str, Found]
    broken: tuple[Broken, ...] = ()

    def lesson(self, name: str) -> Lesson:
        """Return a lesson by name.

        Raises:
            CourseError: No installed lesson has that name.
        """
        if name in self.lessons:
            return self.lessons[name]
        raise CourseError(
            f"there is no lesson named {name!r}",
            remedy=did_you_mean(name, self.lessons)
            + ("; `coursekit list` shows why a plugin failed" if self.broken else ""),
        )


def find() -> list[Found]:
    """Return the installed plugins without importing any: the kit's own first, then by name.

    Of two lessons of one name the first is kept, so that no plugin takes the place of a lesson
    that comes with the kit.
    """
    found: dict[tuple[str, str], Found] = {}
    for point in entry_points(group=GROUP):
        name = point.dist.name if point.dist else "unknown"
        # Of two on the path, Python imports the first.
        found.setdefault((point.name, point.value), Found(point.name, point.value, name, point))
    own = kit_name()
    return [found[key] for key in sorted(found, key=lambda k: (found[k].distribution != own, k))]


def load(found: Found) -> list[Lesson]:
    """Import one plugin and return its lessons.

    Raises:
        pluggy.PluginValidationError: It implements a hook that does not exist.
        CourseError: It offers no lesson, or something that is not a lesson.
        Exception: Whatever its import or its hook raises.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(found.entry_point.load(), name=found.name)
    manager.check_pending()
    lessons = [lesson for group in manager.hook.coursekit_lessons() for lesson in group]
    if not lessons:
        raise CourseError(
            "it offers no lesson",
            "a function coursekit_lessons, marked @hookimpl, that returns lessons",
        )
    for lesson in lessons:
        _check(lesson)
    return lessons


def _check(lesson: object) -> None:
    if not isinstance(lesson, Lesson):
        raise CourseError(
            f"its hook returned {lesson!r}", "instances of a class derived from coursekit.Lesson"
        )
    missing = [
        name
        for name in ("name", "title", "question", "presets", "datasets", "metrics")
        if not getattr(lesson, name, None)
    ]
    if missing:
        raise CourseError(f"its lesson {type(lesson).__name__} does not set {', '.join(missing)}")
    for name, kind in (("datasets", Dataset), ("metrics", Metric), ("prerequisites", str)):
        values = getattr(lesson, name)
        if not isinstance(values, tuple) or not all(isinstance(v, kind) for v in values):
            raise CourseError(
                f"its lesson {lesson.name} has {name} of the class {type(values).__name__}",
                f"a tuple of {kind.__name__}; a tuple of one has a comma: (one,)",
            )
    if not isinstance(lesson.presets, Mapping) or not all(
        isinstance(preset, Settings) for preset in lesson.presets.values()
    ):
        raise CourseError(
            f"the presets of its lesson {lesson.name} are not a dictionary of settings",
            'a dictionary such as {"quick": MySettings()}, of a class derived from Settings',
        )
    if not any(dataset.built_in for dataset in lesson.datasets):
        raise CourseError(f"its lesson {lesson.name} has no built-in data set", "at least one")
    if "quick" not in lesson.presets:
        raise CourseError(f"its lesson {lesson.name} has no preset 'quick'")
    for name in lacking(lesson, ("data", "model", "train_step", "evaluate", "demo")):
        raise absent(lesson, name)


def catalogue(plugins: Iterable[Found] | None = None) -> Catalogue:
    """Load every plugin and return all lessons in the order of their prerequisites.

    A plugin that fails is reported in `Catalogue.broken`, never raised.

    Args:
        plugins: What to load; by default all that `find` finds.
    """
    lessons: dict[str, Lesson] = {}
    providers: dict[str, Found] = {}
    broken: list[Broken] = []
    for found in find() if plugins is None else plugins:
        try:
            with redirect_stdout(sys.stderr):  # what it prints spoils no output of a command
                offered = load(found)
        except (Exception, SystemExit) as error:
            broken.append(_explain(found, error))
            continue
        for lesson in offered:
            if lesson.name in lessons:
                broken.append(
                    Broken(
                        found.label,
                        f"its lesson {lesson.name!r} has the same name as one from "
                        f"{providers[lesson.name].label}, which is used",
                        "rename one of the two lessons, or uninstall one of the plugins",
                    )
                )
                continue
            lessons[lesson.name] = lesson
            providers[lesson.name] = found
    ordered = {name: lessons[name] for name in syllabus(lessons)}
    return Catalogue(ordered, providers, tuple(broken))


def _explain(found: Found, error: BaseException) -> Broken:
    if isinstance(error, CourseError):
        return Broken(found.label, error.what, error.expected or error.remedy)
    if isinstance(error, pluggy.PluginValidationError):
        return Broken(
            found.label,
            f"it implements a hook that does not exist: {error}",
            "the only hook is called coursekit_lessons",
        )
    remedy = f"fix it, or: pip uninstall {found.distribution}"
    if isinstance(error, ModuleNotFoundError):
        from coursekit.distribution import unmet

        missing = unmet(found.entry_point.dist) if found.entry_point.dist else []
        needed = ", ".join(missing) or f"a package that provides the module {error.name}"
        remedy = f"install {needed}, or: pip uninstall {found.distribution}"
    return Broken(found.label, f"{type(error).__name__}: {error}", remedy)


def syllabus(lessons: Mapping[str, Lesson]) -> list[str]:
    """Order lesson names so that prerequisites come first, else by name.

    Prerequisites that are not installed do not count, and a circle is broken
    where it is first met.
    """
    ordered: list[str] = []
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered or name not in lessons:
            return
        entered.add(name)
        for earlier in lessons[name].prerequisites:
            visit(earlier)
        ordered.append(name)

    for name in sorted(lessons):
        visit(name)
    return ordered
